"""``countersign search`` and ``countersign migrate``, on a real database file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from countersign.bootstrap import sql_store
from countersign.cli import app
from countersign.records.knowledge import KnowledgeEntry
from tests.support.knowledge import BASE, entry


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/knowledge.db"


Run = Callable[..., Result]


@pytest.fixture
def run(url: str) -> Run:
    env = {"COUNTERSIGN_STORE": "sql", "COUNTERSIGN_STORE_URL": url}
    return lambda *words, **more: CliRunner().invoke(app, words, env=env | more)


def keep(url: str, *entries: KnowledgeEntry) -> None:
    async def save() -> None:
        store = sql_store(url)
        for each in entries:
            await store.save(each)
        await store.close()

    asyncio.run(save())


def test_what_is_found_is_shown_best_first(url: str, run: Run) -> None:
    keep(url, *BASE)
    result = run("search", "記憶體", "leak")
    assert result.exit_code == 0, result.output
    head, first, *_ = result.stdout.splitlines()
    assert head.split() == ["ID", "AGE", "OUTCOME", "NAMESPACE", "TITLE"]
    assert first.split()[2:4] == ["success", "billing"]
    assert "[人工修復] KubePodOOMKilled" in first


def test_one_entry_is_shown_as_a_whole_by_the_request_that_it_is_about(url: str, run: Run) -> None:
    keep(url, *BASE)
    result = run("search", "--show", "billing/raise-memory")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(f"\n\n{BASE[1].content}\n")


def test_json_is_the_entries_themselves(url: str, run: Run) -> None:
    keep(url, *BASE)
    result = run("search", "--outcome", "failure", "-n", "shop", "-o", "json")
    assert json.loads(result.stdout) == [BASE[3].to_json()]
    assert "人工修復" in result.stdout


def test_filters_and_age_are_applied(url: str, run: Run) -> None:
    new = entry(1, created_at=datetime.now(UTC) - timedelta(hours=1), tags=("x", "y"), category="c")
    keep(url, *BASE, new)
    for words in (
        ("--since", "7d"),
        ("--since", "90m"),
        ("--tag", "x", "--tag", "y"),
        ("--category", "c"),
    ):
        found = json.loads(run("search", *words, "-o", "json").stdout)
        assert [each["id"] for each in found] == [new.id], words
    assert len(json.loads(run("search", "--limit", "2", "-o", "json").stdout)) == 2


def test_nothing_found_is_said_and_is_status_1(run: Run) -> None:
    result = run("search", "zebra")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Nothing found" in result.stderr
    assert run("search", "zebra", "-o", "json").stdout == "[]\n"


def test_a_wrong_age_is_refused_with_one_that_is_right(run: Run) -> None:
    result = run("search", "--since", "yesterday")
    assert result.exit_code == 2
    assert "7d" in result.output


def test_nothing_in_an_entry_reaches_the_terminal_as_a_control_character(
    url: str, run: Run
) -> None:
    hostile = "\x1b]0;x\x07 [red]latency[/red] \x9b2J \u202e 重啟"
    keep(url, entry(1, title=hostile, category=hostile, content=hostile))
    for output in ("table", "json"):
        shown = run("search", "latency", "-o", output).stdout
        assert "[red]latency[/red]" in shown
        assert not set(shown) & set("\x1b\x07\x9b\u202e")


def test_a_database_that_is_down_is_told_of_without_its_password(run: Run) -> None:
    down = "postgresql://me:s3cret@127.0.0.1:1/knowledge"
    for command in ("search", "migrate"):
        result = run(command, COUNTERSIGN_STORE_URL=down)
        assert result.exit_code == 2
        assert "cannot be used now" in result.stderr
        assert "s3cret" not in result.output


def test_a_migration_makes_the_tables_and_can_be_repeated(run: Run, url: str) -> None:
    for _ in range(2):
        result = run("migrate")
        assert (result.exit_code, result.stdout) == (0, "The knowledge database is up to date.\n")
    assert Path(url.removeprefix("sqlite:///")).exists()


def test_without_a_database_there_is_nothing_to_migrate(run: Run) -> None:
    result = run("migrate", COUNTERSIGN_STORE="configmap")
    assert result.exit_code == 0
    assert "Nothing to migrate" in result.stderr


@pytest.mark.parametrize("command", ["search", "migrate"])
def test_a_wrong_url_is_told_before_anything_is_done(run: Run, command: str) -> None:
    result = run(command, COUNTERSIGN_STORE_URL="")
    assert result.exit_code == 2
    assert "COUNTERSIGN_STORE_URL has to be" in result.output
