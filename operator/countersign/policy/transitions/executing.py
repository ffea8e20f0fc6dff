"""What is written while a request is carried out, and when that is over."""

from __future__ import annotations

from datetime import datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.conditions import ConditionType, Status
from countersign.api.status import (
    VALUE_LIMIT,
    Attempt,
    Result,
)
from countersign.api.text import clip
from countersign.policy import bookkeeping
from countersign.policy.endings import Ending
from countersign.policy.retry import Again
from countersign.policy.status_draft import StatusDraft
from countersign.policy.transitions.planning import NO_CHANGE

_ATTEMPTS_KEPT = 16


def retrying(
    request: ApprovalRequest, attempt: Attempt, next_: Again, now: datetime
) -> ApprovalRequestStatus:
    """A transient error; the next attempt has its time."""
    draft = StatusDraft(request, now)
    seconds = next_.delay.total_seconds()
    message = f"Retry {next_.retry}/{next_.limit} in {seconds:g} s: {attempt.error}"
    if not was_applied(request):
        draft.set(ConditionType.EXECUTED, "Unknown", "Retrying", message)
    draft.tell("exec", "warning", f"Retry {next_.retry}/{next_.limit}", message)
    draft.fields |= {
        "attempts": _attempts(request, attempt),
        "next_attempt_at": now + next_.delay,
    }
    return draft.done(message)


def beginning(request: ApprovalRequest, now: datetime) -> ApprovalRequestStatus:
    """What cannot be repeated is about to begin: written before it, so that it never runs twice."""
    draft = StatusDraft(request, now)
    message = "Has begun; what it does cannot be repeated."
    draft.set(ConditionType.EXECUTED, "Unknown", "Begun", message)
    return draft.done(message)


def verifying(request: ApprovalRequest, now: datetime) -> ApprovalRequestStatus:
    """The effect is there; its end is being watched."""
    draft = StatusDraft(request, now)
    message = "Applied; its outcome is being watched."
    draft.set(ConditionType.EXECUTED, "True", "Applied", "The change has been applied.")
    draft.set(ConditionType.VERIFIED, "Unknown", "Verifying", message)
    draft.fields["next_attempt_at"] = None
    return draft.done(message)


def was_applied(request: ApprovalRequest) -> bool:
    """Whether it is written that the change was made. Of several steps that does not tell which."""
    plan, said = request.status.plan, request.status.condition(ConditionType.EXECUTED)
    if plan is None or len(plan.steps) > 1 or not plan.changes_anything:
        return False
    return said is not None and said.status == "True"


def finished(request: ApprovalRequest, ending: Ending, now: datetime) -> ApprovalRequestStatus:
    """The execution is over, well or badly; what is to be written and told of it is listed."""
    draft = StatusDraft(request, now)
    executed: Status = "True" if ending.executed else "False"
    applied = "The change has been applied." if ending.executed else ending.message
    reason = ("Applied" if ending.changed else NO_CHANGE) if ending.executed else ending.reason
    draft.set(ConditionType.EXECUTED, executed, reason, applied)
    if ending.verified is not None:
        verified: Status = "True" if ending.verified else "False"
        draft.set(ConditionType.VERIFIED, verified, ending.verified_reason, ending.message)
    else:
        draft.drop(ConditionType.VERIFIED)  # A verification that was announced and cut off.
    duration = milliseconds(ending.attempt)
    target = f"{request.status.target} @ {_target_namespace(request)}, {duration} ms"
    if ending.success:
        draft.tell("exec", "success", "Executed", f"{target}. {ending.message}")
    else:
        draft.tell("exec", "error", "Failed", ending.message)
    bookkeeping.begin(draft, success=ending.success)
    if not ending.changed:
        draft.fields["undo"] = None
    draft.fields |= {
        "attempts": _attempts(request, ending.attempt),
        "next_attempt_at": None,
        "result": Result(
            duration_milliseconds=duration,
            message=clip(ending.message, VALUE_LIMIT),
            changed=ending.changed,
            output=ending.output or None,
            steps=ending.results,
        ),
    }
    return draft.done(ending.message)


def milliseconds(attempt: Attempt) -> int:
    """How long an attempt took."""
    if attempt.finished_at is None:
        return 0
    return max(0, round((attempt.finished_at - attempt.started_at).total_seconds() * 1000))


def _attempts(request: ApprovalRequest, attempt: Attempt) -> tuple[Attempt, ...]:
    return (*request.status.attempts, attempt)[-_ATTEMPTS_KEPT:]


def _target_namespace(request: ApprovalRequest) -> str:
    plan = request.status.plan
    return (plan.steps[0].target.namespace if plan else None) or request.metadata.namespace
