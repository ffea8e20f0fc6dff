"""The store itself: records in one kind of ConfigMaps, anomalies in another.

Saving is one request: a merge patch on the keys of one record. The answer holds the whole shard;
where it has grown past its bounds, the oldest goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.records.execution import Choice, Execution, Frequency, Occurrence, chosen
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.ranking import rank
from countersign.stores.configmap.anomalies import Anomalies
from countersign.stores.configmap.index import Index
from countersign.stores.configmap.parts import (
    entries_of,
    entry_part,
    execution_part,
    executions_of,
    split,
    timeline_of,
    timeline_part,
)
from countersign.stores.configmap.pruning import to_prune
from countersign.stores.configmap.shards import ConfigMaps, Shards


class ConfigMapStore:
    """Records as JSON, spread over ``countersign-knowledge-00`` and so on."""

    def __init__(
        self, config_maps: ConfigMaps, *, namespace: str, shards: int, entries: int
    ) -> None:
        """Keep at most ``entries`` records over ``shards`` ConfigMaps in ``namespace``."""
        self._namespace = namespace
        self._records_per_shard = max(1, entries // shards)
        self._shards = Shards(config_maps, namespace=namespace, kind="knowledge", count=shards)
        self._executions: Index[Execution] = Index(self._read_executions)
        self._anomalies = Anomalies(config_maps, namespace=namespace)

    async def save(
        self,
        entry: KnowledgeEntry,
        execution: Execution | None = None,
        timeline: Sequence[TimelineEvent] = (),
    ) -> KnowledgeReference:
        """Write a record: one request, and one more where the shard has to be pruned."""
        page = timeline_part(entry.id, timeline)
        parts = entry_part(entry) | execution_part(execution) | page
        await self._write(entry.id, parts, execution)
        location = f"ConfigMap {self._namespace}/{self._shards.name_of(entry.id)}, key {entry.id}"
        return KnowledgeReference(store="configmap", entry=entry.id, location=location)

    async def note(self, entry_id: str, timeline: Sequence[TimelineEvent]) -> None:
        """Add events to a record that may have no entry yet."""
        if timeline:
            await self._write(entry_id, timeline_part(entry_id, timeline))

    async def timeline(self, entry_id: str) -> list[TimelineEvent]:
        """All events that are kept, oldest first, in whichever shards they are.

        Whoever reads need not know over how many shards the operator writes, or wrote before.
        """
        everything = {
            key: text for data in await self._shards.every() for key, text in data.items()
        }
        return timeline_of(everything, entry_id)

    async def executions(self, choice: Choice) -> list[Execution]:
        """Those that are asked for, newest first: out of memory, but for the first time."""
        return chosen(await self._executions.values(), choice)

    async def occurred(self, occurrence: Occurrence) -> None:
        """Write an occurrence: one request, and sometimes one more to remove old ones."""
        await self._anomalies.add(occurrence)

    async def frequency(self, anomaly: str, now: datetime) -> Frequency:
        """Count the occurrences of an anomaly: out of memory, but for the first time."""
        return await self._anomalies.frequency(anomaly, now)

    async def get(self, entry_id: str) -> KnowledgeEntry | None:
        """Read one entry, in whichever shard it is; None where it is not there, or is no entry."""
        own = [
            {entry_id: data[entry_id]} for data in await self._shards.every() if entry_id in data
        ]
        return next(iter(entries_of(own)), None)

    async def latest(self, limit: int) -> list[KnowledgeEntry]:
        """The newest entries of all shards, newest first."""
        return await self.search(Query(limit=limit))

    async def search(self, query: Query) -> list[KnowledgeEntry]:
        """What fits a query, best match first: every shard is read, in one request."""
        return rank(entries_of(await self._shards.every()), query)

    async def close(self) -> None:
        """The connection is not its own."""

    async def _write(
        self, owner: str, parts: Mapping[str, str], execution: Execution | None = None
    ) -> None:
        name = self._shards.name_of(owner)
        data = await self._shards.put(name, parts)
        if execution is not None:
            self._executions.put(execution.id, execution)
        doomed = to_prune(data, self._records_per_shard)
        await self._shards.drop(name, doomed)
        self._executions.drop(id_ for id_, part in map(split, doomed) if part == "execution")

    async def _read_executions(self) -> Mapping[str, Execution]:
        return {each.id: each for each in executions_of(await self._shards.every())}
