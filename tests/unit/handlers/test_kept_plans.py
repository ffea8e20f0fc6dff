"""Plans that an event lacks."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.errors import ApiError
from countersign.policy.step import Step
from tests.support.fakes_objects import (
    UID,
    after,
    planned,
    request,
)
from tests.support.fakes_workflow import SWEEP, World, as_body


def without_plan(of: ApprovalRequest) -> dict[str, Any]:
    """As a watch of an older type shows it."""
    body = as_body(of)
    del body["status"]["plan"]
    return body


async def test_a_plan_that_the_server_has_kept_and_an_old_watch_does_not_show_is_waited_for() -> (
    None
):
    plan = planned()
    world = World(Step(status=plan.status))
    await world.observe(request())
    assert world.workflow.asked == ["advance"]
    await world.observe(without_plan(plan))
    assert world.workflow.asked == ["advance"]
    assert world.wakeups.book[UID][2] == after(SWEEP)
    await world.observe(plan)
    assert world.workflow.asked == ["advance", "advance"]


@pytest.mark.parametrize("there", [True, False])
async def test_a_plan_that_is_missing_in_two_events_is_looked_up(there: bool) -> None:
    plan = planned()
    world = World(Step(status=plan.status))
    await world.observe(request())
    world.live = as_body(plan) if there else without_plan(plan)
    await world.observe(without_plan(plan))
    assert (world.workflow.asked, world.reads) == (["advance"], 0)
    await world.observe(without_plan(plan))
    assert (world.workflow.asked, world.reads) == (["advance", "advance"], 1)
    assert (world.workflow.seen[-1].status.plan is not None) is there


def another() -> dict[str, Any]:
    body = as_body(planned())
    return {**body, "metadata": {**body["metadata"], "uid": "another"}}


LATER: dict[str, dict[str, Any] | ApiError] = {
    "it cannot be read": ApiError("connection refused"),
    "another one bears its name": another(),
}


@pytest.mark.parametrize("what", LATER)
async def test_a_request_whose_plan_is_missing_is_looked_at_later_where(what: str) -> None:
    plan = planned()
    world = World(Step(status=plan.status))
    await world.observe(request())
    world.live = LATER[what]
    for _ in range(2):
        await world.observe(without_plan(plan))
    assert (world.workflow.asked, world.reads) == (["advance"], 1)
    assert world.wakeups.book[UID][2] == after(SWEEP)


async def test_a_plan_that_the_server_has_not_kept_is_told_of_as_missing() -> None:
    plan = planned()
    world = World(Step(status=plan.status.model_copy(update={"plan": None})))
    await world.observe(request())
    await world.observe(without_plan(plan))
    assert world.workflow.asked == ["advance", "advance"]
