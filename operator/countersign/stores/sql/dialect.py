"""What the two databases do differently: replacing a row, and looking for text and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Insert = postgresql.Insert | sqlite.Insert
Terms = tuple[Sequence[str], Sequence[str], Sequence[str]]
"""Of title, tags and content."""


class Dialect(Protocol):
    """One kind of database."""

    @property
    def password(self) -> str | None:
        """What must not be seen in any text."""
        ...

    def engine(self) -> AsyncEngine:
        """Connections to it; none is opened yet."""
        ...

    async def lock(self, connection: AsyncConnection) -> None:
        """Let nobody else migrate until the transaction ends."""
        ...

    def insert(self, into: Table) -> Insert:
        """An insertion that can say what happens to a row that is there already."""
        ...

    async def index(self, connection: AsyncConnection, number: int, terms: Terms) -> None:
        """Make a row findable by these terms and no others."""
        ...

    async def before_search(self, connection: AsyncConnection) -> None:
        """Settings for the rest of the transaction."""
        ...

    def fitting(
        self, statement: Select[Any], terms: Sequence[str], *, every: bool = False
    ) -> tuple[Select[Any], ColumnElement[Any]]:
        """Only rows with any of the terms or all, and what to order them by: the best first."""
        ...

    @property
    def newest(self) -> ColumnElement[Any]:
        """What else to order fitting rows by: the newest first, without looking at the others."""
        ...

    def having(self, term: str) -> Select[Any]:
        """A row for each entry that has the term, as quickly as can be."""
        ...

    async def learn(self, connection: AsyncConnection, words: Sequence[str]) -> None:
        """Add words that are new to the vocabulary; somebody else may be adding them too."""
        ...

    async def near(self, connection: AsyncConnection, word: str, most: int) -> list[str]:
        """The words of the vocabulary that are most like one; none where it cannot tell."""
        ...
