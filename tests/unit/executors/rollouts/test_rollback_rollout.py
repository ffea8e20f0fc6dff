"""RollbackRollout: which revision is meant, and what people sign."""

from __future__ import annotations

import pytest

from countersign.api.operation import Kind
from countersign.api.status import MAX_CHANGES
from countersign.errors import ApiError, RefusedError
from countersign.ports import Stamp
from tests.support.fakes import EXECUTOR
from tests.support.fakes_objects import UID
from tests.support.fakes_time import START
from tests.support.histories import KINDS, NUMBER, THREE, World, keeper, rolling_back, template

STAMPED = Stamp(UID, START)
CAUSE = "kubernetes.io/change-cause"


# --- Which revision -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("revision", "image"), [(None, "web:2"), (2, "web:2"), (1, "web:1")])
async def test_a_workload_gets_an_earlier_template_back(
    kind: Kind, revision: int | None, image: str
) -> None:
    world = World(kind, *THREE)
    step = await world.plan(revision)
    assert step.summary == f"Roll {kind} shop/web back from revision 3 to revision {image[-1]}"
    assert world.image == "web:3"
    effect = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert effect.changed
    assert world.live["spec"]["template"] == template(image)
    assert step.undo == rolling_back(kind, 3)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_one_before_is_found_by_number_and_not_by_place(kind: Kind) -> None:
    world = World(kind, *THREE)
    world.renumber(1, 12)
    world.cluster.change(world.path, lambda live: live["spec"].update(template=template("web:1")))
    step = await world.plan()
    assert "from revision 12 to revision 3" in step.summary


@pytest.mark.parametrize("kind", KINDS)
async def test_the_history_of_others_does_not_count(kind: Kind) -> None:
    world = World(kind, *THREE)
    world.cluster.put(keeper(kind, 9, template("theirs"), owner="another-uid"))
    orphan = keeper(kind, 8, template("orphan"))
    orphan["metadata"]["ownerReferences"][0]["controller"] = False
    world.cluster.put(orphan)
    step = await world.plan()
    assert "to revision 2" in step.summary


async def test_the_one_before_an_old_template_that_is_in_use_again_is_the_latest_other() -> None:
    world = World(Kind.DEPLOYMENT, *THREE)
    world.cluster.change(world.path, lambda live: live["spec"].update(template=template("web:1")))
    assert "from revision 1 to revision 3" in (await world.plan()).summary


async def test_a_template_that_no_revision_keeps_has_the_latest_as_itself() -> None:
    world = World(Kind.DAEMON_SET, *THREE)
    odd = template("web:3") | {"spec": {"containers": [{"name": "main", "image": "odd"}]}}
    world.cluster.change(world.path, lambda live: live["spec"].update(template=odd))
    step = await world.plan()
    assert step.summary == "Roll DaemonSet shop/web back to revision 2"
    assert step.undo is None


@pytest.mark.parametrize("kind", KINDS)
async def test_an_unknown_revision_is_refused_with_those_there_are(kind: Kind) -> None:
    with pytest.raises(RefusedError, match="no revision 9; it has 1, 2, 3") as caught:
        await World(kind, *THREE).plan(9)
    assert caught.value.reason == "Invalid"


async def test_the_revisions_that_are_listed_are_bounded() -> None:
    world = World(Kind.DEPLOYMENT, *(template(f"web:{number}") for number in range(100)))
    with pytest.raises(RefusedError, match=r"it has …, 69, .*, 100") as caught:
        await world.plan(999)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_revision_before_it_is_refused(kind: Kind) -> None:
    with pytest.raises(RefusedError, match="no revision before the current"):
        await World(kind, template("web:1")).plan()


async def test_a_number_that_is_there_twice_is_ambiguous() -> None:
    world = World(Kind.DEPLOYMENT, *THREE)
    world.renumber(1, 2)
    with pytest.raises(RefusedError, match="revision 2 more than once") as caught:
        await world.plan()
    assert caught.value.reason == "Ambiguous"


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "1.5", "9" * 40])
async def test_a_replica_set_without_a_proper_number_is_passed_over(number: str) -> None:
    world = World(Kind.DEPLOYMENT, *THREE)
    world.cluster.change(
        world.keepers[1], lambda live: live["metadata"]["annotations"].update({NUMBER: number})
    )
    assert "to revision 1" in (await world.plan()).summary


