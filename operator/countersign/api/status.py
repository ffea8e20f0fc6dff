"""The parts of an ApprovalRequest's status."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from countersign.api.base import Model, Time
from countersign.api.operation import Operation, OperationType

MAX_STEPS = 32
MAX_CHANGES = 64
MAX_NAMES = 32
VALUE_LIMIT = 1024
OUTPUT_LIMIT = 8192


class Change(Model):
    """One field that the action changes."""

    field: str = Field(description="Path of the field, for example spec.replicas.", max_length=512)
    before: str | None = Field(
        default=None, description="Value now; absent where there is none.", max_length=VALUE_LIMIT
    )
    after: str | None = Field(
        default=None,
        description="Value afterwards; absent where it is removed.",
        max_length=VALUE_LIMIT,
    )


class ObjectReference(Model):
    """The very object that the plan was made for."""

    api_version: str = Field(description="API version, for example apps/v1.", max_length=128)
    kind: str = Field(description="Kind, for example Deployment.", max_length=63)
    namespace: str | None = Field(
        default=None, description="Namespace, if it has one.", max_length=63
    )
    name: str = Field(description="Name.", max_length=253)
    uid: str | None = Field(
        default=None,
        description="UID: another object of the same name is another. Absent where the object "
        "does not exist yet.",
        max_length=64,
    )
    resource_version: str | None = Field(
        default=None,
        description="Version that the plan was made on; not part of the digest.",
        max_length=64,
    )
    executed: str | None = Field(
        default=None,
        description="UIDs of requests that were carried out on it before, latest first; not part "
        "of the digest.",
        max_length=512,
    )


class PlanStep(Model):
    """What will be done to one object."""

    operation: Operation = Field(description="The action on this object, as it was understood.")
    target: ObjectReference = Field(description="The object it is done to.")
    summary: str = Field(description="The action in one sentence.", max_length=1024)
    changes: tuple[Change, ...] = Field(
        default=(), description="What changes, from and to.", max_length=MAX_CHANGES
    )
    undo: Operation | None = Field(
        default=None,
        description="The operation that takes this step back, where there is one; not part of the "
        "digest.",
    )


class MeasuredRadius(Model):
    """What the action will be felt by, as the cluster was when the plan was made."""

    pods: int = Field(default=0, description="Pods that are replaced, removed or stopped.", ge=0)
    all_replicas: bool = Field(
        default=False, description="Whether a workload loses all its ready replicas at once."
    )
    services: tuple[str, ...] = Field(
        default=(),
        description="Services that select those pods, as namespace/name.",
        max_length=MAX_NAMES,
        json_schema_extra={"items": {"type": "string", "maxLength": 320}},
    )
    disruption_budgets: tuple[str, ...] = Field(
        default=(),
        description="PodDisruptionBudgets that would be violated, as namespace/name.",
        max_length=MAX_NAMES,
        json_schema_extra={"items": {"type": "string", "maxLength": 320}},
    )
    unknown: str | None = Field(
        default=None, description="What could not be measured, and why.", max_length=VALUE_LIMIT
    )


class Plan(Model):
    """What exactly will be done; people sign its digest."""

    digest: str = Field(
        description="SHA-256 over each step's operation, target UID and effect, and the revision, "
        "as sha256:<hex>.",
        pattern=r"^sha256:[0-9a-f]{64}$",
        max_length=80,
    )
    revision: int = Field(
        description="1 for the first plan; each plan after a stale one counts up.", ge=1
    )
    summary: str = Field(description="The action in one sentence.", max_length=1024)
    steps: tuple[PlanStep, ...] = Field(
        description="What is done to each object, in this order.",
        min_length=1,
        max_length=MAX_STEPS,
    )
    blast_radius: MeasuredRadius | None = Field(
        default=None,
        description="What it will be felt by, as measured; not part of the digest.",
    )
    flapping: str | None = Field(
        default=None,
        description="That its targets were acted on often of late, in one sentence; not part of "
        "the digest.",
        max_length=VALUE_LIMIT,
    )
    planned_at: Time = Field(description="When the plan was made; not part of the digest.")

    @property
    def type(self) -> OperationType:
        """What is done, the same in each step."""
        return self.steps[0].operation.type

    @property
    def changes_anything(self) -> bool:
        """Whether any step has an effect."""
        return any(step.changes for step in self.steps)


class PolicyReference(Model):
    """A policy as it was when it decided."""

    name: str = Field(description="Name of the policy.", max_length=253)
    digest: str = Field(description="SHA-256 over its spec.", max_length=80)


class ApprovalMode(StrEnum):
    """What stood for the approval."""

    SIGNATURES = "Signatures"
    AUTOMATIC = "Automatic"
    BREAK_GLASS = "BreakGlass"


class Approval(Model):
    """How a request was approved."""

    mode: ApprovalMode = Field(
        description="Signatures (a quorum of people), Automatic (a policy's autoApprove) or "
        "BreakGlass (one person's emergency signature)."
    )
    signers: tuple[str, ...] = Field(
        default=(),
        description="Whose signatures counted.",
        max_length=32,
        json_schema_extra={"items": {"type": "string", "maxLength": 512}},
    )
    reason: str | None = Field(
        default=None,
        description="Why the glass was broken, or by which policy nobody had to sign.",
        max_length=VALUE_LIMIT,
    )


class Attempt(Model):
    """One attempt to carry the action out."""

    started_at: Time = Field(description="When it began.")
    finished_at: Time | None = Field(default=None, description="When it ended.")
    error: str | None = Field(
        default=None, description="What went wrong, if anything.", max_length=VALUE_LIMIT
    )
    transient: bool | None = Field(
        default=None, description="Whether the error is one that a later attempt may not meet."
    )


class StepResult(Model):
    """What came of one step."""

    target: str = Field(description="The object, as Kind/name.", max_length=512)
    outcome: Literal["Succeeded", "Failed", "NotRun"] = Field(description="How it went.")
    message: str = Field(default="", description="In one sentence.", max_length=VALUE_LIMIT)
    changed: bool = Field(default=False, description="Whether the object was changed.")


class Result(Model):
    """What came of the action."""

    duration_milliseconds: int = Field(
        description="From the start of the last attempt to its end, in milliseconds.", ge=0
    )
    message: str = Field(description="The outcome in one sentence.", max_length=VALUE_LIMIT)
    changed: bool = Field(description="Whether the cluster was changed.")
    output: str | None = Field(
        default=None,
        description="The end of what a command or Job has written.",
        max_length=OUTPUT_LIMIT,
    )
    steps: tuple[StepResult, ...] = Field(
        default=(),
        description="What came of each step, where there are several.",
        max_length=MAX_STEPS,
    )


class TimelineEvent(Model):
    """One thing that happened to a request."""

    type: Literal["propose", "plan", "sign", "decide", "exec", "verify", "record"] = Field(
        description="Which step it belongs to."
    )
    status: Literal["success", "warning", "error"] = Field(description="How it went.")
    title: str = Field(description="Headline.", max_length=256)
    description: str = Field(default="", description="Details.", max_length=VALUE_LIMIT)
    actor: str = Field(description="Who did it.", max_length=256)
    actor_role: Literal["executor", "planner", "signer", "requester", "policy"] = Field(
        description="In which role."
    )
    time: Time = Field(description="When.")


class KnowledgeReference(Model):
    """Where the knowledge entry of a request is."""

    store: str = Field(description="Kind of store: configmap, …", max_length=63)
    entry: str = Field(description="Identifier of the entry: the request's UID.", max_length=253)
    location: str = Field(description="Where in the store, for people.", max_length=512)
