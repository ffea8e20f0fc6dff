"""``approve``, ``deny``, ``withdraw``, ``cancel``: what people decide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from countersign.plugin.options import Name, Output, Where, flattened
from countersign.plugin.screen import Screen


class Decision(StrEnum):
    """What a signature says; BREAK_GLASS is an Approve that is to stand for all."""

    APPROVE = "Approve"
    DENY = "Deny"
    BREAK_GLASS = "BreakGlass"

    @property
    def written(self) -> str:
        """For the entry's ``decision``."""
        return "Deny" if self is Decision.DENY else "Approve"


@dataclass(frozen=True)
class Saying:
    """What is said beside yes or no."""

    message: Annotated[
        str | None,
        typer.Option("--message", "-m", metavar="TEXT", help="Why, in your words; it is kept."),
    ] = None
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask: for scripts that have shown it.")
    ] = False
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            metavar="DIGEST",
            help="Sign only this plan (status.plan.digest), and no later one.",
        ),
    ] = None


@dataclass(frozen=True)
class Emergency:
    """One signature for all."""

    break_glass: Annotated[
        bool,
        typer.Option(
            "--break-glass",
            help="In an emergency: let yours stand for all signatures, where a policy lets one of "
            "your groups. Needs -m, and is told to everybody.",
        ),
    ] = False


@flattened
def approve(name: Name, saying: Saying, emergency: Emergency, where: Where, output: Output) -> None:
    """Sign a request's plan.

    Shows the plan and asks. What is sent is your own entry of spec.signatures, with the digest of
    the plan that was shown: if it changes between, the signature is refused.
    """
    from countersign.plugin.acts import deciding  # noqa: PLC0415 - slow

    decision = Decision.BREAK_GLASS if emergency.break_glass else Decision.APPROVE
    deciding.sign(Screen(), where, name, saying, output, decision)


@flattened
def deny(name: Name, saying: Saying, where: Where, output: Output) -> None:
    """Say no to a request, which ends it.

    Shows the plan and asks; one entitled no decides. Say why, with -m: it is what people read.
    """
    from countersign.plugin.acts import deciding  # noqa: PLC0415 - slow

    deciding.sign(Screen(), where, name, saying, output, Decision.DENY)


@flattened
def withdraw(name: Name, where: Where, output: Output) -> None:
    """Take your own signature back, while the request is Pending."""
    from countersign.plugin.acts import deciding  # noqa: PLC0415 - slow

    deciding.withdraw(Screen(), where, name, output)


@flattened
def cancel(name: Name, where: Where, output: Output) -> None:
    """Call a request off for good, while it is Pending.

    For who proposed it, and for those who may approve it.
    """
    from countersign.plugin.acts import deciding  # noqa: PLC0415 - slow

    deciding.cancel(Screen(), where, name, output)
