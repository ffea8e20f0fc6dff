"""What is told of what was written, and what a deleted request leaves behind."""

from __future__ import annotations

from datetime import timedelta

import kopf
import pytest

from countersign.api.phase import Phase
from countersign.errors import ApiError
from countersign.policy import bookkeeping, transitions
from countersign.policy.retry import Again
from countersign.policy.step import Step
from tests.support.fakes_objects import (
    UID,
    after,
    approved,
    planned,
    with_status,
)
from tests.support.fakes_time import START
from tests.support.fakes_workflow import (
    ATTEMPT,
    NOTICE,
    World,
    claimed,
    finished,
    written_down,
)

# --- Events ---------------------------------------------------------------------------------------


async def test_events_of_an_execution_are_posted_once_their_status_is_seen_and_not_before() -> None:
    of = approved()
    stale = transitions.stale(of, "Changed.", after(1))
    world = World(Step(status=stale, notices=(NOTICE,)))
    await world.execute(of)
    assert world.workflow.told == []
    await world.observe(with_status(of, stale))
    assert world.workflow.told == [NOTICE]
    await world.observe(with_status(of, stale))
    assert world.workflow.told == [NOTICE]


async def test_channels_are_told_of_it_at_the_same_moment_and_once() -> None:
    of = approved()
    stale = transitions.stale(of, "Changed.", after(1))
    world = World(Step(status=stale))
    await world.execute(of)
    assert world.workflow.announced == []
    for _ in range(2):
        await world.observe(with_status(of, stale))
    assert world.workflow.announced == [(Phase.APPROVED, Phase.PENDING)]


async def test_a_request_that_is_gone_is_forgotten_by_who_tells_as_well() -> None:
    world = World()
    await world.observe(approved(), "DELETED")
    assert world.workflow.forgotten == [UID]


async def test_an_event_from_before_the_write_does_not_lose_what_is_to_be_told() -> None:
    of = approved()
    stale = transitions.stale(of, "Changed.", after(1))
    world = World(Step(status=stale, notices=(NOTICE,)))
    await world.execute(of)
    await world.observe(of)  # An annotation, say: it was on its way before the status.
    await world.observe(with_status(of, stale))
    assert world.workflow.told == [NOTICE]


async def test_events_of_a_request_that_is_gone_are_not_posted() -> None:
    of = approved()
    stale = transitions.stale(of, "Changed.", after(1))
    world = World(Step(status=stale, notices=(NOTICE,)))
    await world.execute(of)
    await world.observe(of, "DELETED")
    await world.observe(with_status(of, stale))
    assert world.workflow.told == []


# --- Deleted before all was done ------------------------------------------------------------------


async def test_what_a_deleted_request_has_left_undone_is_inherited() -> None:
    of = approved()
    world = World()
    await world.observe(with_status(of, finished(of)), "DELETED")
    [inherited] = world.workflow.inherited
    assert inherited.status == finished(of)
    assert world.workflow.announced == []  # That was done when it was written.


async def test_a_request_leaves_nothing_that_has_not_ended_or_is_done_with() -> None:
    of = approved()
    world = World()
    for status in (planned().status, of.status, written_down(with_status(of, finished(of)))):
        await world.observe(with_status(of, status), "DELETED")
    assert world.workflow.inherited == []


@pytest.mark.parametrize("straight", [True, False])
async def test_what_came_of_a_request_that_was_deleted_meanwhile_is_told_and_inherited(
    straight: bool,
) -> None:
    of = planned()
    claim = with_status(of, claimed(of))
    done = bookkeeping.with_messages(claim, finished(claim), ["message-executed"], START)
    if straight:  # From the claim on; its end finds no object to be written into.
        world = World(Step(status=claim.status), Step(status=done, notices=(NOTICE,)))
        world.workflow.save_error = ApiError("not found", code=404, reason="NotFound")
        world.workflow.save_fails_at = 1
        await world.observe(of)
    else:
        world = World(Step(status=done, notices=(NOTICE,)))
        await world.execute(claim)
    assert world.workflow.announced == []
    await world.observe(claim, "DELETED")
    assert world.workflow.announced == [(Phase.APPROVED, Phase.SUCCEEDED)]
    assert world.workflow.told == [NOTICE]
    assert world.workflow.expected == []  # There is nothing to write into that it was delivered.
    assert [each.status for each in world.workflow.inherited] == [done]


@pytest.mark.parametrize("seen", [True, False])
async def test_one_that_is_deleted_between_two_attempts_ends_there_is_told_and_inherited(
    seen: bool,
) -> None:
    of = approved()
    later = Again(2, 1, 2, timedelta(seconds=30))
    status = transitions.retrying(of, ATTEMPT, later, after(1))
    world = World(Step(status=status, retry_after=later.delay))
    with pytest.raises(kopf.TemporaryError):
        await world.execute(of)
    waiting = with_status(of, status)
    if seen:
        await world.observe(waiting)
    world.workflow.announced.clear()
    await world.observe(waiting if seen else of, "DELETED")
    assert "abandoned" in world.workflow.asked
    began = Phase.EXECUTING if seen else Phase.APPROVED
    assert world.workflow.announced == [(began, Phase.SUCCEEDED)]
    assert len(world.workflow.inherited) == 1


async def test_of_an_end_that_was_written_before_the_deletion_that_is_inherited() -> None:
    of = approved()
    world = World(Step(status=finished(of), notices=(NOTICE,)))
    await world.execute(of)
    live = written_down(with_status(of, finished(of)))
    await world.observe(with_status(of, live), "DELETED")
    assert world.workflow.told == [NOTICE]
    assert world.workflow.inherited == []
