"""Knowledge in ConfigMaps: the default store, which needs nothing but the cluster.

Entries are spread over a fixed number of ConfigMaps by their id, one key an entry. Saving is one
request: a merge patch on that key, so that it is idempotent and two writers never meet. The
answer holds the whole shard; where it has grown past its bounds, the oldest entries go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from countersign.api.base import format_time
from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.errors import ApiError
from countersign.records.execution import Choice, Execution, Frequency, Occurrence
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.ranking import rank

JsonObject = dict[str, Any]
SHARD_BYTES = 512 * 1024
"""Most bytes in one shard; the API server's own bound is 1 MiB."""
ENTRY_BYTES = 32 * 1024
_LABELS = {"app.kubernetes.io/part-of": "countersign", "countersign.dev/store": "knowledge"}
SELECTOR = ",".join(f"{key}={value}" for key, value in _LABELS.items())


class ConfigMaps(Protocol):
    """The few requests this store makes. Each raises ``ApiError``."""

    async def patch_config_map(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        """Merge patch."""
        ...

    async def create_config_map(self, namespace: str, body: JsonObject) -> JsonObject:
        """Create."""
        ...

    async def list_config_maps(self, namespace: str, selector: str) -> list[JsonObject]:
        """All that bear the labels."""
        ...

    async def get_config_map(self, namespace: str, name: str) -> JsonObject:
        """Read one."""
        ...


class ConfigMapStore:
    """Entries as JSON, spread over ``countersign-knowledge-00`` and so on."""

    def __init__(
        self, config_maps: ConfigMaps, *, namespace: str, shards: int, entries: int
    ) -> None:
        """Keep at most ``entries`` entries over ``shards`` ConfigMaps in ``namespace``."""
        self._config_maps = config_maps
        self._namespace = namespace
        self._shards = shards
        self._entries_per_shard = max(1, entries // shards)

    async def note(self, entry_id: str, timeline: Sequence[TimelineEvent]) -> None:
        raise NotImplementedError

    async def timeline(self, entry_id: str) -> list[TimelineEvent]:
        raise NotImplementedError

    async def executions(self, choice: Choice) -> list[Execution]:
        raise NotImplementedError

    async def occurred(self, occurrence: Occurrence) -> None:
        raise NotImplementedError

    async def frequency(self, anomaly: str, now: datetime) -> Frequency:
        raise NotImplementedError

    async def save(
        self,
        entry: KnowledgeEntry,
        execution: Execution | None = None,
        timeline: Sequence[TimelineEvent] = (),
    ) -> KnowledgeReference:
        """Write an entry: one request, and one more where the shard has to be pruned."""
        name = self._shard_of(entry.id)
        data = {entry.id: _encode(entry)}
        try:
            shard = await self._config_maps.patch_config_map(self._namespace, name, {"data": data})
        except ApiError as error:
            if not error.not_found:
                raise
            shard = await self._create(name, data)
        await self._prune(name, shard)
        location = f"ConfigMap {self._namespace}/{name}, key {entry.id}"
        return KnowledgeReference(store="configmap", entry=entry.id, location=location)

    async def get(self, entry_id: str) -> KnowledgeEntry | None:
        """Read one entry; None where it is not there, or is no entry."""
        try:
            shard = await self._config_maps.get_config_map(
                self._namespace, self._shard_of(entry_id)
            )
        except ApiError as error:
            if error.not_found:
                return None
            raise
        text = (shard.get("data") or {}).get(entry_id)
        return _decode(text) if text is not None else None

    async def latest(self, limit: int) -> list[KnowledgeEntry]:
        """The newest entries of all shards, newest first."""
        return rank(await self._every(), Query(limit=limit))

    async def search(self, query: Query) -> list[KnowledgeEntry]:
        """What fits a query, best match first: every shard is read, in one request."""
        return rank(await self._every(), query)

    async def close(self) -> None:
        """The connection is not its own."""

    async def _every(self) -> list[KnowledgeEntry]:
        shards = await self._config_maps.list_config_maps(self._namespace, SELECTOR)
        return entries_of(shards)

    async def _create(self, name: str, data: dict[str, str]) -> JsonObject:
        metadata = {"name": name, "namespace": self._namespace, "labels": _LABELS}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        try:
            return await self._config_maps.create_config_map(self._namespace, body)
        except ApiError as error:
            if not error.conflict:  # Another writer was first: then the patch goes through.
                raise
            return await self._config_maps.patch_config_map(self._namespace, name, {"data": data})

    async def _prune(self, name: str, shard: JsonObject) -> None:
        doomed = to_prune(shard.get("data") or {}, self._entries_per_shard)
        if doomed:
            body = {"data": dict.fromkeys(doomed)}
            await self._config_maps.patch_config_map(self._namespace, name, body)

    def _shard_of(self, entry_id: str) -> str:
        number = int(hashlib.sha256(entry_id.encode()).hexdigest(), 16) % self._shards
        return f"countersign-knowledge-{number:02d}"


def entries_of(shards: Iterable[JsonObject]) -> list[KnowledgeEntry]:
    """Every entry in ConfigMaps; a value that is none is passed over."""
    texts = [text for shard in shards for text in (shard.get("data") or {}).values()]
    return [entry for entry in map(_decode, texts) if entry is not None]


def to_prune(data: dict[str, str], entries: int) -> list[str]:
    """The keys to drop so that the shard is within its bounds: oldest first, a tenth to spare.

    A value that is no entry counts as the oldest.
    """
    size = sum(len(key) + len(text.encode()) for key, text in data.items())
    if len(data) <= entries and size <= SHARD_BYTES:
        return []
    oldest_first = sorted(data, key=lambda key: _created_at(data[key]))
    room = max(1, entries - entries // 10)
    doomed: list[str] = []
    for key in oldest_first[:-1]:  # The newest stays, whatever its size.
        if len(data) - len(doomed) <= room and size <= SHARD_BYTES * 9 // 10:
            break
        doomed.append(key)
        size -= len(key) + len(data[key].encode())
    return doomed


def _created_at(text: str) -> str:
    entry = _decode(text)
    return format_time(entry.created_at) if entry else ""


def _encode(entry: KnowledgeEntry) -> str:
    text = json.dumps(entry.to_json(), ensure_ascii=False, sort_keys=True)
    if len(text.encode()) <= ENTRY_BYTES:
        return text
    shorter = entry.model_copy(update={"content": entry.content[: ENTRY_BYTES // 8] + "…"})
    return json.dumps(shorter.to_json(), ensure_ascii=False, sort_keys=True)


def _decode(text: str) -> KnowledgeEntry | None:
    try:
        return KnowledgeEntry.model_validate_json(text)
    except ValidationError:
        return None
