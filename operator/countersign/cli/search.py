"""``countersign search``: what the knowledge base has on something."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import unicodedata
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from countersign.api.duration import parse_duration
from countersign.api.text import one_line
from countersign.cli.settings import read_settings
from countersign.config import Settings
from countersign.errors import CountersignError
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query

NOTHING = 1
"""Exit status where nothing was found, as grep has it."""
_WIDE = 240
"""Columns where it is no terminal that is written to."""


class Outcome(StrEnum):
    """How an execution went."""

    SUCCESS = "success"
    FAILURE = "failure"


class Output(StrEnum):
    """How entries are written."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("search")(search_command)


def search_command(
    text: Annotated[
        list[str] | None, typer.Argument(help="Words, in English or Chinese; all if left out.")
    ] = None,
    *,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="Only with this tag; may be repeated.")
    ] = None,
    category: Annotated[
        str | None, typer.Option("--category", help="Only of this category of alerts.")
    ] = None,
    outcome: Annotated[Outcome | None, typer.Option("--outcome", help="Only these.")] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Only of this namespace.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGE", help="At most so old: 12h, 7d.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 20,
    output: Annotated[Output, typer.Option("--output", "-o")] = Output.TABLE,
) -> None:
    """Search the knowledge base, best match first. Nothing found: status 1.

    The store is that of COUNTERSIGN_STORE; see docs/knowledge.md.
    """
    query = Query(
        text=" ".join(text or ()),
        tags=tuple(tag or ()),
        category=category,
        outcome=outcome.value if outcome else None,
        namespace=namespace,
        since=datetime.now(UTC) - age(since) if since else None,
        limit=limit,
    )
    try:
        found = asyncio.run(_search(read_settings(), query))
    except CountersignError as error:
        print(one_line(str(error)), file=sys.stderr)
        raise typer.Exit(2) from error
    if output is Output.JSON:
        print(as_json(found))
    else:
        _show(found)
    if not found:
        raise typer.Exit(NOTHING)


def age(text: str) -> timedelta:
    """``7d`` or a Go duration. Raises ``BadParameter``."""
    days = re.fullmatch(r"([0-9]{1,5})d", text)
    if days:
        return timedelta(days=int(days[1]))
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"--since: {error}, or 7d") from error


def as_json(found: list[KnowledgeEntry]) -> str:
    """An array; where anything in it cannot be seen, all that is not ASCII as escapes."""
    items = [each.to_json() for each in found]
    text = json.dumps(items, ensure_ascii=False, indent=2)
    plain = all(
        each == "\n" or unicodedata.category(each)[0] not in "CZ" or each == " " for each in text
    )
    return text if plain else json.dumps(items, indent=2)


async def _search(settings: Settings, query: Query) -> list[KnowledgeEntry]:
    from countersign.bootstrap import opened_store  # noqa: PLC0415 - slow

    async with opened_store(settings) as store:
        return await store.search(query)


def _show(found: list[KnowledgeEntry]) -> None:
    from rich.console import Console  # noqa: PLC0415 - slow
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if not found:
        print("Nothing found.", file=sys.stderr)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("WHEN", "OUTCOME", "CATEGORY", "REQUEST"):
        table.add_column(head, no_wrap=True)
    table.add_column("TITLE", overflow="fold")
    for each in found:
        cells = (
            each.created_at.strftime("%Y-%m-%d %H:%M"),
            "success" if "success" in each.tags else "failure",
            each.category,
            f"{each.namespace}/{each.request}",
            each.title,
        )
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE).print(table)
