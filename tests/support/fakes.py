"""Every port of the workflow, in memory; what the API server promises, these keep as well."""

from __future__ import annotations

import copy
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.errors import ApiError
from countersign.policy.memory.circumstances import Circumstances
from countersign.ports import JsonObject
from countersign.records.execution import Execution
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.notice import Notice
from countersign.records.notification import Notification
from countersign.stores.memory import MemoryStore
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_faults import (
    EXECUTOR,
    Fault,
    LostAnswer,
    conflict,
    forbidden,
    not_found,
    unavailable,
)
from tests.support.fakes_objects import with_status
from tests.support.fakes_patches import merge

__all__ = [
    "EXECUTOR",
    "FakeCluster",
    "FakeConfigMaps",
    "FakeDesk",
    "FakeLeases",
    "FakeMeter",
    "FakeNotifier",
    "FakePolicies",
    "FakeStore",
    "Fault",
    "LostAnswer",
    "conflict",
    "forbidden",
    "not_found",
    "unavailable",
]


class FakeDesk:
    """The ``Desk`` port; ``error`` is raised by everything while it is set."""

    def __init__(self, journal: list[str] | None = None) -> None:
        self.posted: list[Notice] = []
        self.saved: list[ApprovalRequestStatus] = []
        self.touched: list[tuple[str, str]] = []
        self.error: Exception | None = None
        self.journal = journal if journal is not None else []

    async def post(self, request: ApprovalRequest, notice: Notice) -> None:
        self.journal.append(f"event {notice.step}")
        if self.error is not None:
            raise self.error
        self.posted.append(notice)

    async def save_status(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        self.journal.append(f"status {status.phase}")
        if self.error is not None:
            raise self.error
        self.saved.append(status)
        return with_status(request, status)

    async def claim(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        return await self.save_status(request, status)


class FakeStore(MemoryStore):
    """A ``MemoryStore`` that can be down."""

    def __init__(self, journal: list[str] | None = None) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.journal = journal if journal is not None else []

    async def save(
        self,
        entry: KnowledgeEntry,
        execution: Execution | None = None,
        timeline: Sequence[TimelineEvent] = (),
    ) -> KnowledgeReference:
        self.journal.append("knowledge")
        if self.error is not None:
            raise self.error
        return await super().save(entry, execution, timeline)


class FakeMeter:
    """The ``Meter`` port: everything it was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def decided(self, decision: str) -> None:
        self.told.append(("decided", decision))

    def finished(self, operation: str, phase: str, seconds: float) -> None:
        self.told.append(("finished", str(operation), phase, seconds))

    def retried(self, operation: str) -> None:
        self.told.append(("retried", str(operation)))

    def failed_effect(self, effect: str) -> None:
        self.told.append(("failed effect", effect))

    def notified(self, channel: str, result: str) -> None:
        self.told.append(("notified", channel, result))


class FakeNotifier:
    """The ``Notifier`` port: all messages, in order; ``error`` is raised while it is set."""

    def __init__(self, journal: list[str] | None = None) -> None:
        self.messages: list[Notification] = []
        self.settled: dict[str, Callable[[tuple[str, ...]], None]] = {}
        self.wanted = True
        self.reminders: dict[str, Notification] = {}
        self.error: Exception | None = None
        self.journal = journal if journal is not None else []

    def wants(self, message: Notification) -> bool:
        return self.wanted

    def deliver(self, part: str, *given_up: str) -> None:
        """Every channel has a message, but those that have given it up."""
        [name] = [each for each in self.settled if each.endswith(f"/{part}")]
        self.settled.pop(name)(given_up)

    def notify(
        self, message: Notification, settled: Callable[[tuple[str, ...]], None] | None = None
    ) -> None:
        self.journal.append(f"message {message.step}")
        if self.error is not None:
            raise self.error
        self.messages.append(message)
        if settled is not None:
            self.settled[message.id] = settled

    def remind(self, message: Notification) -> None:
        if self.error is not None:
            raise self.error
        self.reminders[message.approval_id] = message

    def forget(self, approval_id: str) -> None:
        self.reminders.pop(approval_id, None)


class FakePolicies:
    """The ``Policies`` port: no policies, until a test sets some."""

    def __init__(self) -> None:
        self.circumstances = Circumstances(())
        self.claimed: list[str] = []

    async def around(self, request: ApprovalRequest) -> Circumstances:
        return self.circumstances

    def approved(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> None:
        self.claimed.append(request.metadata.uid)


class FakeConfigMaps:
    """ConfigMaps with merge-patch semantics; ``before[verb]`` runs before the next such request."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], JsonObject] = {}
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}

    async def patch_config_map(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        self._asked("patch")
        if (live := self.objects.get((namespace, name))) is None:
            raise not_found(f'configmaps "{name}"')
        merge(live, body)
        return copy.deepcopy(live)

    async def create_config_map(self, namespace: str, body: JsonObject) -> JsonObject:
        self._asked("create")
        key = (namespace, body["metadata"]["name"])
        if key in self.objects:
            raise ApiError("already exists", code=409, reason="AlreadyExists")
        self.objects[key] = copy.deepcopy(body)
        return copy.deepcopy(body)

    async def list_config_maps(self, namespace: str, selector: str) -> list[JsonObject]:
        self._asked("list")
        wanted = dict(part.split("=") for part in selector.split(","))
        return [
            copy.deepcopy(live)
            for (where, _), live in self.objects.items()
            if where == namespace and wanted.items() <= live["metadata"].get("labels", {}).items()
        ]

    def _asked(self, verb: str) -> None:
        self.calls.append(verb)
        if act := self.before.pop(verb, None):
            act()


class FakeLeases:
    """One Lease whose ``replace`` compares and sets; ``faults`` as in ``FakeCluster``."""

    def __init__(self) -> None:
        self.lease: JsonObject | None = None
        self.faults: defaultdict[str, deque[Any]] = defaultdict(deque)
        self._version = 0

    def put(self, spec: JsonObject) -> None:
        """Somebody writes the Lease."""
        self._version += 1
        metadata = {"name": "operator", "resourceVersion": str(self._version)}
        self.lease = {"metadata": metadata, "spec": spec}

    @property
    def holder(self) -> str | None:
        return None if self.lease is None else self.lease["spec"].get("holderIdentity")

    async def read(self) -> JsonObject:
        await self._asked("read")
        if self.lease is None:
            raise not_found('leases "operator"')
        return copy.deepcopy(self.lease)

    async def create(self, body: JsonObject) -> JsonObject:
        await self._asked("create")
        if self.lease is not None:
            raise ApiError("already exists", code=409, reason="AlreadyExists")
        self.put(copy.deepcopy(body["spec"]))
        return await self.read()

    async def replace(self, body: JsonObject) -> JsonObject:
        lost = await self._asked("replace")
        if self.lease is None:
            raise not_found('leases "operator"')
        if body["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise conflict()
        self.put(copy.deepcopy(body["spec"]))
        if lost is not None:
            raise lost.error
        return copy.deepcopy(self.lease)

    async def _asked(self, verb: str) -> LostAnswer | None:
        fault = self.faults[verb].popleft() if self.faults[verb] else None
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, LostAnswer):
            return fault
        if fault is not None:
            await fault()
        return None
