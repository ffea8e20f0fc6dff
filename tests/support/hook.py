"""A webhook in a thread of its own, which answers as it is told to."""

from __future__ import annotations

import base64
import json
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

KEY = base64.b64encode(b"a key of these tests' own").decode()


class Hook:
    """A context manager; ``answer`` is the code of its answers, ``told`` the ids of what it took."""

    def __init__(self) -> None:
        self.answer = 204
        self.told: Counter[str] = Counter()
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def environment(self, folder: Path) -> dict[str, str]:
        """What an operator needs in order to tell this hook everything."""
        url, key = {"env": "HOOK_URL"}, {"env": "HOOK_KEY"}
        channels = {"hook": {"type": "webhook", "url": url, "signingKey": key}}
        file = folder / "notifications.yaml"
        file.write_text(json.dumps({"channels": channels, "routes": [{"channels": ["hook"]}]}))
        return {
            "COUNTERSIGN_NOTIFICATIONS": str(file),
            "HOOK_URL": f"http://127.0.0.1:{self._server.server_port}/s3cr3t",
            "HOOK_KEY": f"whsec_{KEY}",
        }

    def steps(self, uid: str) -> set[str]:
        """What it was told of a request: the ends of the ids."""
        return {each.partition("/")[2] for each in self.told if each.startswith(f"{uid}/")}


def _handler_of(hook: Hook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            hook.asked += 1
            if hook.answer < 300:
                hook.told[self.headers["webhook-id"]] += 1
            self.send_response(hook.answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler
