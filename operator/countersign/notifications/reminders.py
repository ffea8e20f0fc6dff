"""Messages that are due later: a request that still waits when its time is nearly over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from countersign.ports import Clock
from countersign.records.notification import Notification

log = structlog.get_logger()
_MOST = 10_000
_LATEST = 4
"""A short-lived request is told of when a quarter of its time is left, not at its birth."""


class Reminders:
    """One message a request, held back until its time has come."""

    def __init__(
        self, clock: Clock, lead: timedelta, deliver: Callable[[Notification], None]
    ) -> None:
        """Hand messages to ``deliver``, ``lead`` before the request expires."""
        self._clock = clock
        self._lead = lead
        self._deliver = deliver
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def set(self, message: Notification) -> None:
        """Hold a message back, in place of an earlier one about the same request."""
        self.forget(message.approval_id)
        due = due_at(message, self._lead)
        if due is None:
            return
        if len(self._timers) >= _MOST:
            log.warning("too many requests wait to be reminded of", request=message.key)
            return
        seconds = max(0.0, (due - self._clock.now()).total_seconds())
        loop = asyncio.get_running_loop()
        self._timers[message.approval_id] = loop.call_later(seconds, self._send, message)

    def forget(self, approval_id: str) -> None:
        """It is decided, or gone."""
        if (timer := self._timers.pop(approval_id, None)) is not None:
            timer.cancel()

    def clear(self) -> None:
        """Forget all."""
        for approval_id in list(self._timers):
            self.forget(approval_id)

    def _send(self, message: Notification) -> None:
        del self._timers[message.approval_id]
        self._deliver(message.model_copy(update={"time": self._clock.now()}))


def due_at(message: Notification, lead: timedelta) -> datetime | None:
    """When to tell that a request expires soon; None where it never does."""
    if message.expires_at is None:
        return None
    lifetime = message.expires_at - message.created_at
    return message.expires_at - min(lead, lifetime / _LATEST)
