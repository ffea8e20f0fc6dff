"""What is written when a request waits, is approved, or ends without being carried out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.base import format_time
from countersign.api.conditions import ConditionType
from countersign.api.status import (
    VALUE_LIMIT,
    Approval,
    ApprovalMode,
)
from countersign.api.text import clip
from countersign.policy.decide import expiry
from countersign.policy.decision import Approve, Cancel, Deny, Expire, FinishDryRun, Wait
from countersign.policy.phases import DRY_RUN, STALE
from countersign.policy.status_draft import StatusDraft

AUTOMATIC = "AutoApproved"
BREAK_GLASS = "BreakGlass"
_AT_ONCE = 3
"""Plans that are made anew at once."""
_PAUSE, _LONGEST = timedelta(seconds=30), timedelta(hours=1)


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
    """The target is not as it was when people signed: they are asked again.

    At once, for the first few times. A target that never stays as it was planned (a webhook writes
    the time into it) is looked at less and less often: where nobody has to sign, it would go on.
    """
    draft = StatusDraft(request, now)
    text = f"{message} All signatures are void; sign the new plan."
    pause = _pause_after(request.status.plan.revision if request.status.plan else 1)
    if pause:
        text += f" It is made at {format_time(now + pause)}."
    draft.set(ConditionType.PLANNED, "False", STALE, text)
    draft.set(ConditionType.APPROVED, "False", STALE, text)
    draft.drop(ConditionType.EXECUTED)
    draft.tell("plan", "warning", "The plan went stale", text, role="planner")
    draft.fields |= _unapproved() | {"attempts": ()}
    draft.fields["next_attempt_at"] = now + pause if pause else None
    return draft.done(text)


def _pause_after(revision: int) -> timedelta:
    """Before the plan after this one is made: 30 s, 1 min … up to an hour."""
    doublings = revision - _AT_ONCE
    return timedelta() if doublings <= 0 else min(_PAUSE * 2 ** min(doublings - 1, 7), _LONGEST)


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
