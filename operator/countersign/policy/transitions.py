"""What each step writes into the status. Pure: the old request and what happened give the new."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from countersign.api.approval_request import ApprovalRequest, ApprovalRequestStatus, Risk
from countersign.api.base import format_time
from countersign.api.conditions import ConditionType, Status
from countersign.api.operation import Operation, Target
from countersign.api.status import (
    VALUE_LIMIT,
    Approval,
    ApprovalMode,
    Attempt,
    KnowledgeReference,
    Plan,
    Result,
)
from countersign.api.text import clip
from countersign.policy import bookkeeping
from countersign.policy.circumstances import Circumstances
from countersign.policy.decide import SIGNATURES_MISSING, expiry
from countersign.policy.decision import Approve, Cancel, Deny, Expire, FinishDryRun, Wait
from countersign.policy.endings import Ending
from countersign.policy.flapping import flapping
from countersign.policy.history import others
from countersign.policy.phases import DRY_RUN, STALE
from countersign.policy.quorum import Tally
from countersign.policy.requirement import requirement
from countersign.policy.retry import Again
from countersign.policy.status_draft import StatusDraft
from countersign.policy.subject import Subject, subject_of
from countersign.records.timeline import happened

NO_CHANGE = "NoChange"
AUTOMATIC = "AutoApproved"
BREAK_GLASS = "BreakGlass"
_ATTEMPTS_KEPT = 16
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


def waiting(request: ApprovalRequest, wait: Wait, now: datetime) -> ApprovalRequestStatus | None:
    """Nothing to do yet; None where the status says so already."""
    if wait.tally is None:
        return None
    said = request.status.condition(ConditionType.APPROVED)
    fields = _standing(request, wait)
    same = all(getattr(request.status, name) == value for name, value in fields.items())
    if same and said and (said.reason, said.message) == (wait.reason, clip(wait.message)):
        return None
    draft = StatusDraft(request, now)
    draft.set(ConditionType.APPROVED, "False", wait.reason, wait.message)
    if wait.needs is not None:
        draft.fields["policies"] = wait.needs.policies
    if wait.tally.signed != request.status.signed:
        draft.tell(
            "sign",
            "success",
            f"Signed {wait.tally.signed}",
            wait.message,
            actor=wait.tally.signers or "nobody",
            role="signer",
        )
    draft.fields |= fields
    return draft.done(wait.message)


def _standing(request: ApprovalRequest, wait: Wait) -> dict[str, Any]:
    """What is shown of a request that waits, as it is under the policies of now."""
    if wait.tally is None or wait.needs is None:
        return {"signed": wait.tally.signed} if wait.tally else {}
    return {
        "signed": wait.tally.signed,
        "required_signatures": wait.needs.signatures,
        "expires_at": expiry(request, wait.needs),
    }


def approved(request: ApprovalRequest, approve: Approve, now: datetime) -> ApprovalRequestStatus:
    """The quorum is reached, or none is needed: this write is the claim."""
    draft = StatusDraft(request, now)
    ground, needs = approve.ground, approve.needs
    signers = ", ".join(ground.signers)
    reason = "QuorumReached"
    match ground.mode:
        case ApprovalMode.SIGNATURES:
            message = f"Approved by {signers}."
            draft.tell("sign", "success", "Approved", message, actor=signers, role="signer")
        case ApprovalMode.AUTOMATIC:
            reason, message = AUTOMATIC, f"Approved automatically ({ground.reason})."
            draft.tell("decide", "success", "Approved automatically", message, role="policy")
        case ApprovalMode.BREAK_GLASS:
            reason, message = BREAK_GLASS, f"Break-glass by {signers}: {ground.reason}"
            draft.tell("sign", "warning", "Glass broken", message, actor=signers, role="signer")
    draft.set(ConditionType.APPROVED, "True", reason, message)
    draft.fields |= {
        "approved_at": now,
        "approval": Approval(
            mode=ground.mode,
            signers=ground.signers,
            reason=clip(ground.reason, VALUE_LIMIT) if ground.reason else None,
        ),
        "signed": approve.tally.signed,
        "required_signatures": needs.signatures,
        "expires_at": expiry(request, needs),
        "policies": needs.policies,
        "next_attempt_at": None,
    }
    return draft.done(message)


def ended_unapproved(
    request: ApprovalRequest, decision: Deny | Expire | Cancel | FinishDryRun, now: datetime
) -> ApprovalRequestStatus:
    """Decided without anything being carried out."""
    draft = StatusDraft(request, now)
    actor: dict[str, Any] = {}
    match decision:
        case Deny(by=by, comment=comment, by_policy=by_policy):
            who = f"policy {by}" if by_policy else by
            reason, message = "Denied", f"Denied by {who}" + (f": {comment}" if comment else ".")
            actor = {"actor": by, "role": "policy" if by_policy else "signer"}
            if decision.needs is not None:
                draft.fields["policies"] = decision.needs.policies
        case Expire(at=at):
            reason = "Expired"
            message = f"Not approved before {format_time(at)}; create a new request."
        case Cancel():
            reason, message = "Cancelled", "Called off (spec.cancelled); nothing was done."
        case FinishDryRun():
            reason, message = DRY_RUN, "Planned only (spec.dryRun); nothing was done."
    draft.set(ConditionType.APPROVED, "False", reason, message)
    draft.tell("decide", "success", reason, message, **actor)
    draft.fields |= {"next_attempt_at": None, "undo": None}
    return draft.done(message)


def stale(request: ApprovalRequest, message: str, now: datetime) -> ApprovalRequestStatus:
    """The target is not as it was when people signed: they are asked again."""
    draft = StatusDraft(request, now)
    text = f"{message} All signatures are void; sign the new plan."
    draft.set(ConditionType.PLANNED, "False", STALE, text)
    draft.set(ConditionType.APPROVED, "False", STALE, text)
    draft.drop(ConditionType.EXECUTED)
    draft.tell("plan", "warning", "The plan went stale", text, role="planner")
    draft.fields |= _unapproved() | {"attempts": ()}
    return draft.done(text)


def held_back(request: ApprovalRequest, why: Wait | Deny, now: datetime) -> ApprovalRequestStatus:
    """Approved and not begun, but it must not begin: it waits again, its signatures as they are."""
    draft = StatusDraft(request, now)
    if isinstance(why, Wait):
        reason, message = why.reason, why.message
    else:
        reason, message = "PolicyChanged", f"Denied by {why.by}."
    draft.set(ConditionType.APPROVED, "False", reason, message)
    text = f"It was approved, but has not begun: {message}"
    draft.tell("decide", "warning", "Held back", text, role="policy")
    draft.fields |= _unapproved()
    if isinstance(why, Wait):
        draft.fields |= _standing(request, why)
    if why.needs is not None:
        draft.fields["policies"] = why.needs.policies
    return draft.done(message)


def _unapproved() -> dict[str, Any]:
    return {"approved_at": None, "approval": None, "next_attempt_at": None}


def retrying(
    request: ApprovalRequest, attempt: Attempt, next_: Again, now: datetime
) -> ApprovalRequestStatus:
    """A transient error; the next attempt has its time."""
    draft = StatusDraft(request, now)
    seconds = next_.delay.total_seconds()
    message = f"Retry {next_.retry}/{next_.limit} in {seconds:g} s: {attempt.error}"
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


def finished(
    request: ApprovalRequest,
    ending: Ending,
    knowledge: KnowledgeReference | None,
    now: datetime,
) -> ApprovalRequestStatus:
    """The execution is over, well or badly; what is to be written and told of it is listed.

    ``knowledge``: where that has been written already.
    """
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
    bookkeeping.begin(draft, knowledge, success=ending.success)
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


def _short(*targets: Target) -> str | None:
    """For the column: ``Deployment/web``, or ``Deployment/web, db``."""
    if not targets:
        return None
    first, *others = targets
    same = all(each.kind == first.kind and each.name for each in targets)
    names = [each.name or "" for each in others] if same else [each.short for each in others]
    return clip(", ".join([first.short, *names]), _TARGET_LIMIT)
