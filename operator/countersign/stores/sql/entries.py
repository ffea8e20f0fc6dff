"""Knowledge entries as rows, with their tags and terms, and how they are found."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from countersign.api.text import one_line
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.ranking import fields_of, rank
from countersign.records.terms import is_ideographic
from countersign.stores.documents import ascii_document
from countersign.stores.sql.dialect import Dialect
from countersign.stores.sql.rows import replacing
from countersign.stores.sql.schema import KNOWLEDGE, TAGS
from countersign.stores.sql.words import instead, learn

_CANDIDATES = 60
"""So many rows at least are read for a query; the ranking has the last word on them."""
_COMMON = 1000
"""A term that so many have chooses no candidates; where all are like that, the newest are taken."""
_FEW = 20
"""So many with common words are added where others are few."""


async def put_entry(dialect: Dialect, connection: AsyncConnection, entry: KnowledgeEntry) -> None:
    """Write an entry, its tags and its terms."""
    row = {
        "id": entry.id,
        "created_at": entry.created_at,
        "namespace": entry.namespace,
        "category": one_line(entry.category),
        "title": one_line(entry.title),
        "document": ascii_document(entry),
    }
    writing = replacing(dialect, KNOWLEDGE, row).returning(KNOWLEDGE.c.number)
    number = (await connection.execute(writing)).scalar_one()
    await connection.execute(delete(TAGS).where(TAGS.c.entry == number))
    tags = dict.fromkeys(map(one_line, entry.tags))
    if tags:
        await connection.execute(insert(TAGS), [{"tag": tag, "entry": number} for tag in tags])
    terms = fields_of(entry)
    await dialect.index(connection, number, terms)
    await learn(dialect, connection, itertools.chain(*terms))


async def read_entry(connection: AsyncConnection, entry_id: str) -> KnowledgeEntry | None:
    """One entry."""
    statement = select(KNOWLEDGE.c.document).where(KNOWLEDGE.c.id == one_line(entry_id))
    document = (await connection.execute(statement)).scalar_one_or_none()
    return KnowledgeEntry.model_validate_json(document) if document is not None else None


async def found_entries(
    dialect: Dialect, connection: AsyncConnection, query: Query
) -> list[KnowledgeEntry]:
    """What fits a query: the database finds candidates, the ranking orders them."""
    admitted = _admitted(query)
    if query.terms:
        documents = await _candidates(dialect, connection, admitted, query)
    else:
        newest = _best((admitted, KNOWLEDGE.c.created_at.desc()), query.limit)
        documents = await _documents(connection, newest)
    return rank(map(KnowledgeEntry.model_validate_json, documents), query)


async def _candidates(
    dialect: Dialect, connection: AsyncConnection, admitted: Select[Any], query: Query
) -> Sequence[str]:
    most = max(_CANDIDATES, 2 * query.limit)
    await dialect.before_search(connection)
    rare = await _rare(dialect, connection, query.terms)
    found: list[str] = []
    if rare:
        found += await _documents(connection, _best(dialect.fitting(admitted, rare), most))
    else:
        every, _ = dialect.fitting(admitted, query.terms, every=True)
        found += await _documents(connection, _best((every, dialect.newest), most))
    if len(rare) < len(query.terms) and len(found) < query.limit:
        found += await _newest(dialect, connection, admitted, query.terms)
    found += await _with_characters(connection, admitted, query.terms, most)
    others = await instead(dialect, connection, query.terms)
    rare = await _rare(dialect, connection, others)
    if rare:
        found += await _documents(connection, _best(dialect.fitting(admitted, rare), most))
    if len(rare) < len(others):
        found += await _newest(dialect, connection, admitted, others)
    return tuple(dict.fromkeys(found))


async def _newest(
    dialect: Dialect, connection: AsyncConnection, admitted: Select[Any], terms: Sequence[str]
) -> list[str]:
    common, _ = dialect.fitting(admitted, terms)
    return await _documents(connection, _best((common, dialect.newest), _FEW))


async def _with_characters(
    connection: AsyncConnection, admitted: Select[Any], terms: Sequence[str], most: int
) -> list[str]:
    """The newest with a Chinese character that was asked for by itself: it is indexed in pairs."""
    alone = [each for each in terms if len(each) == 1 and is_ideographic(each)]
    if not alone:
        return []
    # A document is in ASCII, where a character is as JSON escapes it.
    written = [
        KNOWLEDGE.c.document.contains(json.dumps(each)[1:-1], autoescape=True) for each in alone
    ]
    newest = (admitted.where(or_(*written)), KNOWLEDGE.c.number.desc())
    return await _documents(connection, _best(newest, most))


async def _rare(
    dialect: Dialect, connection: AsyncConnection, terms: Sequence[str]
) -> Sequence[str]:
    """Those that tell entries apart: to rank all that have a common one would take too long."""
    if not terms:
        return ()
    having = [dialect.having(each).limit(_COMMON).subquery() for each in terms]
    counts = [select(func.count()).select_from(each).scalar_subquery() for each in having]
    row = (await connection.execute(select(*counts))).one()
    return [each for each, count in zip(terms, row, strict=True) if count < _COMMON]


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
