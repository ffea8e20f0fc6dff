"""Channels of type apprise, through its own plugins, over real HTTP servers."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import structlog
from apprise import Apprise
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack

from countersign.errors import ConfigError
from countersign.notifications import courier_from
from countersign.notifications.apprise_channel import AppriseChannel
from countersign.notifications.backoff import Answer
from countersign.notifications.plain import harmless, plain_body
from countersign.notifications.routing import SecretReference
from countersign.records.notification import NotificationStatus, NotificationStep
from tests.support.fakes import FakeMeter
from tests.support.fakes_time import FakeClock
from tests.support.messages import HOSTILE, hostile, message
from tests.support.receiver import Act, Receiver, drip, hang_up, say_nothing, status

WELL = Answer(200)
NOT = Answer(None, "Apprise could not deliver it")
REFERENCE = SecretReference(env="PAGER_URL")


@pytest.fixture(autouse=True)
def _loggers_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing between us and the server; and what the channel does to loggers is undone."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    names = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")
    loggers = [logging.getLogger(name) for name in names]
    before = [(each.propagate, each.level, each.handlers[:]) for each in loggers]
    yield
    for each, (propagate, level, handlers) in zip(loggers, before, strict=True):
        each.propagate, each.level, each.handlers[:] = propagate, level, handlers


def at(receiver: Receiver, scheme: str = "json", query: str = "") -> str:
    """Apprise's way to write the address of a receiver."""
    return f"{scheme}{receiver.url.removeprefix('http')}{query}"


