"""A network that misbehaves on purpose, between the operator and the API server.

An HTTP proxy of one server: the operator's kubeconfig says ``http://127.0.0.1:…``, the proxy
speaks TLS to the API server and passes every header on. What is to go wrong is told by ``Fault``s.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
import yaml
from aiohttp import web

from countersign.sockets import Sockets
from devcluster import Cluster

_REASONS = {
    403: "Forbidden",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}
_NOT_PASSED_ON = {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}
Answer = web.StreamResponse


@dataclass(frozen=True)
class Asked:
    """What a fault is recognised by."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes


@dataclass
class Exchange:
    """One request on its way, and what can be done with it."""

    request: web.Request
    _upstream: aiohttp.ClientSession
    _server: str
    _tls: ssl.SSLContext

    async def passed_on(self) -> web.Response:
        """Ask the API server; its whole answer."""
        async with await self._asked() as found:
            body = await found.read()
            return web.Response(status=found.status, headers=_headers(found.headers), body=body)

    async def streamed(self) -> Answer:
        """Ask the API server for a watch, and pass on each event as it comes."""
        async with await self._asked() as found:
            answer = web.StreamResponse(status=found.status, headers=_headers(found.headers))
            await answer.prepare(self.request)
            async for piece in found.content.iter_any():
                await answer.write(piece)
            return answer

    async def broken(self) -> Answer:
        """Reset the connection."""
        transport = self.request.transport
        if transport is not None:
            own = transport.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        return web.Response()  # Goes nowhere.

    async def _asked(self) -> Any:
        request = self.request
        return await self._upstream.request(
            request.method,
            self._server + request.raw_path,
            headers=_headers(request.headers),
            data=await request.read() or None,
            skip_auto_headers=["Content-Type"],
            ssl=self._tls,
        )


Happening = Callable[[Exchange], Awaitable[Answer]]


@dataclass
class Fault:
    """What happens to the next ``times`` requests that fit, instead of being passed on."""

    fits: Callable[[Asked], bool]
    happens: Happening
    times: int = 1
    met: int = field(default=0, init=False)


# --- What can happen ------------------------------------------------------------------------------


async def reset_before(exchange: Exchange) -> Answer:
    """The connection breaks before the server has seen anything."""
    return await exchange.broken()


async def reset_after(exchange: Exchange) -> Answer:
    """The server does as it is told, but the connection breaks before its answer comes."""
    await exchange.passed_on()
    return await exchange.broken()


async def cut_off(exchange: Exchange) -> Answer:
    """The server does as it is told, and only the first half of its answer comes."""
    whole = await exchange.passed_on()
    assert isinstance(whole.body, bytes)
    answer = web.StreamResponse(status=whole.status, headers=whole.headers)
    answer.content_length = len(whole.body)
    await answer.prepare(exchange.request)
    await answer.write(whole.body[: len(whole.body) // 2])
    assert exchange.request.transport is not None
    exchange.request.transport.close()
    return answer


async def silence(exchange: Exchange) -> Answer:
    """A stream that is open and never says anything: its other end has gone without a word."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(exchange.request)
    await asyncio.Event().wait()
    return answer


async def end(exchange: Exchange) -> Answer:
    """A stream that ends at once."""
    return web.Response(content_type="application/json")


def slow(seconds: float) -> Happening:
    """The server does as it is told, and its answer comes late."""

    async def happens(exchange: Exchange) -> Answer:
        answer = await exchange.passed_on()
        await asyncio.sleep(seconds)
        return answer

    return happens


def refused(code: int, message: str = "injected", **headers: str) -> Happening:
    """Not passed on, but answered in the API server's own way."""

    async def happens(exchange: Exchange) -> Answer:
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": _REASONS[code],
            "message": message,
            "code": code,
        }
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(status, status=code, headers=named)

    return happens


# --- The proxy ------------------------------------------------------------------------------------


class FaultProxy:
    """A context manager; it runs in a thread of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self._server = cluster.server
        self._tls = ssl.create_default_context(cafile=str(cluster.ca_file))
        self._faults: list[Fault] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def kubeconfig(self, original: Path) -> Path:
        """The same credentials, by way of the proxy."""
        config = yaml.safe_load(original.read_text())
        for each in config["clusters"]:
            each["cluster"] = {"server": f"http://127.0.0.1:{self.port}"}
        proxied = original.with_name(f"{self.port}.kubeconfig")
        proxied.touch(mode=0o600)
        proxied.write_text(json.dumps(config))
        return proxied

    def inject(self, fault: Fault) -> Fault:
        """From now on; of several that fit, the first that is not used up happens."""
        self._faults.append(fault)
        return fault

    async def _start(self) -> None:
        self._sockets = Sockets()
        self._upstream = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=self._sockets.open),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
        )
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._upstream.close()
        await self._sockets.end()

    async def _handle(self, request: web.Request) -> Answer:
        exchange = Exchange(request, self._upstream, self._server, self._tls)
        asked = Asked(request.method, request.path, request.query, await request.read())
        for fault in self._faults:
            if fault.met < fault.times and fault.fits(asked):
                fault.met += 1
                return await fault.happens(exchange)
        try:
            if request.query.get("watch") == "true":
                return await exchange.streamed()
            return await exchange.passed_on()
        except aiohttp.ClientError:
            return await exchange.broken()

    def _do(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)


def _headers(found: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in found.items() if name.lower() not in _NOT_PASSED_ON]
