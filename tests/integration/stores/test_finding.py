"""How databases choose candidates: by words that tell entries apart, and by what is nearly a word."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from countersign.records.query import Query
from countersign.stores.sql import entries
from countersign.stores.sql.migration import migrate
from countersign.stores.sql.schema import WORDS
from countersign.stores.sql.urls import dialect_of
from tests.support.databases import opened
from tests.support.knowledge import entry


async def found(url: str, query: str, **more: object) -> list[str]:
    async with opened(url) as store:
        return [each.title for each in await store.search(Query(query, **more))]  # type: ignore[arg-type]


async def test_a_misspelt_word_finds_what_is_written_nearly_like_it_and_nothing_else(
    url: str,
) -> None:
    async with opened(url) as store:
        await store.save(entry(1, title="certificate expired"))
        await store.save(entry(2, title="certain controllers"))
    assert await found(url, "certifcate") == ["certificate expired"]
    assert await found(url, "zzyzx") == []


async def test_a_word_is_learned_once_however_many_have_it(url: str) -> None:
    async with opened(url) as store:
        for number in (1, 2):
            await store.save(entry(number, title="certificate 0af3b2 重啟服務 k8s"))
        async with store._engine.connect() as connection:
            words = list((await connection.execute(select(WORDS.c.word))).scalars())
    assert words.count("certificat") == 1
    assert all(word.isalpha() and len(word) > 3 for word in words)


async def test_a_rare_word_finds_an_old_entry_among_many_with_the_common_ones(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "_COMMON", 5)
    async with opened(url) as store:
        await store.save(entry(1, title="restart the unicorn"))
        for number in range(2, 100):
            await store.save(entry(number, title="restart the other one"))
    titles = await found(url, "restart the unicorn", limit=10)
    assert titles[0] == "restart the unicorn"
    # One word is enough: others follow, the newest of them.
    assert titles[1:] == ["restart the other one"] * 9


async def test_of_common_words_alone_the_entries_with_all_of_them_come_first(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "_COMMON", 5)
    async with opened(url) as store:
        for number in range(1, 8):
            await store.save(entry(number, title="alpha beta"))
        for number in range(8, 100):
            await store.save(entry(number, title="alpha" if number % 2 else "beta"))
    assert await found(url, "alpha beta", limit=8) == ["alpha beta"] * 7 + ["alpha"]


async def test_a_title_is_a_candidate_before_any_number_of_contents(url: str) -> None:
    async with opened(url) as store:
        await store.save(entry(1, title="latency"))
        await store.save(entry(2, tags=("latency",)))
        for number in range(3, 150):
            await store.save(entry(number, content="latency latency latency"))
    assert (await found(url, "latency", limit=2)) == ["latency", "entry 2"]


async def test_a_word_that_is_longer_in_small_letters_is_kept(url: str) -> None:
    async with opened(url) as store:
        await store.save(entry(1, title="ß" * 40))
    assert await found(url, "ß" * 40) == ["ß" * 40]


OLD = {
    "sqlite": "INSERT INTO countersign_knowledge_text (rowid, title, tags, content) "
    "VALUES (1, '|certificat|expired|', '|tls|', '|重啟|k8s|')",
    "postgresql": "INSERT INTO countersign_knowledge "
    "(id, created_at, namespace, category, title, document, vocabulary) VALUES "
    "('x', now(), 'shop', 'general', 't', '{}', 'certificat expired tls 重啟 k8s')",
}


async def test_the_words_of_older_entries_are_taken_over(url: str) -> None:
    dialect = dialect_of(url)
    engine = dialect.engine()
    await migrate(engine, dialect, "0002")
    async with engine.begin() as connection:
        await connection.execute(text(OLD[engine.dialect.name]))
    await migrate(engine, dialect)
    async with engine.connect() as connection:
        assert await dialect.near(connection, "certifcat", 5) == ["certificat"]
        words = set((await connection.execute(select(WORDS.c.word))).scalars())
    await engine.dispose()
    assert words == {"certificat", "expired"}
