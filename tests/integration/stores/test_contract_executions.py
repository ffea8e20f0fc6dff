"""What every store promises of executions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from countersign.ports import Store
from countersign.records.execution import Choice, Frequency
from countersign.records.query import Query
from tests.support.fakes_objects import after
from tests.support.knowledge import entry
from tests.support.lessons import (
    ANOMALY,
    HOSTILE,
    TAIPEI,
    WEB,
    every_execution,
    execution,
    happening,
    occurrence,
    uid,
)
from tests.support.memory_store import MemoryStore


async def test_an_execution_that_was_saved_can_be_read(store: Store) -> None:
    whole = execution(
        1, playbook="restart", incident="INC-1", anomaly=ANOMALY, success=False, error="not found"
    )
    await store.save(entry(1), whole)
    assert await every_execution(store) == [whole]


async def test_an_entry_alone_is_no_execution(store: Store) -> None:
    await store.save(entry(1))
    assert await every_execution(store) == []


async def test_an_execution_that_is_saved_again_is_there_once_as_it_is_now(store: Store) -> None:
    await store.save(entry(1), execution(1, targets=("shop/Pod/old", WEB), playbook="old"))
    for _ in range(2):
        await store.save(entry(1), execution(1, success=False))
    assert await every_execution(store) == [execution(1, success=False)]
    assert await store.executions(Choice(target="shop/Pod/old")) == []
    assert await store.executions(Choice(playbook=("shop", "old"))) == []


async def test_an_entry_that_is_written_again_keeps_its_execution(store: Store) -> None:
    await store.save(entry(1), execution(1), [happening(1)])
    await store.save(entry(1, title="other"))
    assert await every_execution(store) == [execution(1)]
    assert await store.timeline(uid(1)) == [happening(1)]


async def test_executions_come_newest_first_and_those_of_the_same_time_in_one_order(
    store: Store,
) -> None:
    saved = [execution(number, finished_at=after(number // 2)) for number in range(6)]
    for each in (saved[2], saved[5], saved[0], saved[3], saved[4], saved[1]):
        await store.save(entry(int(each.id[-12:])), each)
    assert await every_execution(store) == saved[::-1]


SOME = [
    execution(10, anomaly=ANOMALY, playbook="restart"),
    execution(20, namespace="billing", playbook="restart", targets=("billing/Deployment/web",)),
    execution(30, operation="Scale", targets=("shop/Deployment/api", WEB), playbook="grow"),
    execution(40, operation="DrainNode", targets=("/Node/node-7",), anomaly="NodeDiskFull node-7"),
    execution(50, targets=(), anomaly=ANOMALY, success=False, error="forbidden"),
]
CHOICES = {
    "nothing": Choice(),
    "an operation": Choice(operation="RestartRollout"),
    "an operation that none has": Choice(operation="Delete"),
    "a target": Choice(target=WEB),
    "a target without a namespace": Choice(target="/Node/node-7"),
    "a target that none has": Choice(target="shop/Deployment/we"),
    "an anomaly": Choice(anomaly=ANOMALY),
    "a playbook": Choice(playbook=("shop", "restart")),
    "a playbook of another namespace": Choice(playbook=("shop", "grow ")),
    "a time": Choice(since=after(30)),
    "a time in another zone": Choice(since=after(30).astimezone(TAIPEI)),
    "just after a time": Choice(since=after(30.000001)),
    "all of it": Choice("RestartRollout", WEB, ANOMALY, ("shop", "restart"), after(1)),
    "a limit": Choice(limit=2),
    "a limit of an operation": Choice(operation="Scale", limit=1),
    "a limit of a target": Choice(target=WEB, limit=1),
    "a limit of an anomaly": Choice(anomaly="NodeDiskFull node-7", limit=1),
    "a limit of a playbook": Choice(playbook=("shop", "restart"), limit=1),
    "a limit of none": Choice(limit=0),
    "a limit below none": Choice(limit=-1),
}


@pytest.mark.parametrize("what", CHOICES)
async def test_what_is_chosen_fits_all_that_is_given(store: Store, what: str) -> None:
    for each in SOME:
        await store.save(entry(int(each.id[-12:])), each)
    choice = CHOICES[what]
    fitting = [each for each in reversed(SOME) if choice.admits(each)]
    assert await store.executions(choice) == fitting[: max(0, choice.limit)]


async def test_a_time_in_another_zone_is_the_same_time(store: Store) -> None:
    await store.save(entry(1), execution(1, finished_at=after(1).astimezone(TAIPEI)))
    await store.save(entry(2), execution(2))
    assert await every_execution(store) == [execution(2), execution(1)]
    assert await store.executions(Choice(since=after(2))) == [execution(2)]


async def test_every_text_is_found_by_itself_alone(store: Store) -> None:
    texts = [text for text in HOSTILE if text != "\ud800"]
    saved = [
        execution(number, operation=text, targets=(text,), anomaly=text, playbook=text)
        for number, text in enumerate(texts)
    ]
    for number, each in enumerate(saved):
        await store.save(entry(number), each)
    for text, each in zip(texts, saved, strict=True):
        assert await store.executions(Choice(operation=text)) == [each]
        assert await store.executions(Choice(target=text)) == [each]
        assert await store.executions(Choice(anomaly=text)) == [each]
        assert await store.executions(Choice(playbook=("shop", text))) == [each]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
async def test_nothing_that_is_asked_for_can_break_a_store(store: Store, text: str) -> None:
    await store.save(entry(1), execution(1), [happening(1)])
    for choice in (Choice(text), Choice(target=text), Choice(anomaly=text), Choice(None, text)):
        assert await store.executions(choice) == []
    for playbook in ((text, "restart"), ("shop", text)):
        assert await store.executions(Choice(playbook=playbook)) == []
    assert await store.timeline(text) == []
    assert await store.get(text) is None
    assert await store.frequency(text, after(0)) == Frequency()


async def test_half_a_character_is_replaced_and_the_rest_can_be_read(store: Store) -> None:
    half = "a \ud800 b"
    told = happening(1).model_copy(update={"title": half})
    await store.save(entry(1, content=half, title=half), execution(1, error=half), [told])
    found = await store.get(uid(1))
    [done] = await every_execution(store)
    [event] = await store.timeline(uid(1))
    assert found is not None
    for text in (found.content, found.title, done.error or "", event.title):
        assert text.replace("\ud800", "\ufffd") == "a \ufffd b"
    assert len(await store.search(Query("a"))) == 1


async def test_saves_at_the_same_time_do_not_get_into_each_others_way(store: Store) -> None:
    await asyncio.gather(
        every_execution(store),
        *(store.save(entry(n), execution(n), [happening(n)]) for n in range(20)),
        *(store.save(entry(n), execution(n), [happening(n)]) for n in range(20)),
    )
    assert await every_execution(store) == [execution(n) for n in reversed(range(20))]
    assert [await store.timeline(uid(n)) for n in range(20)] == [[happening(n)] for n in range(20)]


async def test_all_is_there_after_a_restart(opened: Callable[[], Store], store: Store) -> None:
    if isinstance(store, MemoryStore):
        pytest.skip("it forgets")
    await store.save(entry(1), execution(1), [happening(1)])
    await store.occurred(occurrence(1, after(0)))
    again = opened()
    assert await every_execution(again) == [execution(1)]
    assert await again.timeline(uid(1)) == [happening(1)]
    assert await again.frequency(ANOMALY, after(1)) == Frequency(1, 1, 1)
    await again.save(entry(2), execution(2))
    assert await every_execution(again) == [execution(2), execution(1)]
    await again.close()
