"""RollbackRollout: what is written, and that it is written once."""

from __future__ import annotations

import copy

import pytest

from countersign.api.operation import Kind
from countersign.errors import ApiError, StaleError
from countersign.executors.once.stamps import STAMP
from countersign.executors.rollouts.revisions import selector_text
from countersign.ports import Stamp
from tests.support.fakes import EXECUTOR, LostAnswer
from tests.support.fakes_objects import UID
from tests.support.fakes_time import START
from tests.support.histories import KINDS, NUMBER, THREE, World, template

STAMPED = Stamp(UID, START)
CAUSE = "kubernetes.io/change-cause"


# --- What is written ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_of_the_current_template_is_left(kind: Kind) -> None:
    new = template("web:2", NEW="x")
    new["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "now"}
    new["spec"] |= {"nodeSelector": {"disk": "ssd"}, "volumes": [{"name": "v", "emptyDir": {}}]}
    world = World(kind, template("web:1"), new)
    await world.executor.execute(await world.plan(), STAMPED, EXECUTOR)
    assert world.live["spec"]["template"] == template("web:1")


async def test_a_deployment_gets_the_annotations_of_that_time_but_for_those_that_stay() -> None:
    now = {CAUSE: "third", "only-now": "x", STAMP: "old-uid", NUMBER: "3"}
    now |= {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    world = World(Kind.DEPLOYMENT, *THREE, annotations=now)
    then = {CAUSE: "second", "only-then": "y", STAMP: "forged"}
    world.keepers[1] = world.keep(2, THREE[1], **then)
    step = await world.plan()
    told = {change.field: (change.before, change.after) for change in step.changes}
    assert told[f"metadata.annotations[{CAUSE}]"] == ("third", "second")
    assert told["metadata.annotations.only-now"] == ("x", None)
    assert told["metadata.annotations.only-then"] == (None, "y")
    assert len([field for field in told if "annotations" in field]) == 3
    await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.live["metadata"]["annotations"] == {
        CAUSE: "second",
        "only-then": "y",
        STAMP: f"{UID},old-uid",
        NUMBER: "3",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }


@pytest.mark.parametrize("kind", [Kind.STATEFUL_SET, Kind.DAEMON_SET])
async def test_other_kinds_keep_their_annotations(kind: Kind) -> None:
    world = World(kind, *THREE, annotations={CAUSE: "third"})
    await world.executor.execute(await world.plan(), STAMPED, EXECUTOR)
    assert world.live["metadata"]["annotations"] == {CAUSE: "third", STAMP: UID}


# --- Once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_a_second_run_finds_the_stamp_though_the_revisions_were_renumbered(
    kind: Kind,
) -> None:
    world = World(kind, *THREE)
    step = await world.plan()
    world.cluster.faults["patch"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    world.renumber(2, 4)
    world.cluster.calls.clear()
    effect = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert (effect.changed, effect.earlier) == (True, True)
    assert world.image == "web:2"
    assert world.cluster.calls == ["get"]  # The revisions are not even read.


@pytest.mark.parametrize("kind", KINDS)
async def test_a_revision_that_is_gone_makes_the_plan_stale(kind: Kind) -> None:
    world = World(kind, *THREE)
    step = await world.plan(1)
    world.cluster.vanish(world.keepers[0])
    with pytest.raises(StaleError, match="no revision 1; it has 2, 3"):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.image == "web:3"


async def test_a_revision_that_was_rewritten_makes_the_plan_stale() -> None:
    for rewritten in (template("evil"), template("web:2", DB_PASSWORD="other")):
        world = World(Kind.DEPLOYMENT, template("web:2", DB_PASSWORD="x"), template("web:3"))
        step = await world.plan()
        world.cluster.change(
            world.keepers[0], lambda live, to=rewritten: live["spec"].update(template=to)
        )
        with pytest.raises(StaleError, match="has changed since the plan"):
            await world.executor.execute(step, STAMPED, EXECUTOR)
        assert world.image == "web:3"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_template_that_was_changed_meanwhile_makes_the_plan_stale(kind: Kind) -> None:
    world = World(kind, *THREE)
    step = await world.plan(1)
    world.cluster.change(world.path, lambda live: live["spec"].update(template=template("web:4")))
    world.keep(4, template("web:4"))
    with pytest.raises(StaleError):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.image == "web:4"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_status_that_was_updated_meanwhile_makes_no_difference(kind: Kind) -> None:
    world = World(kind, *THREE)
    step = await world.plan()
    world.cluster.change(world.path, lambda live: live["status"].update(replicas=9))
    assert (await world.executor.execute(step, STAMPED, EXECUTOR)).changed
    assert world.image == "web:2"


async def test_progress_is_the_rollouts_and_a_deleted_workload_is_a_failure() -> None:
    world = World(Kind.DEPLOYMENT, *THREE)
    step = await world.plan()
    assert world.executor.progress(step, world.live).state == "done"
    live = copy.deepcopy(world.live)
    live["status"]["updatedReplicas"] = 0
    assert world.executor.progress(step, live).state == "underway"
    assert world.executor.gone(step).state == "degraded"


def test_a_selector_is_written_as_a_query_takes_it() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "NotIn", "values": ["c"]},
        {"key": "there", "operator": "Exists"},
        {"key": "gone", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": expressions}
    assert selector_text(selector) == "app=web,tier in (a,b),old notin (c),there,!gone"
    assert selector_text({}) == ""
