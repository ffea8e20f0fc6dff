"""What an event makes of a request that has not begun, and when it is looked at again."""

from __future__ import annotations

import asyncio

import pytest

from countersign.api.effects import EffectState, EffectStatus
from countersign.api.phase import Phase
from countersign.errors import ApiError
from countersign.policy.step import Step
from tests.support.fakes_objects import (
    UID,
    after,
    approved,
    planned,
    request,
    with_status,
)
from tests.support.fakes_policies import policy_body
from tests.support.fakes_time import START, settle
from tests.support.fakes_workflow import SWEEP, World, cancelled, claimed, finished, of_version


async def test_a_new_request_is_advanced_and_its_status_written() -> None:
    of = planned()
    world = World(Step(status=cancelled(of)))
    patch = await world.observe(of)
    assert world.workflow.asked == ["advance"]
    assert world.workflow.seen == [of]
    assert world.workflow.saved == [("100", cancelled(of))]
    assert not patch  # Kopf would call no handler while it keeps a patch that failed.
    assert patch.fns == []


async def test_a_status_that_cannot_be_written_just_now_is_decided_anew_soon() -> None:
    of = planned()
    world = World(Step(status=cancelled(of)))
    world.workflow.save_error = ApiError("connection reset")
    await world.observe(of)
    assert world.wakes_at == after(2)


async def test_a_status_that_the_server_will_have_none_of_is_not_sent_every_two_seconds() -> None:
    of = planned()
    world = World(Step(status=cancelled(of)))
    world.workflow.save_error = ApiError("Request entity too large", code=413)
    await world.observe(of)
    assert world.wakes_at == after(SWEEP)


async def test_a_request_that_has_nothing_to_do_is_left_alone() -> None:
    world = World(Step())
    patch = await world.observe(planned())
    assert not patch
    assert world.wakes_at is None


async def test_a_request_that_waits_for_a_time_is_looked_at_then() -> None:
    world = World(Step(wake_at=after(3600)))
    await world.observe(planned())
    assert world.wakeups.book[UID] == ("shop", "restart-web", after(3600))


async def test_a_status_that_may_get_lost_is_looked_after() -> None:
    of = planned()
    world = World(Step(status=cancelled(of)))
    await world.observe(of)
    assert world.wakes_at == after(SWEEP)


async def test_a_status_and_a_time_go_together() -> None:
    of = request()
    world = World(Step(status=cancelled(of), wake_at=after(30)))
    await world.observe(of)
    assert world.wakes_at == after(30)


async def test_a_request_that_breaks_the_workflow_is_looked_at_again() -> None:
    world = World(ValueError("a defect"))
    patch = await world.observe(planned())
    assert not patch
    assert world.workflow.asked == ["advance", "stumbled over a defect"]
    assert world.wakes_at == after(SWEEP)


async def test_what_the_workflow_says_of_its_own_defect_is_written() -> None:
    of = request()
    world = World(ValueError("a defect"), Step(status=cancelled(of), wake_at=after(30)))
    await world.observe(of)
    assert world.workflow.saved == [("100", cancelled(of))]
    assert world.wakes_at == after(30)


@pytest.mark.parametrize("phase", ["Approved", "Executing"])
async def test_a_request_that_moves_is_left_to_its_execution_and_looked_after(phase: str) -> None:
    of = approved()
    of = with_status(of, of.status.model_copy(update={"phase": Phase(phase)}))
    world = World()
    patch = await world.observe(of)
    assert world.workflow.asked == []
    assert not patch
    assert world.wakes_at == after(SWEEP)


async def test_a_finished_request_is_forgotten() -> None:
    of = planned()
    done = with_status(of, cancelled(of))
    world = World()
    world.wakeups.at(UID, "shop", "restart-web", after(5))
    assert not await world.observe(done)
    assert world.workflow.asked == []
    assert world.wakes_at is None


async def test_a_finished_request_that_is_not_written_down_is_advanced() -> None:
    of = approved()
    world = World(Step(wake_at=after(30)))
    await world.observe(with_status(of, finished(of)))
    assert world.workflow.asked == ["advance"]
    assert world.wakes_at == after(30)


@pytest.mark.parametrize("phase", ["Pending", "Approved", "Succeeded"])
async def test_whatever_its_phase_what_was_left_untold_about_it_is_told(phase: str) -> None:
    of = approved()
    of = with_status(of, of.status.model_copy(update={"phase": Phase(phase)}))
    world = World()
    await world.observe(of, None)
    assert world.workflow.watched == [of]


async def test_of_old_events_and_while_it_leaves_nothing_is_told() -> None:
    of = planned()
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), Step(status=done))
    await world.observe(of)
    world.workflow.watched.clear()
    await world.observe(of)
    assert world.workflow.watched == []
    await world.requests.drain(0)
    await world.observe(of_version(with_status(of, done), "102"))
    assert world.workflow.watched == []


async def test_a_finished_request_with_a_message_undelivered_is_advanced() -> None:
    of = planned()
    entry = EffectStatus(state=EffectState.PENDING, since=START)
    status = cancelled(of).model_copy(update={"effects": {"message-decided": entry}})
    world = World(Step())
    await world.observe(with_status(of, status))
    assert world.workflow.asked == ["advance"]
    assert world.wakes_at is None


async def test_a_request_that_is_gone_is_forgotten() -> None:
    world = World()
    world.wakeups.at(UID, "shop", "restart-web", after(5))
    assert not await world.observe(planned(), "DELETED")
    assert world.workflow.asked == []
    assert world.wakes_at is None


async def test_a_request_that_was_listed_at_the_start_is_looked_at_like_any_other() -> None:
    world = World()
    await world.observe(planned(), None)
    assert world.workflow.asked == ["advance"]


async def test_a_request_that_waits_is_one_that_a_change_of_policy_may_concern() -> None:
    world = World()
    await world.observe(planned())
    assert [each.uid for each in world.book.policy_is(policy_body(signatures=2))] == [UID]
    await world.observe(planned(), "DELETED")
    assert world.book.policy_is(policy_body(signatures=3)) == []


async def test_a_policy_that_changes_while_a_decision_is_written_has_it_made_anew_at_once() -> None:
    of = planned()
    world = World(Step(wake_at=after(900)))
    world.workflow.hangs = asyncio.Event()
    observing = asyncio.create_task(world.observe(of))
    await settle()
    world.book.policy_is(policy_body(signatures=2))
    world.workflow.hangs.set()
    await observing
    assert world.wakes_at == START


async def test_a_change_of_policy_that_has_been_decided_under_is_over_with() -> None:
    world = World(Step(), Step(wake_at=after(900)))
    await world.observe(planned())
    world.book.policy_is(policy_body(signatures=2))
    await world.observe(planned())
    assert world.wakes_at == after(900)
