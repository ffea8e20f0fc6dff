"""What is written when a request is planned, or cannot be."""

from __future__ import annotations

from datetime import datetime, timedelta

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.base import format_time
from countersign.api.conditions import ConditionType
from countersign.api.operation import Operation, Target
from countersign.api.risk import Risk
from countersign.api.status import (
    Plan,
)
from countersign.api.text import clip
from countersign.policy.approval_policies.requirement import requirement
from countersign.policy.approval_policies.subject import Subject, subject_of
from countersign.policy.decide import SIGNATURES_MISSING, expiry
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.flapping import flapping
from countersign.policy.memory.history import others
from countersign.policy.quorum import Tally
from countersign.policy.status_draft import StatusDraft
from countersign.records.timeline import happened

NO_CHANGE = "NoChange"
_TARGET_LIMIT = 512


def planned(
    request: ApprovalRequest, plan: Plan, risk: Risk, around: Circumstances, now: datetime
) -> ApprovalRequestStatus:
    """There is a plan; people can sign it."""
    draft = StatusDraft(request, now)
    subject = subject_of(request, plan, risk)
    needs = requirement(request, risk, around.in_force(subject) if subject else ())
    tally = Tally(needs.signatures, (), ())
    plan = plan.model_copy(update={"flapping": _flapping(request, subject, around, now)})
    summary = ". ".join(filter(None, (plan.summary, plan.flapping)))
    reason = "Planned" if plan.changes_anything else NO_CHANGE
    draft.set(ConditionType.PLANNED, "True", reason, plan.summary)
    draft.set(ConditionType.APPROVED, "False", SIGNATURES_MISSING, tally.waits)
    if plan.revision == 1:
        _tell_of_proposal(draft)
    draft.tell(
        "plan", "warning" if plan.flapping else "success", "Planned", summary, role="planner"
    )
    draft.fields |= {
        "plan": plan,
        "undo": plan.steps[0].undo if len(plan.steps) == 1 else None,
        "operation": plan.type,
        "target": _short(*(step.operation.one for step in plan.steps)),
        "risk_level": risk,
        "required_signatures": needs.signatures,
        "signed": tally.signed,
        "policies": needs.policies,
        "expires_at": expiry(request, needs),
        "next_attempt_at": None,
    }
    return draft.done(f"{summary.removesuffix('.')}. {tally.waits}")


def _flapping(
    request: ApprovalRequest, subject: Subject | None, around: Circumstances, now: datetime
) -> str | None:
    return flapping(subject, others(around.past, request), now) if subject is not None else None


def refused(
    request: ApprovalRequest,
    reason: str,
    message: str,
    operation: Operation | None,
    now: datetime,
) -> ApprovalRequestStatus:
    """It cannot be planned, and nothing was done. ``operation``: as far as it was understood."""
    draft = StatusDraft(request, now)
    if operation is not None:
        draft.fields["operation"] = operation.type
        draft.fields["target"] = _short(*operation.all_targets)
    draft.set(ConditionType.PLANNED, "False", reason, message)
    type_ = "exec" if reason == "Unparseable" else "plan"
    title = "Cannot parse the operation" if reason == "Unparseable" else "Cannot be planned"
    draft.tell(type_, "error", title, message, role="planner")
    draft.fields["next_attempt_at"] = None
    return draft.done(message)


def planning_later(
    request: ApprovalRequest,
    message: str,
    delay: timedelta,
    now: datetime,
    *,
    reason: str = "Retrying",
) -> ApprovalRequestStatus:
    """It cannot be planned just now, for a reason that may pass by itself."""
    draft = StatusDraft(request, now)
    text = f"Could not be planned yet, tried again at {format_time(now + delay)}: {message}"
    draft.set(ConditionType.PLANNED, "Unknown", reason, text)
    draft.fields["next_attempt_at"] = now + delay
    return draft.done(text)


def _tell_of_proposal(draft: StatusDraft) -> None:
    request = draft.request
    draft.fields["timeline"] = happened(
        draft.fields["timeline"],
        "propose",
        "success",
        "Proposed",
        request.spec.description,
        now=request.metadata.creation_timestamp,
        actor=request.spec.requested_by or "unknown",
        role="requester",
    )


def _short(*targets: Target) -> str | None:
    """For the column: ``Deployment/web``, or ``Deployment/web, db``."""
    if not targets:
        return None
    first, *others = targets
    same = all(each.kind == first.kind and each.name for each in targets)
    names = [each.name or "" for each in others] if same else [each.short for each in others]
    return clip(", ".join([first.short, *names]), _TARGET_LIMIT)
