"""Executions and timelines in ConfigMaps: their keys, their requests and their bounds."""

from __future__ import annotations

import json

import pytest

from countersign.errors import ApiError
from countersign.records.execution import Choice
from countersign.records.query import Query
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.configmap.parts import (
    ENTRY_BYTES,
    PAGE_BYTES,
    TIMELINE_BYTES,
    timeline_part,
)
from countersign.stores.configmap.pruning import to_prune
from countersign.stores.configmap.shards import size_of
from tests.support.fakes import FakeConfigMaps
from tests.support.knowledge import entry
from tests.support.lessons import WEB, execution, happening, uid

NAME = "countersign-knowledge-00"


class World:
    def __init__(self, *, entries: int = 100) -> None:
        self.config_maps = FakeConfigMaps()
        self.entries = entries
        self.store = self.restarted()

    def restarted(self) -> ConfigMapStore:
        return ConfigMapStore(self.config_maps, namespace="system", shards=1, entries=self.entries)

    def data(self) -> dict[str, str]:
        return self.config_maps.objects["system", NAME]["data"]  # type: ignore[no-any-return]

    def calls(self) -> list[str]:
        """Those since the last time."""
        made, self.config_maps.calls = self.config_maps.calls, []
        return made


async def filled(**options: int) -> World:
    world = World(**options)
    await world.store.save(entry(0), execution(0), [happening(0)])
    world.calls()
    return world


# --- Keys -----------------------------------------------------------------------------------------


async def test_every_part_has_a_key_of_its_own_and_that_of_the_entry_is_as_it_always_was() -> None:
    world = await filled()
    parts = sorted(world.data())
    assert [key.removeprefix(uid(0))[:13] for key in parts] == ["", ".execution", ".timeline-4be"]
    assert json.loads(world.data()[uid(0)]) == entry(0).to_json()
    assert json.loads(world.data()[f"{uid(0)}.execution"]) == execution(0).to_json()


async def test_keys_are_such_as_a_config_map_takes() -> None:
    world = await filled()
    for key in world.data():
        assert len(key) <= 253
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


async def test_what_was_written_before_there_were_lessons_is_read() -> None:
    world = await filled()
    for key in list(world.data()):
        if key != uid(0):
            del world.data()[key]
    assert await world.store.get(uid(0)) == entry(0)
    assert await world.store.search(Query()) == [entry(0)]
    assert await world.restarted().executions(Choice()) == []
    assert await world.store.timeline(uid(0)) == []


GARBAGE = ["", "{", "null", "[]", '{"time": 9e99}', "[" * 100_000]


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:10])
async def test_a_value_that_is_no_part_is_passed_over(text: str) -> None:
    world = await filled()
    world.data()[f"{uid(0)}.timeline-00"] = text
    world.data()[f"{uid(1)}.execution"] = text
    assert await world.store.timeline(uid(0)) == [happening(0)]
    assert await world.restarted().executions(Choice()) == [execution(0)]
    assert await world.store.latest(10) == [entry(0)]


# --- Requests -------------------------------------------------------------------------------------


async def test_a_whole_record_is_one_request_and_so_is_a_note() -> None:
    world = await filled()
    await world.store.save(entry(1), execution(1), [happening(n) for n in range(20)])
    assert world.calls() == ["patch"]
    await world.store.note(uid(2), [happening(1), happening(2)])
    assert world.calls() == ["patch"]
    await world.store.note(uid(2), [])
    assert world.calls() == []


async def test_executions_are_read_when_they_are_first_asked_for_and_never_again() -> None:
    world = await filled()
    store = world.restarted()
    await store.save(entry(1), execution(1))
    assert world.calls() == ["patch"]
    assert await store.executions(Choice()) == [execution(1), execution(0)]
    assert world.calls() == ["list"]
    await store.save(entry(2), execution(2))
    assert await store.executions(Choice(target=WEB)) == [execution(2), execution(1), execution(0)]
    assert world.calls() == ["patch"]


async def test_what_could_not_be_read_is_read_the_next_time() -> None:
    world = await filled()
    store = world.restarted()

    def refuse() -> None:
        raise ApiError("no", code=503)

    world.config_maps.before["list"] = refuse
    with pytest.raises(ApiError):
        await store.executions(Choice())
    assert await store.executions(Choice()) == [execution(0)]


async def test_an_execution_that_could_not_be_written_does_not_count() -> None:
    world = await filled()

    def refuse() -> None:
        raise ApiError("no", code=503)

    world.config_maps.before["patch"] = refuse
    with pytest.raises(ApiError):
        await world.store.save(entry(1), execution(1))
    assert await world.store.executions(Choice()) == [execution(0)]


