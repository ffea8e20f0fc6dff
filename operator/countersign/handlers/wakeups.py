"""When to look at a request again although nothing about it changes.

Deadlines (expiry, notBefore, another try) are slept for, not polled; and a request that should be
moving but has not for a while is looked at again, because a watch event can be lost. Looking
again is a touch of the object: the rest goes the same way as for any other change. All of it is
in memory, and found again at a start because every unfinished object is listed then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from countersign.errors import ApiError
from countersign.ports import Clock

log = structlog.get_logger()


@dataclass(frozen=True)
class _Appointment:
    namespace: str
    name: str
    at: datetime


class Wakeups:
    """At most one appointment a request."""

    def __init__(
        self, touch: Callable[[str, str], Awaitable[None]], clock: Clock, *, again: timedelta
    ) -> None:
        """Touch objects with ``touch``; where that fails, once more ``again`` later."""
        self._touch = touch
        self._clock = clock
        self._again = again
        self._appointments: dict[str, _Appointment] = {}
        self._changed = asyncio.Event()

    def at(self, uid: str, namespace: str, name: str, moment: datetime) -> None:
        """Look at a request at ``moment``, instead of whenever that was to be before."""
        self._appointments[uid] = _Appointment(namespace, name, moment)
        self._changed.set()

    def forget(self, uid: str) -> None:
        """It moves by itself, is finished, or is gone."""
        self._appointments.pop(uid, None)

    def __len__(self) -> int:
        """How many requests have an appointment."""
        return len(self._appointments)

    async def run(self) -> None:
        """Keep the appointments until cancelled."""
        while True:
            self._changed.clear()
            due = self._due()
            for uid, appointment in due:
                if self._appointments.get(uid) is appointment:  # Not moved or dropped meanwhile.
                    await self._wake(uid, appointment)
            if due:
                continue
            try:
                async with asyncio.timeout(self._seconds_to_next()):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _due(self) -> list[tuple[str, _Appointment]]:
        now = self._clock.now()
        return [item for item in self._appointments.items() if item[1].at <= now]

    def _seconds_to_next(self) -> float | None:
        if not self._appointments:
            return None
        nearest = min(appointment.at for appointment in self._appointments.values())
        return max(0.0, (nearest - self._clock.now()).total_seconds())

    async def _wake(self, uid: str, appointment: _Appointment) -> None:
        # It stays in the book: should this touch be lost as well, there is another.
        later = self._clock.now() + self._again
        self.at(uid, appointment.namespace, appointment.name, later)
        try:
            await self._touch(appointment.namespace, appointment.name)
        except ApiError as error:
            if error.not_found:
                self.forget(uid)
                return
            log.warning("request could not be touched", uid=uid, error=str(error))
        except Exception:
            log.exception("request could not be touched", uid=uid)  # The others still can.
