"""The one place where it is decided what happens next to a request."""

from __future__ import annotations

from datetime import datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.api.conditions import ConditionType
from countersign.api.phase import Phase
from countersign.api.risk import Risk
from countersign.api.status import Plan
from countersign.policy.approval_policies.requirement import Requirement, requirement
from countersign.policy.approval_policies.subject import Subject, subject_of
from countersign.policy.bookkeeping import needs_record
from countersign.policy.decision import (
    Approve,
    Cancel,
    Decision,
    Deny,
    Done,
    Execute,
    Expire,
    FinishDryRun,
    MakePlan,
    Record,
    Refuse,
    Wait,
)
from countersign.policy.grounds import (
    doubts,
    ground_of,
    only_trust_is_wanting,
    room_at,
    wants_trust,
)
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.obstacles import obstacles
from countersign.policy.quorum import Tally, count

SIGNATURES_MISSING = "SignaturesMissing"
"""Reason of the condition Approved while somebody still has to sign."""
SUSPENDED = "Suspended"
"""The same while the kill switch is on; people can go on signing."""
_OUTDATED = (
    "The plan was written, but the API server has dropped it: the installed CRD is older than "
    "the operator. Apply crds/ again, then create a new request."
)


def decide(request: ApprovalRequest, around: Circumstances, now: datetime) -> Decision:
    """What to do with a request, from nothing but the request, what is around it, and the time."""
    if request.phase.terminal:
        return Record() if needs_record(request) else Done()
    if request.phase is not Phase.PENDING:
        return Execute()
    if request.metadata.deletion_timestamp is not None:
        return Done()
    return _decide_pending(request, around, now)


def reconsider(
    request: ApprovalRequest, around: Circumstances, now: datetime
) -> Wait | Deny | None:
    """Why a request that was approved, and has not begun, must not begin now; None where it may.

    The policies are those of now, which may be stricter than those it was approved under. Its
    expiry and ``notBefore`` were about the approval, which it has.
    """
    decision = _decide_planned(request, around, now, None)
    return decision if isinstance(decision, Wait | Deny) else None


def asks_for_trust(request: ApprovalRequest, around: Circumstances, now: datetime) -> bool:
    """Whether the decision depends on how far what the request does can be trusted.

    Only then it is worth to be looked up: nothing else keeps it from going ahead without people.
    """
    if not wants_trust(around.policies):
        return False
    if request.phase is Phase.APPROVED:
        decision: Decision = _decide_planned(request, around, now, None)
    else:
        decision = decide(request, around, now)
    if not isinstance(decision, Wait) or decision.reason != SIGNATURES_MISSING:
        return False
    needs = decision.needs
    return needs is not None and only_trust_is_wanting(request, needs, around, now)


def expiry(request: ApprovalRequest, needs: Requirement | None = None) -> datetime | None:
    """Until when the request can be approved: the shortest that it or a policy says."""
    said = (request.spec.expires_after, needs.expires_after if needs else None)
    shortest = min((each for each in said if each is not None), default=None)
    return request.metadata.creation_timestamp + shortest if shortest is not None else None


def current_plan(request: ApprovalRequest) -> Plan | None:
    """The plan that people can sign now: none while the last one is stale."""
    planned = request.status.condition(ConditionType.PLANNED)
    return request.status.plan if planned is not None and planned.status == "True" else None


def needed(
    request: ApprovalRequest,
    around: Circumstances,
    plan: Plan | None = None,
    risk: Risk | None = None,
) -> Requirement | None:
    """What a request needs under the policies that match it; None while there is no plan."""
    subject = subject_of(request, plan, risk)
    if subject is None:
        return None
    return requirement(request, subject.risk, around.in_force(subject))


def tally(request: ApprovalRequest, around: Circumstances) -> Tally | None:
    """The signatures that count on the current plan; None while there is no plan."""
    plan, needs = current_plan(request), needed(request, around)
    return count(request, plan, needs) if plan is not None and needs is not None else None


