"""What every store promises of timelines."""

from __future__ import annotations

import pytest

from countersign.ports import Store
from countersign.records.query import Query
from countersign.stores.configmap import ConfigMapStore
from tests.support.fakes_objects import after
from tests.support.knowledge import entry
from tests.support.lessons import TAIPEI, every_execution, execution, happening, uid

STEPS = ["propose", "plan", "sign", "decide", "exec"]


async def test_a_timeline_comes_oldest_first_however_it_was_written(store: Store) -> None:
    await store.note(uid(1), [happening(5), happening(3)])
    await store.save(entry(1), None, [happening(4), happening(1), happening(2)])
    assert await store.timeline(uid(1)) == [happening(number) for number in range(1, 6)]


async def test_events_of_the_same_moment_stay_in_the_order_in_which_they_were_told(
    store: Store,
) -> None:
    told = [happening(1, title) for title in ("planned", "approved", "begun", "a", "c", "b")]
    await store.save(entry(1), None, told)
    await store.save(entry(1), None, told)
    assert await store.timeline(uid(1)) == told


@pytest.mark.parametrize("at_once", [1, 2, 3, 5])
async def test_events_of_the_same_moment_stay_in_order_as_the_status_moves_on(
    store: Store, at_once: int
) -> None:
    told = [
        happening(number // at_once, f"event {number * 7 % 30}", type=STEPS[number % at_once])
        for number in range(30)
    ]
    for number, gone in enumerate(told[:10]):
        await store.note(uid(1), [gone])
        if number == 4:
            await store.save(entry(1), None, told[5:25])
    await store.save(entry(1), None, told[10:])
    assert await store.timeline(uid(1)) == told


@pytest.mark.parametrize("at_once", [2, 3, 5])
async def test_events_of_the_same_step_and_moment_stay_in_order_when_the_status_is_saved_again(
    store: Store, at_once: int
) -> None:
    told = [happening(number // at_once, f"event {number * 7 % 30}") for number in range(24)]
    for start in range(5):
        await store.save(entry(1), None, told[start : start + 20])
    assert await store.timeline(uid(1)) == told


async def test_an_event_is_there_once_and_what_was_there_stays(store: Store) -> None:
    await store.note(uid(1), [happening(1), happening(2)])
    await store.note(uid(1), [happening(2), happening(3), happening(3)])
    await store.save(entry(1), execution(1), [happening(3), happening(4)])
    await store.save(entry(1), execution(1), [happening(5)])
    assert await store.timeline(uid(1)) == [happening(number) for number in range(1, 6)]


async def test_what_is_noted_before_there_is_an_entry_is_none(store: Store) -> None:
    await store.note(uid(1), [happening(1, "latency")])
    assert await store.get(uid(1)) is None
    assert await store.latest(10) == []
    assert await store.search(Query()) == []
    assert await store.search(Query("latency")) == []
    assert await every_execution(store) == []


async def test_nothing_that_is_noted_changes_nothing(store: Store) -> None:
    await store.note(uid(1), [])
    assert await store.timeline(uid(1)) == []


async def test_every_record_has_a_timeline_of_its_own(store: Store) -> None:
    for number in range(5):
        await store.save(entry(number), None, [happening(7), happening(number, "own")])
    for number in range(5):
        assert set(await store.timeline(uid(number))) == {happening(7), happening(number, "own")}


@pytest.mark.parametrize(
    "text",
    ["\x00", "😀 重啟", "\x1b[2J\x7f", "é" * 256, '"\\/{}'],
    ids=lambda text: repr(text[:12]),
)
async def test_an_event_with_any_text_is_kept(store: Store, text: str) -> None:
    event = happening(1, text, description=text * 2, actor=text)
    await store.note(uid(1), [event])
    await store.save(entry(1), None, [event])
    assert await store.timeline(uid(1)) == [event]


async def test_events_a_microsecond_apart_are_two_and_in_two_zones_one(store: Store) -> None:
    first, second = happening(1, "x"), happening(1, "x", time=after(1.000001))
    abroad = happening(1, "x", time=after(1).astimezone(TAIPEI))
    await store.note(uid(1), [second, abroad, first])
    assert await store.timeline(uid(1)) == [first, second]


async def test_of_a_very_long_timeline_the_latest_events_are_there_at_least(store: Store) -> None:
    events = [happening(number, description="é" * 100) for number in range(500)]
    for start in range(0, 500, 20):
        await store.note(uid(1), events[start : start + 20])
    await store.save(entry(1), execution(1), events)
    found = await store.timeline(uid(1))
    assert found == events[-len(found) :]
    assert len(found) == 500 or isinstance(store, ConfigMapStore)
    assert len(found) >= 40
    assert await store.get(uid(1)) == entry(1)
    assert await every_execution(store) == [execution(1)]
