"""Messages that were due and that nobody knows to be delivered, made again from the object."""

from __future__ import annotations

from datetime import datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.api.conditions import ConditionType
from countersign.api.phase import Phase
from countersign.records.notification import (
    Notification,
    NotificationStep,
    approval_of,
    message_of,
    revision_of,
)


def retold(request: ApprovalRequest, part: str, action: str, now: datetime) -> Notification | None:
    """The message whose id ends in ``part``, with the same id; None where it makes no sense now.

    That a request waits, or is approved and has been carried out since, is told as it was then: an
    approval is news also to those who hear of the end. To ask for signatures is none any more.
    """
    step = _step(request, part)
    if step is None:
        return None
    told = _as_approved(request) if part.startswith("approved-") else request
    return message_of(step, part, told, action, now)


def _step(request: ApprovalRequest, part: str) -> NotificationStep | None:
    waits, ended = request.phase is Phase.PENDING, request.phase.terminal
    revision, approved, stale = revision_of(request), approval_of(request), _is_stale(request)
    steps = {
        f"signature-wanted-{revision}": (NotificationStep.SIGNATURE_WANTED, waits and not stale),
        f"stale-{revision}": (NotificationStep.STALE, waits and stale),
        f"approved-{approved}": (NotificationStep.DECIDED, approved > 0),
        "decided": (NotificationStep.DECIDED, ended),
        "executed": (NotificationStep.EXECUTED, ended),
    }
    if part.startswith("held-"):
        return NotificationStep.DECIDED if waits else None
    step, makes_sense = steps.get(part, (None, False))
    return step if makes_sense else None


def _is_stale(request: ApprovalRequest) -> bool:
    planned = request.status.condition(ConditionType.PLANNED)
    return planned is not None and planned.status == "False"


def _as_approved(request: ApprovalRequest) -> ApprovalRequest:
    """As it was when it had just been approved."""
    approved = request.status.condition(ConditionType.APPROVED)
    message = approved.message if approved is not None else request.status.message
    update = {"phase": Phase.APPROVED, "message": message, "result": None}
    return request.model_copy(update={"status": request.status.model_copy(update=update)})
