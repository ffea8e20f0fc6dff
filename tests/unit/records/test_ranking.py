"""Which entries fit a query, best first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.ranking import rank
from tests.support.fakes_time import START
from tests.support.knowledge import BASE, entry


def found(text: str, **more: Any) -> list[str]:
    return [each.request for each in rank(BASE, Query(text, **more))]


BEST = {
    "crash looping": "restart-checkout",
    "CrashLoopBackOff": "restart-checkout",
    "checkout": "restart-checkout",
    "memory leak": "raise-memory",
    "記憶體": "raise-memory",
    "記憶體不足": "raise-memory",
    "OOM": "raise-memory",
    "磁碟已滿": "drain-node",
    "disk full on node": "drain-node",
    "節點": "drain-node",
    "回滾 支付": "rollback-payment",
    "支付服務回滾": "rollback-payment",
    "roll back payments": "rollback-payment",
    "paymnet": "rollback-payment",
    "INC-77": "rollback-payment",
    "重啟 checkout": "restart-checkout",
}


@pytest.mark.parametrize("text", BEST)
def test_the_best_match_comes_first(text: str) -> None:
    assert found(text)[0] == BEST[text]


def test_what_has_nothing_of_the_query_is_not_found() -> None:
    assert found("zebra") == []
    assert found("斑馬") == []
    assert found("?!") == []


def test_a_match_in_the_title_comes_before_one_in_a_tag_and_that_before_one_in_the_content() -> (
    None
):
    content = entry(1, content="latency")
    tag = entry(2, tags=("latency",))
    title = entry(3, title="latency")
    filler = [entry(number) for number in range(4, 10)]
    assert rank([content, tag, title, *filler], Query("latency")) == [title, tag, content]


def test_an_entry_with_all_words_comes_before_one_with_some() -> None:
    both = entry(1, content="latency spike")
    one = entry(2, title="latency latency")
    assert rank([one, both, entry(3)], Query("latency spike"))[0] == both


def test_of_two_that_fit_alike_the_newer_comes_first() -> None:
    older, newer = entry(1, title="latency"), entry(2, title="latency")
    assert rank([older, newer], Query("latency")) == [newer, older]


def test_without_a_text_the_newest_come_first() -> None:
    entries = [entry(number) for number in (2, 3, 1)]
    assert [each.title for each in rank(entries, Query("  "))] == ["entry 3", "entry 2", "entry 1"]


FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a tag": ({"tags": ("auto_executed",)}, {"drain-node"}),
    "two tags": ({"tags": ("human_approved", "execution_failed")}, {"rollback-payment"}),
    "a tag that none has": ({"tags": ("human",)}, set()),
    "a category": ({"category": "memory"}, {"raise-memory"}),
    "success": ({"outcome": "success"}, {"restart-checkout", "raise-memory", "drain-node"}),
    "failure": ({"outcome": "failure"}, {"rollback-payment"}),
    "a namespace": ({"namespace": "shop"}, {"restart-checkout", "rollback-payment"}),
    "a time": ({"since": START + timedelta(seconds=30)}, {"drain-node", "rollback-payment"}),
    "several": ({"namespace": "shop", "outcome": "success"}, {"restart-checkout"}),
}


@pytest.mark.parametrize("what", FILTERS)
def test_each_filter_has_to_hold(what: str) -> None:
    query, expected = FILTERS[what]
    assert set(found("", **query)) == expected


def test_a_limit_keeps_the_best() -> None:
    assert found("記憶體", limit=1) == ["raise-memory"]
    assert len(found("", limit=2)) == 2


def test_an_entry_is_unharmed_by_being_found() -> None:
    [first, *_] = rank(BASE, Query("checkout"))
    assert isinstance(first, KnowledgeEntry)
    assert first in BASE
