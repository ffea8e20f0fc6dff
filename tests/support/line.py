"""A line to the API server that may fall silent: bytes are passed on, whatever they mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PIECE = 1 << 16


@dataclass
class Line:
    """``silent``: nothing of what the server says comes through any more."""

    server: str
    silent: bool = False
    port: int = 0
    pieces: int = 0
    """That have been passed on, either way."""
    callers: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    """Connections that whoever called has not hung up."""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to be true of it."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(holds)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its caller hangs up."""
        task = asyncio.current_task()
        assert task is not None
        self.callers[task] = writer
        place = urlsplit(self.server)
        answers, questions = await asyncio.open_connection(place.hostname, place.port)
        back = asyncio.create_task(self._pass_back(answers, writer))
        with suppress(ConnectionError):  # Another way to hang up.
            while piece := await reader.read(_PIECE):
                await self._pass(piece, questions)
        back.cancel()
        questions.transport.abort()
        writer.transport.abort()
        del self.callers[task]
        await self._tell()

    async def _pass_back(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await answers.read(_PIECE):
            if not self.silent:
                await self._pass(piece, writer)

    async def _pass(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(piece)
        self.pieces += 1
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def line_to(server: str) -> AsyncIterator[Line]:
    """On a port of its own."""
    line = Line(server)
    async with await asyncio.start_server(line.take, "127.0.0.1", 0) as listening:
        line.port = listening.sockets[0].getsockname()[1]
        try:
            yield line
        finally:
            left = dict(line.callers)
            for writer in left.values():
                writer.transport.abort()
            await asyncio.gather(*left)
