"""From ``COUNTERSIGN_STORE_URL`` to a database. No text here ever holds the URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from countersign.errors import StoreError
from countersign.stores.sql.dialect import Dialect
from countersign.stores.sql.postgresql import Postgresql
from countersign.stores.sql.sqlite import Sqlite

_WANTED = (
    "COUNTERSIGN_STORE_URL has to be sqlite:////absolute/path/knowledge.db or "
    "postgresql://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full"
)


def dialect_of(url: str) -> Dialect:
    """The database behind an URL. Raises ``StoreError``."""
    try:
        parts = urlsplit(url.strip())
        in_query = dict(parse_qsl(parts.query)).get("password")
        password = unquote(parts.password or "") or in_query
    except ValueError:
        raise StoreError(f"{_WANTED}: it is no URL.") from None
    match parts.scheme:
        case "sqlite":
            path = unquote(parts.path.removeprefix("/"))
            if parts.netloc or not path.startswith("/"):
                raise StoreError(f"{_WANTED}: a path has to be absolute, with four slashes.")
            return Sqlite(Path(path))
        case "postgresql" | "postgres":
            return Postgresql(url.strip(), password)
        case _:
            raise StoreError(f"{_WANTED}: other databases are not known.")
