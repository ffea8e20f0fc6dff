"""Bringing a database to the newest schema, once, however many replicas start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from countersign.errors import StoreError
from countersign.stores.sql.dialect import Dialect
from countersign.stores.sql.schema import VERSION_TABLE
from countersign.stores.sql.sqlite import IMMEDIATE

_SCRIPTS = Path(__file__).parent / "migrations"


async def migrate(engine: AsyncEngine, dialect: Dialect, revision: str = "head") -> None:
    """Migrate, in one transaction. Raises ``StoreError`` where the schema is of a newer version.

    A database that is there already is only read, so that an account without the right to change
    tables is enough once somebody else has migrated.
    """
    async with engine.connect() as connection:
        if await connection.run_sync(_is_at, revision):
            return
    async with (
        engine.connect() as plain,
        (await plain.execution_options(**{IMMEDIATE: True})).begin() as transaction,
    ):
        del transaction
        await dialect.lock(plain)
        await plain.run_sync(_upgrade, revision)


async def check(engine: AsyncEngine) -> None:
    """Raise ``StoreError`` where the schema is not of this version; change nothing."""
    async with engine.connect() as connection:
        if not await connection.run_sync(_is_at, "head"):
            raise StoreError(
                "The knowledge database has no schema, or an older one. Use the plugin of the "
                "operator's version; or bring it up to date: countersign migrate."
            )


def _is_at(connection: Connection, revision: str) -> bool:
    script = ScriptDirectory.from_config(_config())
    current = _context(connection).get_current_revision()
    if current is not None and current not in {each.revision for each in script.walk_revisions()}:
        raise StoreError(
            f"The knowledge database has the schema {current} of a newer version: run that "
            "version, or restore the database as it was before."
        )
    return current == (script.get_current_head() if revision == "head" else revision)


def _upgrade(connection: Connection, revision: str) -> None:
    if _is_at(connection, revision):  # Somebody else was first.
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
