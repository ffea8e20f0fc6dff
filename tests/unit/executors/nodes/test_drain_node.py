"""DrainNode cordons once, evicts pod by pod, and never overrules somebody who wants the node back."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Kind, OperationType
from countersign.api.parameters import DrainNodeParameters
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.nodes.drain_node import MOST_PODS, DrainNode
from countersign.executors.once.stamps import STAMP
from countersign.ports import Effect, JsonObject, Patient, Progress
from tests.support.endings import STAMPED, Stage, budget, node, on, pod, recreated
from tests.support.fakes import EXECUTOR, LostAnswer, conflict, forbidden, unavailable
from tests.support.fakes_objects import UID

DAEMON = {"kind": "DaemonSet", "name": "log", "controller": True}
MIRROR = {"kubernetes.io/config.mirror": "x"}
ALL = {"force": True, "delete_empty_dir_data": True, "ignore_daemon_sets": True}


class World(Stage):
    """One node with these pods, and DrainNode."""

    def __init__(self, *pods: JsonObject, cordoned: bool = False, **flags: Any) -> None:
        given = DrainNodeParameters(**flags) if flags else None
        of = on(OperationType.DRAIN_NODE, Kind.NODE, "node-1", None, drain_node=given)
        super().__init__(DrainNode, of)
        self.path = self.cluster.put(node(cordoned=cordoned))
        self.pods = [self.cluster.put(each) for each in pods]

    async def round(self, effect: Effect | None = None) -> Progress:
        assert isinstance(self.executor, DrainNode)
        effect = effect or Effect(changed=True)
        return await self.executor.another_round(self.step, effect, STAMPED, EXECUTOR)

    async def planned(self) -> World:
        self.step = await self.plan()
        return self

    @property
    def left(self) -> int:
        return sum(path in self.cluster.objects for path in self.pods)

    def is_cordoned(self) -> bool:
        return self.cluster.objects[self.path]["spec"].get("unschedulable") is True

    def uncordon(self) -> None:
        self.cluster.change(self.path, lambda live: live["spec"].pop("unschedulable"))


# --- Planning -------------------------------------------------------------------------------------


async def test_planning_tries_the_cordon_and_one_eviction_a_namespace() -> None:
    world = World(pod("a"), pod("b"), pod("c", namespace="other"), pod("x", node="node-2"))
    draft = await world.executor.draft(world.of, EXECUTOR)
    assert world.cluster.calls == ["get", "dry-run", "select", "dry-run", "dry-run"]
    evictions = [body["metadata"]["namespace"] for body in world.cluster.bodies[1:]]
    assert evictions == ["other", "shop"]
    assert [(each.field, each.before, each.after) for each in draft.changes] == [
        ("spec.unschedulable", "false", "true"),
        ("pods", "on the node", "evicted"),
    ]
    assert draft.summary == "Cordon and drain Node node-1: evict 3 pods"
    assert draft.undo is not None
    assert (draft.undo.type, draft.undo.one) == (OperationType.UNCORDON_NODE, world.of.one)
    assert world.left == 4
    assert not world.is_cordoned()
    assert isinstance(world.executor, Patient)


@pytest.mark.parametrize(
    ("live", "flag", "words"),
    [
        (pod("log-1", owner=DAEMON), "ignore_daemon_sets", "ignoreDaemonSets"),
        (pod("cache", empty_dir=True), "delete_empty_dir_data", "deleteEmptyDirData"),
        (pod("alone", owner=None), "force", "Set force"),
    ],
)
async def test_what_kubectl_would_stop_at_is_refused_by_name(
    live: JsonObject, flag: str, words: str
) -> None:
    with pytest.raises(RefusedError, match=words) as caught:
        await World(live).plan()
    assert caught.value.reason == "Invalid"
    assert f"shop/{live['metadata']['name']}" in str(caught.value)
    await World(live, **{flag: True}).plan()


@pytest.mark.parametrize(
    "live",
    [
        pod("ended", owner=None, empty_dir=True, phase="Succeeded"),
        pod("static", owner=None, empty_dir=True, annotations=MIRROR),
        pod("ended-daemon", owner=DAEMON, phase="Failed"),
    ],
    ids=lambda live: live["metadata"]["name"],
)
async def test_what_kubectl_would_not_stop_at_is_no_hurdle(live: JsonObject) -> None:
    await World(live).plan()


async def test_many_blocking_pods_are_not_all_named() -> None:
    pods = [pod(f"alone-{number}", owner=None) for number in range(9)]
    with pytest.raises(RefusedError, match="shop/alone-4 and 4 more have no controller"):
        await World(*pods).plan()


async def test_the_classes_that_are_hit_are_signed_and_counted_in_the_summary() -> None:
    world = World(
        pod("a"),
        pod("b", empty_dir=True),
        pod("c", owner=None),
        pod("d", owner=DAEMON),
        pod("e", annotations=MIRROR),
        **ALL,
    )
    step = (await world.planned()).step
    assert step.changes[1].before == (
        "on the node; emptyDir data is lost; no controller makes them again"
    )
    assert step.summary.endswith(
        "evict 3 pods (1 with emptyDir data that is lost, 1 without a controller), 2 stay"
    )


async def test_a_budget_that_holds_a_pod_now_does_not_stop_the_plan() -> None:
    world = World(pod("a"))
    world.cluster.put(budget())
    assert (await world.plan()).changes


async def test_a_missing_right_to_evict_stops_the_plan() -> None:
    world = World(pod("a"))
    world.cluster.faults["dry-run"].extend([None, forbidden()])
    with pytest.raises(ApiError) as caught:
        await world.plan()
    assert caught.value.code == 403


async def test_a_selector_is_the_servers_business() -> None:
    world = World(pod("a"), pod("b", labels={"app": "db"}, owner=None), pod_selector="app=web")
    await world.planned()
    await world.execute(world.step)
    assert [path.name for path in world.pods if path in world.cluster.objects] == ["b"]


async def test_a_node_with_more_pods_than_can_be_listed_is_refused() -> None:
    world = World(*(pod(f"p{number}") for number in range(MOST_PODS)))
    with pytest.raises(RefusedError, match="podSelector"):
        await world.plan()


async def test_an_empty_node_that_is_cordoned_needs_nothing() -> None:
    world = await World(cordoned=True).planned()
    assert (world.step.changes, world.step.undo) == ((), None)
    assert not (await world.execute(world.step)).changed
    assert world.effects() == 0
    assert (await world.round()).state == "done"


# --- Carrying out ---------------------------------------------------------------------------------


async def test_cordon_and_stamp_are_one_write_before_the_evictions() -> None:
    world = await World(pod("a"), pod("b"), grace_period_seconds=9).planned()
    effect = await world.execute(world.step)
    assert world.cluster.calls == ["get", "select", "patch", "select", "evict", "evict"]
    live = world.cluster.objects[world.path]
    assert (live["spec"]["unschedulable"], live["metadata"]["annotations"][STAMP]) == (True, UID)
    assert all(
        body["deleteOptions"]["gracePeriodSeconds"] == 9
        and body["deleteOptions"]["preconditions"]["uid"]
        for body in world.cluster.bodies[1:]
    )
    assert (effect.changed, effect.watched, effect.message, world.left) == (True, None, "", 0)
    assert (await world.round(effect)).state == "done"


async def test_pods_that_are_left_alone_stay() -> None:
    world = await World(pod("d", owner=DAEMON), pod("e", annotations=MIRROR), **ALL).planned()
    assert [change.field for change in world.step.changes] == ["spec.unschedulable"]
    await world.execute(world.step)
    assert world.left == 2
    assert (await world.round()).state == "done"


async def test_a_pod_that_a_budget_holds_is_named_and_asked_again() -> None:
    world = await World(pod("a"), pod("db-0", labels={"app": "db"})).planned()
    held = world.cluster.put(budget("db", app="db"))
    effect = await world.execute(world.step)
    assert effect.changed
    assert effect.message.startswith(
        "at first 2 pods are left; shop/db-0 is held by PodDisruptionBudget shop/db (0 disruptions"
    )
    progress = await world.round(effect)
    assert progress.state == "underway"
    assert progress.message.startswith("1 pod is left; shop/db-0 is held by PodDisruptionBudget")
    world.cluster.change(held, lambda live: live["status"].update(disruptionsAllowed=1))
    assert (await world.round(effect)).state == "underway"
    assert (await world.round(effect)).state == "done"


async def test_of_many_that_are_held_a_few_are_named() -> None:
    world = await World(*(pod(f"db-{number}") for number in range(6))).planned()
    world.cluster.put(budget())
    message = (await world.execute(world.step)).message
    assert message.count("PodDisruptionBudget") == 3
    assert message.endswith("; 3 more are held")


async def test_a_pod_that_is_leaving_is_not_asked_twice() -> None:
    world = await World(pod("a")).planned()
    world.cluster.lingering = True
    await world.execute(world.step)
    world.cluster.calls.clear()
    assert (await world.round()).state == "underway"
    assert world.cluster.calls == ["get", "select"]
    world.cluster.vanish(world.pods[0])
    assert (await world.round()).state == "done"


async def test_a_pod_that_goes_or_is_replaced_meanwhile_is_no_error() -> None:
    world = await World(pod("a"), pod("b")).planned()
    world.cluster.faults["evict"].append(lambda: world.cluster.vanish(world.pods[0]))
    world.cluster.faults["evict"].append(lambda: recreated(world.pods[1], world.cluster))
    await world.execute(world.step)
    assert world.pods[1] in world.cluster.objects  # It is another one: the next round's business.
    await world.round()
    assert world.left == 0


async def test_one_pod_whose_eviction_fails_does_not_stop_the_others() -> None:
    world = await World(pod("a"), pod("b")).planned()
    world.cluster.faults["evict"].append(unavailable())
    effect = await world.execute(world.step)
    assert world.left == 1
    assert "is held by service unavailable" in effect.message
    await world.round(effect)
    assert world.left == 0


async def test_a_right_that_was_lost_ends_it() -> None:
    world = await World(pod("a")).planned()
    world.cluster.faults["evict"].append(forbidden())
    with pytest.raises(ApiError) as caught:
        await world.execute(world.step)
    assert caught.value.code == 403
    world.cluster.faults["evict"].append(forbidden())
    assert (await world.round()).state == "degraded"


# --- What may have changed ------------------------------------------------------------------------


async def test_pods_that_come_and_go_do_not_make_the_plan_stale() -> None:
    world = await World(pod("a"), pod("b")).planned()
    world.cluster.vanish(world.pods[0])
    world.pods.append(world.cluster.put(pod("c")))
    await world.execute(world.step)
    assert world.left == 0


@pytest.mark.parametrize(
    ("new", "flags"),
    [
        (pod("new", empty_dir=True), {}),
        (pod("new", empty_dir=True), ALL),
        (pod("new", owner=None), ALL),
    ],
)
async def test_another_class_of_pods_is_signed_again(
    new: JsonObject, flags: dict[str, bool]
) -> None:
    world = await World(pod("a"), **flags).planned()
    world.cluster.put(new)
    with pytest.raises(StaleError):
        await world.execute(world.step)
    assert world.effects() == 0


async def test_a_node_that_somebody_cordons_meanwhile_is_signed_again() -> None:
    world = await World(pod("a")).planned()
    world.cluster.change(world.path, lambda live: live["spec"].update(unschedulable=True))
    with pytest.raises(StaleError):
        await world.execute(world.step)


async def test_a_node_that_is_gone_or_another_is_stale() -> None:
    world = await World(pod("a")).planned()
    recreated(world.path, world.cluster)
    with pytest.raises(StaleError, match="created again"):
        await world.execute(world.step)
    assert (await world.round()).state == "degraded"
    world.cluster.vanish(world.path)
    with pytest.raises(ApiError) as gone:
        await world.execute(world.step)
    assert gone.value.not_found
    assert (await world.round()).state == "degraded"
    assert world.left == 1


async def test_heartbeats_are_no_change() -> None:
    world = await World(pod("a")).planned()

    def beat() -> None:
        world.cluster.change(world.path, lambda live: live["status"].update(beat=1))

    beat()
    world.cluster.faults["patch"].append(beat)
    assert (await world.execute(world.step)).changed
    assert world.is_cordoned()


async def test_an_uncordon_stops_the_drain() -> None:
    world = await World(pod("a")).planned()
    world.cluster.put(budget())
    effect = await world.execute(world.step)
    world.uncordon()
    progress = await world.round(effect)
    assert (progress.state, world.left) == ("degraded", 1)
    assert "uncordoned" in progress.message


async def test_a_pod_that_the_flags_do_not_allow_stops_the_drain() -> None:
    world = await World(pod("a")).planned()
    effect = await world.execute(world.step)
    world.cluster.put(pod("new", owner=None))
    progress = await world.round(effect)
    assert (progress.state, "shop/new" in progress.message) == ("degraded", True)


# --- After a crash --------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["get", "select", "patch", "evict"])
@pytest.mark.parametrize("lost", [False, True])
async def test_a_run_that_was_cut_off_anywhere_is_finished_by_the_next(
    verb: str, lost: bool
) -> None:
    world = await World(pod("a"), pod("b", empty_dir=True), **ALL).planned()
    world.cluster.faults[verb].append(LostAnswer() if lost else unavailable())
    try:
        await world.execute(world.step)
    except ApiError:
        effect = await world.execute(world.step)
        assert effect.changed
    await world.round()
    assert (world.left, world.is_cordoned()) == (0, True)
    assert world.effects() == 3


async def test_a_run_that_was_cut_off_after_the_cordon_goes_on_without_comparing() -> None:
    world = await World(pod("a"), pod("b", empty_dir=True), **ALL).planned()
    world.cluster.faults["patch"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.execute(world.step)
    world.cluster.vanish(world.pods[1])  # No class of pods is as signed any more.
    effect = await world.execute(world.step)
    assert (effect.changed, effect.earlier, world.left) == (True, True, 0)


async def test_a_run_that_was_cut_off_does_not_overrule_an_uncordon() -> None:
    world = await World(pod("a")).planned()
    world.cluster.faults["patch"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.execute(world.step)
    world.uncordon()
    effect = await world.execute(world.step)
    assert (world.is_cordoned(), world.left) == (False, 1)
    assert "uncordoned" in effect.message
    assert (await world.round(effect)).state == "degraded"


async def test_a_cordoned_node_is_stamped_all_the_same() -> None:
    world = await World(pod("a"), cordoned=True).planned()
    others = {STAMP: "another-request"}
    world.cluster.change(world.path, lambda live: live["metadata"].update(annotations=others))
    assert [change.field for change in world.step.changes] == ["pods"]
    assert world.step.undo is None
    assert world.step.summary.startswith("Drain Node node-1")
    await world.execute(world.step)
    assert (
        world.cluster.objects[world.path]["metadata"]["annotations"][STAMP]
        == f"{UID},another-request"
    )
    assert world.left == 0


async def test_a_conflict_that_never_ends_is_passed_on() -> None:
    world = await World(pod("a")).planned()
    world.cluster.faults["patch"].extend([conflict()] * 9)
    with pytest.raises(ApiError) as caught:
        await world.execute(world.step)
    assert (caught.value.code, world.left) == (409, 1)
