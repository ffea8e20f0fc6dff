"""What the workflow needs from the world, as protocols: the real things are one floor up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from countersign.api.approval_request import ApprovalRequest, ApprovalRequestStatus
from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change, KnowledgeReference, ObjectReference, Plan
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.notice import Notice

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class ServiceAccount:
    """Whom an action runs as."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """The user name the API server knows it by."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


@dataclass(frozen=True)
class ObjectPath:
    """Where an object is in the API: ``apps/v1``, ``deployments``, namespace, name."""

    api_version: str
    plural: str
    namespace: str | None
    name: str


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        ...


class Cluster(Protocol):
    """The API server, spoken to as a service account.

    Every method raises ``ApiError``.
    """

    async def get(self, path: ObjectPath, account: ServiceAccount) -> JsonObject:
        """Read one object."""
        ...

    async def patch(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool = False
    ) -> JsonObject:
        """Apply one strategic merge patch and return the object as it is afterwards.

        ``metadata.uid`` and ``metadata.resourceVersion`` in the body are preconditions: the
        server answers 409 where they do not hold.
        """
        ...

    def watch(
        self, path: ObjectPath, resource_version: str, account: ServiceAccount
    ) -> AbstractAsyncContextManager[AsyncIterator[JsonObject]]:
        """The object's versions after ``resource_version``, until the stream ends.

        A deletion raises ``ApiError`` with code 404.
        """
        ...

    async def service_account_exists(self, account: ServiceAccount) -> bool:
        """Whether there is such a service account (asked as the operator itself)."""
        ...


class Desk(Protocol):
    """Where the operator itself writes: Events, and the status while an execution is under way."""

    async def post(self, request: ApprovalRequest, notice: Notice) -> None:
        """Post an Event; one that is already there is fine."""
        ...

    async def save_status(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> None:
        """Write those fields of the status that differ from the request's."""
        ...


@dataclass(frozen=True)
class Draft:
    """What an executor found out about an action: all of a plan but its digest."""

    target: ObjectReference
    changes: tuple[Change, ...]
    undo: Operation | None
    summary: str


@dataclass(frozen=True)
class Stamp:
    """What is left on a target so that a second run finds it: whose effect, and when approved."""

    request_uid: str
    approved_at: datetime


@dataclass(frozen=True)
class Effect:
    """What an execution did to its target: the object afterwards, and whether it changed.

    ``earlier`` says that the effect was found, done by a run that was cut off.
    """

    live: JsonObject
    changed: bool
    earlier: bool = False


@dataclass(frozen=True)
class Progress:
    """How far an effect has come."""

    state: Literal["done", "underway", "degraded"]
    message: str


class Executor(Protocol):
    """One operation. Raises ``ApiError``, ``RefusedError`` and (``execute``) ``StaleError``."""

    operation: OperationType

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the target and say exactly what would change. One request."""
        ...

    async def rehearse(self, draft: Draft, operation: Operation, account: ServiceAccount) -> None:
        """Do it as a server-side dry run. One request; none where nothing would change."""
        ...

    async def execute(self, plan: Plan, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Do it, once: where the stamp is already on the target, only say so."""
        ...

    def progress(self, plan: Plan, live: JsonObject) -> Progress:
        """How far the target has come, from the object alone."""
        ...

    def path(self, plan: Plan) -> ObjectPath:
        """Where the target is."""
        ...


class Store(Protocol):
    """Where knowledge is kept."""

    async def save(self, entry: KnowledgeEntry) -> KnowledgeReference:
        """Write an entry under its id; writing it again replaces it. Raises ``ApiError``."""
        ...

    async def get(self, entry_id: str) -> KnowledgeEntry | None:
        """Read one entry."""
        ...

    async def latest(self, limit: int) -> list[KnowledgeEntry]:
        """The newest entries, newest first."""
        ...


class Meter(Protocol):
    """Counts and times what happens."""

    def decided(self, decision: str) -> None:
        """A request was planned, approved, denied and so on."""
        ...

    def finished(self, operation: str, phase: str, seconds: float) -> None:
        """An execution ended, this long after its approval."""
        ...

    def retried(self, operation: str) -> None:
        """A transient error led to another attempt."""
        ...

    def failed_effect(self, effect: str) -> None:
        """An Event or knowledge entry could not be written."""
        ...
