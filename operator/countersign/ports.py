"""What the workflow needs from the world, as protocols: the real things are one floor up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable

from countersign.api.approval_request import ApprovalRequest, ApprovalRequestStatus
from countersign.api.kinds import Resource
from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change, KnowledgeReference, ObjectReference, PlanStep
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
    """Where an object is in the API: ``apps/v1``, ``deployments``, namespace, name.

    An empty name stands for the whole collection; without a namespace too, for all namespaces'.
    """

    api_version: str
    plural: str
    namespace: str | None
    name: str = ""
    subresource: str = ""


class PatchForm(StrEnum):
    """How a patch is written; the value is its content type."""

    STRATEGIC = "application/strategic-merge-patch+json"
    MERGE = "application/merge-patch+json"
    JSON = "application/json-patch+json"
    APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Finished:
    """What a command in a container left behind; the texts are the last ``OUTPUT_LIMIT`` of each.

    ``code`` is its exit status.
    """

    code: int
    stdout: str
    stderr: str


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

    async def select(
        self,
        path: ObjectPath,
        account: ServiceAccount,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
    ) -> list[JsonObject]:
        """The first ``limit`` objects of a collection that match both selectors."""
        ...

    async def patch(
        self,
        path: ObjectPath,
        body: JsonObject | list[JsonObject],
        account: ServiceAccount,
        *,
        form: PatchForm = PatchForm.STRATEGIC,
        dry_run: bool = False,
        force: bool = False,
    ) -> JsonObject:
        """Apply one patch and return the object as it is afterwards.

        ``metadata.uid`` and ``metadata.resourceVersion`` in the body are preconditions: the
        server answers 409 where they do not hold. ``force`` takes over other managers' fields
        (server-side apply only).
        """
        ...

    async def create(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool = False
    ) -> JsonObject:
        """Create an object in a collection, or post to an object's sub-resource."""
        ...

    async def delete(
        self,
        path: ObjectPath,
        options: JsonObject,
        account: ServiceAccount,
        *,
        dry_run: bool = False,
    ) -> JsonObject:
        """Delete an object with ``DeleteOptions``, whose preconditions answer 409."""
        ...

    def watch(
        self, path: ObjectPath, resource_version: str, account: ServiceAccount
    ) -> AbstractAsyncContextManager[AsyncIterator[JsonObject]]:
        """The object's versions after ``resource_version``, until the stream ends.

        A deletion raises ``ApiError`` with code 404.
        """
        ...

    async def resource(
        self, kind: str, api_version: str | None, account: ServiceAccount
    ) -> Resource:
        """Where the API keeps a kind; asked of the server unless it is Kubernetes' own.

        Raises ``RefusedError`` where there is none, or where several groups have it and
        ``api_version`` does not say which.
        """
        ...

    async def logs(self, path: ObjectPath, container: str | None, account: ServiceAccount) -> str:
        """The last ``OUTPUT_LIMIT`` characters that a pod's container has written."""
        ...

    async def run(
        self,
        path: ObjectPath,
        container: str | None,
        command: Sequence[str],
        account: ServiceAccount,
    ) -> Finished:
        """Run a command in a pod's container and wait for its end.

        An ``ApiError`` with an HTTP code says that it was refused before it began; without one,
        nobody can tell what has happened.
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

    async def save_status(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        """Write those fields of the status that differ from the request's; the object after it."""
        ...

    async def claim(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        """The same as a compare-and-set: 409 where the object has changed since it was read."""
        ...


@dataclass(frozen=True)
class Draft:
    """What an executor found out about an action on one object: a step of a plan.

    ``live`` is the object as it is now, None where it does not exist yet.
    """

    target: ObjectReference
    changes: tuple[Change, ...]
    summary: str
    live: JsonObject | None
    undo: Operation | None = None


@dataclass(frozen=True)
class Stamp:
    """What is left on a target so that a second run finds it: whose effect, and when approved."""

    request_uid: str
    approved_at: datetime


@dataclass(frozen=True)
class Effect:
    """What an execution did.

    ``watched`` is the object whose state tells how the effect ends, ``live`` that object now;
    both None where there is nothing to watch. ``earlier`` says that the effect was found, done by
    a run that was cut off. ``output`` is what a command has written.
    """

    changed: bool
    live: JsonObject | None = None
    watched: ObjectPath | None = None
    earlier: bool = False
    message: str = ""
    output: str = ""


@dataclass(frozen=True)
class Progress:
    """How far an effect has come; ``output`` is what it has written by its end."""

    state: Literal["done", "underway", "degraded"]
    message: str
    output: str = ""


class Executor(Protocol):
    """One operation on one object.

    Raises ``ApiError``, ``RefusedError`` and (``execute``) ``StaleError``. Every ``operation`` has
    its one ``target``, whose namespace is filled in.
    """

    operation: OperationType
    repeatable: bool
    """Whether a run that was cut off may be made again. If not, that it begins is written down
    first, and a run that finds it written ends as ``OutcomeUnknown``."""

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the target and do it as a server-side dry run. No dry run if nothing would change.

        Costs two requests where it can.
        """
        ...

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Do it, once: where an earlier run has done it, only say so."""
        ...

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """How far the watched object has come, from the object alone."""
        ...

    def gone(self, step: PlanStep) -> Progress:
        """What it means that the watched object is no longer there."""
        ...


@runtime_checkable
class Patient(Protocol):
    """An executor whose end no watch of one object can tell: it is asked round by round."""

    async def another_round(
        self, step: PlanStep, effect: Effect, stamp: Stamp, account: ServiceAccount
    ) -> Progress:
        """Look, do what is left to be done, and say how far it has come."""
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
