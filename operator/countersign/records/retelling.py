"""Messages that were due and that nobody knows to be delivered, made again from the object."""

from __future__ import annotations

from datetime import datetime

from countersign.api.approval_request import ApprovalRequest, Phase
from countersign.api.conditions import ConditionType
from countersign.records.notification import (
    Notification,
    NotificationStep,
    approval_of,
    message_of,
    revision_of,
)


def retold(
    request: ApprovalRequest, part: str, action: str, now: datetime
) -> Notification | None:
    """The message whose id ends in ``part``, with the same id; None where it makes no sense now.

    That a request waits, or is approved and has been carried out since, is told as it was then: an
    approval is news also to those who hear of the end. To ask for signatures is none any more.
    """
    waits = request.phase is Phase.PENDING
    revision, approved = revision_of(request), approval_of(request)
    match part.partition("-")[0]:
        case "signature" if waits and _is_wanted(request, part, revision):
            return message_of(NotificationStep.SIGNATURE_WANTED, part, request, action, now)
        case "stale" if waits and part == f"stale-{revision}" and _is_stale(request):
            return message_of(NotificationStep.STALE, part, request, action, now)
        case "held" if waits:
            return message_of(NotificationStep.DECIDED, part, request, action, now)
        case "approved" if approved and part == f"approved-{approved}":
            return message_of(NotificationStep.DECIDED, part, _as_approved(request), action, now)
        case "decided" if request.phase.terminal:
            return message_of(NotificationStep.DECIDED, part, request, action, now)
        case "executed" if request.phase.terminal:
            return message_of(NotificationStep.EXECUTED, part, request, action, now)
        case _:
            return None


def _is_wanted(request: ApprovalRequest, part: str, revision: int) -> bool:
    return part == f"signature-wanted-{revision}" and not _is_stale(request)


def _is_stale(request: ApprovalRequest) -> bool:
    planned = request.status.condition(ConditionType.PLANNED)
    return planned is not None and planned.status == "False"


def _as_approved(request: ApprovalRequest) -> ApprovalRequest:
    """As it was when it had just been approved."""
    approved = request.status.condition(ConditionType.APPROVED)
    message = approved.message if approved is not None else request.status.message
    update = {"phase": Phase.APPROVED, "message": message, "result": None}
    return request.model_copy(update={"status": request.status.model_copy(update=update)})
