"""A plan of several steps, and what cannot be repeated: the order of things and how they end."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import MAX_TARGETS, Operation, OperationType, Target
from countersign.api.parameters import ExecParameters
from countersign.api.phase import Phase
from countersign.api.status import MAX_STEPS, Change
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.ports import Progress
from countersign.workflow import BEGIN_AGAIN
from tests.support.fakes import conflict, unavailable
from tests.support.fakes_objects import with_status
from tests.support.fakes_time import in_virtual_time
from tests.support.steps import NAMES, PODS, Steps, approved_steps

# --- Several steps --------------------------------------------------------------------------------


@in_virtual_time
async def test_a_plan_has_a_step_for_each_object_and_people_sign_all_of_them() -> None:
    world = Steps()
    await world.advance()
    plan = world.request.status.plan
    assert plan is not None
    assert [step.target.name for step in plan.steps] == list(PODS)
    assert [step.operation.one.name for step in plan.steps] == list(PODS)
    assert world.request.status.target == "Pod/a, b, c"
    assert plan.summary.startswith("3 objects: Do it to Pod a; ")


@in_virtual_time
async def test_steps_run_in_their_order_and_each_has_its_result() -> None:
    world = await approved_steps()
    await world.execute()
    assert world.executor.ran == list(PODS)
    assert world.phase is Phase.SUCCEEDED
    assert world.outcomes == [(name, "Succeeded") for name in NAMES]
    assert world.journal.count("knowledge") == 1


@in_virtual_time
async def test_a_failure_stops_the_rest_and_says_which_ran() -> None:
    world = await approved_steps()
    world.executor.fails["b"] = RefusedError("Invalid", "No.")
    await world.execute()
    assert world.executor.ran == ["a"]
    assert world.phase is Phase.FAILED
    assert world.outcomes == list(zip(NAMES, ("Succeeded", "Failed", "NotRun"), strict=True))
    assert world.message == "No. Done: Pod/a. Failed: Pod/b. Not run: Pod/c."
    assert world.request.status.result is not None
    assert world.request.status.result.changed


@in_virtual_time
async def test_a_step_that_does_not_end_well_stops_the_rest() -> None:
    world = await approved_steps()
    world.executor.ends = {"b": Progress("degraded", "it crashes")}
    await world.execute()
    assert world.executor.ran == ["a", "b"]
    assert world.condition("Verified") == "False/Degraded"
    assert world.outcomes == list(zip(NAMES, ("Succeeded", "Failed", "NotRun"), strict=True))
    assert "it crashes" in world.message


@in_virtual_time
async def test_another_attempt_begins_with_the_first_step_again() -> None:
    world = await approved_steps()
    world.executor.fails["b"] = unavailable()
    step = await world.execute()
    assert world.phase is Phase.EXECUTING
    assert step.retry_after is not None
    world.executor.fails.clear()
    await world.pass_time(step.retry_after.total_seconds())
    await world.execute()
    assert world.executor.ran == ["a", "a", "b", "c"]  # What is done twice is the executor's.
    assert world.phase is Phase.SUCCEEDED


@in_virtual_time
async def test_a_plan_that_goes_stale_before_anything_has_changed_is_asked_about_again() -> None:
    world = Steps()
    world.executor.unchanged.add("a")
    await world.approve()
    world.executor.fails["b"] = StaleError("Pod shop/b has changed.")
    await world.execute()
    assert world.phase is Phase.PENDING
    assert world.condition("Planned") == "False/Stale"


@in_virtual_time
async def test_a_plan_that_goes_stale_half_way_is_a_failure_that_says_how_far_it_came() -> None:
    world = await approved_steps()
    world.executor.fails["b"] = StaleError("Pod shop/b has changed.")
    await world.execute()
    assert world.phase is Phase.FAILED
    assert world.condition("Executed") == "False/Stale"
    assert world.message.endswith("Done: Pod/a. Failed: Pod/b. Not run: Pod/c.")


def meant(world: Steps, *targets: Target, **parameters: Any) -> None:
    """Make the request about other objects."""
    operation = Operation(type=world.executor.operation, targets=targets, **parameters)
    spec = world.request.spec.model_copy(update={"operation": operation})
    world.request = world.request.model_copy(update={"spec": spec})


@in_virtual_time
async def test_too_many_objects_are_refused() -> None:
    world = Steps()
    for number in range(MAX_STEPS + 1):
        labels = {"app": "web"}
        metadata = {"name": f"pod-{number}", "namespace": "shop", "labels": labels}
        world.cluster.put({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}})
    meant(world, Target(kind="Pod", selector="app=web"))
    await world.advance()
    assert world.phase is Phase.FAILED
    assert f"More than {MAX_STEPS} objects" in world.message


@in_virtual_time
async def test_a_plan_that_no_object_could_hold_is_refused_and_not_tried_for_ever() -> None:
    world = Steps()
    world.executor.changes = tuple(
        Change(field=f"data.{number}", before="x" * 1000, after="y" * 1000) for number in range(64)
    )
    meant(world, *(Target(kind="Pod", name=f"pod-{number}") for number in range(MAX_TARGETS)))
    await world.advance()
    assert (world.phase, world.condition("Planned")) == (Phase.FAILED, "False/Invalid")
    assert "too large" in world.message


@in_virtual_time
async def test_a_selector_that_finds_nothing_is_refused() -> None:
    world = Steps()
    meant(world, Target(kind="Pod", selector="app=web"))
    await world.advance()
    assert world.condition("Planned") == "False/TargetNotFound"
    assert "There is no Pod shop/with app=web" in world.message


# --- What cannot be repeated ----------------------------------------------------------------------


@in_virtual_time
async def test_that_it_begins_is_written_before_it_does() -> None:
    world = await approved_steps(OperationType.EXEC)
    world.executor.output = "Tue"
    await world.execute()
    assert world.journal[0] == "status Executing"
    assert world.executor.ran == ["a"]
    assert world.phase is Phase.SUCCEEDED
    assert world.request.status.result is not None
    assert world.request.status.result.output == "Tue"


@pytest.mark.parametrize("error", [conflict(), unavailable()], ids=["conflict", "down"])
@in_virtual_time
async def test_where_that_cannot_be_written_nothing_begins(error: ApiError) -> None:
    world = await approved_steps(OperationType.EXEC)
    world.desk.error = error
    step = await world.execute()
    assert world.executor.ran == []
    assert (step.status, step.retry_after) == (None, BEGIN_AGAIN)


@in_virtual_time
async def test_a_run_that_finds_it_begun_does_not_repeat_it() -> None:
    world = await approved_steps(OperationType.EXEC)
    await world.execute()
    begun = world.desk.saved[0]
    world.request = with_status(world.request, begun)  # The operator was killed in between.
    assert world.phase is Phase.EXECUTING
    world.executor.ran.clear()
    await world.execute()
    assert world.executor.ran == []
    assert world.condition("Executed") == "False/OutcomeUnknown"
    assert world.phase is Phase.FAILED


@in_virtual_time
async def test_an_answer_that_never_came_leaves_the_outcome_unknown_and_is_not_retried() -> None:
    world = await approved_steps(OperationType.EXEC)
    world.executor.fails["a"] = ApiError("connection reset")
    step = await world.execute()
    assert step.retry_after is None
    assert world.condition("Executed") == "False/OutcomeUnknown"


@in_virtual_time
async def test_a_command_that_does_not_end_is_given_up_and_its_outcome_is_unknown() -> None:
    world = await approved_steps(OperationType.EXEC, verify={"timeout": "90s"})
    world.executor.hangs = True
    began = world.clock.now()
    step = await world.execute()
    assert (world.clock.now() - began).total_seconds() == 90
    assert step.retry_after is None
    assert world.condition("Executed") == "False/OutcomeUnknown"
    assert "has not ended after 90 s" in world.message


@pytest.mark.parametrize(
    "error",
    [unavailable(), RefusedError("CommandFailed", "exit status 3"), StaleError("Another pod.")],
    ids=["refused by the server", "failed", "stale"],
)
@in_virtual_time
async def test_whatever_went_wrong_after_it_began_is_an_end(error: Exception) -> None:
    world = await approved_steps(OperationType.EXEC)
    world.executor.fails["a"] = error
    step = await world.execute()
    assert step.retry_after is None
    assert world.phase is Phase.FAILED
    assert world.condition("Executed") != "False/OutcomeUnknown"


@in_virtual_time
async def test_only_one_object_a_request_where_nothing_can_be_repeated() -> None:
    world = Steps(OperationType.EXEC)
    pods = (Target(kind="Pod", name=name) for name in PODS)
    meant(world, *pods, exec=ExecParameters(command=("date",)))
    await world.advance()
    assert world.condition("Planned") == "False/Unsupported"
