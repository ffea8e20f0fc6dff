"""A list kept up to date by a watch: what is told, in which order, and when it is said to be lost."""

from __future__ import annotations

import asyncio
from typing import Any

from countersign.cluster.reflector import Reflector
from countersign.errors import ApiError
from countersign.ports import ObjectPath
from tests.support.fakes_connection import FakeConnection
from tests.support.fakes_time import in_virtual_time

JsonObject = dict[str, Any]
POLICIES = ObjectPath("countersign.dev/v1alpha1", "approvalpolicies", None)


def item(name: str, version: str = "1") -> JsonObject:
    return {"metadata": {"name": name, "resourceVersion": version}}


def listing(*names: str, version: str = "10", following: str = "") -> JsonObject:
    metadata = {"resourceVersion": version, "continue": following}
    return {"metadata": metadata, "items": [item(name) for name in names]}


def event(kind: str, name: str, version: str = "11") -> JsonObject:
    return {"type": kind, "object": item(name, version)}


GONE = {"type": "ERROR", "object": {"code": 410, "message": "too old"}}


class Seen:
    """A mirror that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def replaced(self, items: list[JsonObject]) -> None:
        self.told.append("all " + ",".join(each["metadata"]["name"] for each in items))

    def changed(self, item: JsonObject) -> None:
        self.told.append("changed " + item["metadata"]["name"])

    def gone(self, item: JsonObject) -> None:
        self.told.append("gone " + item["metadata"]["name"])

    def lost(self, error: ApiError) -> None:
        self.told.append(f"lost {error}")


async def run(connection: FakeConnection, seconds: float = 5) -> list[str]:
    seen = Seen()
    reflector = Reflector(connection, POLICIES)  # type: ignore[arg-type]
    running = asyncio.create_task(reflector.run(seen))
    await asyncio.sleep(seconds)
    running.cancel()
    return seen.told


@in_virtual_time
async def test_all_are_told_and_then_each_change() -> None:
    events = [event("ADDED", "b"), event("MODIFIED", "a", "12"), event("DELETED", "a", "13")]
    connection = FakeConnection([listing("a")], [events])
    assert await run(connection) == ["all a", "changed b", "changed a", "gone a"]


@in_virtual_time
async def test_a_watch_that_ends_is_taken_up_where_it_was() -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "42"}}}
    connection = FakeConnection([listing("a")], [[event("ADDED", "b"), bookmark]])
    assert await run(connection) == ["all a", "changed b"]
    assert [each.get("resourceVersion") for each in connection.asked] == [None, "10", "42"]


@in_virtual_time
async def test_a_version_that_is_too_old_is_listed_anew_so_that_what_is_gone_is_noticed() -> None:
    connection = FakeConnection([listing("a", "b"), listing("b", version="20")], [[GONE]])
    assert await run(connection) == ["all a,b", "all b"]


@in_virtual_time
async def test_a_watch_that_breaks_is_lost_until_all_are_listed_again() -> None:
    connection = FakeConnection([listing("a"), listing("a")], [ApiError("connection reset")])
    assert await run(connection) == ["all a", "lost connection reset", "all a"]


@in_virtual_time
async def test_another_error_in_a_watch_is_lost_as_well() -> None:
    error = {"type": "ERROR", "object": {"code": 500, "message": "etcd is gone"}}
    connection = FakeConnection([listing("a"), listing("a")], [[error]])
    assert await run(connection) == ["all a", "lost etcd is gone", "all a"]


@in_virtual_time
async def test_a_list_that_fails_is_made_again_a_second_later() -> None:
    missing = ApiError("not found", code=404)
    connection = FakeConnection([missing, missing, listing("a")], [])
    assert await run(connection, 1.5) == ["lost not found", "lost not found"]
    connection = FakeConnection([missing, listing("a")], [])
    assert await run(connection, 1.5) == ["lost not found", "all a"]


@in_virtual_time
async def test_a_long_list_comes_in_pages_and_is_told_as_one() -> None:
    connection = FakeConnection([listing("a", following="more"), listing("b")], [])
    assert await run(connection) == ["all a,b"]
    assert [each.get("continue") for each in connection.asked[:2]] == [None, "more"]


@in_virtual_time
async def test_a_watch_that_has_gone_silent_is_opened_anew() -> None:
    connection = FakeConnection([listing("a")], [])
    assert await run(connection, 100) == ["all a"]
    watches = [each for each in connection.asked if each.get("watch")]
    assert [each["resourceVersion"] for each in watches] == ["10", "10"]


@in_virtual_time
async def test_a_defect_in_what_is_told_is_a_lost_watch_and_not_the_end_of_it() -> None:
    nameless = {"type": "ADDED", "object": {"metadata": {"resourceVersion": "11"}}}
    connection = FakeConnection([listing("a"), listing("a")], [[nameless]])
    assert await run(connection) == ["all a", "lost KeyError: 'name'", "all a"]
