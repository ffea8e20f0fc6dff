"""DeletePod ends the very pod that was signed, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Kind, OperationType
from countersign.api.parameters import DeletePodParameters
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.once.conditional import TRIES, Conditional
from countersign.executors.pods.delete_pod import DeletePod
from countersign.ports import JsonObject
from tests.support.endings import Stage, on, pod, recreated
from tests.support.fakes import EXECUTOR, LostAnswer, conflict, forbidden, not_found, unavailable


class World(Stage):
    """One pod, and DeletePod."""

    def __init__(self, live: JsonObject | None = None, **parameters: Any) -> None:
        given = DeletePodParameters(**parameters) if parameters else None
        of = on(OperationType.DELETE_POD, Kind.POD, "web-abc-1", delete_pod=given)
        super().__init__(lambda cluster: Conditional(DeletePod(), cluster), of)
        self.path = self.cluster.put(live or pod())


def touch(live: JsonObject) -> None:
    live["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


# --- Planning -------------------------------------------------------------------------------------


async def test_planning_reads_the_pod_and_tries_its_deletion() -> None:
    world = World()
    draft = await world.executor.draft(world.of, EXECUTOR)
    uid = world.cluster.objects[world.path]["metadata"]["uid"]
    assert world.cluster.calls == ["get", "dry-run"]
    assert world.cluster.bodies == [{"preconditions": {"uid": uid}}]
    assert world.path in world.cluster.objects
    assert (draft.target.uid, draft.undo) == (uid, None)
    [change] = draft.changes
    assert (change.field, change.after) == ("pod", None)
    assert change.before == "Running, of ReplicaSet web-abc: a new one is made"
    assert draft.summary == "Delete Pod shop/web-abc-1"


@pytest.mark.parametrize(
    ("live", "words"),
    [
        (pod(owner=None), "Running, no controller: it does not come back"),
        (pod(empty_dir=True), "its emptyDir data is lost"),
        (pod(phase="Failed"), "Failed, of ReplicaSet"),
        (pod(annotations={"kubernetes.io/config.mirror": "x"}), "only its mirror image goes"),
        (
            pod(owner={"kind": "Job", "name": "backup", "controller": True}),
            "of Job backup, which decides",
        ),
        (pod(owner={"kind": "Thing", "name": "x"}), "no controller"),
    ],
)
async def test_the_plan_says_what_becomes_of_the_pod(live: JsonObject, words: str) -> None:
    draft = await World(live).executor.draft(World().of, EXECUTOR)
    assert words in (draft.changes[0].before or "")


async def test_the_summary_warns_of_a_pod_that_does_not_come_back() -> None:
    draft = await World(pod(owner=None), force=True).executor.draft(World(force=True).of, EXECUTOR)
    assert draft.summary == (
        "Delete Pod shop/web-abc-1 at once, without waiting for its node "
        "(no controller makes it again)"
    )


async def test_force_and_a_grace_period_contradict_each_other() -> None:
    world = World(force=True, grace_period_seconds=5)
    with pytest.raises(RefusedError, match="Leave one of the two out"):
        await world.plan()


@pytest.mark.parametrize(
    ("parameters", "seconds"),
    [
        ({}, None),
        ({"grace_period_seconds": 5}, 5),
        ({"grace_period_seconds": 0}, 1),
        ({"force": True}, 0),
        ({"force": True, "grace_period_seconds": 0}, 0),
    ],
)
async def test_the_grace_period_is_kubectls(
    parameters: dict[str, Any], seconds: int | None
) -> None:
    world = World(**parameters)
    await world.execute(await world.plan())
    assert world.cluster.bodies[0].get("gracePeriodSeconds") == seconds


async def test_a_refusal_of_the_dry_run_is_passed_on() -> None:
    world = World()
    world.cluster.faults["dry-run"].append(forbidden())
    with pytest.raises(ApiError):
        await world.plan()


async def test_a_pod_that_is_being_deleted_already_needs_nothing() -> None:
    world = World(pod(deletionTimestamp="x", deletionGracePeriodSeconds=30))
    step = await world.plan()
    assert step.changes == ()
    effect = await world.execute(step)
    assert (effect.changed, effect.watched) == (False, world.path)
    assert world.cluster.calls == ["get"]


async def test_force_ends_a_pod_that_hangs_in_its_deletion() -> None:
    world = World(pod(deletionTimestamp="x", deletionGracePeriodSeconds=30), force=True)
    step = await world.plan()
    assert step.changes
    assert (await world.execute(step)).changed
    assert world.path not in world.cluster.objects


# --- Carrying out ---------------------------------------------------------------------------------


async def test_the_deletion_names_the_uid_and_the_version_that_were_compared() -> None:
    world = World()
    metadata = world.cluster.objects[world.path]["metadata"]
    effect = await world.execute(await world.plan())
    assert world.cluster.calls == ["get", "delete"]
    assert world.cluster.bodies[0]["preconditions"] == {
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
    assert effect.changed
    assert effect.watched == world.path


async def test_a_pod_on_no_node_is_gone_at_once_though_the_answer_is_the_pod() -> None:
    world = World(pod(node=""))
    effect = await world.execute(await world.plan())
    assert world.cluster.calls == ["get", "delete", "get"]
    assert (effect.changed, effect.watched, effect.live) == (True, None, None)


async def test_a_pod_that_takes_its_time_is_watched_until_it_is_gone() -> None:
    world = World()
    world.cluster.lingering = True
    step = await world.plan()
    effect = await world.execute(step)
    assert effect.watched == world.path
    assert effect.live is not None
    assert world.executor.progress(step, effect.live).state == "underway"
    assert world.executor.gone(step).state == "done"
    again = await world.execute(step)
    assert (again.changed, again.message) == (False, "it is being deleted already")
    assert world.effects() == 1


async def test_finalizers_that_hold_it_are_named() -> None:
    world = World(pod(finalizers=["example.com/hold", "b", "c", "d"]))
    step = await world.plan()
    effect = await world.execute(step)
    assert effect.live is not None
    assert "example.com/hold, b, c)" in world.executor.progress(step, effect.live).message


async def test_a_pod_of_the_same_name_means_that_it_is_gone() -> None:
    world = World()
    step = await world.plan()
    recreated(world.path, world.cluster)
    assert world.executor.progress(step, world.cluster.objects[world.path]).state == "done"
    effect = await world.execute(step)
    assert (effect.changed, effect.watched, effect.message) == (False, None, "it is gone already")
    assert world.path in world.cluster.objects
    assert world.effects() == 0


async def test_a_pod_that_is_gone_is_gone() -> None:
    world = World()
    step = await world.plan()
    world.cluster.vanish(world.path)
    effect = await world.execute(step)
    assert (effect.changed, effect.watched, effect.message) == (False, None, "it is gone already")


async def test_a_pod_that_goes_between_read_and_deletion_is_gone() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["delete"].append(lambda: world.cluster.vanish(world.path))
    assert not (await world.execute(step)).changed


async def test_a_pod_that_is_replaced_between_read_and_deletion_survives() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["delete"].append(lambda: recreated(world.path, world.cluster))
    assert not (await world.execute(step)).changed
    assert world.path in world.cluster.objects


async def test_a_status_that_moves_meanwhile_is_read_again() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["delete"].append(lambda: world.cluster.change(world.path, touch))
    assert (await world.execute(step)).changed
    assert world.cluster.calls == ["get", "delete", "get", "delete"]


async def test_a_pod_that_never_keeps_still_is_given_up_as_a_conflict() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["delete"].extend([conflict()] * TRIES)
    with pytest.raises(ApiError) as caught:
        await world.execute(step)
    assert caught.value.code == 409
    assert world.cluster.count("delete") == TRIES


async def test_a_pod_that_lost_its_controller_since_is_not_deleted() -> None:
    world = World()
    step = await world.plan()

    def orphan(live: JsonObject) -> None:
        live["metadata"]["ownerReferences"] = []

    world.cluster.change(world.path, orphan)
    with pytest.raises(StaleError, match="does not come back"):
        await world.execute(step)
    assert world.effects() == 0


async def test_a_pod_that_changes_between_read_and_deletion_is_compared_again() -> None:
    world = World()
    step = await world.plan()

    def orphan(live: JsonObject) -> None:
        live["metadata"]["ownerReferences"] = []

    world.cluster.faults["delete"].append(lambda: world.cluster.change(world.path, orphan))
    with pytest.raises(StaleError):
        await world.execute(step)
    assert world.path in world.cluster.objects


@pytest.mark.parametrize("verb", ["get", "delete"])
@pytest.mark.parametrize("fault", [unavailable(), ApiError("429", code=429), forbidden()])
async def test_errors_of_the_server_are_passed_on(verb: str, fault: ApiError) -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults[verb].append(fault)
    with pytest.raises(ApiError) as caught:
        await world.execute(step)
    assert caught.value is fault
    assert (await world.execute(step)).changed


@pytest.mark.parametrize("lingering", [False, True])
async def test_after_a_lost_answer_the_next_run_finds_it_gone(lingering: bool) -> None:
    world = World()
    world.cluster.lingering = lingering
    step = await world.plan()
    world.cluster.faults["delete"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.execute(step)
    effect = await world.execute(step)
    assert not effect.changed
    assert world.effects() == 1


async def test_a_404_on_planning_is_passed_on() -> None:
    world = World()
    world.cluster.vanish(world.path)
    with pytest.raises(ApiError) as caught:
        await world.plan()
    assert caught.value.not_found
    assert not_found().not_found
