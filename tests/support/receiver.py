"""A real HTTP server that answers as a test says: also late, badly, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web


@dataclass
class Received:
    """One request."""

    body: bytes
    headers: Mapping[str, str]


Act = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Receiver:
    """Answers 200, or with what is next in ``script``; runs on 127.0.0.1 while it is entered."""

    script: list[Act] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    url: str = ""
    endless: Callable[[], object] = object
    """Called when an answer begins that will never end."""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/services/T0/B0/s3cr3t"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.received.append(Received(await request.read(), dict(request.headers)))
        act = self.script.pop(0) if self.script else status(200)
        if act in (say_nothing, drip):
            self.endless()
        return await act(request)


def status(code: int, **headers: str) -> Act:
    """An answer of this code; ``retry_after`` is the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, headers=named, text=str(request.url))

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def say_nothing(request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def drip(request: web.Request) -> web.StreamResponse:
    """Answer no HTTP, a bit at a time, without an end."""
    assert request.transport is not None
    while not request.transport.is_closing():
        request.transport.write(b"x")  # type: ignore[attr-defined]
        await asyncio.sleep(0.01)
    return web.Response()
