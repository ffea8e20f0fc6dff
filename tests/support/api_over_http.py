"""An API server that only stores: real HTTP, for commands that are run as people run them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

JsonObject = dict[str, Any]
GROUP = "/apis/countersign.dev/v1alpha1"
_REVIEWS = {
    "SelfSubjectReview": {"userInfo": {"username": "alice", "groups": ["sre"]}},
    "SelfSubjectAccessReview": {"allowed": True},
}


class StoringApi:
    """Objects by path; what was asked and what was sent. ``refuses`` answers 403 below a path."""

    def __init__(self) -> None:
        self.objects: dict[str, JsonObject] = {}
        self.asked: list[str] = []
        self.forms: list[str] = []
        self.created: list[JsonObject] = []
        self.agents: list[str] = []
        """Of each question and each write: as an audit log names the program."""
        self.managers: list[str] = []
        """Of each write that stores something: as ``managedFields`` name it."""
        self.refuses: tuple[str, ...] = ()

    def put(self, plural: str, item: JsonObject) -> None:
        """Store an object in the namespace that it names."""
        metadata = item["metadata"]
        place = f"{GROUP}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}"
        self.objects[place] = item

    def get(self, path: str) -> tuple[int, JsonObject]:
        """One object, or all of a collection."""
        if path == "/readyz":
            return 200, {}
        self.asked.append(path)
        if self.refuses and path.startswith(self.refuses):
            plural, name = path.split("/")[-2:]
            who = f'User "alice" cannot get resource "{plural}" in API group "countersign.dev"'
            said = f'{plural}.countersign.dev "{name}" is forbidden: {who} in the namespace "shop"'
            return 403, _status(403, said)
        if path in self.objects:
            return 200, self.objects[path]
        *place, last = path.split("/")
        if last in ("approvalrequests", "approvalpolicies", "incidents", "playbooks"):
            items = [item for at, item in self.objects.items() if at.startswith(f"{path}/")]
            return 200, {"items": items}
        return 404, _status(404, f'{place[-1]}.countersign.dev "{last}" not found')

    def create(self, body: JsonObject) -> tuple[int, JsonObject]:
        """Keep what is sent, as the API server would give it back; a review is answered."""
        if body["kind"] in _REVIEWS:
            return 201, {**body, "status": _REVIEWS[body["kind"]]}
        self.created.append(body)
        metadata = body["metadata"]
        name = metadata.get("name") or f"{metadata['generateName']}x7k2p"
        server = {
            "name": name,
            "uid": "uid-1",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": "2026-11-27T12:00:00Z",
        }
        return 201, {**body, "metadata": {**metadata, **server}}

    def wrote(self, method: str, path: str, manager: str, agent: str) -> None:
        """Remember who writes; one that names no field manager is known by its user agent."""
        if method != "POST" or path.startswith(GROUP):
            self.managers.append(manager or agent.partition("/")[0])


def _status(code: int, message: str) -> JsonObject:
    reason = {"reason": "NotFound"} if code == 404 else {}
    return {"kind": "Status", "status": "Failure", "code": code, "message": message, **reason}


@contextmanager
def served(api: StoringApi, directory: Path) -> Iterator[Path]:
    """Serve it, with a kubeconfig of context ``x`` and namespace ``shop``; its path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.forms.append(self.headers["Accept"])
            api.agents.append(self.headers["User-Agent"])
            self._answer(*api.get(self.path.partition("?")[0]))

        def do_POST(self) -> None:
            self._answer(*api.create(self._sent()))

        def do_PATCH(self) -> None:
            self._sent()
            self._answer(*api.get(self.path.partition("?")[0]))

        def _sent(self) -> JsonObject:
            """What is to be written, once it is remembered by whom."""
            address, agent = urlsplit(self.path), self.headers["User-Agent"]
            manager = parse_qs(address.query).get("fieldManager", [""])[0]
            api.agents.append(agent)
            api.wrote(self.command, address.path, manager, agent)
            sent: JsonObject = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return sent

        def _answer(self, code: int, body: JsonObject) -> None:
            text = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Not onto the terminal of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    path = directory / "config"
    path.write_text(
        f"clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{server.server_port}'}}}}]\n"
        "users: [{name: u, user: {token: s3cret}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u, namespace: shop}}]\n"
        "current-context: x\n"
    )
    try:
        yield path
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
