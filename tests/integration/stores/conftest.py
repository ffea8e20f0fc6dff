"""A real PostgreSQL for the tests of a run, and stores of every kind."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from countersign.ports import Store
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.sql.store import SqlStore
from countersign.stores.sql.urls import dialect_of
from tests.support.databases import Server, migrated, running
from tests.support.fakes import FakeConfigMaps
from tests.support.memory_store import MemoryStore


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """One server for all workers of a run: the first starts it, it ends with the last."""
    worker: dict[str, str] | None = getattr(request.config, "workerinput", None)
    run = worker["testrunuid"] if worker else str(os.getpid())
    base = tmp_path_factory.getbasetemp()
    with running(run, base.parent if worker else base) as server:
        yield server


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


# --- Databases at the newest schema: to migrate takes longer than most tests of a store -----------


@pytest.fixture(scope="session")
def _migrated_database(server: Server) -> Iterator[str]:
    name = server.create()
    migrated(server.url(name))
    yield name
    server.drop(name)


@pytest.fixture
def migrated_postgresql(server: Server, _migrated_database: str) -> str:
    """URL of a database that has its tables, and nothing in them."""
    server.empty(_migrated_database)
    return server.url(_migrated_database)


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "knowledge.db"
    migrated(f"sqlite:///{file}")
    assert list(file.parent.iterdir()) == [file]  # All is in it.
    return file


@pytest.fixture
def migrated_sqlite(sqlite: str, _migrated_file: Path) -> str:
    """URL of a file that has its tables, and nothing in them."""
    shutil.copy(_migrated_file, sqlite.removeprefix("sqlite:///"))
    return sqlite


# --- Stores ---------------------------------------------------------------------------------------

STORES = ["memory", "configmap", "configmap in one shard", "sqlite", "postgresql"]


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest) -> Callable[[], Store]:
    """What opens a store of each kind, empty at first; memory is empty every time."""
    kind = request.param
    if kind in ("sqlite", "postgresql"):
        url = str(request.getfixturevalue(f"migrated_{kind}"))
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
