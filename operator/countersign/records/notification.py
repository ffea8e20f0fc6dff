"""What channels are told about a request: a message for each step that is worth one. All pure.

A message is made from two states of a request, before and after a status was written, so it tells
of nothing that is not in the object. Its texts are as people wrote them, in one line; each
channel escapes them in its own way.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from countersign.api.approval_request import ApprovalRequest
from countersign.api.base import Model, Time
from countersign.api.conditions import ConditionType
from countersign.api.phase import Phase
from countersign.api.risk import Risk
from countersign.api.status import ApprovalMode, MeasuredRadius
from countersign.api.text import clip, one_line
from countersign.records.incident import incident_name
from countersign.records.knowledge import AUTOMATIC_REQUESTER

_TITLE = 100
_DESCRIPTION = 200
_BLOCKED = ("DryRunBlocked", "TargetNotFound")
"""Reasons of ``Planned=False`` that stand for a dry run that blocked the action."""


class NotificationStep(StrEnum):
    """What a message is about."""

    SIGNATURE_WANTED = "signature-wanted"
    DECIDED = "decided"
    EXECUTED = "executed"
    STALE = "stale"
    EXPIRING_SOON = "expiring-soon"


class NotificationStatus(StrEnum):
    """How an action ended."""

    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    DRY_RUN_BLOCKED = "DRY_RUN_BLOCKED"


class Signer(Model):
    """Somebody whose approval stands in the request."""

    name: str
    comment: str | None = None


class Notification(Model):
    """One message, the same whichever channel carries it; durations in milliseconds."""

    id: str = Field(description="<request UID>/<step>: the same for the same thing, always.")
    step: NotificationStep
    status: NotificationStatus | None = Field(description="None where nothing succeeded or failed.")
    phase: Phase
    message: str = Field(description="What is going on, in one sentence.")
    action_title: str
    description: str
    approval_id: str = Field(description="UID of the request.")
    request: str = Field(description="Its name, in its own namespace.")
    request_namespace: str
    namespace: str = Field(description="Where the action is done; the first of them.")
    namespaces: tuple[str, ...] = Field(description="All that something is done in, or to.")
    operation_type: str
    target: str
    signers: tuple[Signer, ...]
    required_signatures: int
    affected_pods: int
    estimated_downtime: str
    related_services: tuple[str, ...]
    data_impact: str
    duration_ms: int
    error: str | None
    risk_level: str
    proposer: str
    incident: str | None
    automatic: bool = Field(description="Approved without a person.")
    break_glass: bool = Field(description="Approved by one person, in an emergency.")
    plan: str | None = Field(description="Digest of the plan.")
    created_at: Time
    expires_at: Time | None
    time: Time = Field(description="When the message was made.")

    @property
    def key(self) -> str:
        """namespace/name of the request."""
        return f"{self.request_namespace}/{self.request}"


def notifications(
    before: ApprovalRequest, after: ApprovalRequest, action: str, now: datetime
) -> tuple[Notification, ...]:
    """What is to be told once a request's status has gone from one state to another.

    ``action``: as the proposer wrote it. Empty where nothing happened that people wait for.
    """
    found = _what_happened(before, after)
    return () if found is None else (message_of(*found, after, action, now),)


def expiring_soon(request: ApprovalRequest, action: str, now: datetime) -> Notification:
    """A request still waits for signatures, and not for long any more."""
    return message_of(
        NotificationStep.EXPIRING_SOON, f"expiring-{revision_of(request)}", request, action, now
    )


def _what_happened(
    before: ApprovalRequest, after: ApprovalRequest
) -> tuple[NotificationStep, str] | None:
    """The step, and the part of the message's id that stands for it."""
    if before.phase.terminal:
        return None
    if before.phase is not Phase.PENDING:
        return _executed(before, after)
    match after.phase:
        case Phase.PENDING:
            return _wanted(before, after)
        case Phase.APPROVED | Phase.EXECUTING:
            return NotificationStep.DECIDED, f"approved-{approval_of(after)}"
        case _:
            return NotificationStep.DECIDED, "decided"


def _executed(
    before: ApprovalRequest, after: ApprovalRequest
) -> tuple[NotificationStep, str] | None:
    """Of what was approved, only an end and a way back are news; a retry is not."""
    if after.phase.terminal:
        return NotificationStep.EXECUTED, "executed"
    if after.phase is not Phase.PENDING:
        return None
    if _planned_reason(after) == "Stale":
        return NotificationStep.STALE, f"stale-{revision_of(after)}"
    return NotificationStep.DECIDED, f"held-{approval_of(before)}"


def _wanted(before: ApprovalRequest, after: ApprovalRequest) -> tuple[NotificationStep, str] | None:
    """A plan that people can sign is news; a dry run's ends by itself."""
    planned = after.status.condition(ConditionType.PLANNED)
    fresh = _digest(before) != _digest(after) and planned is not None and planned.status == "True"
    if not fresh or after.spec.dry_run:
        return None
    return NotificationStep.SIGNATURE_WANTED, f"signature-wanted-{revision_of(after)}"


