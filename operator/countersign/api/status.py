"""The parts of an ApprovalRequest's status."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from countersign.api.base import Model, Time
from countersign.api.operation import Operation

MAX_CHANGES = 64
VALUE_LIMIT = 1024


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
    uid: str = Field(description="UID: another object of the same name is another.", max_length=64)
    resource_version: str = Field(
        description="Version that the plan was made on; not part of the digest.", max_length=64
    )
    executed: str | None = Field(
        default=None,
        description="UIDs of requests that were carried out on it before, latest first; not part "
        "of the digest.",
        max_length=512,
    )


class Plan(Model):
    """What exactly will be done; people sign its digest."""

    digest: str = Field(
        description="SHA-256 over operation, target UID, effect and revision, as sha256:<hex>.",
        pattern=r"^sha256:[0-9a-f]{64}$",
        max_length=80,
    )
    revision: int = Field(
        description="1 for the first plan; each plan after a stale one counts up.", ge=1
    )
    operation: Operation = Field(description="The action as it was understood.")
    target: ObjectReference = Field(description="The object it is done to.")
    summary: str = Field(description="The action in one sentence.", max_length=1024)
    changes: tuple[Change, ...] = Field(
        default=(), description="What changes, from and to.", max_length=MAX_CHANGES
    )
    planned_at: Time = Field(description="When the plan was made; not part of the digest.")


class PolicyReference(Model):
    """A policy as it was when it decided."""

    name: str = Field(description="Name of the policy.", max_length=253)
    digest: str = Field(description="SHA-256 over its spec.", max_length=80)


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


class Result(Model):
    """What came of the action."""

    duration_milliseconds: int = Field(
        description="From the start of the last attempt to its end, in milliseconds.", ge=0
    )
    message: str = Field(description="The outcome in one sentence.", max_length=VALUE_LIMIT)
    changed: bool = Field(description="Whether the cluster was changed.")


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
