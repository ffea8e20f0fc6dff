"""The ``Notifier``: a mailbox for each channel, so that none waits for another.

All of it is in memory and bounded. What a process leaves unsent is still pending in its request's
status, and is handed over again by the next one.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

from countersign.notifications.channel import Sender
from countersign.notifications.mailbox import Mailbox, Pace, Result
from countersign.notifications.receipts import Receipts, Settled
from countersign.notifications.reminders import Reminders
from countersign.notifications.routing import Routing
from countersign.ports import Clock, Meter
from countersign.records.notification import Notification

log = structlog.get_logger()
QUEUE_LIMIT = 1000
_REAL = Pace(sleep=asyncio.sleep, draw=random.random, monotonic=time.monotonic)
_GIVEN_UP: tuple[Result, ...] = ("dead", "overflow")


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
        pace: Pace = _REAL,
    ) -> None:
        """Send by ``senders``, one for each channel of the routing."""
        self._routing = routing
        self._meter = meter
        self._mailboxes = {
            name: Mailbox(name, sender, self._note, limit=limit, pace=pace)
            for name, sender in senders.items()
        }
        self._close = close
        self._reminders = Reminders(clock, routing.expiring_soon, self.notify)
        self._receipts = Receipts(_soon)
        self._stopped = False

    def wants(self, message: Notification) -> bool:
        """Whether any route leads anywhere."""
        return bool(self._routing.channels_for(message))

    def notify(self, message: Notification, settled: Settled | None = None) -> None:
        """Hand a message to all channels it is for; one that was taken before is not sent again."""
        if self._stopped:
            return  # The next process is handed it again.
        if self._receipts.known(message.id):
            self._receipts.again(message.id, settled)
            return
        channels = self._routing.channels_for(message)
        self._receipts.open(message.id, channels, settled)
        for name in channels:
            self._mailboxes[name].put(message)

    def remind(self, message: Notification) -> None:
        """Take over a message for when its request is about to expire, in place of an earlier."""
        if not self._receipts.known(message.id):
            self._reminders.set(message)

    def forget(self, approval_id: str) -> None:
        """A request is decided, or gone: it is not reminded of any more."""
        self._reminders.forget(approval_id)

    def start(self) -> None:
        """Begin to send."""
        for mailbox in self._mailboxes.values():
            mailbox.start()

    async def drain(self, seconds: float) -> None:
        """Send what can be sent, for so long; then stop. No pause of a channel is waited for."""
        self._reminders.clear()
        boxes = self._mailboxes.values()
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(box.resting() for box in boxes))
        except TimeoutError:
            log.warning("a notification channel is too slow to wait for")
        self._stopped = True
        await asyncio.gather(*(box.stop() for box in boxes))
        if self._close is not None:
            await self._close()

    def _note(self, channel: str, message: Notification, result: Result) -> None:
        self._meter.notified(channel, result)
        if result == "delivered" or result in _GIVEN_UP:
            self._receipts.close(message.id, channel, given_up=result in _GIVEN_UP)


def _soon(act: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(act)
