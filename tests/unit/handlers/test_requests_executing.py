"""From the claim to the execution: at once, or by Kopf."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import kopf
import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.errors import ApiError
from countersign.policy.step import Step
from tests.support.fakes_objects import (
    UID,
    after,
    approved,
    planned,
    with_status,
)
from tests.support.fakes_policies import policy_body
from tests.support.fakes_time import settle
from tests.support.fakes_workflow import (
    SWEEP,
    World,
    as_body,
    claimed,
    finished,
    of_version,
    retried,
    written,
    written_down,
)

# --- Straight from the claim to the execution -----------------------------------------------------


async def test_an_approval_is_carried_out_from_the_answer_to_its_claim() -> None:
    of = planned()
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), Step(status=done))
    await world.observe(of)
    assert world.workflow.asked == ["advance", "execute"]
    assert world.workflow.saved == [("100", claimed(of)), ("101", done)]
    assert world.workflow.seen[1].metadata.resource_version == "101"


async def test_what_changes_while_it_is_carried_out_is_no_reason_to_look_at_what_has_ended() -> (
    None
):
    of = planned()
    world = World(Step(status=claimed(of)))

    async def execute(approved: ApprovalRequest) -> Step:
        assert [each.uid for each in world.book.policy_is(policy_body(signatures=2))] == [UID]
        return Step(status=finished(approved))

    world.workflow.execute = execute  # type: ignore[method-assign]
    await world.observe(of)
    assert [each.phase for _, each in world.workflow.saved] == [Phase.APPROVED, Phase.SUCCEEDED]
    assert world.wakes_at == after(SWEEP)
    assert world.book.policy_is_gone("p") == []


async def test_a_claim_that_was_lost_is_not_carried_out() -> None:
    of = planned()
    world = World(Step(status=claimed(of)))
    world.workflow.lost = True
    await world.observe(of)
    assert world.workflow.asked == ["advance"]


async def test_events_from_before_what_was_written_start_nothing() -> None:
    of = planned()
    of_claim = of_version(with_status(of, claimed(of)), "101")
    done = written_down(with_status(of_claim, finished(of_claim)))
    world = World(Step(status=claimed(of)), Step(status=done))
    await world.observe(of)
    world.workflow.asked.clear()
    for behind in (of, of_claim):
        await world.observe(behind)
        assert world.requests.is_ahead_of(UID)
    await world.observe(of_version(with_status(of, done), "102"))
    assert not world.requests.is_ahead_of(UID)
    assert world.workflow.asked == []
    assert world.wakes_at is None


async def test_another_attempt_after_the_first_is_left_to_kopf() -> None:
    of = planned()
    of_claim = of_version(with_status(of, claimed(of)), "101")
    world = World(
        Step(status=claimed(of)),
        Step(status=retried(of_claim), retry_after=timedelta(seconds=30)),
    )
    await world.observe(of)
    assert world.workflow.saved[1][1].phase is Phase.EXECUTING
    await world.observe(of_version(with_status(of, retried(of_claim)), "102"))
    assert not world.requests.is_ahead_of(UID)


async def test_an_outcome_that_cannot_be_written_is_found_again_soon() -> None:
    of = planned()
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), Step(status=done))
    world.workflow.save_error, world.workflow.save_fails_at = ApiError("connection reset"), 1
    await world.observe(of)
    assert world.wakes_at == after(2)
    assert not world.requests.is_ahead_of(UID)  # Its next event may carry it out once more.


async def test_a_defect_in_an_execution_at_once_is_an_end_with_a_name() -> None:
    of = planned()
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), ValueError("oops"), Step(status=done))
    await world.observe(of)
    assert world.workflow.asked == ["advance", "execute", "broken by oops"]


async def test_an_execution_at_once_that_is_broken_off_leaves_the_request_to_its_events() -> None:
    of = planned()
    world = World(Step(status=claimed(of)))
    world.workflow.hangs_at = "execute"
    observing = asyncio.create_task(world.observe(of))
    await settle()
    assert world.requests.is_ahead_of(UID)
    observing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await observing
    assert not world.requests.is_ahead_of(UID)


async def test_a_version_that_is_no_number_never_keeps_a_request_waiting() -> None:
    of = of_version(planned(), "100")
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), Step(status=done))
    await world.observe(of)
    world.requests._ahead[UID] = 0
    await world.observe(of_version(with_status(of, done), "abc"))
    assert not world.requests.is_ahead_of(UID)


# --- Executing ------------------------------------------------------------------------------------


async def test_an_execution_writes_only_what_has_changed() -> None:
    of = approved()
    world = World(Step(status=finished(of)))
    patch = await world.execute(of)
    assert world.workflow.asked == ["execute"]
    assert patch.fns == []
    assert patch["status"]["phase"] == "Succeeded"
    assert "plan" not in patch["status"]
    assert "riskLevel" not in patch["status"]
    assert written(patch, of) == {**finished(of).to_json(), "uid": of.metadata.uid}
    assert world.wakes_at == after(SWEEP)


async def test_another_attempt_is_kopfs_to_make_after_the_delay() -> None:
    of = approved()
    world = World(Step(status=retried(of), retry_after=timedelta(seconds=30)))
    patch = kopf.Patch()
    with pytest.raises(kopf.TemporaryError) as caught:
        await world.requests.execute(as_body(of), patch)
    assert caught.value.delay == 30
    assert patch["status"]["phase"] == "Executing"
    assert len(patch["status"]["attempts"]) == 1
    assert patch["status"]["uid"] == of.metadata.uid
    assert world.wakes_at == after(30 + SWEEP)


async def test_an_execution_that_came_too_early_is_made_again_and_writes_no_outcome() -> None:
    of = with_status(approved(), retried(approved()))
    patch = kopf.Patch()
    with pytest.raises(kopf.TemporaryError) as caught:
        await World(Step(retry_after=timedelta(seconds=12))).requests.execute(as_body(of), patch)
    assert caught.value.delay == 12
    # Kopf writes its progress along: not into another request of this name either.
    assert patch.get("status") == {"uid": of.metadata.uid}


async def test_a_defect_during_an_execution_is_an_end_with_a_name() -> None:
    of = approved()
    world = World(ValueError("oops"), Step(status=finished(of)))
    patch = await world.execute(of)
    assert world.workflow.asked == ["execute", "broken by oops"]
    assert patch["status"]["phase"] == "Succeeded"


async def test_a_status_field_that_goes_is_taken_away() -> None:
    of = approved()
    of = with_status(of, retried(of))
    patch = await World(Step(status=finished(of))).execute(of)
    assert patch["status"]["nextAttemptAt"] is None


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed", "Denied"])
async def test_a_request_that_is_not_approved_is_never_executed(phase: str) -> None:
    of = approved()
    of = with_status(of, of.status.model_copy(update={"phase": Phase(phase)}))
    world = World()
    assert not await world.execute(of)
    assert world.workflow.asked == []


async def test_a_request_that_is_being_executed_is_not_touched_meanwhile() -> None:
    of = approved()
    world = World(Step(status=finished(of)))
    await world.observe(of)
    world.workflow.hangs = asyncio.Event()
    executing = asyncio.create_task(world.execute(of))
    await settle()
    assert world.wakes_at is None
    world.workflow.hangs.set()
    await executing
