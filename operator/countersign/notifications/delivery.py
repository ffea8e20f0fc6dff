"""The ``Notifier``: a queue and a worker for each channel, so that none waits for another.

All of it is in memory. A message that is lost with the process is lost: what guarantees more is
not here yet, and docs/notifications.md says so.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import structlog

from countersign.notifications.backoff import Again, Answer, GiveUp, after_failure
from countersign.notifications.channel import Sender
from countersign.notifications.reminders import Reminders
from countersign.notifications.routing import Routing
from countersign.ports import Clock, Meter
from countersign.records.notification import Notification

log = structlog.get_logger()
QUEUE_LIMIT = 1000
_REMEMBERED = 10_000

Result = Literal["delivered", "retried", "dead", "overflow", "abandoned"]
Sleep = Callable[[float], Awaitable[object]]


class Mailbox:
    """What one channel is still to be told, in order, and the worker that tells it."""

    def __init__(
        self,
        name: str,
        sender: Sender,
        count: Callable[[str, Result], None],
        *,
        limit: int,
        sleep: Sleep,
        draw: Callable[[], float],
    ) -> None:
        self._name = name
        self._sender = sender
        self._count = count
        self._limit = limit
        self._sleep = sleep
        self._draw = draw
        self._waiting: deque[Notification] = deque()
        self._came = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.worker: asyncio.Task[None] | None = None

    def put(self, message: Notification) -> None:
        """Take a message over; where too many wait, it is a dead letter at once."""
        if len(self._waiting) >= self._limit:
            self._bury(message, "overflow", f"{self._limit} messages wait already")
            return
        self._waiting.append(message)
        self._idle.clear()
        self._came.set()

    def start(self) -> None:
        """Begin to send."""
        self.worker = asyncio.create_task(self._work(), name=f"notifications to {self._name}")

    async def empty(self) -> None:
        """Wait until everything is sent or given up."""
        await self._idle.wait()

    async def stop(self) -> None:
        """Stop at once; what still waits is lost, and that is told."""
        if self.worker is not None:
            self.worker.cancel()
            await asyncio.gather(self.worker, return_exceptions=True)
        for message in self._waiting:
            self._bury(message, "abandoned", "the operator stops")
        self._waiting.clear()

    async def _work(self) -> None:
        while True:
            while self._waiting:
                await self._deliver(self._waiting[0])
                self._waiting.popleft()
            self._idle.set()
            self._came.clear()
            await self._came.wait()

    async def _deliver(self, message: Notification) -> None:
        attempt = 1
        while True:
            answer = await self._attempt(message)
            if answer.well:
                self._count(self._name, "delivered")
                log.info("notification sent", channel=self._name, message_id=message.id)
                return
            match after_failure(answer, attempt, self._draw()):
                case GiveUp(why=why):
                    self._bury(message, "dead", why)
                    return
                case Again(delay=delay):
                    self._count(self._name, "retried")
                    log.info(
                        "notification is tried again",
                        channel=self._name,
                        message_id=message.id,
                        why=answer.described,
                        seconds=round(delay, 1),
                    )
                    await self._sleep(delay)
            attempt += 1

    async def _attempt(self, message: Notification) -> Answer:
        try:
            return await self._sender.send(message)
        except Exception as error:  # noqa: BLE001 - a defect must not end the worker
            # Not its text: that may hold the address, which is a secret.
            return Answer(None, f"a defect ({type(error).__name__})")

    def _bury(self, message: Notification, result: Result, why: str) -> None:
        self._count(self._name, result)
        log.error(
            "notification is given up",
            channel=self._name,
            message_id=message.id,
            request=message.key,
            step=str(message.step),
            why=why,
        )


class Courier:
    """The ``Notifier`` port over all channels. Taking a message over waits for nothing."""

    def __init__(
        self,
        routing: Routing,
        senders: Mapping[str, Sender],
        meter: Meter,
        clock: Clock,
        *,
        close: Callable[[], Awaitable[object]] | None = None,
        limit: int = QUEUE_LIMIT,
        sleep: Sleep = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Send by ``senders``, one for each channel of the routing; ``draw`` is from [0, 1)."""
        self._routing = routing
        self._meter = meter
        self._mailboxes = {
            name: Mailbox(name, sender, self._count, limit=limit, sleep=sleep, draw=draw)
            for name, sender in senders.items()
        }
        self._close = close
        self._reminders = Reminders(clock, routing.expiring_soon, self.notify)
        self._taken: OrderedDict[str, None] = OrderedDict()
        self.results: Counter[tuple[str, Result]] = Counter()

    def wants(self, message: Notification) -> bool:
        """Whether any route leads anywhere."""
        return bool(self._routing.channels_for(message))

    def notify(
        self, message: Notification, settled: Callable[[tuple[str, ...]], None] | None = None
    ) -> None:
        """Hand a message to all channels it is for; one that was taken before is left out."""
        if message.id in self._taken:
            return
        self._taken[message.id] = None
        if len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
        for name in self._routing.channels_for(message):
            self._mailboxes[name].put(message)

    def remind(self, message: Notification) -> None:
        """Take over a message for when its request is about to expire, in place of an earlier."""
        if message.id not in self._taken:
            self._reminders.set(message)

    def forget(self, approval_id: str) -> None:
        """A request is decided, or gone: it is not reminded of any more."""
        self._reminders.forget(approval_id)

    def start(self) -> None:
        """Begin to send."""
        for mailbox in self._mailboxes.values():
            mailbox.start()

    async def drain(self, seconds: float) -> None:
        """Send what waits, for so long; then stop."""
        self._reminders.clear()
        boxes = self._mailboxes.values()
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(box.empty() for box in boxes))
        except TimeoutError:
            log.warning("notifications are left unsent")
        await asyncio.gather(*(box.stop() for box in boxes))
        if self._close is not None:
            await self._close()

    def dead_letters(self, channel: str) -> int:
        """How many messages a channel was not told."""
        return sum(
            count
            for (name, result), count in self.results.items()
            if name == channel and result in ("dead", "overflow", "abandoned")
        )

    def _count(self, channel: str, result: Result) -> None:
        self.results[channel, result] += 1
        self._meter.notified(channel, result)
