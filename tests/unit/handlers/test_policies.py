"""From the watches to the book, to requests that wait, and to the status of policies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from countersign.connection import Call
from countersign.errors import ApiError
from countersign.handlers.policies import PolicyStatuses, PolicyWatch, accepted
from countersign.policybook import PolicyBook
from tests.support.fakes_connection import FakeConnection
from tests.support.fakes_objects import approved, planned, request
from tests.support.fakes_policies import absolute, policy_body
from tests.support.fakes_time import START, FakeClock, LoopClock, in_virtual_time, settle
from tests.support.fakes_workflow import FakeWakeups, as_body

JsonObject = dict[str, Any]
SELECTS = {"namespaceSelector": {"matchLabels": {"tier": "prod"}}}
BROKEN = {"freezeWindows": [absolute(0, 1, timeZone="Mars/Base")]}


class Server(FakeConnection):
    """Lists by the end of the path; watches are silent."""

    def __init__(self, **lists: list[JsonObject]) -> None:
        super().__init__([], [])
        self.items = lists
        self.paths: list[str] = []
        self.fails: set[str] = set()

    async def request(self, call: Call) -> JsonObject:
        self.paths.append(call.path)
        name = call.path.rpartition("/")[2]
        if name in self.fails:
            raise ApiError("connection refused")
        return {"metadata": {"resourceVersion": "1"}, "items": self.items.get(name, [])}


class World:
    def __init__(self, server: Server, *, namespaces: tuple[str, ...] = ()) -> None:
        self.server = server
        self.book = PolicyBook(LoopClock())
        self.wakeups = FakeWakeups()
        self.statuses: list[tuple[str, JsonObject]] = []
        self.watch = PolicyWatch(
            self.book,
            self.wakeups,  # type: ignore[arg-type]
            LoopClock(),
            server,  # type: ignore[arg-type]
            self._write,
            namespaces=namespaces,
        )

    async def _write(self, name: str, status: JsonObject) -> None:
        self.statuses.append((name, status))

    async def run(self, seconds: float = 5) -> None:
        running = asyncio.create_task(self.watch.run())
        await asyncio.sleep(seconds)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@in_virtual_time
async def test_without_policies_nothing_else_is_read() -> None:
    world = World(Server())
    await world.run()
    assert world.book.complete
    assert world.server.paths == ["/apis/countersign.dev/v1alpha1/approvalpolicies"]


@in_virtual_time
async def test_namespaces_are_watched_only_for_policies_that_select_some() -> None:
    body = policy_body(match=SELECTS, signatures=1)
    space = {"metadata": {"name": "shop", "labels": {"tier": "prod"}}}
    world = World(Server(approvalpolicies=[body], namespaces=[space]))
    await world.run()
    assert world.book.complete
    assert world.server.paths[1:] == ["/api/v1/namespaces"]
    assert dict(world.book.now().namespaces) == {"shop": {"tier": "prod"}}


@in_virtual_time
async def test_earlier_requests_are_read_only_for_policies_that_look_back() -> None:
    body = policy_body(cooldown="1h")
    requests = [as_body(approved()), as_body(planned(request(uid="x"))), {"metadata": "broken"}]
    world = World(Server(approvalpolicies=[body], approvalrequests=requests))
    await world.run()
    assert world.book.complete
    assert world.server.paths[1:] == ["/apis/countersign.dev/v1alpha1/approvalrequests"]
    assert len(list(world.book.now().past)) == 1


@in_virtual_time
async def test_one_request_with_an_impossible_time_does_not_keep_all_others_waiting() -> None:
    body = as_body(planned(request(uid="x")))
    body["spec"]["notBefore"] = "0001-01-01T00:00:00+14:00"
    requests = [body, as_body(approved())]
    server = Server(approvalpolicies=[policy_body(cooldown="1h")], approvalrequests=requests)
    world = World(server)
    await world.run()
    assert world.book.complete
    assert len(list(world.book.now().past)) == 1


@in_virtual_time
async def test_only_served_namespaces_are_read() -> None:
    body = policy_body(cooldown="1h")
    world = World(Server(approvalpolicies=[body]), namespaces=("a", "b"))
    await world.run()
    root = "/apis/countersign.dev/v1alpha1/namespaces"
    assert world.server.paths[1:] == [f"{root}/{n}/approvalrequests" for n in ("a", "b")]


@pytest.mark.parametrize("what", ["approvalpolicies", "approvalrequests", "namespaces"])
def test_what_cannot_be_read_stops_decisions_until_it_can(what: str) -> None:
    @in_virtual_time
    async def go() -> None:
        body = policy_body(match=SELECTS, cooldown="1h")
        world = World(Server(approvalpolicies=[body]))
        world.server.fails = {what}
        running = asyncio.create_task(world.watch.run())
        await asyncio.sleep(5)
        assert not world.book.complete
        world.server.fails = set()
        await asyncio.sleep(5)
        assert world.book.complete
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    go()


@in_virtual_time
async def test_a_policy_wakes_the_requests_that_it_concerns_and_no_others() -> None:
    world = World(Server())
    await world.run()
    world.book.saw(planned(request(name="web", uid="1")))
    world.book.saw(request(name="unplanned", uid="2"))
    world.watch.changed(policy_body(match={"targetNames": ["we*"]}, signatures=2))
    assert {name for _, name, _ in world.wakeups.book.values()} == {"web", "unplanned"}
    world.wakeups.book.clear()
    world.watch.changed(policy_body("q", match={"targetNames": ["db"]}, signatures=2))
    assert {name for _, name, _ in world.wakeups.book.values()} == {"unplanned"}
    world.wakeups.book.clear()
    world.watch.gone(policy_body(match={"targetNames": ["we*"]}, signatures=2))
    assert "1" in world.wakeups.book


# --- The status of policies -----------------------------------------------------------------------


def with_status(body: JsonObject) -> JsonObject:
    status = accepted(body, START)
    assert status is not None
    return {**body, "status": status.to_json()}


def test_a_policy_that_can_be_applied_is_accepted_and_that_is_written_once() -> None:
    body = policy_body(signatures=1)
    status = accepted(body, START)
    assert status is not None
    [condition] = status.conditions
    assert (condition.status, condition.reason, condition.observed_generation) == (
        "True",
        "Accepted",
        1,
    )
    assert accepted(with_status(body), START) is None


def test_a_policy_that_cannot_be_applied_says_why_and_what_follows() -> None:
    status = accepted(policy_body(**BROKEN), START)
    assert status is not None
    [condition] = status.conditions
    assert (condition.status, condition.reason) == ("False", "Invalid")
    assert "Mars/Base" in condition.message
    assert "Nothing that this policy matches is approved" in condition.message


def test_a_change_that_makes_no_difference_keeps_the_time_of_the_last_one() -> None:
    body = with_status(policy_body(signatures=1))
    body["metadata"] = {"name": "p", "generation": 2}
    clock = FakeClock()
    clock.advance(seconds=60)
    status = accepted(body, clock.now())
    assert status is not None
    assert status.conditions[0].last_transition_time == START
    assert status.conditions[0].observed_generation == 2


def test_a_status_that_cannot_be_read_is_written_anew() -> None:
    body = policy_body(signatures=1) | {"status": {"conditions": [{"type": "Nonsense"}]}}
    assert accepted(body, START) is not None


@in_virtual_time
async def test_a_status_that_cannot_be_written_stops_no_other() -> None:
    written: list[str] = []

    async def write(name: str, status: JsonObject) -> None:
        if name == "a":
            raise ApiError("forbidden", code=403)
        written.append(name)

    statuses = PolicyStatuses(write, LoopClock())
    running = asyncio.create_task(statuses.run())
    for name in ("a", "b"):
        statuses.check(policy_body(name, signatures=1))
    await settle()
    running.cancel()
    assert written == ["b"]
