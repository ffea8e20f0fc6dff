"""What goes so that a ConfigMap of knowledge stays within its bounds."""

from __future__ import annotations

from collections import defaultdict

from countersign.api.base import format_time
from countersign.stores.configmap.parts import entry_of, split, surplus, timeline_of
from countersign.stores.configmap.shards import Data, size_of

SHARD_BYTES = 512 * 1024
"""Most bytes in one shard; the API server's own bound is 1 MiB."""


def to_prune(data: Data, records: int) -> list[str]:
    """The keys to drop: the oldest pages of long timelines, then the oldest records as a whole.

    A tenth is made room for at a time. A record is as old as its entry, or as its last event where
    there is no entry yet; a value that is neither counts as the oldest.
    """
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    for key, text in data.items():
        owners[split(key)[0]][key] = text
    doomed = [key for parts in owners.values() for key in surplus(_pages(parts))]
    size = size_of(data) - size_of({key: data[key] for key in doomed})
    if len(owners) <= records and size <= SHARD_BYTES:
        return doomed
    oldest_first = sorted(owners, key=lambda owner: _written_at(owners[owner], owner))
    room = max(1, records - records // 10)
    left = len(owners)
    for owner in oldest_first[:-1]:  # The newest stays, whatever its size.
        if left <= room and size <= SHARD_BYTES * 9 // 10:
            break
        going = {key: text for key, text in owners[owner].items() if key not in doomed}
        doomed += going
        size -= size_of(going)
        left -= 1
    return doomed


def _pages(parts: Data) -> Data:
    return {key: text for key, text in parts.items() if split(key)[1] == "timeline"}


def _written_at(parts: Data, owner: str) -> str:
    entry = entry_of(parts, owner)
    if entry is not None:
        return format_time(entry.created_at)
    timeline = timeline_of(parts, owner)
    return format_time(timeline[-1].time) if timeline else ""
