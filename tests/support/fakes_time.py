"""Time that passes only when everybody waits: an event loop for tests of waiting code."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""What ``FakeClock`` says at first, and ``LoopClock`` at the loop's time 0."""


_MOST_ROUNDS = 100_000
"""Rounds of the loop without anybody waiting: far more than any honest test needs."""


class FakeClock:
    """The ``Clock`` port: a time that a test moves by hand."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, *, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class LoopClock:
    """The ``Clock`` port: the time of the running virtual loop."""

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())


class _JumpingSelector(selectors.DefaultSelector):
    """Where a real selector would wait, the time jumps to the end of the wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._rounds = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        events = super().select(0)
        self._rounds = 0 if timeout else self._rounds + 1
        if self._rounds > _MOST_ROUNDS:
            raise AssertionError("something spins: time does not get a chance to pass")
        if events:
            return events
        if timeout is None:
            raise AssertionError("everybody waits, and nothing is left that could happen")
        self.now += max(timeout, 0)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop in which a sleep of an hour takes no time."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in a ``VirtualTimeLoop`` of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


async def settle(rounds: int = 20) -> None:
    """Let every task go as far as it can without time passing."""
    for _ in range(rounds):
        await asyncio.sleep(0)
