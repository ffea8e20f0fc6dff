"""What is asked for often, in memory: nobody but the operator writes to its ConfigMaps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Index(Generic[T]):
    """Records by id: read when they are first asked for, and kept up to date by own writes."""

    def __init__(self, read: Callable[[], Awaitable[Mapping[str, T]]]) -> None:
        """Read nothing yet."""
        self._read = read
        self._known: dict[str, T] = {}
        self._dropped: set[str] = set()
        self._filled = False
        self._filling = asyncio.Lock()

    def put(self, key: str, value: T) -> None:
        """It has been written."""
        if self._listens:
            self._known[key] = value
            self._dropped.discard(key)

    def drop(self, keys: Iterable[str]) -> None:
        """They have been removed."""
        for key in keys if self._listens else ():
            self._known.pop(key, None)
            if not self._filled:
                self._dropped.add(key)

    @property
    def _listens(self) -> bool:
        """Until somebody asks nothing is kept: it will be read then, and nobody may ever ask."""
        return self._filled or self._filling.locked()

    async def values(self) -> Collection[T]:
        """All of them. What was written while they were read is newer than what was read."""
        async with self._filling:
            if not self._filled:
                self._known.clear()  # Of a read that has failed.
                self._dropped.clear()
                read = await self._read()
                self._known = {
                    key: value for key, value in read.items() if key not in self._dropped
                } | self._known
                self._filled = True
                self._dropped.clear()
        return self._known.values()
