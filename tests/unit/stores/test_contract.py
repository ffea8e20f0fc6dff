"""What every store promises, the one in memory as well."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from countersign.ports import Store
from countersign.records.knowledge import KnowledgeEntry
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.memory import MemoryStore
from tests.support.fakes import FakeConfigMaps
from tests.support.fakes_objects import after

STORES: dict[str, Callable[[], Store]] = {
    "memory": MemoryStore,
    "configmap": lambda: ConfigMapStore(FakeConfigMaps(), namespace="x", shards=4, entries=100),
    "configmap in one shard": lambda: ConfigMapStore(
        FakeConfigMaps(), namespace="x", shards=1, entries=100
    ),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Store:
    return STORES[request.param]()


def entry(number: int, *, content: str = "# ✅ 重啟", at: float | None = None) -> KnowledgeEntry:
    return KnowledgeEntry(
        id=f"00000000-0000-4000-8000-{number:012d}",
        title=f"entry {number}",
        content=content,
        category="general",
        tags=("human_approved", "success", "general", "execution"),
        created_by="approval_execution",
        created_at=after(number if at is None else at),
        namespace="shop",
        request="web",
    )


async def test_an_entry_that_was_saved_can_be_read(store: Store) -> None:
    await store.save(entry(1))
    assert await store.get(entry(1).id) == entry(1)


async def test_an_entry_that_was_never_saved_is_none(store: Store) -> None:
    assert await store.get("nothing") is None
    await store.save(entry(1))
    assert await store.get(entry(2).id) is None


async def test_saving_an_entry_again_replaces_it(store: Store) -> None:
    first = await store.save(entry(1))
    again = await store.save(entry(1, content="longer"))
    assert again == first
    assert await store.latest(10) == [entry(1, content="longer")]


async def test_the_answer_says_where_the_entry_is(store: Store) -> None:
    reference = await store.save(entry(1))
    assert reference.entry == entry(1).id
    assert reference.store in ("memory", "configmap")
    assert reference.location


async def test_the_latest_entries_come_newest_first(store: Store) -> None:
    for number in (3, 1, 5, 2, 4):
        await store.save(entry(number))
    assert [each.title for each in await store.latest(3)] == ["entry 5", "entry 4", "entry 3"]


async def test_an_empty_store_has_no_latest_entries(store: Store) -> None:
    assert await store.latest(5) == []


async def test_no_entry_is_lost_among_many(store: Store) -> None:
    for number in range(20):
        await store.save(entry(number))
    assert len(await store.latest(100)) == 20
    assert all([await store.get(entry(number).id) == entry(number) for number in range(20)])
