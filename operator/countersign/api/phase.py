"""Where a request is in its life, and where it can go from there."""

from __future__ import annotations

from enum import StrEnum

from countersign.api.base import rule


class Phase(StrEnum):
    """Where a request is in its life; derived from its conditions."""

    PENDING = "Pending"
    APPROVED = "Approved"
    EXECUTING = "Executing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    DENIED = "Denied"
    EXPIRED = "Expired"
    CANCELLED = "Cancelled"

    @property
    def terminal(self) -> bool:
        """Whether nothing will change any more."""
        return self not in (Phase.PENDING, *MOVING)


MOVING = (Phase.APPROVED, Phase.EXECUTING)
"""It is being carried out, or is about to be."""
_TRANSITIONS = {
    Phase.PENDING: (
        Phase.APPROVED,
        Phase.DENIED,
        Phase.EXPIRED,
        Phase.CANCELLED,
        Phase.FAILED,
        Phase.SUCCEEDED,
    ),
    Phase.APPROVED: (Phase.EXECUTING, Phase.SUCCEEDED, Phase.FAILED, Phase.PENDING),
    Phase.EXECUTING: (Phase.SUCCEEDED, Phase.FAILED),
}


def may_follow(old: Phase | None, new: Phase) -> bool:
    """Whether a request may go from one phase to another."""
    return old is None or old == new or new in _TRANSITIONS.get(old, ())


def phase_rules() -> list[dict[str, str]]:
    """CEL, of the phase itself: a decision is final."""
    allowed = " || ".join(
        f"(oldSelf == '{old}' && self in [{', '.join(repr(str(n)) for n in news)}])"
        for old, news in _TRANSITIONS.items()
    )
    return [
        rule(
            f"self == oldSelf || {allowed}",
            "A decision is final: this phase cannot follow the old one.",
        )
    ]
