"""Writing rows so that doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from countersign.stores.sql.dialect import Dialect, Insert


def replacing(dialect: Dialect, table: Table, row: Mapping[str, Any]) -> Insert:
    """Insert a row, or replace that of the same id."""
    changed = {name: value for name, value in row.items() if name != "id"}
    insert = dialect.insert(table).values(**row)
    return insert.on_conflict_do_update(index_elements=["id"], set_=changed)


def adding(dialect: Dialect, table: Table, *unique: str) -> Insert:
    """Insert rows; those with the same ``unique`` columns stay as they are."""
    return dialect.insert(table).on_conflict_do_nothing(index_elements=unique)
