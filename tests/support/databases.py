"""Databases on a PostgreSQL server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

from countersign.bootstrap import sql_store
from countersign.stores.sql.store import SqlStore


class Server:
    """A running server; ``url`` of a database that may or may not be there."""

    def __init__(self, url: Callable[[str | None], str]) -> None:
        self.url = url
        self._numbers = itertools.count(1)

    def create(self) -> str:
        """A new database; its name."""
        name = f"test_{next(self._numbers)}"
        asyncio.run(self.execute(f"CREATE DATABASE {name}"))
        return name

    def drop(self, name: str) -> None:
        asyncio.run(self.execute(f"DROP DATABASE {name} WITH (FORCE)"))

    async def execute(self, statement: str, *, database: str | None = None) -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlStore]:
    """The store behind an URL, as the operator opens it."""
    store = sql_store(url)
    try:
        yield store
    finally:
        await store.close()