def message_of(
    step: NotificationStep, part: str, request: ApprovalRequest, action: str, now: datetime
) -> Notification:
    """The message about a request as it is; ``part`` is that of the id after the UID."""
    spec, status = request.spec, request.status
    ended = _status(request, step)
    mode = status.approval.mode if status.approval else None
    measured = status.plan.blast_radius if status.plan else None
    namespaces = _namespaces(request)
    return Notification(
        id=f"{request.metadata.uid}/{part}",
        step=step,
        status=ended,
        phase=request.phase,
        message=one_line(status.message or ""),
        action_title=one_line(action)[:_TITLE],
        description=one_line(spec.description)[:_DESCRIPTION],
        approval_id=request.metadata.uid,
        request=request.metadata.name,
        request_namespace=request.metadata.namespace,
        namespace=namespaces[0],
        namespaces=namespaces,
        operation_type=status.operation or "unknown",
        target=one_line(status.target or "unknown"),
        signers=_signers(request),
        required_signatures=_required(request),
        **_radius(request, measured),
        duration_ms=status.result.duration_milliseconds if status.result else 0,
        error=_error(request) if ended not in (None, NotificationStatus.SUCCESS) else None,
        risk_level=_risk(request),
        proposer=one_line(spec.requested_by or "unknown"),
        # Of what is left out of the action the incident is no part.
        incident=one_line(spec.incident or "") or incident_name(request, spec.action or action),
        automatic=mode is ApprovalMode.AUTOMATIC
        or (spec.requested_by or "").lower() == AUTOMATIC_REQUESTER,
        break_glass=mode is ApprovalMode.BREAK_GLASS,
        plan=_digest(request),
        created_at=request.metadata.creation_timestamp,
        expires_at=status.expires_at,
        time=now,
    )


def _status(request: ApprovalRequest, step: NotificationStep) -> NotificationStatus | None:
    if request.phase is Phase.SUCCEEDED and step is NotificationStep.EXECUTED:
        return NotificationStatus.SUCCESS
    if request.phase is not Phase.FAILED:
        return None
    blocked = _planned_reason(request) in _BLOCKED or "not found" in _error(request).lower()
    return NotificationStatus.DRY_RUN_BLOCKED if blocked else NotificationStatus.FAILED


def _error(request: ApprovalRequest) -> str:
    said = one_line(request.status.message or "unknown reason")
    if request.status.operation is None and _planned_reason(request) == "Unparseable":
        return clip(f"Could not parse operation type: {said}")
    return said


def _radius(request: ApprovalRequest, measured: MeasuredRadius | None) -> dict[str, object]:
    """What the proposer expects and what was measured: of both, the more alarming."""
    said, measured = request.spec.blast_radius, measured or MeasuredRadius()
    services = (*(said.related_services if said else ()), *measured.services)
    return {
        "affected_pods": max(said.affected_pods if said else 0, measured.pods),
        "estimated_downtime": one_line(said.estimated_downtime) if said else "N/A",
        "related_services": _each_once(one_line(each) for each in services),
        "data_impact": one_line(said.data_impact) if said else "none",
    }


def _signers(request: ApprovalRequest) -> tuple[Signer, ...]:
    """Whose signatures counted; before the approval, whose are on the plan there is."""
    status = request.status
    counted = status.approval.signers if status.approval else None
    return tuple(
        Signer(name=one_line(each.signer), comment=one_line(each.comment) if each.comment else None)
        for each in request.spec.signatures
        if each.decision == "Approve"
        and (
            each.signer in counted
            if counted is not None
            else each.plan is None or each.plan == _digest(request)
        )
    )


def _required(request: ApprovalRequest) -> int:
    required = request.status.required_signatures
    return required if required is not None else request.spec.required_signatures or 0


def _risk(request: ApprovalRequest) -> str:
    risk: Risk | None = request.status.risk_level or request.spec.risk_level
    return str(risk) if risk is not None else "unknown"


def _namespaces(request: ApprovalRequest) -> tuple[str, ...]:
    """At least one: what is in no namespace is done where it was asked for."""
    targets = [each.target for each in request.status.plan.steps] if request.status.plan else []
    spaces = (each.name if each.kind == "Namespace" else each.namespace for each in targets)
    return _each_once(each for each in spaces if each) or (request.metadata.namespace,)


def _planned_reason(request: ApprovalRequest) -> str | None:
    planned = request.status.condition(ConditionType.PLANNED)
    return planned.reason if planned is not None and planned.status == "False" else None


def _digest(request: ApprovalRequest) -> str | None:
    return request.status.plan.digest if request.status.plan else None


def revision_of(request: ApprovalRequest) -> int:
    """Of the plan there is."""
    return request.status.plan.revision if request.status.plan else 1


def approval_of(request: ApprovalRequest) -> int:
    """When it was approved: it can be held back, and approved again on the same plan."""
    at = request.status.approved_at
    return int(at.timestamp()) if at else 0


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
