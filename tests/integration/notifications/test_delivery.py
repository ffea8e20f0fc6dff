"""Delivery, over real HTTP servers that answer well, badly, late or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from countersign.errors import ConfigError
from countersign.logs import set_up_logs
from countersign.metrics import PrometheusMeter
from countersign.notifications.backoff import LONGEST_WAIT, PATIENCE, Answer
from countersign.notifications.channel import HttpChannel
from countersign.notifications.delivery import Courier
from countersign.notifications.mailbox import Pace
from countersign.notifications.post import Post
from countersign.notifications.routing import Channel, parse_routing
from countersign.records.notification import Notification
from tests.support.fakes import FakeMeter
from tests.support.fakes_time import START, FakeClock
from tests.support.messages import hostile, message
from tests.support.receiver import Act, Receiver, drip, hang_up, say_nothing, status

FILE = """
channels:
  sre: {type: slack, url: {env: SRE_URL}}
  audit: {type: webhook, url: {env: AUDIT_URL}, signingKey: {env: KEY}}
routes:
- channels: [sre]
  namespaces: [shop]
- channels: [audit]
  namespaces: [db]
- channels: [sre, audit]
  namespaces: [all]
"""


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, plain_http: None) -> None:
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KEY", "k" * 32)
    for name in ("SRE_URL", "AUDIT_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/services/T0/B0/s3cr3t")


class Office:
    """A courier over real channels; time between attempts passes at once and is written down."""

    def __init__(
        self,
        *,
        draw: Callable[[], float] = lambda: 0.5,
        sleep: Callable[[float], Awaitable[object]] | None = None,
        limit: int = 1000,
    ) -> None:
        self.slept: list[float] = []
        self.elapsed = 0.0
        self.settled: list[tuple[str, ...]] = []
        self.meter = FakeMeter()
        clock = FakeClock()
        routing = parse_routing(FILE)
        self.limit = asyncio.timeout(None)
        self.post = Post(clock.now, patience=self._patience)
        senders = {
            name: HttpChannel(channel, self.post, clock.now)
            for name, channel in routing.channels.items()
        }
        pace = Pace(sleep=sleep or self._sleep, draw=draw, monotonic=lambda: self.elapsed)
        self.courier = Courier(
            routing, senders, self.meter, clock, close=self.post.close, limit=limit, pace=pace
        )
        self.courier.start()

    def _patience(self) -> asyncio.Timeout:
        self.limit = asyncio.timeout(None)
        return self.limit

    def time_is_up(self) -> None:
        """The attempt under way has taken as long as it may."""
        self.limit.reschedule(asyncio.get_running_loop().time())

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds
        await asyncio.sleep(0)

    def results(self, channel: str = "sre") -> list[str]:
        return [told[2] for told in self.meter.told if told[:2] == ("notified", channel)]

    async def settle(self, *messages: Notification) -> list[tuple[str, ...]]:
        """Hand messages over, and wait until each is sent or given up."""
        ends = []
        for each in messages:
            ends.append(asyncio.get_running_loop().create_future())
            self.courier.notify(each, ends[-1].set_result)
        async with asyncio.timeout(60):
            return list(await asyncio.gather(*ends))

    async def tell(self, *messages: Notification) -> None:
        """The same, and then it is over."""
        self.settled += await self.settle(*messages)
        await self.courier.drain(20)


async def deliver(monkeypatch: pytest.MonkeyPatch, *script: Act) -> tuple[Office, Receiver]:
    """One message to a server that answers like this, and then with 200."""
    async with Receiver(list(script)) as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        office = Office()
        receiver.endless = office.time_is_up
        await office.tell(shop())
    return office, receiver


def shop(**fields: Any) -> Notification:
    return message(**{"namespace": "shop", **fields})


def numbered(count: int, **fields: Any) -> list[Notification]:
    return [shop(id=f"uid/{number}", **fields) for number in range(count)]


# --- How servers answer ---------------------------------------------------------------------------


async def test_a_message_that_arrives_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    office, receiver = await deliver(monkeypatch)
    assert (len(receiver.received), office.results()) == (1, ["delivered"])
    assert b"Signature wanted" in receiver.received[0].body
    assert office.slept == []


async def test_too_many_requests_is_waited_for_as_long_as_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office, receiver = await deliver(monkeypatch, status(429, retry_after="30"))
    assert (len(receiver.received), office.results()) == (2, ["retried", "delivered"])
    assert office.slept == [30.5]


@pytest.mark.parametrize("act", [status(500), status(503), hang_up], ids=["500", "503", "hang up"])
async def test_what_passes_is_tried_again_with_longer_and_longer_waits(
    monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    office, receiver = await deliver(monkeypatch, act, act, act)
    assert (len(receiver.received), office.results()[-1]) == (4, "delivered")
    assert office.slept == [0.5, 1, 2]


@pytest.mark.parametrize("act", [say_nothing, drip], ids=["silent", "dripping"])
async def test_a_server_that_never_ends_costs_an_attempt_and_no_more(
    monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    with structlog.testing.capture_logs() as lines:
        office, receiver = await deliver(monkeypatch, act)
    assert office.results() == ["retried", "delivered"]
    assert len(receiver.received) == 2
    assert [line["why"] for line in lines if "why" in line] == ["no answer in time"]


async def test_after_two_hours_it_is_a_dead_letter_and_no_sooner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with structlog.testing.capture_logs() as lines:
        office, receiver = await deliver(monkeypatch, *[status(500)] * 200)
    assert PATIENCE <= office.elapsed <= PATIENCE + LONGEST_WAIT
    assert max(office.slept) == LONGEST_WAIT / 2
    assert office.results() == ["retried"] * (len(receiver.received) - 1) + ["dead"]
    assert office.settled == [("sre",)]
    assert office.results().count("dead") == 1
    [line] = [each for each in lines if each["log_level"] == "error"]
    assert (line["event"], line["channel"]) == ("notification is given up", "sre")
    assert line["message_id"] == shop().id
    assert line["why"] == "HTTP 500, and has been for 2 h"


@pytest.mark.parametrize("code", [302, 303, 307, 308])
async def test_no_redirect_is_followed_wherever_it_leads(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    async with Receiver() as elsewhere:
        office, receiver = await deliver(monkeypatch, status(code, Location=elsewhere.url))
    assert (len(receiver.received), len(elsewhere.received)) == (1, 0)
    assert office.results() == ["dead"]


async def test_no_text_of_a_message_can_add_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Receiver() as receiver:
        monkeypatch.setenv("AUDIT_URL", receiver.url)
        office = Office()
        of_db = {"namespace": "db", "request_namespace": "db"}
        odd = message(id="x\r\nX-Injected: yes", **of_db)
        office.courier.notify(odd)
        assert await office.settle(message(**of_db)) == [()]
        await office.courier.drain(20)
    assert not any("X-Injected" in each.headers for each in receiver.received)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("code", [302, 400, 404, 410])
async def test_what_the_server_will_not_have_is_a_dead_letter_at_once(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    office, receiver = await deliver(monkeypatch, status(code, Location="/elsewhere"))
    assert (len(receiver.received), office.results()) == (1, ["dead"])
    assert office.settled == [("sre",)]


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    office = Office()
    await office.tell(shop())
    assert len(office.results()) > 30
    assert (set(office.results()[:-1]), office.results()[-1]) == ({"retried"}, "dead")


async def test_each_attempt_is_signed_with_the_key_of_that_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def rotate(request: Any) -> Any:
        monkeypatch.setenv("KEY", "n" * 32)
        return await status(500)(request)

    async with Receiver([rotate]) as receiver:
        monkeypatch.setenv("AUDIT_URL", receiver.url)
        await Office().tell(message(namespace="db", request_namespace="db"))
    first, second = receiver.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


async def test_a_secret_that_is_gone_for_a_while_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Receiver() as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)

        async def come_back(_: float) -> None:
            monkeypatch.setenv("SRE_URL", receiver.url)

        office = Office(sleep=come_back, draw=lambda: 0.0)
        monkeypatch.setenv("SRE_URL", "")
        await office.tell(shop())
    assert office.results() == ["retried", "delivered"]


# --- One message, each channel for itself ---------------------------------------------------------


async def test_a_step_that_is_told_twice_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Receiver() as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        office = Office()
        await office.tell(shop(), shop(), shop(id="another"))
    assert len(receiver.received) == 2


async def test_a_channel_gets_its_messages_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Receiver([status(500)]) as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        await Office().tell(*numbered(4))
    order = [each.body.decode().split("uid/")[1][0] for each in receiver.received]
    assert order == ["0", "0", "1", "2", "3"]


async def test_a_channel_that_hangs_delays_no_other_and_nobody_who_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Receiver([say_nothing]) as hanging, Receiver() as well:
        monkeypatch.setenv("SRE_URL", hanging.url)
        monkeypatch.setenv("AUDIT_URL", well.url)
        office = Office()
        office.courier.notify(message(namespace="all"))
        async with asyncio.timeout(20):
            await office.courier._mailboxes["audit"].resting()
        assert (len(well.received), office.results("sre")) == (1, [])
        await office.courier.drain(0)
    assert office.results("audit") == ["delivered"]
    assert office.results("sre") == ["abandoned"]


def fails_until(office: list[Office], seconds: float, act: Act) -> Act:
    """An answer that is bad until so much time has passed, and good from then on."""

    async def answer(request: Any) -> Any:
        return await (act if office[0].elapsed < seconds else status(200))(request)

    return answer


DOWN = {"500": status(500), "503": status(503), "429": status(429), "hangs up": hang_up}


@pytest.mark.parametrize("act", DOWN.values(), ids=DOWN)
async def test_a_channel_that_was_down_for_an_hour_gets_everything_once_it_is_back(
    monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    office: list[Office] = []
    async with Receiver([fails_until(office, 3600, act)] * 200) as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        office.append(Office())
        await office[0].tell(*numbered(30))
    assert office[0].settled == [()] * 30
    assert office[0].results().count("delivered") == 30
    assert 3600 <= office[0].elapsed <= 3600 + LONGEST_WAIT
    ids = [each.body.decode().split("uid/")[1].split("`")[0] for each in receiver.received[-30:]]
    assert sorted(ids[1:], key=int) == ids[1:]  # The one that found it back is out of its turn.
    assert set(ids) == {str(number) for number in range(30)}


async def test_a_channel_that_never_comes_back_is_given_up_as_a_whole() -> None:
    office = Office()
    await office.tell(*numbered(500))
    assert office.settled == [("sre",)] * 500
    assert PATIENCE <= office.elapsed <= PATIENCE + LONGEST_WAIT
    assert len(office.slept) < 100


async def test_what_comes_while_a_channel_is_down_has_two_hours_of_its_own() -> None:
    half = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await office._sleep(seconds)
        if office.elapsed >= PATIENCE / 2:
            half.set()

    office = Office(sleep=sleep)
    first = asyncio.get_running_loop().create_future()
    office.courier.notify(shop(), first.set_result)
    async with asyncio.timeout(60):
        await half.wait()
        [late] = await office.settle(shop(id="late"))
    assert (first.result(), late) == (("sre",), ("sre",))
    assert office.elapsed >= 1.5 * PATIENCE
    await office.courier.drain(20)


@pytest.mark.parametrize("act", [status(500), hang_up], ids=["500", "hangs up"])
async def test_a_message_that_alone_is_refused_delays_the_others_by_seconds(
    monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    async def answer(request: Any) -> Any:
        bad = b"uid/1`" in await request.read()
        return await (act if bad else status(200))(request)

    async with Receiver([answer] * 200) as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        office = Office()
        bad = asyncio.get_running_loop().create_future()
        first, *others = numbered(20)
        office.courier.notify(first)
        office.courier.notify(others.pop(0), bad.set_result)
        assert await office.settle(*others) == [()] * 18
        assert office.elapsed <= 5
        async with asyncio.timeout(60):
            assert await bad == ("sre",)
        assert office.elapsed >= PATIENCE
        await office.courier.drain(20)
    assert office.results().count("delivered") == 19


async def test_a_message_that_is_always_refused_is_given_up_although_others_arrive() -> None:
    class Choosy:
        async def send(self, message: Notification) -> Answer:
            return Answer(500 if message.id == "bad" else 200)

    now, told = 0.0, 0

    async def sleep(seconds: float) -> None:
        """While it passes, another message comes."""
        nonlocal now, told
        now, told = now + seconds, told + 1
        courier.notify(shop(id=f"good/{told}"))
        await asyncio.sleep(0)

    pace = Pace(sleep=sleep, draw=lambda: 0.5, monotonic=lambda: now)
    senders = {"sre": Choosy(), "audit": Choosy()}
    meter = FakeMeter()
    courier = Courier(parse_routing(FILE), senders, meter, FakeClock(), pace=pace)
    courier.start()
    end = asyncio.get_running_loop().create_future()
    courier.notify(shop(id="bad"), end.set_result)
    async with asyncio.timeout(60):
        assert await end == ("sre",)
    assert PATIENCE <= now <= PATIENCE + LONGEST_WAIT
    assert meter.told.count(("notified", "sre", "dead")) == 1
    assert meter.told.count(("notified", "sre", "retried")) < 100
    await courier.drain(20)


async def test_a_server_that_asks_for_a_very_long_wait_is_asked_again_after_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office, _ = await deliver(monkeypatch, status(429, retry_after="86400"))
    assert office.slept == [3600.5]
    assert office.results() == ["retried", "delivered"]


async def test_what_is_too_much_for_the_queue_is_a_dead_letter() -> None:
    office = Office(limit=2, sleep=forever)
    ends: list[tuple[str, ...]] = []
    for each in numbered(5):
        office.courier.notify(each, ends.append)
    assert ends == []  # Never before notify has returned.
    await asyncio.sleep(0)
    assert ends == [("sre",)] * 3
    assert office.results() == ["overflow"] * 3
    await office.courier.drain(0)


async def forever(_: float) -> None:
    await asyncio.Event().wait()


async def test_at_the_end_no_pause_is_waited_for_and_nobody_is_told_that_it_is_settled() -> None:
    office, settled = Office(sleep=forever, limit=3), []
    first, *others = numbered(3)
    office.courier.notify(first, settled.append)
    async with asyncio.timeout(20):
        await office.courier._mailboxes["sre"].resting()
        for each in others:
            office.courier.notify(each, settled.append)
        await office.courier.drain(1_000_000)
    for each in numbered(5):
        office.courier.notify(shop(id=f"after the end, {each.id}"), settled.append)
    assert office.results()[-3:] == ["abandoned"] * 3
    assert not {"dead", "overflow"} & set(office.results())
    await asyncio.sleep(0)
    assert settled == []


# --- Who waits to hear what came of it ------------------------------------------------------------


async def test_it_is_settled_when_each_channel_has_it_or_has_given_it_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on = asyncio.Event()

    async def late(request: Any) -> Any:
        await go_on.wait()
        return await status(200)(request)

    async with Receiver([status(404)]) as gone, Receiver([late]) as slow:
        monkeypatch.setenv("SRE_URL", gone.url)
        monkeypatch.setenv("AUDIT_URL", slow.url)
        office, ends = Office(), []
        office.courier.notify(message(namespace="all"), ends.append)
        async with asyncio.timeout(20):
            await office.courier._mailboxes["sre"].resting()
        assert (office.results("sre"), ends) == (["dead"], [])
        go_on.set()
        await office.courier.drain(20)
    assert office.results("audit") == ["delivered"]
    assert ends == [("sre",)]


async def test_who_hands_over_what_is_on_its_way_hears_of_it_and_it_is_sent_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Receiver([status(500)]) as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        office = Office()
        assert await office.settle(shop(), shop(), shop()) == [()] * 3
    assert len(receiver.received) == 2


@pytest.mark.parametrize(("code", "end"), [(200, ()), (404, ("sre",))])
async def test_who_hands_over_what_was_settled_hears_what_came_of_it_and_it_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch, code: int, end: tuple[str, ...]
) -> None:
    async with Receiver([status(code)]) as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        office = Office()
        assert [await office.settle(shop()) for _ in range(3)] == [[end]] * 3
    assert len(receiver.received) == 1
    assert len(office.results()) == 1


async def test_a_message_for_no_channel_is_settled_at_once() -> None:
    office = Office()
    nowhere = message(namespace="elsewhere", request_namespace="elsewhere")
    assert not office.courier.wants(nowhere)
    assert await office.settle(nowhere) == [()]


async def test_whoever_fails_to_hear_of_it_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    broken: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: broken.append(context["exception"]))

    def fails(_: tuple[str, ...]) -> None:
        raise RuntimeError

    async with Receiver() as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        office = Office()
        office.courier.notify(shop(), fails)
        assert await office.settle(shop(), shop(id="next")) == [()] * 2
    assert [type(each) for each in broken] == [RuntimeError]


async def test_a_defect_of_ours_ends_no_worker() -> None:
    class Broken:
        calls = 0

        async def send(self, message: Notification) -> Answer:
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError("https://hooks.example/s3cr3t")
            return Answer(200)

    meter, sender = FakeMeter(), Broken()

    async def at_once(_: float) -> None:
        pass

    senders = {"sre": sender, "audit": sender}
    pace = Pace(sleep=at_once, draw=lambda: 0.0, monotonic=lambda: 0.0)
    courier = Courier(parse_routing(FILE), senders, meter, FakeClock(), pace=pace)
    courier.start()
    end = asyncio.get_running_loop().create_future()
    with structlog.testing.capture_logs() as lines:
        courier.notify(shop(), end.set_result)
        async with asyncio.timeout(20):
            await end
        await courier.drain(20)
    assert [told[2] for told in meter.told] == ["retried", "delivered"]
    assert "s3cr3t" not in str(lines)


async def test_results_are_on_the_page_of_metrics() -> None:
    meter = PrometheusMeter()
    meter.notified("sre", "dead")
    assert b'countersign_notifications_total{channel="sre",result="dead"} 1.0' in meter.page()


# --- Secrets --------------------------------------------------------------------------------------


NO_ADDRESSES = {
    "unknown scheme": "ftp://hooks.example/services/s3cr3t",
    "no host": "http:///services/s3cr3t",
    "a host that no name server has": "https://xn--a/s3cr3t",
    "no URL": "http://hooks.example:s3cr3t/services",
    "odd characters": "http://hooks.example/s3cr3t\x00",
    "two lines": "http://hooks.example/s3cr3t\nhttp://hooks.example/other",
}


@pytest.mark.parametrize("address", NO_ADDRESSES.values(), ids=NO_ADDRESSES)
async def test_an_address_that_makes_no_sense_is_not_repeated(tmp_path: Path, address: str) -> None:
    file = tmp_path / "url"
    file.write_text(address, "utf-8")
    channel = Channel.model_validate({"type": "slack", "url": {"file": str(file)}})
    with pytest.raises(ConfigError) as caught:
        HttpChannel(channel, Post(FakeClock().now), FakeClock().now)
    assert "s3cr3t" not in str(caught.value)
    assert str(file) in str(caught.value)


async def test_what_is_no_text_in_the_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SRE_URL", "http://hooks.example/s3cr3t\udcff")
    channel = Channel.model_validate({"type": "slack", "url": {"env": "SRE_URL"}})
    with pytest.raises(ConfigError, match="cannot be seen") as caught:
        HttpChannel(channel, Post(FakeClock().now), FakeClock().now)
    assert "s3cr3t" not in str(caught.value)


async def test_no_text_of_a_message_moves_a_terminal_that_shows_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Receiver([status(500), status(404)]) as receiver:
        monkeypatch.setenv("SRE_URL", receiver.url)
        with structlog.testing.capture_logs() as lines:
            await Office().tell(hostile(namespace="shop"))
    assert len(lines) == 2
    texts = [str(value) for line in lines for value in line.values()]
    assert all(each.isprintable() for each in texts)
    assert not any("everyone" in each or "evil" in each for each in texts)


@pytest.mark.parametrize(
    "act",
    [status(200), status(404), status(302, Location="/s3cr3t"), hang_up, say_nothing, drip],
    ids=["200", "404", "302", "hang up", "silent", "dripping"],
)
async def test_the_address_is_in_no_line_of_any_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, act: Act
) -> None:
    caplog.set_level(logging.INFO)
    with structlog.testing.capture_logs() as lines:
        await deliver(monkeypatch, act)
    assert lines
    assert "s3cr3t" not in caplog.text + str(lines)


def test_libraries_are_kept_quiet_at_any_level_of_ours() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up_logs("json", "debug")
        for name in ("httpx", "httpcore"):
            assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def test_the_time_of_a_message_is_not_the_time_of_its_attempt() -> None:
    assert shop().time == START
