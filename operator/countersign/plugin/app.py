"""``kubectl countersign``: the commands, put together.

What costs time to import is imported where it is needed: ``--help`` and completion answer at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from typer.completion import get_completion_inspect_parameters

from countersign.plugin.commands import (
    deciding,
    following,
    looking,
    preparing,
    proposing,
    searching,
)
from countersign.plugin.exits import Exit, PluginError, legend
from countersign.plugin.screen import Screen

PROGRAM = "kubectl-countersign"
COMPLETE = "_KUBECTL_COUNTERSIGN_COMPLETE"
"""The variable by which a shell asks for completion."""
_SPOKEN = "kubectl countersign"
_UNQUOTED = (
    "An action that has options goes into quotes, as one word: kubectl countersign propose "
    '"kubectl scale deployment/web --replicas=3".'
)

app = typer.Typer(
    name=PROGRAM,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"\b\nExit status:\n{legend()}\n\n"
    "Everything can be done with plain kubectl as well: docs/plugin.md says how.",
    help="Actions on a cluster that need people's approval: propose, sign, follow.",
)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only here

        Screen().say(version("countersign"))
        raise typer.Exit


@app.callback()
def common(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the version."),
    ] = False,
) -> None:
    """Options that stand before any command."""
    del version  # It has been told by now.


for name, command in {
    "propose": proposing.propose,
    "list": looking.list_,
    "show": looking.show,
    "explain": looking.explain,
    "approve": deciding.approve,
    "deny": deciding.deny,
    "withdraw": deciding.withdraw,
    "cancel": deciding.cancel,
    "wait": following.wait,
    "undo": following.undo,
    "history": looking.history,
    "search": searching.search,
    "setup": preparing.setup,
    "completion": preparing.completion,
}.items():
    app.command(name)(command)


def main() -> None:
    """Entry point of the console script; exits with one of ``Exit``."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character is no reason to fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(invoke(sys.argv[1:]))


def invoke(arguments: list[str]) -> int:
    """Run one command line; its exit status."""
    spoken = _SPOKEN
    if COMPLETE in os.environ:
        spoken = PROGRAM  # A shell completes the program, not kubectl.
        get_completion_inspect_parameters()  # Makes the shells known.
    try:
        app(arguments, prog_name=spoken)
    except PluginError as error:
        Screen().fail(str(error))
        return error.exit
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever reads has had enough (`| head`); Python must not complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except SystemExit as end:
        if end.code == Exit.REFUSED and arguments[:1] == ["propose"] and "kubectl" in arguments:
            Screen().tell(_UNQUOTED)
        return end.code if isinstance(end.code, int) else Exit.REFUSED
    return Exit.DONE


if __name__ == "__main__":
    main()
