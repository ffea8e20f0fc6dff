"""What became of a request. Only the operator writes it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from countersign.api.base import Model, Time, schema
from countersign.api.conditions import Condition, ConditionType, condition
from countersign.api.effects import MAX_EFFECTS, EffectStatus
from countersign.api.operation import Operation
from countersign.api.phase import Phase, phase_rules
from countersign.api.risk import Risk
from countersign.api.signature import MAX_SIGNATURES
from countersign.api.status import (
    Approval,
    Attempt,
    KnowledgeReference,
    Plan,
    PolicyReference,
    Result,
    TimelineEvent,
)

_ATOMIC = schema(map_type="atomic")
"""Written as a whole and by one writer: the API server need not track its fields one by one."""


class ApprovalRequestStatus(Model):
    """What became of a request. Only the operator writes it."""

    uid: str | None = Field(
        default=None,
        description="UID of the request that this status is about. The API server refuses that of "
        "another: what becomes of a deleted request is not written into one of the same name.",
        max_length=64,
    )
    phase: Phase | None = Field(
        default=None,
        description="Where the request is in its life, derived from the conditions.",
        json_schema_extra=schema(validations=phase_rules()),
    )
    message: str | None = Field(
        default=None, description="What is going on, in one sentence.", max_length=1024
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        description="Planned, Approved, Executed, Verified, Recorded.",
        max_length=16,
        json_schema_extra=schema(list_type="map", list_map_keys=["type"]),
    )
    operation: str | None = Field(
        default=None, description="What is to be done, as it was understood.", max_length=63
    )
    target: str | None = Field(
        default=None, description="The object it is done to, as Kind/name.", max_length=512
    )
    risk_level: Risk | None = Field(
        default=None, description="Effective risk: the higher of the proposer's and our own."
    )
    required_signatures: int | None = Field(
        default=None, description="Signatures that are needed.", ge=0, le=MAX_SIGNATURES
    )
    signed: str | None = Field(
        default=None, description="Signatures that count, of those needed: 1/2.", max_length=16
    )
    policies: tuple[PolicyReference, ...] = Field(
        default=(), description="Policies in force when the request was decided.", max_length=64
    )
    plan: Plan | None = Field(
        default=None, description="What exactly will be done.", json_schema_extra=_ATOMIC
    )
    approval: Approval | None = Field(
        default=None,
        description="How it was approved: by signatures, automatically, or by breaking the glass.",
        json_schema_extra=_ATOMIC,
    )
    approved_at: Time | None = Field(default=None, description="When the quorum was reached.")
    expires_at: Time | None = Field(
        default=None, description="Until when the request can be approved."
    )
    attempts: tuple[Attempt, ...] = Field(
        default=(), description="Attempts to carry the action out.", max_length=16
    )
    next_attempt_at: Time | None = Field(
        default=None, description="When the next attempt is made after a transient error."
    )
    result: Result | None = Field(
        default=None, description="What came of it.", json_schema_extra=_ATOMIC
    )
    timeline: tuple[TimelineEvent, ...] = Field(
        default=(), description="The latest 20 things that happened, oldest first.", max_length=20
    )
    knowledge: KnowledgeReference | None = Field(
        default=None,
        description="Where the knowledge entry was written.",
        json_schema_extra=_ATOMIC,
    )
    effects: dict[str, EffectStatus] = Field(
        default={},
        description="What is to be written and told besides this status, and how far that is.",
        json_schema_extra={"maxProperties": MAX_EFFECTS, **_ATOMIC},
    )
    undo: Operation | None = Field(
        default=None,
        description="The operation that takes the effect back, where there is one.",
        json_schema_extra=_ATOMIC,
    )
    kopf: dict[str, Any] | None = Field(
        default=None,
        description="Progress of the operator's framework; of no interest to people.",
        json_schema_extra=schema(preserve_unknown_fields=True),
    )

    def condition(self, kind: ConditionType) -> Condition | None:
        """The condition of one type, if it has been set."""
        return condition(self.conditions, kind)
