"""Every port of the workflow, in memory; what the API server promises, these keep as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.policy.memory.circumstances import Circumstances
from countersign.records.execution import Execution
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.notification import Notification
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_desk import FakeDesk
from tests.support.fakes_faults import (
    EXECUTOR,
    Fault,
    LostAnswer,
    conflict,
    forbidden,
    not_found,
    unavailable,
)
from tests.support.fakes_own_objects import FakeConfigMaps, FakeLeases
from tests.support.memory_store import MemoryStore

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
