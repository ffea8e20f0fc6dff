"""ApprovalRequest: an action that somebody proposes and other people sign."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from countersign.api.base import Model, Time, rule, schema
from countersign.api.conditions import Condition, ConditionType, condition
from countersign.api.duration import Duration
from countersign.api.effects import MAX_EFFECTS, EffectStatus
from countersign.api.operation import Operation
from countersign.api.status import (
    Approval,
    Attempt,
    KnowledgeReference,
    Plan,
    PolicyReference,
    Result,
    TimelineEvent,
)

GROUP = "countersign.dev"
VERSION = "v1alpha1"
PLURAL = "approvalrequests"
KIND = "ApprovalRequest"
MUTABLE_SPEC_FIELDS = ("signatures", "cancelled")
MAX_SIGNATURES = 32
_USER_NAME = 512
_OBJECT_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
_ATOMIC = schema(map_type="atomic")
"""Written as a whole and by one writer: the API server need not track its fields one by one."""


class Risk(StrEnum):
    """How much can go wrong; in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low … 3 for critical."""
        return list(Risk).index(self)


class Phase(StrEnum):
    """Where a request is in its life; derived from its conditions."""

    PENDING = "Pending"
    APPROVED = "Approved"
    EXECUTING = "Executing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    DENIED = "Denied"
    EXPIRED = "Expired"
    CANCELLED = "Cancelled"

    @property
    def terminal(self) -> bool:
        """Whether nothing will change any more."""
        return self not in (Phase.PENDING, Phase.APPROVED, Phase.EXECUTING)


class Signature(Model):
    """One person's decision. Each signer owns their own entry, and the API server sees to it."""

    signer: str = Field(
        description="User name of who signs; must be the caller's own.",
        min_length=1,
        max_length=_USER_NAME,
    )
    groups: tuple[str, ...] = Field(
        default=(),
        description="Groups of the signer that count for policies; filled in when left out.",
        max_length=64,
        json_schema_extra={"items": {"type": "string", "maxLength": 256}},
    )
    decision: Literal["Approve", "Deny"] = Field(
        default="Approve", description="Approve or Deny. One entitled Deny decides."
    )
    comment: str | None = Field(
        default=None, description="Why, in the signer's words.", max_length=1024
    )
    plan: str | None = Field(
        default=None,
        description="Digest of the plan that was signed (status.plan.digest); filled in when left "
        "out. A signature on another plan does not count.",
        max_length=80,
        pattern=r"^sha256:[0-9a-f]{64}$",
    )
    break_glass: bool | None = Field(
        default=None,
        description="True in an emergency: where a policy lets one of your groups (and RBAC you, "
        "verb break-glass), this signature alone is enough. Needs a comment that says why.",
    )
    recorded_by: str | None = Field(
        default=None,
        description="Account that wrote this entry for the signer (GitOps, verb sign-as); absent "
        "on one's own.",
        max_length=_USER_NAME,
    )


class BlastRadius(Model):
    """What the proposer expects to be affected."""

    affected_pods: int = Field(default=0, description="Number of pods.", ge=0, le=1_000_000)
    estimated_downtime: str = Field(
        default="N/A", description="For example 30s, none, N/A.", max_length=64
    )
    related_services: tuple[str, ...] = Field(
        default=(),
        description="Names of Services that may notice.",
        max_length=64,
        json_schema_extra={"items": {"type": "string", "maxLength": 253}},
    )
    data_impact: str = Field(
        default="none", description="For example none, read-only, loss.", max_length=64
    )


class Retry(Model):
    """How transient errors are retried."""

    limit: int = Field(default=2, description="Retries after the first attempt.", ge=0, le=10)
    delay: Duration = Field(
        default=timedelta(seconds=30),
        description="Wait between attempts, for example 30s.",
        json_schema_extra={"default": "30s"},
    )