class Pager:
    """A channel to a receiver; ``time_is_up`` ends the wait for the attempt under way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("PAGER_URL", url)
        self.limit = asyncio.timeout(None)
        self.channel = AppriseChannel(REFERENCE, patience=self._patience)

    def _patience(self) -> asyncio.Timeout:
        self.limit = asyncio.timeout(None)
        return self.limit

    def time_is_up(self) -> None:
        self.limit.reschedule(asyncio.get_running_loop().time())


async def test_a_message_arrives_through_json_with_every_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of = message(
        step=NotificationStep.EXECUTED, status=NotificationStatus.FAILED, error="It broke."
    )
    async with Receiver() as receiver:
        assert await Pager(monkeypatch, at(receiver)).channel.send(of) == WELL
    [received] = receiver.received
    said = json.loads(received.body)
    assert (said["title"], said["type"]) == ("❌ Executed: FAILED · risk medium", "failure")
    assert said["message"] == plain_body(of)
    assert received.headers["User-Agent"] == "countersign"


async def test_a_message_arrives_through_xml_whatever_its_texts_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of = hostile()
    async with Receiver() as receiver:
        assert await Pager(monkeypatch, at(receiver, "xml")).channel.send(of) == WELL
    [text] = [
        each.text
        for each in ET.fromstring(receiver.received[0].body).iter()
        if each.tag.endswith("Message")
    ]
    assert text == plain_body(of)


@pytest.mark.parametrize(
    "act",
    [status(500), status(404), status(429), hang_up, status(302, Location="/s3cr3t")],
    ids=["500", "404", "429", "hang up", "302"],
)
async def test_whatever_goes_wrong_is_tried_again_and_no_redirect_is_followed(
    monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    async with Receiver([act]) as receiver:
        pager = Pager(monkeypatch, at(receiver, query="?redirect=yes"))
        assert await pager.channel.send(message()) == NOT
        assert len(receiver.received) == 1
        assert await pager.channel.send(message()) == WELL
    assert NOT.passing


async def test_nothing_listens_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pager = Pager(monkeypatch, "json://127.0.0.1:9/s3cr3t")
    assert await pager.channel.send(message()) == NOT


async def test_what_hangs_is_waited_for_again_and_what_arrives_late_is_not_sent_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on = asyncio.Event()

    async def late(request: Any) -> Any:
        pager.time_is_up()
        await go_on.wait()
        return await status(200)(request)

    async with Receiver([late]) as receiver:
        pager = Pager(monkeypatch, at(receiver, query="?rto=60"))
        assert await pager.channel.send(message()) == Answer(None, "no answer in time")
        go_on.set()
        assert await pager.channel.send(message()) == WELL
        assert len(receiver.received) == 1
        assert await pager.channel.send(message(id="next")) == WELL
    assert len(receiver.received) == 2


async def test_while_one_attempt_hangs_there_is_no_second_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Receiver([say_nothing]) as receiver:
        pager = Pager(monkeypatch, at(receiver, query="?rto=60"))
        receiver.endless = pager.time_is_up
        assert await pager.channel.send(message()) == Answer(None, "no answer in time")
        for _ in range(3):
            asyncio.get_running_loop().call_soon(pager.time_is_up)
            other = message(id="another")
            assert await pager.channel.send(other) == Answer(None, "no answer in time")
        threads = [each for each in threading.enumerate() if "apprise" in each.name]
        assert len(threads) == len(receiver.received) == 1
        assert all(each.daemon for each in threads)  # The process can end.


async def test_the_url_is_read_anew_for_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Receiver() as old, Receiver() as new:
        pager = Pager(monkeypatch, at(old))
        await pager.channel.send(message())
        monkeypatch.setenv("PAGER_URL", at(new))
        await pager.channel.send(message())
        monkeypatch.setenv("PAGER_URL", "")
        answer = await pager.channel.send(message())
    assert (len(old.received), len(new.received)) == (1, 1)
    assert answer == Answer(None, "the environment variable PAGER_URL is empty")


async def test_a_defect_of_a_plugin_is_a_failure_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Receiver() as receiver:
        pager = Pager(monkeypatch, at(receiver))

        def fails(**_: object) -> bool:
            raise RuntimeError(receiver.url)

        monkeypatch.setattr(pager.channel._service, "notify", fails)
        assert await pager.channel.send(message()) == NOT
        monkeypatch.undo()


# --- Hostile texts --------------------------------------------------------------------------------


def test_nothing_of_other_people_s_words_is_markup_a_mention_or_a_link() -> None:
    body = plain_body(hostile())
    for part in ("@", "<", ">", "&", "`", "*", "~", "|", "#", "[", "]", "\\", "://", "\x1b"):
        assert part not in body
    assert all(each.isprintable() for each in body.split("\n"))
    assert harmless("kubectl scale deployment/web --replicas=3 -n shop_eu") == (
        "kubectl scale deployment/web --replicas=3 -n shop_eu"
    )


def test_no_text_can_begin_a_line_of_its_own() -> None:
    labels = {line.partition(": ")[0] for line in plain_body(hostile()).split("\n")}
    of_ours = message(error="x", incident="y", description="z")
    assert labels <= {line.partition(": ")[0] for line in plain_body(of_ours).split("\n")}


async def test_discord_s_plugin_finds_nobody_to_mention(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, mentions in ((HOSTILE, False), (None, True)):
        async with Receiver() as receiver:
            monkeypatch.setattr(NotifyDiscord, "notify_url", receiver.url)
            monkeypatch.setattr(NotifyDiscord, "request_rate_per_sec", 0)
            pager = Pager(monkeypatch, f"discord://{'1' * 18}/{'s3cr3t' * 5}?format=markdown")
            if text is None:  # What is guarded against is there.
                monkeypatch.setattr(
                    "countersign.notifications.apprise_channel.plain_body", lambda _: HOSTILE
                )
            assert (await pager.channel.send(hostile())).well
        sent = b"".join(each.body for each in receiver.received)
        assert (b"everyone" in sent, b"@everyone" in sent) == (True, mentions)
        assert (b'"allow_mentions"' in sent) == mentions


async def test_slack_s_plugin_is_sent_no_mention_and_no_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Receiver() as receiver:
        monkeypatch.setattr(NotifySlack, "webhook_url", receiver.url)
        monkeypatch.setattr(NotifySlack, "request_rate_per_sec", 0)
        tokens = f"T{'A' * 8}/B{'A' * 8}/{'s' * 24}"
        pager = Pager(monkeypatch, f"slack://{tokens}/")
        await pager.channel.send(hostile())
    text = b"".join(each.body for each in receiver.received).decode("unicode-escape")
    assert "everyone" in text
    for part in ("<!", "<@", "@everyone", "evil.example|", "://evil"):
        assert part not in text


# --- Secrets --------------------------------------------------------------------------------------


async def bad_headers(request: Any) -> Any:
    """An answer whose headers urllib3 warns of, with the whole URL."""
    request.transport.write(b"HTTP/1.1 200 OK\r\nbroken\r\nContent-Length: 0\r\n\r\n")
    request.transport.close()
    return await status(200)(request)


@pytest.mark.parametrize(
    "act",
    [status(200), status(404), status(302, Location="/s3cr3t"), hang_up, drip, bad_headers],
    ids=["200", "404", "302", "hang up", "dripping", "bad headers"],
)
async def test_the_address_is_in_no_line_of_any_log(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    act: Act,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Receiver([act]) as receiver:
        pager = Pager(monkeypatch, at(receiver))
        receiver.endless = pager.time_is_up
        caplog.set_level(logging.DEBUG)
        with structlog.testing.capture_logs() as lines:
            answer = await pager.channel.send(message())
    ours = [each for each in caplog.records if each.name.split(".")[0] != "asyncio"]
    out, err = capfd.readouterr()
    assert "s3cr3t" not in f"{ours}{caplog.text}{lines}{answer}{out}{err}"


@pytest.mark.parametrize("url", ["nothing://s3cr3t", "s3cr3t", "json://", "\x00"])
def test_a_url_that_apprise_does_not_know_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], url: str
) -> None:
    monkeypatch.setattr(
        "countersign.notifications.apprise_channel.read_secret", lambda _reference: url
    )
    with pytest.raises(ConfigError) as caught:
        AppriseChannel(REFERENCE)
    assert "environment variable PAGER_URL: it is no URL that Apprise" in str(caught.value)
    assert "s3cr3t" not in f"{caught.value}{capfd.readouterr()}"


def test_a_plugin_that_breaks_over_a_url_does_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(url: str, **_: object) -> None:
        raise RuntimeError(url)

    monkeypatch.setenv("PAGER_URL", "json://pager.example/s3cr3t")
    monkeypatch.setattr(Apprise, "instantiate", fails)
    with pytest.raises(ConfigError, match="no URL that Apprise") as caught:
        AppriseChannel(REFERENCE)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_without_the_library_the_operator_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PAGER_URL", "json://pager.example/s3cr3t")
    monkeypatch.setitem(sys.modules, "apprise", None)
    file = tmp_path / "notifications.yaml"
    file.write_text(
        "channels: {pager: {type: apprise, url: {env: PAGER_URL}}}\nroutes: [{channels: [pager]}]"
    )
    with pytest.raises(ConfigError) as caught:
        courier_from(file, FakeClock(), FakeMeter())
    assert "channels.pager" in str(caught.value)
    assert "pip install '.[apprise]' in the folder of" in str(caught.value)
    assert "REQUIREMENTS=requirements-extras.lock" in str(caught.value)
