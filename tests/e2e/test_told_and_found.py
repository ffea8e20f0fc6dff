"""A channel and a database beside the real control plane: what is told, and what is found later."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from devcluster import Options, start
from tests.support.eventually import eventually
from tests.support.shop import Shop

KEY = base64.b64encode(b"a key of this test's own").decode()


class Hook(BaseHTTPRequestHandler):
    """Keeps what it is sent; while it is down it keeps nothing but the ids.

    Then it answers 503, or 404 where it is gone for good.
    """

    received: list[tuple[dict[str, str], bytes]]
    phones: list[bytes]
    refused: list[str]
    down: Event
    gone: Event

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/phones"):
            self.phones.append(body)
            self.send_response(200)
        elif self.down.is_set():
            self.refused.append(self.headers["webhook-id"])
            self.send_response(404 if self.gone.is_set() else 503)
        else:
            self.received.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@dataclass
class Town:
    """A shop whose operator tells a webhook and writes into SQLite, in Traditional Chinese."""

    shop: Shop
    received: list[tuple[dict[str, str], bytes]]
    env: dict[str, str]
    log: Path
    phones: list[bytes]
    refused: list[str]
    down: Event
    gone: Event

    def events(self, uid: str) -> dict[str, dict[str, Any]]:
        """The CloudEvents about a request, by the end of their id."""
        found = [json.loads(body) for _, body in self.received]
        return {each["id"].removeprefix(f"{uid}/"): each for each in found if uid in each["id"]}

    def search(self, *words: str) -> list[dict[str, Any]]:
        """``countersign search … -o json``."""
        command = [sys.executable, "-m", "countersign", "search", *words, "-o", "json"]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        return list(json.loads(done.stdout))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    received: list[tuple[dict[str, str], bytes]] = []
    phones: list[bytes] = []
    refused: list[str] = []
    down, gone = Event(), Event()
    parts = {
        "received": received,
        "phones": phones,
        "refused": refused,
        "down": down,
        "gone": gone,
    }
    handler = type("OwnHook", (Hook,), parts)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    channels = {
        "audit": {"type": "webhook", "url": {"env": "HOOK_URL"}, "signingKey": {"env": "HOOK_KEY"}},
        "phones": {"type": "apprise", "url": {"env": "PHONES_URL"}},
    }
    routes = [{"channels": ["audit"]}, {"channels": ["phones"], "steps": ["executed"]}]
    told = folder / "notifications.yaml"
    told.write_text(json.dumps({"channels": channels, "routes": routes}))
    try:
        with start(Options()) as cluster:
            env = {
                "COUNTERSIGN_NOTIFICATIONS": str(told),
                "HOOK_URL": f"http://127.0.0.1:{server.server_port}/s3cr3t",
                "HOOK_KEY": f"whsec_{KEY}",
                "PHONES_URL": f"json://127.0.0.1:{server.server_port}/phones/s3cr3t",
                "COUNTERSIGN_STORE": "sql",
                "COUNTERSIGN_STORE_URL": f"sqlite:///{folder}/knowledge.db",
                "COUNTERSIGN_LOCALE": "zh-TW",
            }
            operator = cluster.start_operator(env=env)
            shop, path = Shop.opened(cluster), operator.log_path
            yield Town(shop, received, {**cluster.env, **env}, path, phones, refused, down, gone)
            assert operator.terminate() == 0
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def test_people_are_asked_told_of_the_decision_and_of_the_end(town: Town) -> None:
    shop = town.shop
    shop.deploy()
    shop.propose("restart", action="kubectl rollout restart deployment/web")
    shop.planned("restart")
    shop.sign("restart")
    status = shop.ended("restart")["status"]
    assert status["phase"] == "Succeeded"
    uid = shop.get("approval", "restart")["metadata"]["uid"]
    eventually(lambda: "executed" in town.events(uid), what="the last message")
    events = town.events(uid)
    assert {name.split("-")[0] for name in events} == {"signature", "approved", "executed"}
    told = events["executed"]["data"]
    assert (told["status"], told["operationType"], told["riskLevel"]) == (
        "SUCCESS",
        "RestartRollout",
        "medium",
    )
    assert [each["name"] for each in told["signers"]] == ["alice"]
    eventually(lambda: town.phones, what="the phones to ring")
    [rung] = map(json.loads, town.phones)
    assert rung["title"] == "✅ Executed: SUCCESS · risk medium"
    assert f"Message: {uid}/executed" in rung["message"]
    for headers, body in town.received:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(base64.b64decode(KEY), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_a_channel_that_was_down_meanwhile_is_told_all_of_it_when_it_is_back(town: Town) -> None:
    shop = town.shop
    shop.deploy("late")
    town.down.set()
    shop.propose("late", action="kubectl rollout restart deployment/late")
    shop.planned("late")
    shop.sign("late")
    assert shop.ended("late")["status"]["phase"] == "Succeeded"
    uid = shop.get("approval", "late")["metadata"]["uid"]
    eventually(lambda: any(uid in each for each in town.refused), what="an attempt")
    assert town.events(uid) == {}
    town.down.clear()
    eventually(lambda: len(town.events(uid)) == 3, what="all three", seconds=120)
    ids = [headers["webhook-id"] for headers, _ in town.received if uid in headers["webhook-id"]]
    assert len(ids) == len(set(ids)) == 3  # At least once; and here once.
    told = shop.when("late", lambda status: states(status) == ["Done"] * 3)["status"]["effects"]
    assert not any(each.get("message") for name, each in told.items() if "message-" in name)


def states(status: dict[str, Any]) -> list[str]:
    """Of a request's messages."""
    effects = status.get("effects", {}).items()
    return [each["state"] for name, each in effects if name.startswith("message-")]


def test_what_a_channel_will_not_have_is_a_dead_letter_that_the_status_names(town: Town) -> None:
    shop = town.shop
    shop.deploy("lost")
    town.down.set()
    town.gone.set()
    shop.propose("lost", action="kubectl rollout restart deployment/lost")
    shop.planned("lost")
    shop.sign("lost")
    status = shop.when("lost", lambda status: states(status) == ["Dead"] * 3)["status"]
    town.gone.clear()
    town.down.clear()
    assert status["phase"] == "Succeeded"
    # The phones have it; who has not is named, and not how to reach them.
    assert status["effects"]["message-executed"]["message"] == "Given up: audit."
    uid = shop.get("approval", "lost")["metadata"]["uid"]
    assert any(f"{uid}/executed" in body.decode() for body in town.phones)
    assert town.events(uid) == {}


def test_what_was_done_is_found_in_the_database_by_words_of_either_language(town: Town) -> None:
    shop = town.shop
    shop.deploy("cart")
    shop.propose("cart", action="kubectl rollout restart deployment/cart", description="購物車逾時")
    shop.planned("cart")
    shop.sign("cart")
    status = shop.ended("cart")["status"]
    uid = shop.get("approval", "cart")["metadata"]["uid"]
    assert status["knowledge"]["store"] == "sql"
    for words in ("deployment/cart", "購物車"):
        found, *_ = town.search(words)  # The best match comes first.
        assert found["id"] == uid
        assert found["title"].startswith("[人工修復] ")
    assert town.search("kubeflow") == []  # Of the words of a query one is enough.


def test_no_secret_is_in_the_log(town: Town) -> None:
    text = town.log.read_text()
    assert "s3cr3t" not in text
    assert KEY not in text
