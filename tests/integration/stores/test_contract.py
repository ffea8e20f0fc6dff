"""What every store promises, the one in memory as well."""

from __future__ import annotations

import pytest

from countersign.ports import Store
from countersign.records.query import Query
from tests.support.fakes_objects import after
from tests.support.knowledge import BASE, entry
from tests.support.lessons import TAIPEI


async def test_an_entry_that_was_saved_can_be_read(store: Store) -> None:
    await store.save(entry(1))
    assert await store.get(entry(1).id) == entry(1)


async def test_an_entry_that_was_never_saved_is_none(store: Store) -> None:
    assert await store.get("nothing") is None
    await store.save(entry(1))
    assert await store.get(entry(2).id) is None


async def test_saving_an_entry_again_replaces_it(store: Store) -> None:
    first = await store.save(entry(1))
    again = await store.save(entry(1, content="longer"))
    assert again == first
    assert await store.latest(10) == [entry(1, content="longer")]


async def test_the_answer_says_where_the_entry_is(store: Store) -> None:
    reference = await store.save(entry(1))
    assert reference.entry == entry(1).id
    assert reference.store in ("memory", "configmap", "sql")
    assert reference.location


async def test_the_latest_entries_come_newest_first(store: Store) -> None:
    for number in (3, 1, 5, 2, 4):
        await store.save(entry(number))
    assert [each.title for each in await store.latest(3)] == ["entry 5", "entry 4", "entry 3"]


async def test_an_empty_store_has_no_latest_entries(store: Store) -> None:
    assert await store.latest(5) == []


async def test_no_entry_is_lost_among_many(store: Store) -> None:
    for number in range(20):
        await store.save(entry(number))
    assert len(await store.latest(100)) == 20
    assert all([await store.get(entry(number).id) == entry(number) for number in range(20)])


# --- Search ---------------------------------------------------------------------------------------


@pytest.fixture
async def base(store: Store) -> Store:
    """A store with a few entries in both languages."""
    for each in BASE:
        await store.save(each)
    return store


BEST = {
    "crash looping": "restart-checkout",
    "CrashLoopBackOff": "restart-checkout",
    "記憶體不足": "raise-memory",
    "OOM": "raise-memory",
    "memory leaks": "raise-memory",
    "磁碟": "drain-node",
    "滿": "drain-node",
    "後 復": "restart-checkout",
    "node-7": "drain-node",
    "回滾 支付": "rollback-payment",
    "支付服務回滾": "rollback-payment",
    "paymnet": "rollback-payment",
    "INC-77": "rollback-payment",
}


@pytest.mark.parametrize("text", BEST)
async def test_the_best_match_comes_first(base: Store, text: str) -> None:
    found = await base.search(Query(text))
    assert found[0].request == BEST[text]
    assert found[0] in BASE


QUERIES: dict[str, Query] = {
    "a tag": Query(tags=("auto_executed",)),
    "two tags": Query(tags=("human_approved", "execution_failed")),
    "a tag that none has": Query(tags=("nothing",)),
    "a category": Query(category="memory"),
    "an outcome": Query(outcome="failure"),
    "a namespace": Query(namespace="shop"),
    "a time": Query(since=after(30)),
    "a time in another zone": Query(since=after(30).astimezone(TAIPEI)),
    "everything": Query(
        "回滾",
        tags=("execution",),
        category="errors",
        outcome="failure",
        namespace="shop",
        since=after(1),
    ),
    "a limit": Query(limit=2),
}


@pytest.mark.parametrize("what", QUERIES)
async def test_every_filter_that_is_given_has_to_hold(base: Store, what: str) -> None:
    query = QUERIES[what]
    fitting = [each for each in reversed(BASE) if query.admits(each)]
    assert await base.search(query) == fitting[: query.limit]


async def test_a_match_that_a_filter_excludes_is_not_found(base: Store) -> None:
    assert len(await base.search(Query("回滾"))) == 1
    assert await base.search(Query("回滾", outcome="success")) == []


async def test_a_weak_match_within_a_filter_is_found_beside_many_better_ones_outside(
    store: Store,
) -> None:
    for number in range(150):
        await store.save(entry(number, title="latency", namespace="elsewhere"))
    weak = entry(150, content="latency")
    await store.save(weak)
    assert await store.search(Query("latency", namespace="shop")) == [weak]


HOSTILE = [
    '"',
    "'",
    "%",
    "_",
    "\\",
    "*",
    "NEAR(a b)",
    "a AND",
    "OR",
    "title:x",
    "'; DROP TABLE knowledge; --",
    "a | b & !c",
    "\x00",
    "\ud800",
    "|",
    "(",
    "x" * 5000,
    "重" * 2000,
    " ".join(f"w{number}" for number in range(2000)),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
async def test_no_query_can_break_a_store(base: Store, text: str) -> None:
    assert isinstance(await base.search(Query(text)), list)
    assert await base.search(Query(tags=(text,))) == []
    assert len(await base.latest(10)) == len(BASE)


async def test_an_entry_with_any_text_is_kept_and_found(store: Store) -> None:
    hostile = entry(1, title="\x00\x1b[2J '\"%_| latency", content="\x00 {} \ufffe 重啟")
    await store.save(hostile)
    assert await store.get(hostile.id) == hostile
    assert await store.search(Query("latency")) == [hostile]
    assert await store.search(Query("重啟")) == [hostile]


async def test_what_was_replaced_is_found_by_its_new_words_only(store: Store) -> None:
    await store.save(entry(1, title="latency", tags=("old",)))
    await store.save(entry(1, title="磁碟", tags=("new",)))
    assert await store.search(Query("latency")) == []
    assert await store.search(Query(tags=("old",))) == []
    assert len(await store.search(Query("磁碟", tags=("new",)))) == 1
