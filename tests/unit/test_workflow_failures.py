"""Attempts that have failed for good, and what is said of them."""

from __future__ import annotations

import pytest

from countersign.api.phase import Phase
from countersign.errors import ApiError
from tests.support.fakes import conflict, forbidden, not_found, unavailable
from tests.support.fakes_objects import (
    with_status,
)
from tests.support.fakes_time import in_virtual_time
from tests.support.fakes_world import UNWATCHED, approved_world

PERMANENT: dict[str, tuple[ApiError, str]] = {
    "a permission that was taken away": (forbidden(), "Forbidden"),
    "a target that is gone": (not_found(), "TargetNotFound"),
    "a refusal of an admission policy": (
        ApiError("denied request: at most 4 replicas", code=422, reason="Invalid"),
        "Blocked",
    ),
    "an error of no known kind": (ApiError("something went wrong"), "Invalid"),
    "a permanent word among transient ones": (
        ApiError("connection refused (not found)"),
        "Invalid",
    ),
}


@pytest.mark.parametrize("what", PERMANENT)
@in_virtual_time
async def test_a_permanent_error_ends_it_at_once(what: str) -> None:
    error, reason = PERMANENT[what]
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].append(error)
    step = await world.execute()
    assert step.retry_after is None
    assert (world.phase, world.condition("Executed")) == (Phase.FAILED, f"False/{reason}")
    assert world.journal == ["knowledge", "event end"]
    assert world.events() == [("end", "Warning", "Failed")]
    assert world.request.status.result is not None
    assert not world.request.status.result.changed
    assert world.request.status.attempts[0].transient is False
    entry = await world.entry()
    assert entry is not None
    assert entry.tags[1] == "failure"
    assert world.meter.told[-1][:3] == ("finished", "Scale", "Failed")


@in_virtual_time
async def test_a_refusal_on_the_way_keeps_its_own_reason() -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].extend([conflict()] * 9)
    step = await world.execute()
    assert step.retry_after is not None
    assert "keeps changing" in world.message


@in_virtual_time
async def test_a_plan_that_went_stale_asks_people_again() -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.change(world.path, lambda live: live["spec"].update(replicas=4))
    step = await world.execute()
    assert (world.phase, world.condition("Planned")) == (Phase.PENDING, "False/Stale")
    assert world.journal == []
    assert [(notice.step, notice.type, notice.reason) for notice in step.notices] == [
        ("stale-1", "Warning", "Stale")
    ]
    assert world.replicas == 4
    assert await world.entry() is None
    await world.advance()
    assert world.request.status.plan is not None
    assert world.request.status.plan.revision == 2
    assert world.request.status.signed == "0/1"
    assert (await world.advance()).status is None  # The old signatures are void.
    world.sign("carol")
    await world.advance()
    await world.execute()
    assert (world.phase, world.replicas) == (Phase.SUCCEEDED, 5)


@in_virtual_time
async def test_a_plan_that_went_stale_between_attempts_ends_in_a_failure() -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].append(unavailable())
    await world.execute()
    await world.pass_time(30)
    world.cluster.change(world.path, lambda live: live["spec"].update(replicas=4))
    step = await world.execute()
    assert (world.phase, world.condition("Executed")) == (Phase.FAILED, "False/Stale")
    assert step.retry_after is None
    assert world.replicas == 4
    assert await world.entry() is not None


@in_virtual_time
async def test_a_status_that_the_crd_has_pruned_ends_with_what_to_do() -> None:
    for missing in ("plan", "approved_at"):
        world = await approved_world(**UNWATCHED)
        status = world.request.status.model_copy(update={missing: None})
        world.request = with_status(world.request, status)
        await world.execute()
        assert (world.phase, world.condition("Executed")) == (Phase.FAILED, "False/SchemaOutdated")
        assert "apply crds/ again" in world.message
        assert world.replicas == 3


@in_virtual_time
async def test_a_defect_of_our_own_ends_it_and_says_that_nobody_knows() -> None:
    world = await approved_world(**UNWATCHED)
    step = await world.workflow.broken(world.request, KeyError("spec"))
    assert step.status is not None
    assert step.status.phase is Phase.FAILED
    assert "may have been applied" in (step.status.message or "")
    assert await world.entry() is not None
