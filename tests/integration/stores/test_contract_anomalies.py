"""What every store promises of anomalies."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from countersign.ports import Store
from countersign.records.execution import Frequency
from tests.support.fakes_objects import after
from tests.support.lessons import ANOMALY, HOSTILE, TAIPEI, every_execution, occurrence, uid

NOW = after(0)
TICK = timedelta(microseconds=1)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
AGES = {
    "now": (timedelta(0), Frequency(1, 1, 1)),
    "within an hour": (HOUR - TICK, Frequency(1, 1, 1)),
    "an hour ago": (HOUR, Frequency(0, 1, 1)),
    "within a day": (DAY - TICK, Frequency(0, 1, 1)),
    "a day ago": (DAY, Frequency(0, 0, 1)),
    "within a week": (WEEK - TICK, Frequency(0, 0, 1)),
    "a week ago": (WEEK, Frequency()),
    "in the future": (-TICK, Frequency()),
}


@pytest.mark.parametrize("what", AGES)
@pytest.mark.parametrize("zone", [None, TAIPEI], ids=["in UTC", "elsewhere"])
async def test_an_anomaly_counts_in_the_last_hour_day_and_week(
    store: Store, what: str, zone: timezone | None
) -> None:
    def there(moment: datetime) -> datetime:
        return moment.astimezone(zone) if zone else moment

    age, expected = AGES[what]
    await store.occurred(occurrence(1, there(NOW - age)))
    assert await store.frequency(ANOMALY, there(NOW)) == expected


async def test_an_anomaly_that_was_never_seen_has_not_occurred(store: Store) -> None:
    assert await store.frequency(ANOMALY, NOW) == Frequency()


async def test_an_occurrence_counts_once_for_each_id(store: Store) -> None:
    for number in (1, 2, 1, 1):
        await store.occurred(occurrence(number, NOW))
    assert await store.frequency(ANOMALY, NOW) == Frequency(2, 2, 2)
    await store.occurred(occurrence(1, NOW - DAY))
    assert await store.frequency(ANOMALY, NOW) == Frequency(1, 1, 2)


async def test_every_anomaly_counts_for_itself(store: Store) -> None:
    texts = [*HOSTILE, ANOMALY]
    for number, text in enumerate(texts):
        await store.occurred(occurrence(2 * number, NOW, text))
        await store.occurred(occurrence(2 * number + 1, NOW - HOUR, text))
    for text in texts:
        assert await store.frequency(text, NOW) == Frequency(1, 2, 2)


async def test_an_occurrence_is_no_entry(store: Store) -> None:
    await store.occurred(occurrence(1, NOW))
    assert await store.latest(10) == []
    assert await store.get(uid(1)) is None
    assert await every_execution(store) == []
