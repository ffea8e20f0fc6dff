"""``countersign search``: the knowledge base of this operator, from beside it."""

from __future__ import annotations

import asyncio
import sys

import typer

from countersign.api.text import one_line
from countersign.cli.settings import read_settings
from countersign.config import Settings
from countersign.errors import CountersignError
from countersign.plugin.commands.searching import Wanted
from countersign.plugin.options import flattened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("search")(search_command)


@flattened
def search_command(wanted: Wanted) -> None:
    """Search the knowledge base, best match first. Nothing found: status 1.

    The store is that of COUNTERSIGN_STORE; see docs/knowledge.md. People use kubectl countersign
    search, which answers with the same.
    """
    settings = read_settings()
    try:
        asyncio.run(_searched(settings, wanted))
    except CountersignError as error:
        print(one_line(str(error)), file=sys.stderr)
        raise typer.Exit(2) from error


async def _searched(settings: Settings, wanted: Wanted) -> None:
    from countersign.bootstrap import opened_store  # noqa: PLC0415 - slow
    from countersign.plugin.acts.searching import answer  # noqa: PLC0415 - slow
    from countersign.plugin.screen import Screen  # noqa: PLC0415 - slow

    async with opened_store(settings) as store:
        await answer(Screen(), store, wanted)
