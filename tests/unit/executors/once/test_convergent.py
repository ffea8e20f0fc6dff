"""Promise 3: a recipe is carried out exactly once, whatever the world does meanwhile."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.status import PlanStep
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors import all_executors
from countersign.executors.once.convergent import Convergent
from countersign.executors.once.stamps import STAMP
from countersign.executors.rollouts.restart_rollout import RESTARTED_AT, RestartRollout
from countersign.executors.rollouts.scale import Scale
from countersign.ports import JsonObject, Stamp
from tests.support.fakes import EXECUTOR, FakeCluster, LostAnswer, conflict, forbidden
from tests.support.fakes_objects import UID, after, operation, workload
from tests.support.fakes_time import START, FakeClock

SCALE, RESTART = operation(replicas=5), operation()
STAMPED = Stamp(UID, START)
OTHERS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(12)]


class World:
    """One Deployment, and the executor of one operation on it."""

    def __init__(self, of: Operation = SCALE, **live: Any) -> None:
        self.of = of
        self.cluster = FakeCluster()
        self.path = self.cluster.put(workload(**live))
        recipe = RestartRollout() if of.scale is None else Scale()
        self.executor = Convergent(recipe, self.cluster)

    @property
    def live(self) -> JsonObject:
        return self.cluster.objects[self.path]

    async def plan(self) -> PlanStep:
        draft = await self.executor.draft(self.of, EXECUTOR)
        self.cluster.calls.clear()
        self.cluster.bodies.clear()
        return draft.step(self.of)

    def stamps(self) -> list[str]:
        return str(self.live["metadata"]["annotations"].get(STAMP, "")).split(",")

    def happens(self, how: Callable[[JsonObject], None]) -> Callable[[], None]:
        return lambda: self.cluster.change(self.path, how)


def update_status(live: JsonObject) -> None:
    live["status"]["observedGeneration"] = live["status"].get("observedGeneration", 0) + 1


def scale_to(replicas: int) -> Callable[[JsonObject], None]:
    def change(live: JsonObject) -> None:
        live["spec"]["replicas"] = replicas

    return change


def recreate(live: JsonObject) -> None:
    live["metadata"]["uid"] = "another-uid"


# --- Planning -------------------------------------------------------------------------------------


async def test_planning_takes_one_read_and_one_dry_run_and_changes_nothing() -> None:
    world = World()
    before = copy.deepcopy(world.live)
    await world.executor.draft(SCALE, EXECUTOR)
    assert world.cluster.calls == ["get", "dry-run"]
    assert world.cluster.asked_as == {EXECUTOR}
    assert world.live == before


async def test_the_draft_names_the_very_object_that_was_read() -> None:
    world = World(annotations={STAMP: OTHERS[0]})
    draft = await world.executor.draft(SCALE, EXECUTOR)
    metadata = world.live["metadata"]
    assert draft.target.uid == metadata["uid"]
    assert draft.target.resource_version == metadata["resourceVersion"]
    assert draft.target.executed == OTHERS[0]
    assert (draft.target.kind, draft.target.namespace, draft.target.name) == (
        "Deployment",
        "shop",
        "web",
    )
    assert draft.undo == operation(replicas=3)


async def test_what_the_recipe_refuses_is_refused_at_planning() -> None:
    world = World(operation(replicas=5, current=9))
    with pytest.raises(RefusedError):
        await world.executor.draft(world.of, EXECUTOR)


async def test_a_plan_that_changes_nothing_needs_no_dry_run() -> None:
    world = World(operation(replicas=3))
    plan = await world.plan()
    assert plan.changes == ()
    await world.executor.draft(world.of, EXECUTOR)
    assert world.cluster.calls == ["get"]


@pytest.mark.parametrize("of", [SCALE, RESTART], ids=lambda of: of.type)
async def test_the_dry_run_is_the_very_patch_but_for_stamp_and_time(of: Operation) -> None:
    world = World(of)
    plan = await world.plan()
    await world.executor.draft(of, EXECUTOR)
    await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert world.cluster.calls == ["get", "dry-run", "patch"]
    rehearsed, done = world.cluster.bodies
    assert done["metadata"]["annotations"].pop(STAMP) == UID
    assert rehearsed["metadata"]["annotations"].pop(STAMP) not in ("", UID)
    for body in (rehearsed, done):
        if of is RESTART:
            assert body["spec"]["template"]["metadata"]["annotations"].pop(RESTARTED_AT)
    assert rehearsed == done


async def test_a_refusal_of_the_dry_run_is_passed_on() -> None:
    world = World()
    world.cluster.faults["dry-run"].append(forbidden())
    with pytest.raises(ApiError) as caught:
        await world.executor.draft(SCALE, EXECUTOR)
    assert caught.value.code == 403


async def test_a_target_that_moves_between_read_and_dry_run_is_read_once_more() -> None:
    world = World()
    world.cluster.faults["dry-run"].append(world.happens(update_status))
    await world.executor.draft(SCALE, EXECUTOR)
    assert world.cluster.calls == ["get", "dry-run", "get", "dry-run"]


# --- Carrying out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [SCALE, RESTART], ids=lambda of: of.type)
async def test_an_untouched_target_takes_one_patch_and_nothing_else(of: Operation) -> None:
    world = World(of)
    plan = await world.plan()
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert world.cluster.calls == ["patch"]
    assert (effect.changed, effect.earlier) == (True, False)
    assert effect.live == world.live
    assert world.stamps() == [UID]


async def test_the_patch_bears_the_targets_uid_and_version_as_preconditions() -> None:
    world = World()
    plan = await world.plan()
    await world.executor.execute(plan, STAMPED, EXECUTOR)
    [body] = world.cluster.bodies
    assert body["metadata"]["uid"] == plan.target.uid
    assert body["metadata"]["resourceVersion"] == plan.target.resource_version
    assert body["spec"] == {"replicas": 5}


async def test_a_second_run_finds_the_stamp_and_has_no_second_effect() -> None:
    world = World(RESTART)
    plan = await world.plan()
    await world.executor.execute(plan, STAMPED, EXECUTOR)
    after_first = copy.deepcopy(world.live)
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert (effect.changed, effect.earlier) == (True, True)
    assert world.live == after_first
    assert world.cluster.journal == ["effect"]


async def test_a_second_run_does_not_take_back_what_a_person_did_since() -> None:
    world = World()
    plan = await world.plan()
    await world.executor.execute(plan, STAMPED, EXECUTOR)
    world.cluster.change(world.path, scale_to(8))
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert effect.earlier
    assert world.live["spec"]["replicas"] == 8


async def test_an_effect_whose_answer_was_lost_is_found() -> None:
    world = World()
    plan = await world.plan()
    world.cluster.faults["patch"].append(LostAnswer())
    with pytest.raises(ApiError, match="connection reset"):
        await world.executor.execute(plan, STAMPED, EXECUTOR)
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert effect.earlier
    assert world.cluster.journal == ["effect"]


async def test_two_runs_at_once_have_one_effect() -> None:
    world = World(RESTART)
    plan = await world.plan()

    def the_other_was_first() -> None:
        stamp = {STAMP: UID}
        world.cluster.change(world.path, lambda live: live["metadata"]["annotations"].update(stamp))

    world.cluster.faults["patch"].append(the_other_was_first)
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert effect.earlier
    assert world.cluster.journal == []
    assert world.cluster.calls == ["patch", "get"]


async def test_a_target_whose_status_moved_is_patched_on_its_new_version() -> None:
    world = World()
    plan = await world.plan()
    world.cluster.change(world.path, update_status)
    version = world.live["metadata"]["resourceVersion"]
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert world.cluster.calls == ["patch", "get", "patch"]
    assert world.cluster.bodies[1]["metadata"]["resourceVersion"] == version
    assert (effect.changed, effect.earlier) == (True, False)
    assert world.live["spec"]["replicas"] == 5


CHANGED: dict[str, tuple[Operation, Callable[[JsonObject], None], str]] = {
    "somebody scaled it": (SCALE, scale_to(4), r"\(spec\.replicas\)"),
    "somebody scaled it to that very number": (SCALE, scale_to(5), "spec.replicas"),
    "somebody restarted it": (
        RESTART,
        lambda live: live["spec"]["template"]["metadata"]["annotations"].update(
            {RESTARTED_AT: "2026-03-01T11:00:00Z"}
        ),
        "restartedAt",
    ),
    "somebody paused it": (RESTART, lambda live: live["spec"].update(paused=True), "paused"),
    "the precondition holds no longer": (
        operation(replicas=5, current=3),
        scale_to(4),
        "has 4 replicas, not 3",
    ),
    "it was deleted and created again": (SCALE, recreate, "deleted and created again"),
}


@pytest.mark.parametrize("what", CHANGED)
async def test_a_target_that_would_now_be_changed_otherwise_is_stale(what: str) -> None:
    of, change, words = CHANGED[what]
    world = World(of)
    plan = await world.plan()
    world.cluster.change(world.path, change)
    with pytest.raises(StaleError, match=words):
        await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert world.cluster.journal == []
    assert STAMP not in world.live["metadata"]["annotations"]


async def test_a_target_that_was_created_again_with_the_same_stamp_is_ours() -> None:
    world = World()
    plan = await world.plan()
    await world.executor.execute(plan, STAMPED, EXECUTOR)
    world.cluster.change(world.path, recreate)  # A backup that was restored, stamp and all.
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert effect.earlier


async def test_a_target_that_keeps_changing_is_given_up_after_five_tries_as_a_conflict() -> None:
    world = World()
    plan = await world.plan()
    world.cluster.faults["patch"].extend([conflict()] * 9)
    with pytest.raises(ApiError, match="keeps changing") as caught:
        await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert caught.value.code == 409
    assert world.cluster.count("patch") == 5
    assert world.cluster.journal == []


async def test_any_other_error_is_passed_on_at_once() -> None:
    world = World()
    plan = await world.plan()
    world.cluster.faults["patch"].append(forbidden())
    with pytest.raises(ApiError) as caught:
        await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert caught.value.code == 403
    assert world.cluster.calls == ["patch"]


async def test_a_deleted_target_is_not_found() -> None:
    world = World()
    plan = await world.plan()
    world.cluster.vanish(world.path)
    with pytest.raises(ApiError) as caught:
        await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert caught.value.code == 404


# --- Stamps ---------------------------------------------------------------------------------------


async def test_a_stamp_survives_the_stamps_of_other_requests() -> None:
    world = World()
    plan = await world.plan()
    await world.executor.execute(plan, STAMPED, EXECUTOR)
    for number, other in enumerate(OTHERS[:7]):
        world.of = operation(replicas=10 + number)
        other_plan = await world.plan()
        await world.executor.execute(other_plan, Stamp(other, after(number)), EXECUTOR)
    assert world.stamps() == [*reversed(OTHERS[:7]), UID]
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert effect.earlier
    assert world.live["spec"]["replicas"] == 16


async def test_the_list_of_stamps_is_bounded_and_keeps_the_latest() -> None:
    world = World()
    for number, other in enumerate(OTHERS):
        world.of = operation(replicas=10 + number)
        plan = await world.plan()
        await world.executor.execute(plan, Stamp(other, after(number)), EXECUTOR)
    assert world.stamps() == list(reversed(OTHERS))[:8]


async def test_a_stamp_that_somebody_else_put_there_meanwhile_is_kept() -> None:
    world = World(RESTART)
    plan = await world.plan()
    world.cluster.change(
        world.path, lambda live: live["metadata"]["annotations"].update({STAMP: OTHERS[0]})
    )
    await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert world.stamps() == [UID, OTHERS[0]]


async def test_an_annotation_that_is_no_stamp_of_ours_stops_nothing() -> None:
    for odd in ("x" * 600, "", ",,,", "a,b"):
        world = World(annotations={STAMP: odd})
        plan = await world.plan()
        await world.executor.execute(plan, STAMPED, EXECUTOR)
        assert world.stamps()[0] == UID
        assert len(world.live["metadata"]["annotations"][STAMP]) <= 512


async def test_a_uid_within_another_is_not_a_stamp() -> None:
    world = World(annotations={STAMP: UID + "0"})
    plan = await world.plan()
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert not effect.earlier


# --- Nothing to change ----------------------------------------------------------------------------


async def test_where_nothing_is_to_change_nothing_is_sent() -> None:
    world = World(operation(replicas=3))
    plan = await world.plan()
    effect = await world.executor.execute(plan, STAMPED, EXECUTOR)
    assert world.cluster.calls == ["get"]
    assert (effect.changed, effect.live) == (False, world.live)


@pytest.mark.parametrize("change", [scale_to(4), recreate], ids=["scaled", "recreated"])
async def test_where_nothing_was_to_change_and_now_would_the_plan_is_stale(
    change: Callable[[JsonObject], None],
) -> None:
    world = World(operation(replicas=3))
    plan = await world.plan()
    world.cluster.change(world.path, change)
    with pytest.raises(StaleError):
        await world.executor.execute(plan, STAMPED, EXECUTOR)


# --- The executors there are ----------------------------------------------------------------------


def test_there_is_an_executor_for_every_operation() -> None:
    executors = all_executors(FakeCluster(), FakeClock())
    assert set(executors) == set(OperationType)
    assert all(executor.operation is type_ for type_, executor in executors.items())


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        (Kind.DEPLOYMENT, "deployments"),
        (Kind.STATEFUL_SET, "statefulsets"),
        (Kind.REPLICA_SET, "replicasets"),
    ],
)
async def test_the_target_is_looked_for_where_its_kind_is_kept(kind: Kind, plural: str) -> None:
    world = World(operation(kind, replicas=5), kind=kind)
    plan = await world.plan()
    path = (await world.executor.execute(plan, STAMPED, EXECUTOR)).watched
    assert path is not None
    assert (path.api_version, path.plural, path.namespace, path.name) == (
        "apps/v1",
        plural,
        "shop",
        "web",
    )
