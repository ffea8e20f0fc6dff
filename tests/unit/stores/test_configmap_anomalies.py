"""Anomalies in ConfigMaps, and what is remembered of ConfigMaps in memory."""

from __future__ import annotations

import weakref
from datetime import timedelta

import pytest

from countersign.errors import ApiError
from countersign.records.execution import Frequency
from countersign.records.query import Query
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.configmap.anomalies import OCCURRENCES, SHARDS, outdated
from countersign.stores.configmap.index import Index
from countersign.stores.documents import document
from tests.support.fakes import FakeConfigMaps
from tests.support.fakes_objects import after
from tests.support.lessons import ANOMALY, occurrence, uid

NOW = after(0)
WEEK = timedelta(days=7)


def store_of(config_maps: FakeConfigMaps) -> ConfigMapStore:
    return ConfigMapStore(config_maps, namespace="system", shards=1, entries=100)


def ages(number: int, *, weeks: float = 0) -> dict[str, str]:
    """Occurrences, each a second older than the one before, the first so many weeks old."""
    times = [NOW - weeks * WEEK - timedelta(seconds=n) for n in range(number)]
    return {
        f"{weeks}-{n:06}": document(occurrence(n, time)) for n, time in enumerate(times, start=1)
    }


async def test_an_occurrence_is_one_request_and_a_frequency_one_at_first() -> None:
    config_maps = FakeConfigMaps()
    for number in range(40):
        await store_of(config_maps).occurred(occurrence(number, NOW))
    assert len(config_maps.objects) == SHARDS
    store = store_of(config_maps)
    config_maps.calls.clear()
    await store.occurred(occurrence(41, NOW))
    assert config_maps.calls == ["patch"]
    assert (await store.frequency(ANOMALY, NOW)).last_hour == 41
    assert config_maps.calls == ["patch", "list"]
    await store.occurred(occurrence(42, NOW))
    assert (await store.frequency(ANOMALY, NOW)).last_hour == 42
    assert config_maps.calls == ["patch", "list", "patch"]


async def test_occurrences_are_where_no_search_reads_them() -> None:
    config_maps = FakeConfigMaps()
    store = store_of(config_maps)
    await store.occurred(occurrence(1, NOW))
    [(_, name)] = config_maps.objects
    assert name.startswith("countersign-anomalies-0")
    [config_map] = config_maps.objects.values()
    assert config_map["metadata"]["labels"] == {
        "app.kubernetes.io/part-of": "countersign",
        "countersign.dev/store": "anomalies",
    }
    assert await store._shards.every() == []
    assert await store.search(Query()) == []


async def test_a_value_that_is_no_occurrence_is_passed_over() -> None:
    config_maps = FakeConfigMaps()
    await store_of(config_maps).occurred(occurrence(1, NOW))
    [config_map] = config_maps.objects.values()
    config_map["data"] |= {"a": "", "b": "[", "c": '{"id": "c"}'}
    assert await store_of(config_maps).frequency(ANOMALY, NOW) == Frequency(1, 1, 1)


async def test_what_was_removed_as_too_old_does_not_come_back() -> None:
    config_maps = FakeConfigMaps()
    store = store_of(config_maps)
    await store.frequency(ANOMALY, NOW)
    number = (OCCURRENCES // 10 + 10) * SHARDS * 2
    for each in range(number):
        await store.occurred(occurrence(each, NOW - WEEK))
    await store.occurred(occurrence(number, NOW))
    left = sum(len(config_map["data"]) for config_map in config_maps.objects.values())
    assert left <= (OCCURRENCES // 10 + 1) * SHARDS
    assert await store.frequency(ANOMALY, NOW) == Frequency(1, 1, 1)
    assert len(await store._anomalies._index.values()) == left


def test_nothing_goes_within_the_bounds() -> None:
    assert outdated({}, NOW) == []
    assert outdated(ages(OCCURRENCES), NOW) == []
    assert outdated(ages(OCCURRENCES // 10, weeks=1), NOW) == []


def test_what_is_a_week_old_goes_once_it_is_a_tenth() -> None:
    old = ages(OCCURRENCES // 10 + 1, weeks=1)
    assert sorted(outdated(ages(50) | old, NOW)) == sorted(old)


def test_without_a_time_nothing_is_too_old() -> None:
    assert outdated(ages(OCCURRENCES, weeks=5), None) == []


def test_times_that_an_incident_claims_make_no_other_one_old() -> None:
    assert outdated(ages(50) | ages(50, weeks=-100), NOW) == []


def test_of_too_many_the_oldest_go_and_a_tenth_at_a_time() -> None:
    data = ages(OCCURRENCES) | {"garbage": "x"}
    doomed = outdated(data, None)
    assert doomed[0] == "garbage"
    assert len(data) - len(doomed) == OCCURRENCES * 9 // 10
    assert f"0-{OCCURRENCES:06}" in doomed
    assert "0-000001" not in doomed


# --- In memory ------------------------------------------------------------------------------------


async def test_what_changes_while_all_is_read_is_newer_than_what_is_read() -> None:
    async def read() -> dict[str, int]:
        index.put("changed", 2)
        index.put("new", 3)
        index.drop(["gone", "never"])
        return {"kept": 1, "changed": 1, "gone": 1}

    index = Index(read)
    assert sorted(await index.values()) == [1, 2, 3]


class Kept(str):
    """Of which it can be told whether anything still holds it."""

    __slots__ = ("__weakref__",)


async def test_while_nobody_asks_nothing_is_kept_of_what_is_written_and_removed() -> None:
    async def read() -> dict[str, str]:
        return {"b": "old", "c": "new"}

    index = Index[str](read)
    held = []
    for number in range(100):
        key, value = Kept(number), Kept(number)
        held += [weakref.ref(key), weakref.ref(value)]
        index.put(str(number), value)
        index.drop([key])
    del key, value
    assert [each() for each in held if each() is not None] == []
    assert sorted(await index.values()) == ["new", "old"]


async def test_what_was_written_during_a_read_that_failed_is_read_anew() -> None:
    fails = [True]

    async def read() -> dict[str, int]:
        if fails.pop():
            index.put("a", 1)
            index.drop(["b"])
            raise ApiError("no", code=503)
        return {"a": 2, "b": 3}

    index = Index(read)
    with pytest.raises(ApiError):
        await index.values()
    index.put("a", 2)
    index.put("b", 3)
    fails.append(False)
    assert sorted(await index.values()) == [2, 3]


async def test_what_is_dropped_and_written_again_is_there() -> None:
    async def read() -> dict[str, int]:
        index.drop([uid(1)])
        index.put(uid(1), 2)
        return {uid(1): 1}

    index = Index(read)
    assert list(await index.values()) == [2]
