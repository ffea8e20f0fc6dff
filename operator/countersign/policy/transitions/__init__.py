"""What each step writes into the status. Pure: the old request and what happened give the new."""

from countersign.policy.transitions.deciding import (
    AUTOMATIC,
    BREAK_GLASS,
    approved,
    ended_unapproved,
    held_back,
    stale,
    waiting,
)
from countersign.policy.transitions.executing import (
    beginning,
    finished,
    retrying,
    verifying,
    was_applied,
)
from countersign.policy.transitions.planning import planned, planning_later, refused

__all__ = [
    "AUTOMATIC",
    "BREAK_GLASS",
    "approved",
    "beginning",
    "ended_unapproved",
    "finished",
    "held_back",
    "planned",
    "planning_later",
    "refused",
    "retrying",
    "stale",
    "verifying",
    "waiting",
    "was_applied",
]
