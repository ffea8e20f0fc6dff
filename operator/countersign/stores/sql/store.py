"""The store itself: what is the same in both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.api.text import clip
from countersign.errors import StoreError
from countersign.records.execution import Choice, Execution, Frequency, Occurrence
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.stores.sql import postgresql, sqlite
from countersign.stores.sql.dialect import Dialect
from countersign.stores.sql.entries import found_entries, put_entry, read_entry
from countersign.stores.sql.lessons import (
    chosen_executions,
    frequency,
    put_execution,
    put_occurrence,
)
from countersign.stores.sql.migration import check, migrate
from countersign.stores.sql.schema import KNOWLEDGE
from countersign.stores.sql.sqlite import IMMEDIATE
from countersign.stores.sql.timelines import add_events, read_events

_ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    OSError,
    *postgresql.ERRORS,
    *sqlite.ERRORS,
)
_ERROR_LIMIT = 300


class SqlStore:
    """Records as rows. Whatever the database has against it is raised as a ``StoreError``.

    The schema is brought up to date before the first use: so a database that is down when the
    operator starts keeps nothing but its own entries waiting.
    """

    def __init__(self, dialect: Dialect, *, migrates: bool = True) -> None:
        """Open nothing yet. Without ``migrates`` an older schema is an error, and left as it is."""
        self._migrates = migrates
        self._dialect = dialect
        self._engine = dialect.engine()
        self._ready = False
        self._preparing = asyncio.Lock()

    async def prepare(self) -> None:
        """Bring the schema up to date, once."""
        async with self._preparing:
            if not self._ready:
                async with _told(self._dialect):
                    if self._migrates:
                        await migrate(self._engine, self._dialect)
                    else:
                        await check(self._engine)
                self._ready = True

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def save(
        self,
        entry: KnowledgeEntry,
        execution: Execution | None = None,
        timeline: Sequence[TimelineEvent] = (),
    ) -> KnowledgeReference:
        """Write an entry and what it tells of, in one transaction."""
        async with self._writing() as connection:
            await put_entry(self._dialect, connection, entry)
            if execution is not None:
                await put_execution(self._dialect, connection, execution)
            await add_events(self._dialect, connection, entry.id, timeline)
        location = f"table {KNOWLEDGE.name}, id {entry.id}"
        return KnowledgeReference(store="sql", entry=entry.id, location=location)

    async def note(self, entry_id: str, timeline: Sequence[TimelineEvent]) -> None:
        """Add events to a timeline."""
        async with self._writing() as connection:
            await add_events(self._dialect, connection, entry_id, timeline)

    async def timeline(self, entry_id: str) -> list[TimelineEvent]:
        """All events, oldest first."""
        async with self._reading() as connection:
            return await read_events(connection, entry_id)

    async def executions(self, choice: Choice) -> list[Execution]:
        """Those that are asked for, newest first."""
        async with self._reading() as connection:
            return await chosen_executions(connection, choice)

    async def occurred(self, occurrence: Occurrence) -> None:
        """Write an occurrence under its id."""
        async with self._writing() as connection:
            await put_occurrence(self._dialect, connection, occurrence)

    async def frequency(self, anomaly: str, now: datetime) -> Frequency:
        """Count the occurrences of an anomaly."""
        async with self._reading() as connection:
            return await frequency(connection, anomaly, now)

    async def get(self, entry_id: str) -> KnowledgeEntry | None:
        """Read one entry."""
        async with self._reading() as connection:
            return await read_entry(connection, entry_id)

    async def latest(self, limit: int) -> list[KnowledgeEntry]:
        """The newest entries, newest first."""
        return await self.search(Query(limit=limit))

    async def search(self, query: Query) -> list[KnowledgeEntry]:
        """What fits a query, best match first."""
        if query.text.strip() and not query.terms:
            return []
        async with self._reading() as connection:
            return await found_entries(self._dialect, connection, query)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        await self.prepare()
        async with _told(self._dialect), self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        await self.prepare()
        async with _told(self._dialect), self._engine.connect() as plain:
            connection = await plain.execution_options(**{IMMEDIATE: True})
            async with connection.begin():
                yield connection


@asynccontextmanager
async def _told(dialect: Dialect) -> AsyncIterator[None]:
    """Errors of the database as ours: in one line, and without the password."""
    try:
        yield
    except _ERRORS as error:
        text = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
        if dialect.password:
            text = text.replace(dialect.password, "***")
        raise StoreError(
            f"The knowledge database cannot be used now: {clip(text, _ERROR_LIMIT)}"
        ) from None
