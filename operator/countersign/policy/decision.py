"""What to do next with a request, as values that callers match exhaustively."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from countersign.errors import CountersignError
from countersign.policy.approval_policies.requirement import Requirement
from countersign.policy.grounds import Ground
from countersign.policy.quorum import Tally


@dataclass(frozen=True)
class MakePlan:
    """There is no plan, or the last one went stale."""

    revision: int


@dataclass(frozen=True)
class Refuse:
    """It can never be planned, for a reason that is in the object itself."""

    reason: str
    message: str


@dataclass(frozen=True)
class Wait:
    """Nothing to do before ``until`` (or before the object changes, where it is None)."""

    reason: str
    message: str
    until: datetime | None = None
    tally: Tally | None = None
    needs: Requirement | None = None


@dataclass(frozen=True)
class Approve:
    """The quorum is reached, or none is needed; writing that down is the claim."""

    tally: Tally
    needs: Requirement
    ground: Ground


@dataclass(frozen=True)
class Deny:
    """Somebody entitled to sign said no, or a policy does."""

    by: str
    comment: str | None
    by_policy: bool = False
    needs: Requirement | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Expire:
    """Nobody decided in time."""

    at: datetime


@dataclass(frozen=True)
class Cancel:
    """The request was called off."""


@dataclass(frozen=True)
class FinishDryRun:
    """Only a plan was asked for, and there it is."""


@dataclass(frozen=True)
class Execute:
    """Approved and not finished: carry it out, or find out that it was."""


@dataclass(frozen=True)
class Record:
    """Finished, but something is still to be written or told about it."""


@dataclass(frozen=True)
class Done:
    """Nothing will change any more."""


Decision = (
    MakePlan
    | Refuse
    | Wait
    | Approve
    | Deny
    | Expire
    | Cancel
    | FinishDryRun
    | Execute
    | Record
    | Done
)


class HeldBackError(CountersignError):
    """What was approved must not begin now."""

    def __init__(self, why: Wait | Deny) -> None:
        """Keep what would have been decided instead."""
        super().__init__(why.message if isinstance(why, Wait) else f"denied by {why.by}")
        self.why = why
