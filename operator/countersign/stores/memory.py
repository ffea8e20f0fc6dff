"""A store that forgets: for tests and for trying things out."""

from __future__ import annotations

from countersign.api.status import KnowledgeReference
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.ranking import rank


class MemoryStore:
    """Entries in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: dict[str, KnowledgeEntry] = {}

    async def save(self, entry: KnowledgeEntry) -> KnowledgeReference:
        """Keep an entry under its id."""
        self._entries[entry.id] = entry
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

    async def close(self) -> None:
        """Nothing is open."""
