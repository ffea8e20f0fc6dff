"""Timelines as rows, one an event. They may be there before the entry is."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from countersign.api.status import TimelineEvent
from countersign.stores.documents import ascii_document, digest_of, key_of
from countersign.stores.sql.dialect import Dialect
from countersign.stores.sql.rows import adding
from countersign.stores.sql.schema import EVENTS


async def add_events(
    dialect: Dialect, connection: AsyncConnection, record: str, timeline: Sequence[TimelineEvent]
) -> None:
    """Write the events that are not there yet."""
    rows = [
        {
            "record": key_of(record),
            "digest": digest_of(event),
            "time": event.time,
            "document": ascii_document(event),
        }
        for event in timeline
    ]
    if rows:
        await connection.execute(adding(dialect, EVENTS, "record", "digest"), rows)


async def read_events(connection: AsyncConnection, record: str) -> list[TimelineEvent]:
    """All of them, oldest first."""
    statement = (
        select(EVENTS.c.document)
        .where(EVENTS.c.record == key_of(record))
        .order_by(EVENTS.c.time, EVENTS.c.number)
    )
    documents = (await connection.execute(statement)).scalars()
    return [TimelineEvent.model_validate_json(each) for each in documents]
