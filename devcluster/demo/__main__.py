"""`python -m devcluster.demo`: exit status 0 only if every step came out as told."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from devcluster import DevclusterError
from devcluster.demo.checks import ToldOtherwiseError
from devcluster.demo.interrupts import InterruptError, raise_on_signals
from devcluster.demo.performance import perform
from devcluster.demo.terminal import Terminal

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    *, keep: Annotated[bool, typer.Option("--keep", help="Leave it running afterwards.")] = False
) -> None:
    """Tell the main job, from start to finish, on a control plane of its own."""
    raise_on_signals()
    terminal = Terminal()
    try:
        perform(terminal, keep=keep)
    except ToldOtherwiseError as error:
        terminal.failure(str(error))
        raise typer.Exit(1) from None
    except DevclusterError as error:
        Console(stderr=True).print(f"[red]error:[/red] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except InterruptError as interrupt:
        raise typer.Exit(interrupt.exit_status) from None


if __name__ == "__main__":
    sys.exit(app(prog_name="python -m devcluster.demo"))
