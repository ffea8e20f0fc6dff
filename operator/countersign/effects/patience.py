"""When an effect that has failed is tried again: later each time."""

from __future__ import annotations

from datetime import datetime, timedelta

RECORD_AGAIN = timedelta(seconds=30)
_LONGEST = timedelta(minutes=10)
_EARLY = timedelta(milliseconds=500)
"""By how much a try may come before its time; clocks and timers are not exact."""


class Patience:
    """In memory: a process that has just started tries everything at once."""

    def __init__(self) -> None:
        """Nothing has failed yet."""
        self._failures: dict[str, dict[str, tuple[int, datetime]]] = {}

    def has_time(self, uid: str, name: str, now: datetime) -> bool:
        """Whether an effect of a request can wait for a while longer."""
        _, at = self._failures.get(uid, {}).get(name, (0, now))
        return at - now > _EARLY

    def failed(self, uid: str, name: str, now: datetime) -> None:
        """It failed once more: twice as long as before, from half a minute to ten."""
        count, _ = self._failures.get(uid, {}).get(name, (0, now))
        delay = min(RECORD_AGAIN * 2**count, _LONGEST)
        self._failures.setdefault(uid, {})[name] = (min(count + 1, 16), now + delay)

    def settled(self, uid: str, name: str) -> None:
        """It needs no other try."""
        mine = self._failures.get(uid, {})
        mine.pop(name, None)
        if not mine:
            self._failures.pop(uid, None)

    def next_try(self, uid: str) -> datetime | None:
        """When the first of those that have failed is tried again; None where none has."""
        return min((at for _, at in self._failures.get(uid, {}).values()), default=None)

    def forget(self, uid: str) -> None:
        """The request is gone."""
        self._failures.pop(uid, None)
