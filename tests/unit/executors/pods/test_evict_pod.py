"""EvictPod asks the disruption budgets, and names those that say no."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Kind, OperationType
from countersign.api.parameters import EvictPodParameters
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.once.conditional import Conditional
from countersign.executors.pods.evict_pod import EvictPod
from countersign.ports import JsonObject
from tests.support.endings import Stage, budget, on, pod, recreated
from tests.support.fakes import EXECUTOR, LostAnswer, forbidden, unavailable


class World(Stage):
    """One pod, and EvictPod."""

    def __init__(self, live: JsonObject | None = None, **parameters: Any) -> None:
        given = EvictPodParameters(**parameters) if parameters else None
        of = on(OperationType.EVICT_POD, Kind.POD, "web-abc-1", evict_pod=given)
        super().__init__(lambda cluster: Conditional(EvictPod(), cluster), of)
        self.path = self.cluster.put(live or pod())


async def test_planning_tries_the_eviction() -> None:
    world = World(pod(owner=None), grace_period_seconds=0)
    draft = await world.executor.draft(world.of, EXECUTOR)
    assert world.cluster.calls == ["get", "dry-run"]
    [body] = world.cluster.bodies
    assert (body["apiVersion"], body["kind"]) == ("policy/v1", "Eviction")
    assert body["metadata"] == {"name": "web-abc-1", "namespace": "shop"}
    assert body["deleteOptions"] == {
        "gracePeriodSeconds": 0,
        "preconditions": {"uid": world.cluster.objects[world.path]["metadata"]["uid"]},
    }
    assert draft.summary == "Evict Pod shop/web-abc-1 (no controller makes it again)"
    assert world.path in world.cluster.objects


async def test_a_static_pod_is_refused() -> None:
    world = World(pod(annotations={"kubernetes.io/config.mirror": "x"}))
    with pytest.raises(RefusedError, match=r"static pod"):
        await world.plan()


async def test_an_eviction_is_one_request_and_is_watched() -> None:
    world = World()
    step = await world.plan()
    world.cluster.lingering = True
    effect = await world.execute(step)
    assert world.cluster.calls == ["get", "evict"]
    assert (effect.changed, effect.watched) == (True, world.path)
    assert effect.live is not None
    assert world.executor.progress(step, effect.live).state == "underway"
    assert "deletionTimestamp" in world.cluster.objects[world.path]["metadata"]
    assert not (await world.execute(step)).changed


async def test_a_budget_that_says_no_is_named() -> None:
    world = World()
    step = await world.plan()
    world.cluster.put(budget())
    world.cluster.put(budget("other", app="other"))
    with pytest.raises(ApiError) as caught:
        await world.execute(step)
    assert caught.value.code == 429
    assert str(caught.value).startswith(
        "Pod shop/web-abc-1 is held by PodDisruptionBudget shop/web (0 disruptions allowed): Cannot"
    )
    assert "other" not in str(caught.value)
    assert world.effects() == 0


async def test_a_budget_that_says_no_now_is_no_obstacle_to_a_plan() -> None:
    world = World()
    world.cluster.put(budget())
    step = await world.plan()
    with pytest.raises(ApiError, match=r"shop/web") as caught:
        await world.execute(step)
    assert caught.value.code == 429


async def test_a_429_keeps_its_words_where_budgets_cannot_be_listed() -> None:
    world = World()
    step = await world.plan()
    world.cluster.put(budget())
    world.cluster.faults["select"].append(forbidden())
    with pytest.raises(ApiError, match=r"^Cannot evict") as caught:
        await world.execute(step)
    assert caught.value.code == 429


async def test_a_busy_server_is_no_budget_and_its_time_is_kept() -> None:
    world = World()
    step = await world.plan()
    world.cluster.put(budget(allowed=1))
    world.cluster.faults["evict"].append(ApiError("too many requests", code=429, retry_after=7))
    with pytest.raises(ApiError, match=r"^too many requests") as caught:
        await world.execute(step)
    assert caught.value.retry_after == 7


async def test_the_time_that_a_budget_asks_for_is_kept() -> None:
    world = World()
    step = await world.plan()
    world.cluster.put(budget())
    world.cluster.faults["evict"].append(ApiError("no", code=429, retry_after=10))
    with pytest.raises(ApiError, match=r"shop/web") as caught:
        await world.execute(step)
    assert caught.value.retry_after == 10


async def test_many_budgets_are_not_all_named() -> None:
    world = World()
    step = await world.plan()
    for number in range(5):
        world.cluster.put(budget(f"budget-{number}"))
    world.cluster.faults["evict"].append(ApiError("no", code=429))
    with pytest.raises(ApiError, match=r"budget-2 .* and 2 more"):
        await world.execute(step)


async def test_a_pod_of_two_budgets_can_never_be_evicted() -> None:
    world = World()
    world.cluster.put(budget(allowed=1))
    world.cluster.put(budget("again", allowed=1))
    with pytest.raises(RefusedError, match=r"Leave it to one of them"):
        await world.plan()


async def test_another_pod_of_the_name_is_not_evicted() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["evict"].append(lambda: recreated(world.path, world.cluster))
    effect = await world.execute(step)
    assert (effect.changed, effect.message) == (False, "it is gone already")
    assert world.path in world.cluster.objects


async def test_a_pod_that_changed_since_the_plan_is_not_evicted() -> None:
    world = World()
    step = await world.plan()
    world.cluster.change(world.path, lambda live: live["metadata"].update(ownerReferences=[]))
    with pytest.raises(StaleError):
        await world.execute(step)
    assert world.effects() == 0


@pytest.mark.parametrize("lingering", [False, True])
async def test_after_a_lost_answer_the_next_run_finds_it_gone(lingering: bool) -> None:
    world = World()
    world.cluster.lingering = lingering
    step = await world.plan()
    world.cluster.faults["evict"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.execute(step)
    assert not (await world.execute(step)).changed
    assert world.effects() == 1


async def test_other_errors_are_passed_on() -> None:
    world = World()
    step = await world.plan()
    fault = unavailable()
    world.cluster.faults["evict"].append(fault)
    with pytest.raises(ApiError) as caught:
        await world.execute(step)
    assert caught.value is fault
