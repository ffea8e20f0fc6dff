"""Promise 3 for writes whose effect a dry run tells: done once, and only as signed."""

from __future__ import annotations

import pytest

from countersign.api.operation import Target
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.once.stamps import STAMP
from tests.support.fakes import EXECUTOR
from tests.support.fakes_faults import LostAnswer, conflict
from tests.support.fakes_objects import UID, workload
from tests.support.patching import (
    STAMPED,
    World,
    patch,
    told,
)


async def test_an_object_that_changes_during_planning_is_read_again() -> None:
    world = World()
    world.cluster.faults["dry-run"].append(lambda: world.scaled(4))
    assert told(await world.plan()) == [("spec.replicas", "4", "5")]


async def test_planning_gives_up_on_an_object_that_never_stands_still() -> None:
    world = World()
    world.cluster.faults["dry-run"].extend([conflict()] * 5)
    with pytest.raises(ApiError, match="keeps changing") as error:
        await world.plan()
    assert error.value.conflict
    assert world.cluster.count("dry-run") == 5


async def test_an_object_that_is_not_there_is_not_made() -> None:
    target = Target(kind="Deployment", name="absent", namespace="shop")
    with pytest.raises(ApiError) as error:
        await World().plan(patch({"spec": {"replicas": 5}}, target=target))
    assert error.value.not_found


async def test_our_own_objects_are_not_patched_by_requests() -> None:
    target = Target(kind="ApprovalRequest", name="x", namespace="shop")
    world = World({"kind": "ApprovalRequest", "metadata": {"name": "x"}, "spec": {}})
    with pytest.raises(RefusedError, match="this program's own"):
        await world.plan(patch({"spec": {"cancelled": True}}, target=target))


async def test_a_second_run_finds_the_first_ones_effect() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["patch"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    world.scaled(9)  # A person, afterwards.
    again = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert (again.changed, again.earlier) == (True, True)
    assert world.live["spec"]["replicas"] == 9
    assert world.cluster.journal == ["effect"]


async def test_another_requests_stamp_is_not_ours_and_is_kept() -> None:
    world = World(workload(annotations={STAMP: "earlier"}))
    step = await world.plan(
        patch([{"op": "replace", "path": "/spec/replicas", "value": 5}], "json")
    )
    await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.live["metadata"]["annotations"][STAMP] == f"{UID},earlier"


async def test_a_change_beside_the_patch_does_not_matter() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["patch"].append(
        lambda: world.cluster.change(world.path, lambda live: live["status"].update(replicas=1))
    )
    effect = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert effect.changed
    assert world.cluster.count("patch") == 2


@pytest.mark.parametrize("moment", ["get", "dry-run", "patch"])
async def test_a_change_of_the_same_field_makes_the_plan_stale(moment: str) -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults[moment].append(lambda: world.scaled(4))
    with pytest.raises(StaleError, match="has changed since the plan"):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.live["spec"]["replicas"] == 4


async def test_another_object_of_the_same_name_makes_the_plan_stale() -> None:
    world = World()
    step = await world.plan()
    world.cluster.put(workload(uid="00000000-0000-4000-8000-00000000beef"))
    with pytest.raises(StaleError, match="deleted and created again"):
        await world.executor.execute(step, STAMPED, EXECUTOR)


async def test_an_object_that_never_stands_still_is_a_conflict_that_may_pass() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["patch"].extend([conflict()] * 5)
    with pytest.raises(ApiError, match="keeps changing"):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.cluster.count("patch") == 5


async def test_other_errors_pass_through() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["dry-run"].append(ApiError("no", code=503))
    with pytest.raises(ApiError, match="no"):
        await world.executor.execute(step, STAMPED, EXECUTOR)


async def test_a_deleted_target_is_not_found() -> None:
    world = World()
    step = await world.plan()
    world.cluster.vanish(world.path)
    with pytest.raises(ApiError) as error:
        await world.executor.execute(step, STAMPED, EXECUTOR)
    assert error.value.not_found
    assert world.executor.gone(step).state == "degraded"