async def test_a_paused_deployment_is_refused() -> None:
    with pytest.raises(RefusedError, match="is paused; resume its rollout first"):
        await World(Kind.DEPLOYMENT, *THREE, paused=True).plan()


@pytest.mark.parametrize("kind", KINDS)
async def test_revisions_that_are_not_counted_yet_are_waited_for(kind: Kind) -> None:
    world = World(kind, *THREE)
    world.cluster.change(world.path, lambda live: live["metadata"].update(generation=2))
    with pytest.raises(ApiError, match="not counted yet") as caught:
        await world.plan()
    assert caught.value.conflict


async def test_too_long_a_history_is_refused_rather_than_cut_off() -> None:
    world = World(Kind.DEPLOYMENT, *(template(f"web:{number}") for number in range(500)))
    with pytest.raises(RefusedError, match="500 or more replicasets"):
        await world.plan()


async def test_a_crafted_revision_with_directives_is_refused() -> None:
    crafted = template("web:1")
    crafted["spec"]["containers"].append({"name": "main", "$patch": "delete"})
    with pytest.raises(RefusedError, match="directives of a patch"):
        await World(Kind.STATEFUL_SET, crafted, *THREE[1:]).plan(2)


# --- What is signed -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_the_plan_names_the_revisions_and_every_field_that_differs(kind: Kind) -> None:
    old = template("web:1", MODE="slow", GONE="x")
    new = template("web:2", MODE="fast")
    new["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "now"}
    step = await World(kind, old, new).plan()
    first, *rest = step.changes
    keeps = "ReplicaSet" if kind == Kind.DEPLOYMENT else "ControllerRevision"
    assert (first.field, first.before) == ("spec.template", f"revision 2 ({keeps} web-2)")
    assert str(first.after).startswith(f"revision 1 ({keeps} web-1), template ")
    told = {(change.field, change.before, change.after) for change in rest}
    main = "spec.template.spec.containers[main]"
    restarted = "spec.template.metadata.annotations[kubectl.kubernetes.io/restartedAt]"
    assert {
        (f"{main}.image", "web:2", "web:1"),
        (f"{main}.env[MODE].value", "fast", "slow"),
        (restarted, "now", None),
    } <= told
    assert any(f"{main}.env[GONE]" in field for field, _, _ in told)
    assert not any("pod-template-hash" in field for field, _, _ in told)


@pytest.mark.parametrize("kind", KINDS)
async def test_hidden_values_are_not_in_the_plan_but_tell_templates_apart(kind: Kind) -> None:
    steps = [
        await World(
            kind, template("web:1", DB_PASSWORD=old), template("web:1", DB_PASSWORD="now")
        ).plan()
        for old in ("hunter2", "other")
    ]
    assert steps[0].changes != steps[1].changes
    assert "hunter2" not in str(steps[0])
    assert steps[0].changes[1:] == steps[1].changes[1:]


async def test_the_mark_gives_no_way_to_try_guesses() -> None:
    marks = []
    for uid in ("one-uid", "another-uid"):
        world = World(Kind.DEPLOYMENT, *THREE)
        world.cluster.change(
            world.keepers[1], lambda live, uid=uid: live["metadata"].update(uid=uid)
        )
        step = await world.plan()
        marks.append(step.changes[0].after)
    assert marks[0] != marks[1]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_current_template_is_no_change(kind: Kind) -> None:
    world = World(kind, *THREE, annotations={CAUSE: "third"})
    step = await world.plan(3)
    assert (step.changes, step.undo) == ((), None)
    assert step.summary == f"{kind} shop/web has the template of revision 3 already"
    effect = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert not effect.changed
    assert world.cluster.count("patch") == 0


async def test_a_great_difference_is_bounded_and_bound_to_the_digest() -> None:
    envs = [{f"V{number}": value for number in range(99)} for value in ("a", "b")]
    envs.append(envs[1] | {"V98": "c"})
    plans = [
        await World(Kind.DEPLOYMENT, template("web:1", **old), template("web:1", **envs[0])).plan()
        for old in envs[1:]
    ]
    assert [len(step.changes) for step in plans] == [MAX_CHANGES] * 2
    assert plans[0].changes[-1] != plans[1].changes[-1]
