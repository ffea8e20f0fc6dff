"""The ``Store`` port in memory: it forgets, and is held to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.records.execution import (
    Choice,
    Execution,
    Frequency,
    Occurrence,
    chosen,
    frequency_of,
)
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.ranking import rank


class MemoryStore:
    """Entries in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: dict[str, KnowledgeEntry] = {}
        self._executions: dict[str, Execution] = {}
        self._timelines: dict[str, dict[TimelineEvent, None]] = {}
        self._occurrences: dict[str, Occurrence] = {}

    async def save(
        self,
        entry: KnowledgeEntry,
        execution: Execution | None = None,
        timeline: Sequence[TimelineEvent] = (),
    ) -> KnowledgeReference:
        """Keep an entry under its id."""
        self._entries[entry.id] = entry
        if execution is not None:
            self._executions[entry.id] = execution
        await self.note(entry.id, timeline)
        return KnowledgeReference(store="memory", entry=entry.id, location="memory")

    async def get(self, entry_id: str) -> KnowledgeEntry | None:
        """Read one entry."""
        return self._entries.get(entry_id)

    async def latest(self, limit: int) -> list[KnowledgeEntry]:
        """The newest entries, newest first."""
        entries = sorted(self._entries.values(), key=lambda entry: entry.created_at, reverse=True)
        return entries[:limit]

    async def search(self, query: Query) -> list[KnowledgeEntry]:
        """What fits a query, best match first."""
        return rank(self._entries.values(), query)

    async def note(self, entry_id: str, timeline: Sequence[TimelineEvent]) -> None:
        """Add events; one that is there already is the same one."""
        self._timelines.setdefault(entry_id, {}).update(dict.fromkeys(timeline))

    async def timeline(self, entry_id: str) -> list[TimelineEvent]:
        """All events, oldest first."""
        return sorted(self._timelines.get(entry_id, ()), key=lambda event: event.time)

    async def executions(self, choice: Choice) -> list[Execution]:
        """Those that are asked for, newest first."""
        return chosen(self._executions.values(), choice)

    async def occurred(self, occurrence: Occurrence) -> None:
        """Keep an occurrence under its id."""
        self._occurrences[occurrence.id] = occurrence

    async def frequency(self, anomaly: str, now: datetime) -> Frequency:
        """Count the occurrences of an anomaly."""
        times = [each.at for each in self._occurrences.values() if each.anomaly == anomaly]
        return frequency_of(times, now)

    async def close(self) -> None:
        """Nothing is open."""
