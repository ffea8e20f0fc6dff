"""``list``, ``show``, ``explain``, ``history``: what there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from countersign.plugin.options import Name, Output, Scope, Where, flattened
from countersign.plugin.screen import Screen


@dataclass(frozen=True)
class Choice:
    """Which of them."""

    mine: Annotated[bool, typer.Option("--mine", help="Only what you have proposed.")] = False
    to_sign: Annotated[
        bool,
        typer.Option(
            "--to-sign",
            help="Only what waits for signatures, and may be signed by you, and is not.",
        ),
    ] = False
    phase: Annotated[
        list[str] | None,
        typer.Option(
            "--phase", metavar="PHASE", help="Only in this phase, such as Pending; may be repeated."
        ),
    ] = None


@dataclass(frozen=True)
class Past:
    """How much of the past."""

    timeline: Annotated[
        bool, typer.Option("--timeline", help="With all that has happened to each.")
    ] = False
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="The latest so many.")
    ] = 20


@flattened
def list_(choice: Choice, scope: Scope, where: Where, output: Output) -> None:
    """List requests, oldest first.

    \b
      kubectl countersign list --to-sign -A     what waits for you
      kubectl countersign list --mine           what became of yours
    """
    from countersign.plugin.acts import looking  # noqa: PLC0415 - slow

    looking.list_(Screen(), where, choice, scope, output)


@flattened
def show(name: Name, where: Where, output: Output) -> None:
    """Show a request in full.

    Its plan and risk, who has signed, and all that has happened. The plan is what a signature is
    for: what stands behind `-` and `+` is what would change.
    """
    from countersign.plugin.acts import looking  # noqa: PLC0415 - slow

    looking.show(Screen(), where, name, output)


@flattened
def explain(name: Name, where: Where, output: Output) -> None:
    """Explain what a request still needs, and who could give it.

    Which policies apply, what is met and what is missing, what else it waits for and until when.
    """
    from countersign.plugin.acts import looking  # noqa: PLC0415 - slow

    looking.explain(Screen(), where, name, output)


@flattened
def history(
    past: Past,
    scope: Scope,
    where: Where,
    output: Output,
    target: Annotated[
        str | None,
        typer.Argument(metavar="TARGET", help="Only this object, such as deployment/web."),
    ] = None,
) -> None:
    """Show past requests: who asked, who signed, how they ended.

    The latest last.
    """
    from countersign.plugin.acts import looking  # noqa: PLC0415 - slow

    looking.history(Screen(), where, target, past, scope, output)
