"""PostgreSQL: a tsvector of our own terms, and pg_trgm for what is spelt nearly alike.

The terms are ours because PostgreSQL has no parser for Chinese. Where pg_trgm is not installed and
may not be, misspelt words find nothing; all else works.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    cast,
    column,
    func,
    literal,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from countersign.stores.sql.dialect import Insert, Terms
from countersign.stores.sql.schema import KNOWLEDGE, WORDS

_INDEX = table("countersign_knowledge", column("number"), column("terms", TSVECTOR))
_LOCK = 0x436F756E746572
"""Number of the advisory lock of migrations: "Counter" in ASCII."""
_CONNECT_SECONDS = 10.0
_COMMAND_SECONDS = 30.0
_LAST_POSITION = 16383
_PREFIX = 3
_THRESHOLD = "0.3"


class Postgresql:
    """A database on a server."""

    def __init__(self, url: str, password: str | None) -> None:
        """Take an URL as libpq reads it, with all its parameters (sslmode, sslrootcert, …)."""
        self._url = url
        self.password = password

    def engine(self) -> AsyncEngine:
        """Connections to it. SQLAlchemy never sees the URL, and so cannot show it."""
        return create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            hide_parameters=True,
            pool_pre_ping=True,
        )

    async def _connect(self, *_: Any, **__: Any) -> Any:
        return await asyncpg.connect(
            self._url,
            timeout=_CONNECT_SECONDS,
            command_timeout=_COMMAND_SECONDS,
            server_settings={"application_name": "countersign"},
        )

    async def lock(self, connection: AsyncConnection) -> None:
        """Wait for whoever migrates now."""
        await connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))

    def insert(self, into: Table) -> Insert:
        """An insertion as it writes them."""
        return insert(into)

    async def index(self, connection: AsyncConnection, number: int, terms: Terms) -> None:
        """Replace the row's terms."""
        values = {"terms": cast(literal(_vector(terms)), TSVECTOR)}
        await connection.execute(update(_INDEX).where(_INDEX.c.number == number).values(values))

    async def before_search(self, connection: AsyncConnection) -> None:
        """Use the indexes: to read every row's terms takes ten times as long as it is reckoned."""
        off = (func.set_config(name, "off", True) for name in ("enable_seqscan", "jit"))
        await connection.execute(select(*off))

    def fitting(
        self, statement: Select[Any], terms: Sequence[str], *, every: bool = False
    ) -> tuple[Select[Any], ColumnElement[Any]]:
        """Rows with the terms, also as the beginning of a word; the best by rank first."""
        query = _query(terms, every=every)
        found = _joined(statement).where(_FOUND.c.terms.op("@@")(query))
        return found, func.ts_rank(_FOUND.c.terms, query).desc()

    @property
    def newest(self) -> ColumnElement[Any]:
        """By number: rows are written one after the other."""
        return KNOWLEDGE.c.number.desc()

    def having(self, term: str) -> Select[Any]:
        """The rows with a term."""
        found = _INDEX.c.terms.op("@@")(_query([term], every=False))
        return select(_INDEX.c.number).where(found)

    async def learn(self, connection: AsyncConnection, words: Sequence[str]) -> None:
        """Add words."""
        # In the same order by everybody: two writers would else wait for each other.
        rows = [{"word": each} for each in sorted(words)]
        await connection.execute(insert(WORDS).on_conflict_do_nothing(), rows)

    async def near(self, connection: AsyncConnection, word: str, most: int) -> list[str]:
        """The words with the most trigrams in common; none without pg_trgm."""
        extension = text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if (await connection.execute(extension)).first() is None:
            return []
        setting = func.set_config("pg_trgm.similarity_threshold", _THRESHOLD, True)
        await connection.execute(select(setting))
        found = (
            select(WORDS.c.word)
            .where(WORDS.c.word.op("%")(literal(word)))
            .order_by(func.similarity(WORDS.c.word, word).desc(), WORDS.c.word)
            .limit(most)
        )
        return list((await connection.execute(found)).scalars())


_FOUND = _INDEX.alias("found")


def _joined(statement: Select[Any]) -> Select[Any]:
    return statement.join(_FOUND, _FOUND.c.number == KNOWLEDGE.c.number)


def _query(terms: Sequence[str], *, every: bool) -> ColumnElement[Any]:
    wanted = [f"'{each}'{':*' if len(each) >= _PREFIX else ''}" for each in terms]
    return cast(literal((" & " if every else " | ").join(wanted)), TSQUERY)


def _vector(terms: Terms) -> str:
    """As PostgreSQL writes a tsvector. Terms are letters and digits: nothing in them is special."""
    weighted = [
        (each, weight) for field, weight in zip(terms, "ABC", strict=True) for each in field
    ]
    return " ".join(
        f"'{each}':{min(position, _LAST_POSITION)}{weight}"
        for position, (each, weight) in enumerate(weighted, start=1)
    )


ERRORS: tuple[type[Exception], ...] = (asyncpg.PostgresError, asyncpg.InterfaceError)
