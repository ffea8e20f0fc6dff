"""A real HTTP server in a thread that keeps what a channel is sent, for tests beside the operator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Hook:
    """What came in; answers 204, or 503 while it is ``down``."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.down = False
        self.refused = 0
        self.url = ""

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        """The status code of the answer."""
        if self.down:
            self.refused += 1
            return 503
        self.received.append((headers, body))
        return 204

    def events(self, uid: str) -> dict[str, dict[str, Any]]:
        """The CloudEvents about a request, by the end of their id; of several of one id the last."""
        found = [json.loads(body) for _, body in self.received]
        return {each["id"].removeprefix(f"{uid}/"): each for each in found if uid in each["id"]}


class _Handler(BaseHTTPRequestHandler):
    hook: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(self.hook.answer(headers, body))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def hook_open() -> Iterator[Hook]:
    """A hook that listens on 127.0.0.1 for as long as the block runs."""
    hook = Hook()
    handler = type("OwnHandler", (_Handler,), {"hook": hook})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hook.url = f"http://127.0.0.1:{server.server_port}/s3cr3t"
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield hook
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
