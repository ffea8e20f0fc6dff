"""Who may go on, of many that want to at once.

At a start, and after an outage, thousands of objects come at once. If each asked the API server at
once, the renewal of our own Lease would wait behind them until it is lost, and their connections
and answers would fill the memory; the next process would meet the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass
class _Queue:
    turns: asyncio.Semaphore
    length: int = 0


class Turns:
    """So many at a time in all, and so many of each key: none keeps the others waiting."""

    def __init__(self, *, in_all: int, of_each: int) -> None:
        """Nobody waits yet."""
        self._all = asyncio.Semaphore(in_all)
        self._of_each = of_each
        self._queues: dict[str, _Queue] = {}

    def __len__(self) -> int:
        """How many keys are in use."""
        return len(self._queues)

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn, first among those of the same key, and have it until the end."""
        queue = self._queues.setdefault(key, _Queue(asyncio.Semaphore(self._of_each)))
        queue.length += 1
        try:
            async with queue.turns, self._all:
                yield
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[key]
