"""``wait`` and ``undo``: what comes afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from countersign.plugin.options import Goal, Name, Output, Patience, Where, flattened
from countersign.plugin.screen import Screen


@dataclass(frozen=True)
class Until(Patience):
    """How far, and how long."""

    goal: Annotated[Goal, typer.Option("--for", help="How far it is to come.")] = Goal.END


@flattened
def wait(name: Name, until: Until, where: Where, output: Output) -> None:
    """Wait until a request has come so far.

    \b
      planned    there is a plan to sign
      approved   the signatures are there
      executed   the change is made
      end        it is over (the default); status 0 if it Succeeded, 1 if not

    Status 1 also where it ends before it has come so far, and 3 where the time runs out.
    """
    from countersign.plugin.acts import following  # noqa: PLC0415 - slow

    following.wait(Screen(), where, name, until, output)


@flattened
def undo(
    name: Name,
    where: Where,
    output: Output,
    message: Annotated[
        str | None,
        typer.Option("--message", "-m", metavar="TEXT", help="Why, for the people who sign."),
    ] = None,
) -> None:
    """Propose what takes a request's effect back.

    That is a request of its own, planned and signed like any other. An action on several objects
    that cannot be taken back in one goes into several requests, in the order in which they are to
    be signed.
    """
    from countersign.plugin.acts import following  # noqa: PLC0415 - slow

    following.undo(Screen(), where, name, message, output)
