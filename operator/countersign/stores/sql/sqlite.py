"""SQLite as a file: FTS5 with the trigram tokenizer.

What is indexed are terms between bars, ``|重啟|restart|db|``. So a Chinese pair or a short word has
three characters with its bars, which is what the tokenizer needs, and a longer word is found as a
part of another one too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    column,
    event,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from countersign.stores.sql.dialect import Insert, Terms
from countersign.stores.sql.schema import KNOWLEDGE, WORDS

_INDEX = table(
    "countersign_knowledge_text",
    column("rowid"),
    column("title"),
    column("tags"),
    column("content"),
)
_WORDS = table("countersign_word_text", column("rowid"), column("word"))
_BUSY_SECONDS = 10.0
_GRAM = 3
IMMEDIATE = "countersign_immediate"
"""Option of a connection: its transactions take the write lock when they begin."""


class Sqlite:
    """A database in one file."""

    password = None

    def __init__(self, path: Path) -> None:
        """Keep it in ``path``; the file is made where there is none."""
        self._path = path

    def engine(self) -> AsyncEngine:
        """Connections to it, with real transactions: the driver's own leave out statements."""
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{self._path}",
            connect_args={"timeout": _BUSY_SECONDS},
            hide_parameters=True,
        )
        event.listen(engine.sync_engine, "connect", _connected)
        event.listen(engine.sync_engine, "begin", _begun)
        return engine

    async def lock(self, connection: AsyncConnection) -> None:
        """Nothing to do: the transaction has begun with the write lock."""

    def insert(self, into: Table) -> Insert:
        """An insertion as it writes them."""
        return insert(into)

    async def index(self, connection: AsyncConnection, number: int, terms: Terms) -> None:
        """Replace the row's terms."""
        await connection.execute(_INDEX.delete().where(_INDEX.c.rowid == number))
        title, tags, content = (f"|{'|'.join(each)}|" for each in terms)
        values = {"rowid": number, "title": title, "tags": tags, "content": content}
        await connection.execute(_INDEX.insert().values(values))

    async def before_search(self, connection: AsyncConnection) -> None:
        """Nothing to do."""

    def fitting(
        self, statement: Select[Any], terms: Sequence[str], *, every: bool = False
    ) -> tuple[Select[Any], ColumnElement[Any]]:
        """Rows with the terms, the best by BM25 first."""
        found = statement.join(_INDEX, _INDEX.c.rowid == KNOWLEDGE.c.number)
        order = func.bm25(literal_column(_INDEX.name), 3.0, 2.0, 1.0)
        return found.where(_matches(terms, every=every)), order

    @property
    def newest(self) -> ColumnElement[Any]:
        """By the index' own number: it is read backwards."""
        return _INDEX.c.rowid.desc()

    def having(self, term: str) -> Select[Any]:
        """The rows with a term."""
        return select(_INDEX.c.rowid).where(_matches([term], every=False))

    async def learn(self, connection: AsyncConnection, words: Sequence[str]) -> None:
        """Add words, and what they are found by."""
        for each in words:
            added = insert(WORDS).values(word=each).on_conflict_do_nothing()
            number = (await connection.execute(added.returning(WORDS.c.number))).scalar()
            if number is not None:
                row = {"rowid": number, "word": each}
                await connection.execute(_WORDS.insert().values(row))

    async def near(self, connection: AsyncConnection, word: str, most: int) -> list[str]:
        """The words with the most and the rarest trigrams in common."""
        grams = [word[at : at + _GRAM] for at in range(len(word) - _GRAM + 1)]
        wanted = " OR ".join(f'"{each}"' for each in grams)
        name = _WORDS.name
        found = (
            select(_WORDS.c.word)
            .where(text(f"{name} MATCH :wanted").bindparams(wanted=wanted))
            .order_by(func.bm25(literal_column(name)))
            .limit(most)
        )
        return list((await connection.execute(found)).scalars())


def _matches(terms: Sequence[str], *, every: bool) -> ColumnElement[bool]:
    """Terms are letters and digits, so that no phrase can hold a quotation mark."""
    phrases = [f'"{each}"' if len(each) >= _GRAM else f'"|{each}|"' for each in terms]
    wanted = (" AND " if every else " OR ").join(phrases)
    return literal_column(_INDEX.name).op("MATCH")(literal(wanted))


def _connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # Transactions are begun below, and by nobody else.
    connection.execute("PRAGMA foreign_keys = ON")


def _begun(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


ERRORS: tuple[type[Exception], ...] = (sqlite3.Error,)
