"""The one place where it is decided what happens next to a request."""

from __future__ import annotations

from datetime import datetime

from countersign.api.approval_request import ApprovalRequest, Phase, Risk
from countersign.api.base import format_time
from countersign.api.conditions import ConditionType
from countersign.api.status import Plan
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
from countersign.policy.quorum import Tally, count
from countersign.policy.requirement import requirement

_OUTDATED = (
    "The plan was written, but the API server has dropped it: the installed CRD is older than "
    "the operator. Apply crds/ again, then create a new request."
)


def decide(request: ApprovalRequest, now: datetime) -> Decision:
    """What to do with a request, from nothing but the request and the time."""
    if request.phase.terminal:
        return Record() if needs_record(request) else Done()
    if request.phase is not Phase.PENDING:
        return Execute()
    if request.metadata.deletion_timestamp is not None:
        return Done()
    return _decide_pending(request, now)


def needs_record(request: ApprovalRequest) -> bool:
    """Whether an execution's knowledge entry is still to be written."""
    recorded = request.status.condition(ConditionType.RECORDED)
    return recorded is not None and recorded.status != "True"


def expiry(request: ApprovalRequest) -> datetime | None:
    """Until when the request can be approved."""
    if request.spec.expires_after is None:
        return None
    return request.metadata.creation_timestamp + request.spec.expires_after


def current_plan(request: ApprovalRequest) -> Plan | None:
    """The plan that people can sign now: none while the last one is stale."""
    planned = request.status.condition(ConditionType.PLANNED)
    return request.status.plan if planned is not None and planned.status == "True" else None


def tally(request: ApprovalRequest) -> Tally | None:
    """The signatures that count on the current plan; None while there is no plan."""
    plan = current_plan(request)
    if plan is None:
        return None
    risk = request.status.risk_level or Risk.CRITICAL
    return count(request, plan, requirement(request, risk))


def _decide_pending(  # noqa: PLR0911 - a line of defence each
    request: ApprovalRequest, now: datetime
) -> Decision:
    if request.spec.cancelled:
        return Cancel()
    expires = expiry(request)
    if expires is not None and now >= expires:
        return Expire(at=expires)
    signatures = tally(request)
    if signatures is None:
        return _decide_unplanned(request, now, expires)
    if request.spec.dry_run:
        return FinishDryRun()
    if signatures.denials:
        first = signatures.denials[0]
        return Deny(by=first.signer, comment=first.comment)
    if not signatures.complete:
        return Wait("SignaturesMissing", signatures.waits, expires, signatures)
    not_before = request.spec.not_before
    if not_before is not None and now < not_before:
        until = min(not_before, expires or not_before)
        message = f"Signed; waits until {format_time(not_before)} (spec.notBefore)."
        return Wait("NotBefore", message, until, signatures)
    return Approve(tally=signatures)


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
