"""The schema of the databases, and how those of older versions are brought up to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import Connection

from countersign.bootstrap import sql_store
from countersign.errors import StoreError
from countersign.records.execution import Choice, Execution, Frequency
from countersign.records.query import Query
from countersign.stores.sql.migration import migrate
from countersign.stores.sql.schema import METADATA, VERSION_TABLE
from countersign.stores.sql.store import SqlStore
from countersign.stores.sql.urls import dialect_of
from tests.support.databases import opened
from tests.support.fakes_objects import after
from tests.support.knowledge import BASE, entry
from tests.support.lessons import execution, happening, occurrence, uid


async def test_several_replicas_that_start_at_once_migrate_once(url: str) -> None:
    stores = [sql_store(url) for _ in range(4)]
    try:
        await asyncio.gather(*(store.save(entry(n)) for n, store in enumerate(stores)))
        assert len(await stores[0].latest(10)) == 4
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_the_schema_is_what_the_tables_say(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        ours = {*METADATA.tables, VERSION_TABLE}
        options = {
            "version_table": VERSION_TABLE,
            "include_name": lambda name, kind, _: kind != "table" or name in ours,
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        return [each for each in found if not of_one_dialect(each)]

    def of_one_dialect(difference: object) -> bool:
        return any(word in repr(difference) for word in ("terms", "vocabulary"))

    dialect = dialect_of(url)
    engine = dialect.engine()
    await migrate(engine, dialect)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_database_of_a_newer_version_is_left_alone_and_said_to_be_so(url: str) -> None:
    async with opened(url) as store:
        await store.save(entry(1))
        async with store._engine.begin() as connection:
            await connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    async with opened(url) as store:
        with pytest.raises(StoreError, match="9999 of a newer version"):
            await store.save(entry(2))


# --- Older versions -------------------------------------------------------------------------------

DATA = Path(__file__).parents[2] / "data/knowledge"
RELEASED = ["0001", "0002"]
"""Each with what its version wrote."""
REPAIR = execution(
    20,
    request="raise-memory",
    namespace="billing",
    operation="SetResources",
    targets=("billing/Deployment/billing",),
    playbook="raise-memory",
    incident="inc-7",
    anomaly="KubePodOOMKilled billing",
    duration_seconds=12.25,
)
SIGNED = happening(18, "核准", type="decide", actor="alice", actor_role="signer")


@pytest.fixture(params=RELEASED)
async def revision(request: pytest.FixtureRequest, url: str) -> str:
    """An older version was here."""
    revision = str(request.param)
    dialect = dialect_of(url)
    engine = dialect.engine()
    await migrate(engine, dialect, revision)
    async with engine.begin() as connection:
        for statement in (DATA / f"{revision}.sql").read_text("utf-8").split(";\n"):
            if statement.strip():
                await connection.exec_driver_sql(statement)
    await engine.dispose()
    return revision


async def test_what_an_older_version_wrote_is_found_after_the_migration(
    url: str, revision: str
) -> None:
    async with opened(url) as store:
        assert await store.search(Query(tags=("success",))) == [BASE[1]]
        assert await store.get(uid(20)) == BASE[1]
        assert await lessons(store) == (
            ([], [], Frequency())
            if revision == "0001"
            else ([REPAIR], ["核准", "done"], Frequency(1, 1, 1))
        )


async def test_an_older_version_can_be_written_on_after_the_migration(
    url: str, revision: str
) -> None:
    del revision
    async with opened(url) as store:
        await store.save(BASE[1], REPAIR, [SIGNED, happening(30)])
        await store.save(entry(50, title="latency"), execution(50), [happening(50)])
        await store.occurred(occurrence(99, after(10), "KubePodOOMKilled billing"))
        assert await store.executions(Choice()) == [execution(50), REPAIR]
        timeline = await store.timeline(uid(20))
        assert timeline.count(SIGNED) == timeline.count(happening(30)) == 1
        assert await store.search(Query("latency")) == [entry(50, title="latency")]
        frequency = await store.frequency("KubePodOOMKilled billing", after(20))
        assert frequency == Frequency(1, 1, 1)


async def test_replicas_that_find_an_older_version_at_once_migrate_it_once(
    url: str, revision: str
) -> None:
    stores = [sql_store(url) for _ in range(4)]
    try:
        saves = (
            store.save(entry(n), execution(n), [happening(n)]) for n, store in enumerate(stores)
        )
        await asyncio.gather(*saves)
        assert len(await stores[0].latest(10)) == 5
        assert len(await stores[0].executions(Choice())) == 4 + (revision != "0001")
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def lessons(store: SqlStore) -> tuple[list[Execution], list[str], Frequency]:
    """All of them."""
    titles = [event.title for event in await store.timeline(uid(20))]
    frequency = await store.frequency("KubePodOOMKilled billing", after(20))
    return await store.executions(Choice()), titles, frequency
