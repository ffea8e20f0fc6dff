"""What the operator has for itself: the time, its desk, its memory, its meters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.policy.memory.circumstances import Circumstances
from countersign.records.execution import Choice, Execution, Frequency, Occurrence
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.notice import Notice
from countersign.records.notification import Notification
from countersign.records.query import Query


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
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


class Policies(Protocol):
    """What is known of policies, of namespaces, and of what was approved before."""

    async def around(self, request: ApprovalRequest) -> Circumstances:
        """What a decision on a request depends on; waits until all of it is known."""
        ...

    def approved(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> None:
        """A request is about to be approved: the next decision has to count it already."""
        ...


class Store(Protocol):
    """Where knowledge is kept."""

    async def save(
        self,
        entry: KnowledgeEntry,
        execution: Execution | None = None,
        timeline: Sequence[TimelineEvent] = (),
    ) -> KnowledgeReference:
        """Write an entry under its id, with what it tells of; writing it again replaces it.

        Events of the timeline that are there already stay. Raises ``ApiError`` or ``StoreError``,
        as all of these do.
        """
        ...

    async def note(self, entry_id: str, timeline: Sequence[TimelineEvent]) -> None:
        """Add events to a timeline, before there is an entry; those that are there stay once."""
        ...

    async def timeline(self, entry_id: str) -> list[TimelineEvent]:
        """All that happened to a request, oldest first."""
        ...

    async def executions(self, choice: Choice) -> list[Execution]:
        """Those that were saved, newest first."""
        ...

    async def occurred(self, occurrence: Occurrence) -> None:
        """Count an anomaly, once for each id."""
        ...

    async def frequency(self, anomaly: str, now: datetime) -> Frequency:
        """How often an anomaly has occurred until ``now``."""
        ...

    async def get(self, entry_id: str) -> KnowledgeEntry | None:
        """Read one entry."""
        ...

    async def latest(self, limit: int) -> list[KnowledgeEntry]:
        """The newest entries, newest first."""
        ...

    async def search(self, query: Query) -> list[KnowledgeEntry]:
        """What fits a query, best match first; without a text the newest first."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
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
        """An effect was tried and not done: an Event, knowledge, a message and so on."""
        ...

    def notified(self, channel: str, result: str) -> None:
        """An attempt to tell a channel came to an end."""
        ...


class Notifier(Protocol):
    """Who tells people elsewhere (chat, webhooks)."""

    def wants(self, message: Notification) -> bool:
        """Whether any channel is to be told of it."""
        ...

    def notify(
        self, message: Notification, settled: Callable[[tuple[str, ...]], None] | None = None
    ) -> None:
        """Take a message over and return at once. It goes to each of its channels at least once.

        ``settled`` is called exactly once, on the event loop and never before ``notify`` has
        returned: when each channel the message is for has it or has given it up, with the names of
        those that gave up. At once where it is for no channel.

        The message's ``id`` says whether it is the same. Handed over again

        - while it is on its way, it is not sent again; whoever hands it over again is called as
          well, when it is settled;
        - after it was settled (the caller could not write that down), it is not sent again; the
          caller is called with what came of it. Of the last 10,000 that is known; one before
          them is sent again.

        Where the process ends first, nobody is called: what is on its way then has to be handed
        over again by the next process, which sends it, perhaps for the second time.
        """
        ...

    def remind(self, message: Notification) -> None:
        """Take over a message for when its request is about to expire, in place of an earlier."""
        ...

    def forget(self, approval_id: str) -> None:
        """A request is decided, or gone: it is not reminded of any more."""
        ...
