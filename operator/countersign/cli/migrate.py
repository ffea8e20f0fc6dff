"""``countersign migrate``: the schema of the knowledge database."""

from __future__ import annotations

import asyncio
import sys

import typer

from countersign.cli.settings import read_settings
from countersign.errors import StoreError


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def migrate() -> None:
        """Bring the knowledge database up to date: for an account that may change tables.

        The operator does the same before it first writes.
        """
        settings = read_settings()
        if settings.store != "sql" or settings.store_url is None:
            print("Nothing to migrate: COUNTERSIGN_STORE is not sql.", file=sys.stderr)
            return
        try:
            asyncio.run(_migrate(settings.store_url.get_secret_value()))
        except StoreError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(2) from error
        print("The knowledge database is up to date.")


async def _migrate(url: str) -> None:
    from countersign.bootstrap import sql_store  # noqa: PLC0415 - slow

    store = sql_store(url)
    try:
        await store.prepare()
    finally:
        await store.close()
