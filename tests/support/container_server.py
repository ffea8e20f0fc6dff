"""A kubelet's exec as the API server serves it: WebSockets of v5.channel.k8s.io on 127.0.0.1."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSCloseCode, web
from aiohttp.web_ws import WebSocketResponse

PROTOCOL = "v5.channel.k8s.io"
STDOUT, STDERR, STATUS = b"\x01", b"\x02", b"\x03"
Script = Callable[[WebSocketResponse], Awaitable[None]]

SUCCESS = {"metadata": {}, "status": "Success"}


def exit_status(code: int) -> dict[str, Any]:
    """The Status of a command that has ended with another code than 0."""
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


class ContainerServer:
    """One exec endpoint; ``script`` says what the command does, ``refusal`` that it may not run.

    One that ``hangs_up`` has seen the request and never answers it.
    """

    def __init__(self) -> None:
        self.script: Script = ends(SUCCESS)
        self.refusal: tuple[int, str] | None = None
        self.reason: str | None = None
        """Of the refusal; a server that is no API server says none."""
        self.hangs_up = False
        self.cuts_off = False
        """The text of the refusal."""
        self.requests: list[web.Request] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.hangs_up:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()  # Goes nowhere.
        if self.refusal is not None:
            code, message = self.refusal
            if self.cuts_off:
                return await _half_said(request, code)
            if self.reason is None:
                return web.Response(text=message, status=code)
            status = {"kind": "Status", "status": "Failure", "message": message, "code": code}
            return web.json_response(status | {"reason": self.reason}, status=code)
        socket = WebSocketResponse(protocols=(PROTOCOL,))
        await socket.prepare(request)
        await self.script(socket)
        return socket


async def _half_said(request: web.Request, code: int) -> web.StreamResponse:
    answer = web.StreamResponse(status=code, headers={"Content-Length": "1000"})
    await answer.prepare(request)
    await answer.write(b"pods")
    assert request.transport is not None
    request.transport.close()
    return answer


def ends(status: dict[str, Any], *messages: bytes) -> Script:
    """Write these messages, then the Status, and close."""

    async def script(socket: WebSocketResponse) -> None:
        for message in messages:
            await socket.send_bytes(message)
        await socket.send_bytes(STATUS + json.dumps(status).encode())
        await socket.close(code=WSCloseCode.OK)

    return script


def is_cut_off(*messages: bytes, politely: bool = False) -> Script:
    """Write these messages, and break off before there is a Status."""

    async def script(socket: WebSocketResponse) -> None:
        for message in messages:
            await socket.send_bytes(message)
        if politely:
            await socket.close(code=WSCloseCode.GOING_AWAY)
            return
        transport = socket._req.transport if socket._req else None
        assert transport is not None
        transport.abort()

    return script


async def _ready(request: web.Request) -> web.Response:
    del request
    return web.Response(text="ok")


@asynccontextmanager
async def container_server() -> AsyncIterator[ContainerServer]:
    """The server, on a port of its own."""
    server = ContainerServer()
    app = web.Application()
    app.router.add_get("/readyz", _ready)
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}"
        yield server
    finally:
        await runner.cleanup()