class Verify(Model):
    """Whether and how long the outcome is watched."""

    enabled: bool = Field(default=True, description="Watch the target until it is done.")
    timeout: Duration = Field(
        default=timedelta(minutes=5),
        description="How long to watch, for example 5m.",
        json_schema_extra={"default": "5m"},
    )


def _spec_rules() -> list[dict[str, str]]:
    frozen = [
        rule(
            f"has(self.{name}) == has(oldSelf.{name}) "
            f"&& (!has(self.{name}) || self.{name} == oldSelf.{name})",
            f"spec.{name} cannot be changed after creation; create a new request.",
        )
        for name in ApprovalRequestSpec.immutable_fields()
    ]
    return [
        rule(
            "has(self.action) != has(self.operation)",
            "Write exactly one of action (text) and operation (typed).",
        ),
        rule(
            "!has(oldSelf.cancelled) || !oldSelf.cancelled "
            "|| (has(self.cancelled) && self.cancelled)",
            "spec.cancelled cannot be taken back; create a new request.",
        ),
        *frozen,
    ]


def _schema_of_spec(json_schema: dict[str, Any]) -> None:
    json_schema.update(schema(validations=_spec_rules()))


class ApprovalRequestSpec(Model):
    """What is proposed. Immutable but for signatures and cancelled."""

    model_config = ConfigDict(json_schema_extra=_schema_of_spec)

    action: str | None = Field(
        default=None,
        description="What to do, as text: a kubectl command or a plain sentence, for example "
        "'kubectl rollout restart deployment/web'. It is parsed to a typed operation or refused; "
        "it never reaches a shell.",
        max_length=4096,
    )
    operation: Operation | None = Field(
        default=None, description="What to do, typed. Machines should prefer it to action."
    )
    description: str = Field(
        default="", description="Why, for the people who sign.", max_length=4096
    )
    incident: str | None = Field(
        default=None,
        description="Name of the Incident this belongs to, in the same namespace; where it is left "
        "out, the first INC-… in the texts is taken, in small letters.",
        max_length=253,
    )
    playbook: str | None = Field(
        default=None,
        description="Name of the Playbook that this follows, in the same namespace. Its trust "
        "counts only for the very operations of its steps.",
        max_length=253,
        pattern=_OBJECT_NAME,
    )
    requested_by: str | None = Field(
        default=None,
        description="Who proposes; must be the caller, and is filled in when left out.",
        max_length=_USER_NAME,
    )
    submitted_by: str | None = Field(
        default=None,
        description="Account that created the request for requestedBy (GitOps, verb request-as); "
        "filled in when left out, absent on one's own. It cannot sign the request either.",
        max_length=_USER_NAME,
    )
    risk_level: Risk | None = Field(
        default=None,
        description="The least risk the proposer sees: low, medium, high or critical. The "
        "operator assesses its own and the higher of both counts.",
    )
    confidence: float | None = Field(
        default=None, description="How sure an AI proposer is, 0 to 1.", ge=0, le=1
    )
    required_signatures: int | None = Field(
        default=None,
        description="Signatures wanted; can raise what the policy demands, never lower it.",
        ge=1,
        le=MAX_SIGNATURES,
    )
    blast_radius: BlastRadius | None = Field(
        default=None, description="What the proposer expects to be affected."
    )
    expires_after: Duration | None = Field(
        default=None,
        description="How long after its creation the request can be approved, for example 24h.",
    )
    not_before: Time | None = Field(
        default=None, description="Not approved before this time (RFC 3339)."
    )
    retry: Retry = Field(default=Retry(), description="How transient errors are retried.")
    verify: Verify = Field(default=Verify(), description="How the outcome is verified.")
    service_account_name: str = Field(
        default="countersign-executor",
        description="ServiceAccount of the request's namespace that the action runs as.",
        min_length=1,
        max_length=253,
        pattern=_OBJECT_NAME,
    )
    dry_run: bool = Field(default=False, description="Plan only; nothing is ever carried out.")
    cancelled: bool = Field(default=False, description="Set to true to call the request off.")
    signatures: tuple[Signature, ...] = Field(
        default=(),
        description="Decisions; each signer writes their own entry.",
        max_length=MAX_SIGNATURES,
        json_schema_extra=schema(list_type="map", list_map_keys=["signer"]),
    )

    @classmethod
    def immutable_fields(cls) -> list[str]:
        """JSON names of all fields that cannot be changed."""
        names = [field.alias or name for name, field in cls.model_fields.items()]
        return [name for name in names if name not in MUTABLE_SPEC_FIELDS]


