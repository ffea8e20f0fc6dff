"""One contract for evictions, and for the budgets that hold pods."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countersign.ports import JsonObject, ObjectPath
from tests.support.eventually import eventually
from tests.support.ground import Ground, InMemory, OnServer, refusal, said, succeeded
from tests.support.ground_objects import NOWHERE, pod, running

NOBODY = "11111111-1111-4111-8111-111111111111"


async def evicted(
    ground: Ground, path: ObjectPath, options: JsonObject | None = None, **how: bool
) -> JsonObject:
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": path.name, "namespace": path.namespace},
        "deleteOptions": options or {},
    }
    where = replace(path, subresource="eviction")
    return await ground.port.create(where, body, ground.account, **how)


def budget(name: str, app: str, at_least: int) -> JsonObject:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"minAvailable": at_least, "selector": {"matchLabels": {"app": app}}},
    }


def counted(ground: Ground, name: str, allowed: int, healthy: int | None = None) -> ObjectPath:
    """Wait until the budget's controller has counted; in memory, be it."""
    path = ObjectPath("policy/v1", "poddisruptionbudgets", ground.namespace, name)
    if isinstance(ground, InMemory):
        now = allowed + 1 if healthy is None else healthy
        status = {"disruptionsAllowed": allowed, "observedGeneration": 1, "currentHealthy": now}
        status["desiredHealthy"] = 1
        ground.change(path, {"status": status})
        return path
    assert isinstance(ground, OnServer)
    admin = ground.admin

    def is_counted() -> bool:
        found = admin.get("PodDisruptionBudget", ground.namespace, name).get("status") or {}
        told = found.get("disruptionsAllowed"), found.get("observedGeneration")
        fits = healthy in (None, found.get("currentHealthy"))
        return told == (allowed, 1) and fits

    eventually(is_counted, what="the budget to be counted")
    return path


async def test_an_eviction_that_no_budget_holds_ends_the_pod(ground: Ground) -> None:
    path = running(ground)
    answer = await evicted(ground, path, {"gracePeriodSeconds": 3})
    assert succeeded(answer)
    assert answer["code"] == 201
    live = await ground.port.get(path, ground.account)
    assert live["metadata"]["deletionGracePeriodSeconds"] == 3


async def test_an_eviction_that_is_only_tried_leaves_the_pod(ground: Ground) -> None:
    path = running(ground)
    before = await ground.port.get(path, ground.account)
    assert succeeded(await evicted(ground, path, dry_run=True))
    assert await ground.port.get(path, ground.account) == before


async def test_an_eviction_of_no_pod_is_404(ground: Ground) -> None:
    path = ObjectPath("v1", "pods", ground.namespace, "none")
    assert await said(evicted(ground, path)) == (404, "NotFound", 'pods "none" not found')


@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
async def test_an_eviction_whose_precondition_does_not_hold_is_409(
    ground: Ground, field: str
) -> None:
    path = running(ground)  # Of one that is pending, the server tries for ten seconds.
    wanted = NOBODY if field == "uid" else "1"
    code, reason, words = await said(evicted(ground, path, {"preconditions": {field: wanted}}))
    assert (code, reason) == (409, "Conflict")
    assert words.startswith('Operation cannot be fulfilled on Pod "web": the ')
    assert "deletionTimestamp" not in (await ground.port.get(path, ground.account))["metadata"]


async def test_a_budget_that_allows_nothing_is_429(ground: Ground) -> None:
    path = running(ground)
    ground.put(budget("holds", "web", 1))
    counted(ground, "holds", 0)
    for dry_run in (True, False):
        error = await refusal(evicted(ground, path, dry_run=dry_run))
        assert (error.code, error.reason, error.retry_after) == (429, "TooManyRequests", None)
        assert str(error) == "Cannot evict pod as it would violate the pod's disruption budget."
    assert "deletionTimestamp" not in (await ground.port.get(path, ground.account))["metadata"]


async def test_an_eviction_counts_against_the_budget_unless_it_is_only_tried(
    ground: Ground,
) -> None:
    path, other = running(ground), running(ground, "other", node=NOWHERE)
    ground.change(other, {"metadata": {"labels": {"app": "web"}}})
    ground.put(budget("allows", "web", 1))
    at = counted(ground, "allows", 1)
    await evicted(ground, path, dry_run=True)
    allowed = (await ground.port.get(at, ground.account))["status"]["disruptionsAllowed"]
    assert allowed == 1
    await evicted(ground, path)
    status = (await ground.port.get(at, ground.account))["status"]
    assert status["disruptionsAllowed"] == 0
    assert (await refusal(evicted(ground, other))).code == 429


async def test_a_pod_of_two_budgets_is_evicted_by_nobody(ground: Ground) -> None:
    path = running(ground)
    ground.put(budget("one", "web", 0))
    ground.put(budget("two", "web", 0))
    assert await said(evicted(ground, path)) == (
        500,
        None,
        (
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
            "support."
        ),
    )


@pytest.mark.parametrize("phase", ["Pending", "Succeeded"])
async def test_a_budget_holds_no_pod_that_is_not_at_work(ground: Ground, phase: str) -> None:
    path = ground.put(pod())
    if phase != "Pending":
        ground.change(replace(path, subresource="status"), {"status": {"phase": phase}})
    ground.put(budget("holds", "web", 1))
    counted(ground, "holds", 0)
    assert succeeded(await evicted(ground, path))


async def test_a_pod_that_is_being_deleted_needs_no_budget(ground: Ground) -> None:
    path = running(ground)
    ground.put(budget("holds", "web", 1))
    counted(ground, "holds", 0)
    await ground.port.delete(path, {}, ground.account)
    assert succeeded(await evicted(ground, path))


@pytest.mark.parametrize("others", [0, 1])
async def test_a_pod_that_is_not_ready_may_go_where_enough_others_are(
    ground: Ground, others: int
) -> None:
    path = running(ground, ready=False)
    if others:
        ground.change(running(ground, "other"), {"metadata": {"labels": {"app": "web"}}})
    ground.put(budget("holds", "web", 1))
    counted(ground, "holds", 0, healthy=others)
    if others:
        assert succeeded(await evicted(ground, path))
    else:
        assert (await refusal(evicted(ground, path))).code == 429
