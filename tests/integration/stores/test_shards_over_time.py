"""ConfigMaps of knowledge after ten thousand executions: within their bounds all the way."""

from __future__ import annotations

import copy
from typing import Any

from benchmarks.search import library
from benchmarks.search.shelves import MemoryConfigMaps
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.configmap.pruning import SHARD_BYTES

SAVED = 10_000
SHARDS = 32
KEPT = 1000
_PER_SHARD = KEPT // SHARDS


class Watched(MemoryConfigMaps):
    """Remembers the most that any shard ever held when a save was over."""

    def __init__(self) -> None:
        super().__init__()
        self.written: set[str] = set()

    async def patch_config_map(self, namespace: str, name: str, body: Any) -> Any:
        self.written.add(name)
        return copy.copy(await super().patch_config_map(namespace, name, body))

    def size(self, name: str) -> int:
        data = self.objects[name]["data"]
        return sum(len(key) + len(text.encode()) for key, text in data.items())


async def test_ten_thousand_entries_leave_shards_within_their_bounds_and_the_newest_in_them() -> (
    None
):
    config_maps = Watched()
    store = ConfigMapStore(config_maps, namespace="system", shards=SHARDS, entries=KEPT)
    for number, each in enumerate(library.varied(SAVED)):
        at = each.created_at.replace(year=2027) if number >= SAVED - 100 else each.created_at
        entry = each.model_copy(update={"created_at": at})
        await store.save(entry, library.execution_of(entry), library.timeline_of(entry))
        for name in config_maps.written:
            assert config_maps.size(name) <= SHARD_BYTES
        config_maps.written.clear()

    assert len(config_maps.objects) == SHARDS
    kept = await store.latest(SAVED)
    # Every shard keeps its part, but for the tenth that is made room for at a time.
    assert SHARDS * (_PER_SHARD - _PER_SHARD // 10) <= len(kept) <= KEPT
    assert [each.created_at.year for each in kept[:100]] == [2027] * 100
    # A save is one request; of every few there is one more that prunes.
    assert config_maps.requests / SAVED < 2.5


async def test_texts_as_long_as_they_may_be_are_pruned_by_their_bytes() -> None:
    config_maps = Watched()
    store = ConfigMapStore(config_maps, namespace="system", shards=2, entries=KEPT)
    long = "記憶體 " * 3000
    for each in library.varied(200):
        await store.save(each.model_copy(update={"content": long}))
        assert max(config_maps.sizes()) <= SHARD_BYTES
    kept = await store.latest(KEPT)
    assert 20 < len(kept) < 200
