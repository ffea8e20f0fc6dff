"""A connection whose server answers as it is told to: lists and watches, in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from countersign.connection import Call

JsonObject = dict[str, Any]


class FakeConnection:
    """Answers lists and watches in their order; after the last watch, silence."""

    def __init__(self, lists: list[Any], watches: list[Any]) -> None:
        self.lists, self.watches = deque(lists), deque(watches)
        self.asked: list[dict[str, str]] = []

    async def request(self, call: Call) -> JsonObject:
        self.asked.append(dict(call.query))
        answer = self.lists.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[JsonObject]]:
        self.asked.append(dict(call.query))
        yield self._events(self.watches.popleft() if self.watches else None)

    async def _events(self, events: Any) -> AsyncIterator[JsonObject]:
        if isinstance(events, Exception):
            raise events
        for each in events or []:
            yield each
        if events is None:
            await asyncio.Event().wait()
