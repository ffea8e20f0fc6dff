"""The words of all entries: a misspelt one is looked for among them, and not in every text.

Text by text that takes seconds for ten thousand entries; they have some thousand different words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from countersign.records.ranking import Vocabulary
from countersign.stores.sql.dialect import Dialect
from countersign.stores.sql.schema import WORDS

_SHORTEST = 4
"""What is shorter is like too much."""
_LONGEST = 64
"""Of the column. In small letters some words are longer: ß is ss."""
_NEAR = 8
"""So many words at most stand for one that nobody has written."""
_MOST = 6
"""So many words of a query are looked for in this way."""


async def learn(dialect: Dialect, connection: AsyncConnection, terms: Iterable[str]) -> None:
    """Add the words of an entry."""
    words = {each for each in terms if _is_word(each)}
    new = words - await _known(connection, words)
    if new:
        await dialect.learn(connection, sorted(new))


async def instead(
    dialect: Dialect, connection: AsyncConnection, terms: Sequence[str]
) -> tuple[str, ...]:
    """Words that stand for those of a query that are in no entry."""
    words = [each for each in terms if _is_word(each)]
    known = await _known(connection, set(words))
    unknown = [each for each in words if each not in known][:_MOST]
    found: list[str] = []
    for each in unknown:
        near = Vocabulary(await dialect.near(connection, each, _NEAR))
        found += (word for word in near.likenesses(each) if word != each)
    return tuple(dict.fromkeys(found))


def _is_word(term: str) -> bool:
    """Of letters: digests are not typed by hand. Chinese terms are pairs, too short for this."""
    return _SHORTEST <= len(term) <= _LONGEST and term.isalpha()


async def _known(connection: AsyncConnection, words: set[str]) -> set[str]:
    if not words:
        return set()
    found = select(WORDS.c.word).where(WORDS.c.word.in_(words))
    return set((await connection.execute(found)).scalars())