def _decide_pending(request: ApprovalRequest, around: Circumstances, now: datetime) -> Decision:
    if request.spec.cancelled:
        return Cancel()
    needs = needed(request, around)
    expires = expiry(request, needs)
    if expires is not None and now >= expires:
        return Expire(at=expires)
    if current_plan(request) is None:
        return _decide_unplanned(request, now, expires)
    if request.spec.dry_run:
        return FinishDryRun()
    return _decide_planned(request, around, now, expires)


def _decide_unplanned(
    request: ApprovalRequest, now: datetime, expires: datetime | None
) -> Decision:
    planned = request.status.condition(ConditionType.PLANNED)
    if planned is not None and planned.status == "True":
        return Refuse("SchemaOutdated", _OUTDATED)
    again = request.status.next_attempt_at
    if again is not None and now < again:
        until = min(again, expires or again)
        return Wait(
            planned.reason if planned else "Retrying", planned.message if planned else "", until
        )
    previous = request.status.plan
    return MakePlan(revision=previous.revision + 1 if previous else 1)


def _decide_planned(
    request: ApprovalRequest, around: Circumstances, now: datetime, expires: datetime | None
) -> Wait | Deny | Approve:
    plan, subject = current_plan(request), subject_of(request)
    if plan is None or subject is None:
        return Wait("NotPlanned", "There is no plan that could be carried out.", expires)
    needs = requirement(request, subject.risk, around.in_force(subject))
    counted = count(request, plan, needs)
    if (stopped := _stopped(subject, counted, needs, around, expires)) is not None:
        return stopped
    ground = ground_of(request, plan, counted, needs, around, now)
    if ground is None:
        return _wait_for_people(request, counted, needs, around, now, expires)
    blocking = obstacles(request, subject, counted, needs, around, now)
    if blocking:
        last = max(blocking, key=lambda each: each.until)
        until = min(last.until, expires or last.until)
        return Wait(last.reason, f"{ground.described}; {last.message}.", until, counted, needs)
    return Approve(counted, needs, ground)


def _wait_for_people(
    request: ApprovalRequest,
    counted: Tally,
    needs: Requirement,
    around: Circumstances,
    now: datetime,
    expires: datetime | None,
) -> Wait:
    """Somebody has to sign; and why, where that was up to trust or to a limit."""
    message, room = counted.waits, room_at(request, needs, around, now)
    again = around.reliance.again_at if around.reliance is not None else None
    moments = (expires, room, again)
    if around.reliance is not None or room is not None:
        why = " ".join(doubts(request, needs, around, now))
        message = f"{message} Not approved without people: {why}"
    until = min((each for each in moments if each is not None), default=None)
    return Wait(SIGNATURES_MISSING, message, until, counted, needs)


def _stopped(
    subject: Subject,
    counted: Tally,
    needs: Requirement,
    around: Circumstances,
    expires: datetime | None,
) -> Wait | Deny | None:
    """What no number of signatures gets past."""
    if counted.denials:
        first = counted.denials[0]
        return Deny(by=first.signer, comment=first.comment, needs=needs)
    if needs.problem is not None:
        return Wait("PolicyInvalid", needs.problem, expires, counted, needs)
    if names := around.unknown(subject):
        unknown = f"Policies ask for the labels of namespace {', '.join(names)}; not known yet."
        return Wait("NamespaceUnknown", unknown, expires, counted, needs)
    if (denier := needs.denied_by) is not None and denier.require.deny is not None:
        return Deny(denier.name, denier.require.deny.message, by_policy=True, needs=needs)
    if (suspender := needs.suspended_by) is not None:
        why = suspender.require.suspend_message
        message = f"Suspended by policy {suspender.name}" + (f": {why}" if why else ".")
        return Wait(SUSPENDED, message, expires, counted, needs)
    return None
