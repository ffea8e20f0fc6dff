"""Knowledge in ConfigMaps: sharding, bounds, and others who write at the same time."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from countersign.errors import ApiError
from countersign.records.knowledge import KnowledgeEntry
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.configmap.parts import ENTRY_BYTES
from countersign.stores.configmap.pruning import SHARD_BYTES, to_prune
from tests.support.fakes import FakeConfigMaps
from tests.support.fakes_objects import after
from tests.support.fakes_time import in_virtual_time, settle
from tests.support.lessons import happening

LABELS = {"app.kubernetes.io/part-of": "countersign", "countersign.dev/store": "knowledge"}


def entry(number: int, content: str = "text") -> KnowledgeEntry:
    return KnowledgeEntry(
        id=f"00000000-0000-4000-8000-{number:012d}",
        title=f"entry {number}",
        content=content,
        category="general",
        tags=("success",),
        created_by="approval_execution",
        created_at=after(number),
        namespace="shop",
        request="web",
    )


def as_text(number: int, **more: Any) -> str:
    return json.dumps(entry(number).to_json() | more)


class World:
    def __init__(self, *, shards: int = 1, entries: int = 100) -> None:
        self.config_maps = FakeConfigMaps()
        self.store = ConfigMapStore(
            self.config_maps, namespace="system", shards=shards, entries=entries
        )

    def data(self, shard: int = 0) -> dict[str, str]:
        found = self.config_maps.objects["system", f"countersign-knowledge-{shard:02d}"]
        return found["data"]  # type: ignore[no-any-return]


# --- Requests -------------------------------------------------------------------------------------


async def test_saving_is_one_request_once_the_shard_is_there() -> None:
    world = World()
    await world.store.save(entry(1))
    assert world.config_maps.calls == ["patch", "create"]
    world.config_maps.calls.clear()
    await world.store.save(entry(2))
    assert world.config_maps.calls == ["patch"]


@in_virtual_time
async def test_of_hundreds_at_once_a_few_are_written_at_a_time_and_fewer_to_each_shard() -> None:
    world = World(shards=32, entries=3200)
    writing, most, patch = Counter[str](), Counter[str](), world.config_maps.patch_config_map

    async def slow(namespace: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        for each in (name, "all"):
            writing[each] += 1
            most[each] = max(most[each], writing[each])
        await asyncio.sleep(1)
        writing.subtract((name, "all"))
        return await patch(namespace, name, body)

    world.config_maps.patch_config_map = slow  # type: ignore[method-assign]
    await asyncio.gather(*(world.store.save(entry(number)) for number in range(300)))
    in_all = most.pop("all")
    assert (in_all, max(most.values())) == (16, 4)
    assert len(await world.store.latest(1000)) == 300


async def test_a_write_that_hangs_stops_no_other_not_even_to_its_own_shard() -> None:
    world = World(shards=1, entries=100)
    patch = world.config_maps.patch_config_map

    async def stuck(namespace: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        if entry(1).id in body["data"]:
            await asyncio.Event().wait()
        return await patch(namespace, name, body)

    world.config_maps.patch_config_map = stuck  # type: ignore[method-assign]
    hanging = asyncio.create_task(world.store.save(entry(1)))
    await settle()
    async with asyncio.timeout(5):
        await world.store.save(entry(2))
    assert [each.id for each in await world.store.latest(10)] == [entry(2).id]
    hanging.cancel()


async def test_a_new_shard_bears_the_labels_by_which_it_is_found() -> None:
    world = World()
    await world.store.save(entry(1))
    [shard] = world.config_maps.objects.values()
    assert shard["metadata"]["labels"] == LABELS
    assert shard["metadata"]["namespace"] == "system"


async def test_whoever_loses_the_race_to_create_a_shard_patches_it() -> None:
    world = World()

    def another_is_first() -> None:
        metadata = {"name": "countersign-knowledge-00", "namespace": "system", "labels": LABELS}
        shard = {"metadata": metadata, "data": {entry(9).id: as_text(9)}}
        world.config_maps.objects["system", "countersign-knowledge-00"] = shard

    world.config_maps.before["create"] = another_is_first
    await world.store.save(entry(1))
    assert world.config_maps.calls == ["patch", "create", "patch"]
    assert set(world.data()) == {entry(1).id, entry(9).id}


@pytest.mark.parametrize("verb", ["patch", "create"])
async def test_any_other_error_is_the_callers(verb: str) -> None:
    world = World()

    def refuse() -> None:
        raise ApiError("no", code=403, reason="Forbidden")

    world.config_maps.before[verb] = refuse
    with pytest.raises(ApiError, match="no"):
        await world.store.save(entry(1))


async def test_reading_passes_other_errors_on() -> None:
    world = World()

    def refuse() -> None:
        raise ApiError("no", code=503)

    world.config_maps.before["list"] = refuse
    with pytest.raises(ApiError):
        await world.store.get("x")


async def test_an_entry_that_is_patched_in_leaves_the_others_alone() -> None:
    world = World()
    await world.store.save(entry(1))
    before = world.data()[entry(1).id]
    await world.store.save(entry(2))
    assert world.data()[entry(1).id] == before


async def test_the_place_is_told_as_people_would_look_for_it() -> None:
    reference = await World().store.save(entry(1))
    assert reference.location == f"ConfigMap system/countersign-knowledge-00, key {entry(1).id}"


# --- Shards ---------------------------------------------------------------------------------------


async def test_an_entry_is_always_in_the_same_shard() -> None:
    places = []
    for _ in range(3):
        world = World(shards=8)
        places.append([(await world.store.save(entry(n))).location for n in range(30)])
    assert places[0] == places[1] == places[2]
    assert places[0][0] == f"ConfigMap system/countersign-knowledge-00, key {entry(0).id}"


async def test_entries_are_spread_over_the_shards() -> None:
    world = World(shards=8, entries=1000)
    for number in range(200):
        await world.store.save(entry(number))
    sizes = Counter(
        {name: len(shard["data"]) for (_, name), shard in world.config_maps.objects.items()}
    )
    assert len(sizes) == 8
    assert max(sizes.values()) < 3 * 200 / 8


async def test_whoever_reads_need_not_know_over_how_many_shards_the_operator_writes() -> None:
    world = World(shards=8)
    reader = ConfigMapStore(world.config_maps, namespace="system", shards=32, entries=1000)
    for number in range(20):
        await world.store.save(entry(number), None, [happening(number)])
        assert await reader.get(entry(number).id) == entry(number)
        assert await reader.timeline(entry(number).id) == [happening(number)]


async def test_what_is_written_again_over_another_number_of_shards_is_there_once() -> None:
    world = World(shards=8)
    more = ConfigMapStore(world.config_maps, namespace="system", shards=9, entries=1000)
    for number in range(20):
        await world.store.save(entry(number))
        await more.save(entry(number, "later").model_copy(update={"created_at": after(99)}))
        assert [each.content for each in await world.store.latest(50)] == ["later"] * (number + 1)
        assert (await world.store.get(entry(number).id) or entry(0)).content == "later"


# --- Bounds ---------------------------------------------------------------------------------------


async def test_the_oldest_entries_go_when_there_are_too_many() -> None:
    world = World(entries=10)
    for number in range(11):
        await world.store.save(entry(number))
    assert sorted(world.data()) == [entry(number).id for number in range(2, 11)]


async def test_pruning_is_one_request_more_and_not_at_every_save() -> None:
    world = World(entries=20)
    for number in range(60):
        await world.store.save(entry(number))
    patches = world.config_maps.calls.count("patch")
    assert 60 < patches <= 60 + 60 // 2
    assert len(world.data()) <= 20


async def test_a_shard_stays_below_its_bytes() -> None:
    world = World(entries=10_000)
    for number in range(60):
        await world.store.save(entry(number, "é" * 8000))
    size = sum(len(key) + len(text.encode()) for key, text in world.data().items())
    assert size <= SHARD_BYTES
    assert entry(59).id in world.data()


def test_nothing_is_pruned_within_the_bounds() -> None:
    assert to_prune({entry(n).id: as_text(n) for n in range(10)}, 10) == []
    assert to_prune({}, 10) == []


def test_the_newest_entry_stays_whatever_its_size() -> None:
    data = {"old": as_text(1), "new": as_text(2, content="x" * 2 * SHARD_BYTES)}
    assert to_prune(data, 10) == ["old"]
    assert to_prune({"new": data["new"]}, 10) == []
    assert to_prune(data, 1) == ["old"]


GARBAGE = {
    "no JSON": "{",
    "nothing": "",
    "a list": "[1, 2]",
    "a number": "7",
    "null": "null",
    "an entry without a time": "{}",
    "a time that is a number": '{"createdAt": 9e99}',
    "a time that is no time, in an object that is no entry": '{"createdAt": "zzzz"}',
    "nested beyond reading": "[" * 100_000,
}


@pytest.mark.parametrize("what", GARBAGE)
def test_a_value_that_is_no_entry_is_dropped_first(what: str) -> None:
    data = {"a": as_text(1), "b": GARBAGE[what], "c": as_text(2)}
    assert to_prune(data, 2)[0] == "b"
    assert "c" not in to_prune(data, 2)


def test_a_tenth_is_made_room_for_at_a_time() -> None:
    data = {f"{n:03}": as_text(n) for n in range(101)}
    assert to_prune(data, 100) == [f"{n:03}" for n in range(11)]


async def test_a_value_that_is_no_entry_is_skipped_by_readers() -> None:
    world = World()
    await world.store.save(entry(1))
    for number, garbage in enumerate(GARBAGE.values()):
        world.data()[f"garbage-{number}"] = garbage
    assert await world.store.latest(10) == [entry(1)]
    assert await world.store.get("garbage-0") is None


async def test_an_entry_that_is_too_large_is_shortened() -> None:
    world = World()
    await world.store.save(entry(1, "é" * 100_000))
    [text] = world.data().values()
    assert len(text.encode()) <= ENTRY_BYTES
    kept = await world.store.get(entry(1).id)
    assert kept is not None
    assert kept.content.startswith("ééé")
    assert kept.content.endswith("…")
    assert kept.model_copy(update={"content": "text"}) == entry(1)


async def test_an_entry_full_of_characters_that_json_writes_longer_is_shortened_enough() -> None:
    world = World()
    await world.store.save(entry(1, "\x01" * 100_000))
    [text] = world.data().values()
    assert len(text.encode()) <= ENTRY_BYTES


async def test_an_entry_is_kept_as_text_that_people_can_read() -> None:
    world = World()
    await world.store.save(entry(1, "重啟"))
    assert "重啟" in world.data()[entry(1).id]


async def test_a_config_map_without_data_is_empty() -> None:
    world = World()
    await world.store.save(entry(1))
    [shard] = world.config_maps.objects.values()
    del shard["data"]
    assert await world.store.get(entry(1).id) is None
    assert await world.store.latest(5) == []
    await world.store.save(entry(2))
    assert set(world.data()) == {entry(2).id}