# --- Bounds ---------------------------------------------------------------------------------------


async def test_a_record_goes_as_a_whole_and_its_execution_does_not_count_any_more() -> None:
    world = World(entries=10)
    for number in range(11):
        await world.store.save(entry(number), execution(number), [happening(number)])
    assert {key[:36] for key in world.data()} == {uid(number) for number in range(2, 11)}
    left = [execution(number) for number in range(10, 1, -1)]
    assert await world.store.executions(Choice()) == left
    assert await world.restarted().executions(Choice()) == left


async def test_a_record_that_is_pruned_by_its_own_save_does_not_count() -> None:
    world = World(entries=10)
    assert await world.store.executions(Choice()) == []
    for number in range(11, 0, -1):
        await world.store.save(entry(number), execution(number))
    assert uid(1) not in world.data()
    assert len(await world.store.executions(Choice())) == 9


async def test_what_was_noted_is_as_old_as_its_last_event() -> None:
    world = World(entries=10)
    await world.store.note(uid(50), [happening(1), happening(99)])
    await world.store.note(uid(51), [happening(0)])
    for number in range(9):
        await world.store.save(entry(number))
    kept = {key[:36] for key in world.data()}
    assert kept == {uid(50), *(uid(number) for number in range(1, 9))}


async def test_parts_do_not_count_as_entries() -> None:
    world = World(entries=10)
    for number in range(10):
        timeline = [happening(each) for each in range(10)]
        await world.store.save(entry(number), execution(number), timeline)
    assert len(world.data()) == 10 * 3
    assert "delete" not in world.calls()
    assert len(await world.store.latest(100)) == 10


async def test_the_oldest_events_of_a_timeline_go_when_it_is_too_long() -> None:
    world = await filled()
    events = [happening(number, description="x" * 1000) for number in range(100)]
    for event in events:
        await world.store.note(uid(1), [event])
    ours = {key: text for key, text in world.data().items() if key.startswith(uid(1))}
    assert TIMELINE_BYTES * 8 // 10 < size_of(ours) <= TIMELINE_BYTES
    found = await world.store.timeline(uid(1))
    assert found == events[-len(found) :]
    assert await world.store.timeline(uid(0)) == [happening(0)]
    assert len(world.calls()) < 100 * 1.5


async def test_a_timeline_that_is_too_long_at_once_is_not_even_sent() -> None:
    world = await filled()
    events = [happening(number, description="\x01" * 1000) for number in range(2000)]
    await world.store.save(entry(1), execution(1), events)
    assert world.calls() == ["patch"]
    found = await world.store.timeline(uid(1))
    assert found == events[-len(found) :]
    page = max(world.data().values(), key=len)
    assert PAGE_BYTES * 2 // 3 < len(page.encode()) < PAGE_BYTES


async def test_a_full_page_stays_when_another_one_is_written() -> None:
    world = await filled()
    events = [happening(number, description="x" * 900) for number in range(200)]
    await world.store.save(entry(1), None, events[:100])
    first = await world.store.timeline(uid(1))
    await world.store.save(entry(1), None, events[100:105])
    assert await world.store.timeline(uid(1)) == [*first, *events[100:105]]


async def test_the_last_page_stays_whatever_its_size() -> None:
    [(key, page)] = timeline_part("u", [happening(1)]).items()
    larger = page + " " * TIMELINE_BYTES
    assert to_prune({key: larger}, 10) == []
    assert to_prune({"u.timeline-00": page.replace("12:00", "11:00"), key: larger}, 10) == [
        "u.timeline-00"
    ]


async def test_an_execution_that_is_too_large_is_shortened() -> None:
    world = await filled()
    targets = tuple(f"shop/Pod/{number:0250}" for number in range(5000))
    await world.store.save(entry(1), execution(1, targets=targets, error="\x01" * 100_000))
    assert len(world.data()[f"{uid(1)}.execution"].encode()) <= ENTRY_BYTES
    [found] = await world.restarted().executions(Choice(target=targets[0]))
    assert found.error is not None
    assert found.success


def pages(owner: str, count: int) -> dict[str, str]:
    events = (happening(number, description="x" * 1000) for number in range(count))
    return {key: text for event in events for key, text in timeline_part(owner, [event]).items()}


def test_a_page_that_cannot_be_read_goes_first() -> None:
    garbage = {"u.timeline-ff": "x" * TIMELINE_BYTES}
    assert to_prune(pages("u", 20) | garbage, 10) == ["u.timeline-ff"]


def test_what_is_dropped_is_named_once() -> None:
    old = pages("old", 60)
    doomed = to_prune(old | {"new": json.dumps(entry(99).to_json())}, 1)
    assert sorted(doomed) == sorted(old)
