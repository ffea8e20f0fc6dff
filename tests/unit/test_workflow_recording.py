"""What is written and told of an execution, also where the store is down."""

from __future__ import annotations

import pytest

from countersign.api.phase import Phase
from tests.support.fakes import forbidden, unavailable
from tests.support.fakes_objects import (
    after,
)
from tests.support.fakes_time import in_virtual_time
from tests.support.fakes_world import UNWATCHED, approved_world

DOWN: dict[str, Exception] = {
    "the API server is down": unavailable(),
    "the disk is full": OSError("no space left on device"),
    "it has a defect": ValueError("a defect"),
}


@pytest.mark.parametrize("what", DOWN)
@in_virtual_time
async def test_a_store_that_is_down_changes_no_outcome(what: str) -> None:
    world = await approved_world(**UNWATCHED)
    world.store.error = DOWN[what]
    step = await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.condition("Executed") == "True/Applied"
    assert world.condition("Recorded") == "False/StoreUnavailable"
    assert step.wake_at == after(30)
    assert world.events() == [("end", "Normal", "Succeeded")]
    assert ("failed effect", "knowledge") in world.meter.told


@in_virtual_time
async def test_what_was_not_written_down_is_written_once_the_store_is_back() -> None:
    for fault in (None, forbidden()):
        world = await approved_world(**UNWATCHED)
        world.cluster.faults["patch"].append(fault)
        world.store.error = unavailable()
        await world.execute()
        outcome = world.request.status.result
        for _ in range(3):
            step = await world.advance()
            assert step.status is None
            assert step.wake_at is not None
            await world.pass_time(30)
        world.store.error = None
        step = await world.advance()
        assert world.condition("Recorded") == "True/Recorded"
        assert world.request.status.result == outcome
        assert step.wake_at is None
        entry = await world.entry()
        assert entry is not None
        assert entry.tags[1] == ("success" if fault is None else "failure")
        assert (await world.advance()).status is None


@pytest.mark.parametrize("what", DOWN)
@in_virtual_time
async def test_an_event_that_cannot_be_posted_changes_nothing(what: str) -> None:
    world = await approved_world(**UNWATCHED)
    world.desk.error = DOWN[what]
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.condition("Recorded") == "True/Recorded"
    assert ("failed effect", "event") in world.meter.told


@in_virtual_time
async def test_an_event_that_cannot_be_posted_stops_no_retry() -> None:
    world = await approved_world(**UNWATCHED)
    world.desk.error = unavailable()
    world.cluster.faults["patch"].append(unavailable())
    step = await world.execute()
    assert step.retry_after is not None
    assert world.phase is Phase.EXECUTING
