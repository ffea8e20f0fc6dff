"""The phase of a request, derived from its conditions: they are the truth."""

from __future__ import annotations

from collections.abc import Sequence

from countersign.api.conditions import Condition, ConditionType, condition
from countersign.api.phase import Phase

STALE = "Stale"
DRY_RUN = "DryRun"
_UNDECIDED = {
    "Denied": Phase.DENIED,
    "Expired": Phase.EXPIRED,
    "Cancelled": Phase.CANCELLED,
    DRY_RUN: Phase.SUCCEEDED,
}


def phase_of(conditions: Sequence[Condition]) -> Phase:
    """Derive the phase; no conditions at all mean Pending."""
    approved = condition(conditions, ConditionType.APPROVED)
    if approved is None or approved.status != "True":
        ended = _UNDECIDED.get(approved.reason) if approved else None
        return ended or _unapproved(condition(conditions, ConditionType.PLANNED))
    return _approved(
        condition(conditions, ConditionType.EXECUTED),
        condition(conditions, ConditionType.VERIFIED),
    )


def _unapproved(planned: Condition | None) -> Phase:
    refused = planned is not None and planned.status == "False" and planned.reason != STALE
    return Phase.FAILED if refused else Phase.PENDING


def _approved(executed: Condition | None, verified: Condition | None) -> Phase:
    if executed is None:
        return Phase.APPROVED
    if executed.status == "False":
        return Phase.FAILED
    if executed.status == "Unknown":
        return Phase.EXECUTING
    if verified is None or verified.status == "True":
        return Phase.SUCCEEDED
    return Phase.FAILED if verified.status == "False" else Phase.EXECUTING