_TRANSITIONS = {
    Phase.PENDING: (
        Phase.APPROVED,
        Phase.DENIED,
        Phase.EXPIRED,
        Phase.CANCELLED,
        Phase.FAILED,
        Phase.SUCCEEDED,
    ),
    Phase.APPROVED: (Phase.EXECUTING, Phase.SUCCEEDED, Phase.FAILED, Phase.PENDING),
    Phase.EXECUTING: (Phase.SUCCEEDED, Phase.FAILED),
}


def may_follow(old: Phase | None, new: Phase) -> bool:
    """Whether a request may go from one phase to another."""
    return old is None or old == new or new in _TRANSITIONS.get(old, ())


def _status_rules() -> list[dict[str, str]]:
    allowed = " || ".join(
        f"(oldSelf.phase == '{old}' && self.phase in [{', '.join(repr(str(n)) for n in news)}])"
        for old, news in _TRANSITIONS.items()
    )
    return [
        rule(
            "!has(oldSelf.phase) || (has(self.phase) && "
            f"(self.phase == oldSelf.phase || {allowed}))",
            "A decision is final: this phase cannot follow the old one.",
        )
    ]


def _schema_of_status(json_schema: dict[str, Any]) -> None:
    json_schema.update(schema(validations=_status_rules()))


class ApprovalRequestStatus(Model):
    """What became of a request. Only the operator writes it."""

    model_config = ConfigDict(json_schema_extra=_schema_of_status)

    uid: str | None = Field(
        default=None,
        description="UID of the request that this status is about. The API server refuses that of "
        "another: what becomes of a deleted request is not written into one of the same name.",
        max_length=64,
    )
    phase: Phase | None = Field(
        default=None, description="Where the request is in its life, derived from the conditions."
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
        json_schema_extra={"maxProperties": MAX_EFFECTS},
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


class Metadata(Model):
    """The part of ObjectMeta that matters here."""

    name: str
    namespace: str
    uid: str
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time
    deletion_timestamp: Time | None = None

    @property
    def version(self) -> int:
        """The resource version, which since Kubernetes 1.35 is promised to be a growing number."""
        return int(self.resource_version) if self.resource_version.isdecimal() else 0


def _schema_of_request(json_schema: dict[str, Any]) -> None:
    had_phase = "has(oldSelf.status) && has(oldSelf.status.phase)"
    rules = [
        rule(
            f"!({had_phase} && oldSelf.status.phase != 'Pending') || self.spec == oldSelf.spec",
            "This request has been decided; nothing in its spec can be changed any more.",
        ),
        rule(
            # A rule on the status itself does not run when the status is removed as a whole.
            f"!({had_phase}) || (has(self.status) && has(self.status.phase))",
            "A decision is final: the phase cannot be removed.",
        ),
    ]
    json_schema.update(schema(validations=rules))


class ApprovalRequest(Model):
    """An action that somebody proposes, other people sign, and the operator carries out once."""

    model_config = ConfigDict(json_schema_extra=_schema_of_request)

    API_VERSION: ClassVar[str] = f"{GROUP}/{VERSION}"

    metadata: Metadata
    spec: ApprovalRequestSpec
    status: ApprovalRequestStatus = Field(default=ApprovalRequestStatus())

    @property
    def key(self) -> str:
        """namespace/name, as kubectl users say it."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    @property
    def phase(self) -> Phase:
        """The phase; a request nobody has looked at yet is Pending."""
        return self.status.phase or Phase.PENDING
