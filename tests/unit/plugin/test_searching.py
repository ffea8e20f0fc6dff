"""``search``: which entry is meant, how it is shown, and what is said where there is none."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from countersign.bootstrap import sql_store
from countersign.plugin import completion, knowledge
from countersign.plugin.acts import searching
from countersign.plugin.acts.searching import answer, picked
from countersign.plugin.app import invoke
from countersign.plugin.commands.searching import Form, Library, Outcome, Wanted
from countersign.plugin.exits import Exit, PluginError
from countersign.plugin.screen import Screen
from countersign.ports import Store
from countersign.records.knowledge import KnowledgeEntry
from countersign.stores.configmap import ConfigMapStore
from tests.support.fakes import FakeConfigMaps
from tests.support.fakes_objects import after
from tests.support.knowledge import BASE, entry
from tests.support.lessons import happening
from tests.support.memory_store import MemoryStore
from tests.support.terminals import HOSTILE, Terminal, dangerous

IDS = ("3f2a9c1e-0000-4000-8000-000000000001", "3f2a9c1e-0000-4000-8000-000000000002")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


async def kept(*entries: KnowledgeEntry) -> MemoryStore:
    store = MemoryStore()
    for each in entries:
        await store.save(each)
    return store


async def said(store: Store, out: io.StringIO | None = None, **wanted: Any) -> tuple[str, str, int]:
    """Output, errors and status."""
    out, err = out or io.StringIO(), io.StringIO()
    try:
        await answer(Screen(out, err), store, Wanted(**wanted))
    except typer.Exit as end:
        return out.getvalue(), err.getvalue(), end.exit_code
    return out.getvalue(), err.getvalue(), 0


@pytest.fixture
def colourful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return


# --- Which one is meant ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [IDS[0], "3f2a9c1e", "3F2A", "shop/web"])
async def test_an_entry_is_shown_by_its_id_the_beginning_of_it_or_its_request(name: str) -> None:
    store = await kept(entry(1, id=IDS[0]), *BASE)
    assert (await picked(store, name)).id == IDS[0]


async def test_an_old_entry_is_found_by_the_id_in_its_text() -> None:
    many = [entry(number + 10) for number in range(1100)]
    store = await kept(
        entry(1, id=IDS[0], content=f"- **Approval ID**: shop/web ({IDS[0]})"), *many
    )
    assert (await picked(store, "3f2a9c1e")).id == IDS[0]


async def test_of_several_entries_about_one_request_the_newest_is_meant() -> None:
    store = await kept(entry(2, id=IDS[1]), entry(1, id=IDS[0]))
    assert (await picked(store, "shop/web")).id == IDS[1]


async def test_a_beginning_of_several_ids_is_refused_and_a_short_one_is_none() -> None:
    store = await kept(entry(1, id=IDS[0]), entry(2, id=IDS[1]))
    with pytest.raises(PluginError, match="the beginning of 2 IDs") as raised:
        await picked(store, "3f2a9c1e")
    assert raised.value.exit is Exit.REFUSED
    with pytest.raises(PluginError, match="There is no entry 3f") as raised:
        await picked(store, "3f")
    assert raised.value.exit is Exit.MISSING


async def test_the_number_of_shards_that_the_operator_uses_does_not_matter_to_readers() -> None:
    config_maps = FakeConfigMaps()
    writer = ConfigMapStore(config_maps, namespace="x", shards=5, entries=1000)
    for each in BASE:
        await writer.save(each)
    reader = ConfigMapStore(config_maps, namespace="x", shards=32, entries=1000)
    for each in BASE:
        assert await picked(reader, each.id) == each


# --- How it is shown ------------------------------------------------------------------------------


async def test_a_list_has_as_much_of_each_id_as_tells_them_apart() -> None:
    apart = (entry(1, id="11111111-1"), entry(2, id="22222222-2"))
    assert knowledge.short_ids(apart) == ["11111111", "22222222"]
    alike = (entry(1, id=IDS[0]), entry(2, id=IDS[1]))
    assert knowledge.short_ids(alike) == list(IDS)


async def test_in_a_pipe_an_entry_is_one_line_however_long_its_title() -> None:
    store = await kept(entry(1, title="long " * 60))
    out, _, status = await said(store)
    assert (out.count("\n"), status) == (2, 0)
    assert _COLOUR.search(out) is None


@pytest.mark.usefixtures("colourful")
async def test_on_a_terminal_a_long_title_goes_on_under_itself() -> None:
    out, _, _ = await said(await kept(BASE[0].model_copy(update={"id": IDS[0]})), Terminal())
    lines = _COLOUR.sub("", out).splitlines()
    assert max(map(len, lines)) <= 80
    start = lines[0].index("TITLE")
    assert any(line[:start].strip() == "" and line[start] != " " for line in lines[1:])


async def test_filters_are_handed_on() -> None:
    store = await kept(*BASE)
    for wanted, request in (
        ({"outcome": Outcome.FAILURE}, "rollback-payment"),
        ({"category": "memory"}, "raise-memory"),
        ({"tag": ["auto_executed", "storage"]}, "drain-node"),
        ({"namespace": "billing"}, "raise-memory"),
        ({"text": ["磁碟"], "limit": 1}, "drain-node"),
    ):
        out, _, _ = await said(store, output=Form.JSON, **wanted)
        assert [each["request"] for each in json.loads(out)] == [request]


async def test_wide_names_the_request_the_category_and_the_incident() -> None:
    out, _, _ = await said(await kept(BASE[3]), output=Form.WIDE)
    assert out.splitlines()[1].split()[2:7] == [
        "failure",
        "shop",
        "rollback-payment",
        "errors",
        "INC-77",
    ]


async def test_an_entry_in_a_pipe_is_its_markdown_as_it_was_written() -> None:
    out, _, _ = await said(await kept(*BASE), show="ops/drain-node")
    head, _, content = out.partition("\n\n")
    assert content == f"{BASE[2].content}\n"
    assert "tags      auto_executed, success, storage, execution" in head


@pytest.mark.usefixtures("colourful")
async def test_an_entry_on_a_terminal_is_laid_out() -> None:
    out, _, _ = await said(await kept(*BASE), Terminal(), show="ops/drain-node")
    assert "# ✅" not in out
    assert "自動修復: NodeDiskFull" in out


async def test_below_an_entry_is_all_that_happened_to_its_request() -> None:
    store, happened = await kept(*BASE), [happening(1), happening(2, description="then")]
    await store.note(BASE[2].id, happened)
    out, _, _ = await said(store, show="ops/drain-node")
    assert out.partition("\n\nTimeline\n")[2].count("\n") == len(happened)
    assert out.endswith(": then\n")
    written, _, _ = await said(store, show="ops/drain-node", output=Form.JSON)
    assert json.loads(written)["timeline"] == [each.to_json() for each in happened]


# --- Hostile texts --------------------------------------------------------------------------------

HOSTILE_MARKDOWN = (
    f"# {HOSTILE}\n\n- {HOSTILE}\n\n`{HOSTILE}`\n\n```python\n{HOSTILE}\n```\n\n"
    "&#27;[31mred &#x9b;2J &#8238;back &#7; [a](https://bank.example\x1b) <b>x</b>\n\n"
    "[safe](https://evil.example)\n\n| a\x1b | b |\n|---|---|\n| &#27; | 2 |\n"
)


@pytest.mark.usefixtures("colourful")
@pytest.mark.parametrize("at", [io.StringIO, Terminal])
@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("show", [None, "3f2a9c1e"])
async def test_nothing_in_an_entry_commands_a_terminal(
    at: type[io.StringIO], form: Form, show: str | None
) -> None:
    bad = entry(
        1,
        id=f"{IDS[0]}\x1b",
        title=HOSTILE,
        category=HOSTILE,
        content=HOSTILE_MARKDOWN,
        tags=("success", HOSTILE),
        namespace=HOSTILE,
        request=HOSTILE,
        related_incident=HOSTILE,
    )
    store = await kept(bad)
    await store.note(bad.id, [happening(1, title=HOSTILE, description=HOSTILE, actor=HOSTILE)])
    out, err, status = await said(store, at(), output=form, show=show)
    assert (err, status) == ("", 0)
    assert dangerous(_COLOUR.sub("", out)) == set()
    assert "\x1b]8" not in out
    if show is None or form is Form.JSON:
        assert "[bold]x[/bold]:bomb:" in out


# --- Where there is nothing -----------------------------------------------------------------------


async def test_nothing_found_is_status_1_and_an_empty_base_says_where_else_to_look() -> None:
    out, err, status = await said(await kept(*BASE), text=["zebra"])
    assert (out, err, status) == ("", "Nothing found.\n", 1)
    out, err, status = await said(await kept(), text=["zebra"])
    assert (out, status) == ("", 1)
    assert "COUNTERSIGN_STORE_URL" in err
    assert "--operator-namespace" in err
    assert await said(await kept(), output=Form.JSON) == ("[]\n", "", 1)


def test_a_wrong_age_ends_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COUNTERSIGN_STORE_URL", f"sqlite:///{tmp_path}/knowledge.db")
    assert invoke(["search", "--since", "yesterday"]) == Exit.REFUSED
    assert "or 7d." in capsys.readouterr().err
    assert searching.age("7d") == timedelta(days=7)


def test_a_database_that_is_down_ends_with_5_and_without_its_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_STORE_URL", "postgresql://me:s3cret@127.0.0.1:1/knowledge")
    assert invoke(["search", "x"]) == Exit.UNREACHABLE
    said = capsys.readouterr()
    assert "cannot be used now" in said.err
    assert "s3cret" not in said.err + said.out


def test_a_database_is_read_as_it_is_and_never_migrated_by_a_reader(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/knowledge.db"
    monkeypatch.setenv("COUNTERSIGN_STORE_URL", url)
    assert invoke(["search", "x"]) == Exit.UNREACHABLE
    assert "countersign migrate" in capsys.readouterr().err

    async def keep() -> None:
        store = sql_store(url)
        await store.save(BASE[1])
        await store.close()

    asyncio.run(keep())
    assert invoke(["search", "記憶體"]) == Exit.DONE
    assert "KubePodOOMKilled" in capsys.readouterr().out


def test_the_tab_key_offers_outcomes_and_the_categories_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reading(screen: Screen, library: Library, work: Callable[[Store], Awaitable[None]]) -> None:
        async def read() -> None:
            await work(await kept(*BASE))

        asyncio.run(read())

    monkeypatch.setattr(searching, "reading", reading)
    assert completion.suggestions(["search", "--outcome", ""]) == ["success", "failure"]
    assert completion.suggestions(["search", "--category", ""]) == [
        "availability",
        "errors",
        "memory",
        "storage",
    ]
    assert completion.suggestions(["search", "--category", "m"]) == ["memory"]


def test_an_entry_of_the_future_has_an_age_as_well() -> None:
    lines = knowledge.table([entry(60)], after(0), wide=False)
    assert " 1m " in lines[1].plain
