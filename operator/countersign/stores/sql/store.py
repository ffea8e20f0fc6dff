"""The store itself: what is the same in both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.api.text import clip, one_line
from countersign.errors import StoreError
from countersign.records.execution import Choice, Execution, Frequency, Occurrence
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.ranking import fields_of, rank
from countersign.stores.sql import postgresql, sqlite
from countersign.stores.sql.dialect import Dialect
from countersign.stores.sql.migration import migrate
from countersign.stores.sql.schema import KNOWLEDGE, TAGS
from countersign.stores.sql.sqlite import IMMEDIATE

_CANDIDATES = 60
"""So many rows at least are read for a query; the ranking has the last word on them."""
_ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    OSError,
    *postgresql.ERRORS,
    *sqlite.ERRORS,
)
_ERROR_LIMIT = 300


class SqlStore:
    """Entries as rows. Whatever the database has against it is raised as a ``StoreError``.

    The schema is brought up to date before the first use: so a database that is down when the
    operator starts keeps nothing but its own entries waiting.
    """

    def __init__(self, dialect: Dialect) -> None:
        """Open nothing yet."""
        self._dialect = dialect
        self._engine = dialect.engine()
        self._ready = False
        self._preparing = asyncio.Lock()

    async def prepare(self) -> None:
        """Bring the schema up to date, once."""
        async with self._preparing:
            if not self._ready:
                async with _told(self._dialect):
                    await migrate(self._engine, self._dialect)
                self._ready = True

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

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
        """Write an entry with its tags and terms, in one transaction."""
        row = {
            "id": entry.id,
            "created_at": entry.created_at,
            "namespace": entry.namespace,
            "category": one_line(entry.category),
            "title": one_line(entry.title),
            "document": json.dumps(entry.to_json(), sort_keys=True),
        }
        tags = dict.fromkeys(map(one_line, entry.tags))
        async with self._writing() as connection:
            number = await self._dialect.put(connection, row)
            await connection.execute(delete(TAGS).where(TAGS.c.entry == number))
            if tags:
                rows = [{"tag": tag, "entry": number} for tag in tags]
                await connection.execute(insert(TAGS), rows)
            await self._dialect.index(connection, number, fields_of(entry))
        location = f"table {KNOWLEDGE.name}, id {entry.id}"
        return KnowledgeReference(store="sql", entry=entry.id, location=location)

    async def get(self, entry_id: str) -> KnowledgeEntry | None:
        """Read one entry."""
        statement = select(KNOWLEDGE.c.document).where(KNOWLEDGE.c.id == one_line(entry_id))
        async with self._reading() as connection:
            document = (await connection.execute(statement)).scalar_one_or_none()
        return KnowledgeEntry.model_validate_json(document) if document is not None else None

    async def latest(self, limit: int) -> list[KnowledgeEntry]:
        """The newest entries, newest first."""
        return await self.search(Query(limit=limit))

    async def search(self, query: Query) -> list[KnowledgeEntry]:
        """What fits a query: the database finds candidates, the ranking orders them."""
        if query.text.strip() and not query.terms:
            return []
        admitted = _admitted(query)
        async with self._reading() as connection:
            if not query.terms:
                newest = _best((admitted, KNOWLEDGE.c.created_at.desc()), query.limit)
                return rank(_entries(await _documents(connection, newest)), query)
            documents = await self._candidates(connection, admitted, query)
        return rank(_entries(documents), query)

    async def _candidates(
        self, connection: AsyncConnection, admitted: Select[Any], query: Query
    ) -> Sequence[str]:
        most = max(_CANDIDATES, 2 * query.limit)
        fitting = self._dialect.fitting(admitted, query.terms)
        found = await _documents(connection, _best(fitting, most))
        if len(found) >= query.limit:
            return found
        alike = await self._dialect.alike(connection, admitted, query.terms)
        if alike is None:
            return found
        more = await _documents(connection, _best(alike, most))
        return tuple(dict.fromkeys([*found, *more]))

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


def _best(fitting: tuple[Select[Any], ColumnElement[Any]], most: int) -> Select[Any]:
    """The documents of the best. Numbers are ordered, not documents: those are long."""
    statement, order = fitting
    best = statement.order_by(order).limit(most)
    return select(KNOWLEDGE.c.document).where(KNOWLEDGE.c.number.in_(best))


def _admitted(query: Query) -> Select[Any]:
    """The numbers of those that pass the filters."""
    statement = select(KNOWLEDGE.c.number)
    for tag in query.all_tags:
        tagged = select(TAGS.c.entry).where(TAGS.c.tag == one_line(tag))
        statement = statement.where(KNOWLEDGE.c.number.in_(tagged))
    if query.category is not None:
        statement = statement.where(KNOWLEDGE.c.category == one_line(query.category))
    if query.namespace is not None:
        statement = statement.where(KNOWLEDGE.c.namespace == one_line(query.namespace))
    if query.since is not None:
        statement = statement.where(KNOWLEDGE.c.created_at >= query.since)
    return statement


async def _documents(connection: AsyncConnection, statement: Select[Any]) -> list[str]:
    return list((await connection.execute(statement)).scalars())


def _entries(documents: Sequence[str]) -> list[KnowledgeEntry]:
    return [KnowledgeEntry.model_validate_json(each) for each in documents]


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
