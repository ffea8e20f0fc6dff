"""What is special about databases: their errors, and who may do what."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import event

from countersign.api.effects import EffectState
from countersign.bootstrap import sql_store
from countersign.effects import outbox_of
from countersign.errors import StoreError
from countersign.records.execution import Choice
from countersign.records.query import Query
from countersign.stores.sql.store import SqlStore
from countersign.stores.sql.urls import dialect_of
from tests.support.databases import Server, opened
from tests.support.fakes import FakeDesk, FakeMeter
from tests.support.fakes_casebook import FakeCasebook
from tests.support.fakes_objects import after, approved
from tests.support.fakes_time import FakeClock
from tests.support.knowledge import BASE, entry
from tests.support.lessons import ANOMALY, WEB, execution, happening, occurrence, uid

# --- Errors ---------------------------------------------------------------------------------------

URL = "postgresql://me:s3cret%21@127.0.0.1:1/knowledge"


async def test_a_server_that_is_down_is_told_of_without_the_password() -> None:
    async with opened(URL) as store:
        for attempt in (store.save(entry(1)), store.get("x"), store.search(Query("x"))):
            with pytest.raises(StoreError, match="cannot be used now") as caught:
                await attempt
            assert caught.value.__cause__ is None
            assert "s3cret" not in str(caught.value)


async def test_a_password_is_hidden_whatever_the_database_says(server: Server) -> None:
    async with opened(server.url("s3cret") + "&password=s3cret") as store:
        with pytest.raises(StoreError) as caught:
            await store.save(entry(1))
        assert "s3cret" not in str(caught.value)


async def test_a_database_that_was_down_is_used_once_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "volume"
    async with opened(f"sqlite:///{folder}/knowledge.db") as store:
        with pytest.raises(StoreError, match="unable to open"):
            await store.save(entry(1))
        folder.mkdir()
        await store.save(entry(1))
        assert await store.get(entry(1).id) == entry(1)


async def test_connections_that_the_server_has_ended_are_made_again(
    postgresql: str, server: Server
) -> None:
    async with opened(postgresql) as store:
        await store.save(entry(1))
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'countersign'",
            database=urlsplit(postgresql).path[1:],
        )
        await store.save(entry(2))
        assert len(await store.latest(10)) == 2


async def test_a_file_that_is_no_database_is_an_error_and_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "knowledge.db"
    file.write_text("something else " * 100)
    async with opened(f"sqlite:///{file}") as store:
        with pytest.raises(StoreError, match="not a database"):
            await store.save(entry(1))
    assert file.read_text() == "something else " * 100


@pytest.mark.parametrize("table", ["knowledge_text", "execution_target", "event"])
async def test_nothing_of_a_record_is_there_when_any_part_of_it_fails(
    sqlite: str, table: str
) -> None:
    async with opened(sqlite) as store:
        await store.save(entry(1), execution(1), [happening(1)])
        with sqlite3.connect(sqlite.removeprefix("sqlite:///")) as other:
            other.execute(f"DROP TABLE countersign_{table}")
        other.close()
        with pytest.raises(StoreError):
            await store.save(entry(2), execution(2), [happening(2)])
        assert await store.latest(10) == [entry(1)]
        assert await store.executions(Choice()) == [execution(1)]


async def test_a_store_that_is_down_costs_no_outcome_and_is_written_to_later(
    tmp_path: Path,
) -> None:
    folder, meter = tmp_path / "volume", FakeMeter()
    async with opened(f"sqlite:///{folder}/knowledge.db") as store:
        outbox = outbox_of(
            store=store,
            casebook=FakeCasebook(),
            desk=FakeDesk(),
            clock=FakeClock(),
            meter=meter,
        )
        [result] = (await outbox.remember(approved())).values()
        assert (result.state, result.knowledge) == (EffectState.PENDING, None)
        assert meter.told == [("failed effect", "knowledge")]
        folder.mkdir()
        written = await outbox.remember(approved())
        assert written["knowledge"].knowledge is not None
        assert written == await outbox.remember(approved())
        assert len(await store.latest(10)) == 1


# --- Speed ----------------------------------------------------------------------------------------


@contextmanager
def statements(store: SqlStore) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile."""
    asked: list[tuple[str, Any]] = []

    def heard(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(store._engine.sync_engine, "before_cursor_execute", heard)
    yield asked
    event.remove(store._engine.sync_engine, "before_cursor_execute", heard)


async def test_no_question_about_lessons_reads_a_whole_table(sqlite: str) -> None:
    async with opened(sqlite) as store:
        await store.save(entry(1), execution(1), [happening(1)])
        await store.occurred(occurrence(1, after(1)))
        with statements(store) as asked:
            await store.executions(Choice(since=after(1)))
            await store.executions(Choice(operation="Scale", target=WEB))
            await store.executions(Choice(anomaly=ANOMALY))
            await store.executions(Choice(playbook=("shop", "restart")))
            await store.timeline(uid(1))
            await store.frequency(ANOMALY, after(1))
        assert len(asked) == 6
        async with store._engine.connect() as connection:
            for statement, parameters in asked:
                plan = await connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", parameters
                )
                steps = [row[-1] for row in plan]
                assert not [step for step in steps if step.startswith("SCAN")], statement
                assert any("INDEX" in step for step in steps)


# --- Rights ---------------------------------------------------------------------------------------


async def test_an_account_that_may_not_change_tables_is_enough_after_a_migration(
    postgresql: str, server: Server
) -> None:
    async with opened(postgresql) as owner:
        await owner.save(entry(1))
    name = urlsplit(postgresql).path[1:]
    await server.execute(
        "DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN;"
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer;"
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO writer",
        database=name,
    )
    async with opened(postgresql.replace("postgres:@", "writer:@")) as store:
        await store.save(entry(2, title="latency"))
        assert await store.search(Query("latency")) == [entry(2, title="latency")]


async def test_without_trigrams_all_but_what_is_misspelt_is_found(
    postgresql: str, server: Server
) -> None:
    name = urlsplit(postgresql).path[1:]
    await server.execute(
        "DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN;"
        "GRANT USAGE, CREATE ON SCHEMA public TO plain",
        database=name,
    )
    async with opened(postgresql.replace("postgres:@", "plain:@")) as store:
        for each in BASE:
            await store.save(each)
        assert (await store.search(Query("支付")))[0] == BASE[3]
        assert (await store.search(Query("payments")))[0] == BASE[3]
        assert await store.search(Query("paymnet")) == []
    connection = await asyncpg.connect(postgresql)
    assert (
        await connection.fetchval("SELECT count(*) FROM pg_extension WHERE extname='pg_trgm'") == 0
    )
    await connection.close()


# --- URLs -----------------------------------------------------------------------------------------

WRONG = {
    "nothing": "",
    "no URL": "knowledge.db",
    "a relative path": "sqlite:///knowledge.db",
    "no path": "sqlite://",
    "a host for a file": "sqlite://s3cret@host/knowledge.db",
    "another database": "mysql://me:s3cret@db/knowledge",
    "a broken host": "postgresql://me:s3cret@[db/knowledge",
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_url_is_refused_with_what_it_should_be_and_is_not_repeated(what: str) -> None:
    with pytest.raises(StoreError, match="COUNTERSIGN_STORE_URL has to be") as caught:
        dialect_of(WRONG[what])
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_url_is_never_shown() -> None:
    store = sql_store(URL)
    assert "s3cret" not in repr(store._engine)
    assert "s3cret" not in repr(vars(store))
