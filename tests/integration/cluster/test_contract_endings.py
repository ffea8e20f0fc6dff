"""One contract for how objects end: deletions, evictions, and the budgets that hold pods."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath
from tests.support.eventually import eventually
from tests.support.ground import Ground, InMemory, OnServer, refusal, said
from tests.support.ground_objects import NOWHERE, config_map, gizmo, pod, running, template

NOBODY = "11111111-1111-4111-8111-111111111111"
OBJECTS = {
    "of the core": config_map(),
    "of a group": template(),
    "of another project's kind": gizmo(),
}
NAMED = {
    "of the core": 'ConfigMap "settings"',
    "of a group": 'CronJob.batch "web"',
    "of another project's kind": 'Gizmo.contract.example.com "one"',
}


async def deleted(
    ground: Ground, path: ObjectPath, options: JsonObject | None = None, **how: bool
) -> JsonObject:
    return await ground.port.delete(path, options or {}, ground.account, **how)


async def is_there(ground: Ground, path: ObjectPath) -> bool:
    try:
        await ground.port.get(path, ground.account)
    except ApiError as error:
        if error.not_found:
            return False
        raise
    return True


def succeeded(answer: JsonObject) -> bool:
    return (answer["kind"], answer["apiVersion"], answer["status"]) == ("Status", "v1", "Success")


# --- Deletions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", OBJECTS)
async def test_what_nothing_holds_is_gone_at_once(ground: Ground, what: str) -> None:
    path = ground.put(OBJECTS[what])
    uid = (await ground.port.get(path, ground.account))["metadata"]["uid"]
    answer = await deleted(ground, path, {"preconditions": {"uid": uid}})
    assert succeeded(answer)
    assert answer["details"]["name"] == path.name
    assert answer["details"]["uid"] == uid
    assert not await is_there(ground, path)


@pytest.mark.parametrize("what", OBJECTS)
async def test_a_deletion_that_is_only_tried_leaves_it(ground: Ground, what: str) -> None:
    path = ground.put(OBJECTS[what])
    before = await ground.port.get(path, ground.account)
    assert succeeded(await deleted(ground, path, dry_run=True))
    assert await ground.port.get(path, ground.account) == before


async def test_a_deletion_of_what_is_not_there_is_404(ground: Ground) -> None:
    path = ObjectPath("v1", "configmaps", ground.namespace, "none")
    wanted = (404, "NotFound", 'configmaps "none" not found')
    assert await said(deleted(ground, path)) == wanted
    assert await said(deleted(ground, path, dry_run=True)) == wanted


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "in earnest"])
@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
@pytest.mark.parametrize("what", OBJECTS)
async def test_a_precondition_that_does_not_hold_is_409_and_says_which(
    ground: Ground, what: str, field: str, dry_run: bool
) -> None:
    path, named = ground.put(OBJECTS[what]), NAMED[what]
    metadata = (await ground.port.get(path, ground.account))["metadata"]
    wanted = NOBODY if field == "uid" else "1"
    of = deleted(ground, path, {"preconditions": {field: wanted}}, dry_run=dry_run)
    name = "UID" if field == "uid" else "ResourceVersion"
    since = {"uid": "deleted and then recreated", "resourceVersion": "modified"}[field]
    assert await said(of) == (
        409,
        "Conflict",
        (
            f"Operation cannot be fulfilled on {named}: the {name} in the precondition ({wanted}) does "
            f"not match the {name} in record ({metadata[field]}). The object might have been {since}"
        ),
    )
    assert await is_there(ground, path)


def held(body: JsonObject) -> JsonObject:
    return {**body, "metadata": {**body["metadata"], "finalizers": ["example.com/hold"]}}


@pytest.mark.parametrize("what", OBJECTS)
async def test_finalizers_hold_an_object_until_they_are_gone(ground: Ground, what: str) -> None:
    path = ground.put(held(OBJECTS[what]))
    answer = await deleted(ground, path)
    assert answer["kind"] == OBJECTS[what]["kind"]
    assert answer["metadata"]["deletionTimestamp"]
    assert answer["metadata"]["deletionGracePeriodSeconds"] == 0
    again = await deleted(ground, path)
    assert again["metadata"]["deletionTimestamp"] == answer["metadata"]["deletionTimestamp"]
    assert again["metadata"]["resourceVersion"] == answer["metadata"]["resourceVersion"]
    ground.change(path, {"metadata": {"finalizers": None}})
    assert not await is_there(ground, path)


async def test_a_deletion_of_what_finalizers_hold_says_so_when_it_is_only_tried(
    ground: Ground,
) -> None:
    path = ground.put(held(config_map()))
    answer = await deleted(ground, path, dry_run=True)
    assert answer["metadata"]["deletionTimestamp"]
    assert "deletionTimestamp" not in (await ground.port.get(path, ground.account))["metadata"]


HOLDING = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


@pytest.mark.parametrize("policy", ["Background", *HOLDING])
async def test_what_becomes_of_its_own_objects_may_hold_it(ground: Ground, policy: str) -> None:
    path = ground.put(config_map())
    answer = await deleted(ground, path, {"propagationPolicy": policy}, dry_run=True)
    if policy == "Background":
        assert succeeded(answer)
    else:
        assert answer["metadata"]["finalizers"] == [HOLDING[policy]]
    answer = await deleted(ground, path, {"propagationPolicy": policy})
    if policy == "Background":
        assert succeeded(answer)
    else:
        assert answer["metadata"]["finalizers"] == [HOLDING[policy]]
        assert answer["metadata"]["deletionTimestamp"]


# --- Pods -----------------------------------------------------------------------------------------


async def test_a_pod_on_a_node_is_given_time(ground: Ground) -> None:
    path = ground.put(pod())
    answer = await deleted(ground, path)
    assert answer["kind"] == "Pod"
    assert answer["metadata"]["deletionTimestamp"]
    assert answer["metadata"]["deletionGracePeriodSeconds"] == 30
    assert await is_there(ground, path)
    shorter = await deleted(ground, path, {"gracePeriodSeconds": 5})
    assert shorter["metadata"]["deletionGracePeriodSeconds"] == 5
    longer = await deleted(ground, path, {"gracePeriodSeconds": 60})
    assert longer["metadata"]["deletionGracePeriodSeconds"] == 5


async def test_a_pod_has_the_time_that_it_asks_for(ground: Ground) -> None:
    path = ground.put(pod(terminationGracePeriodSeconds=7))
    answer = await deleted(ground, path)
    assert answer["metadata"]["deletionGracePeriodSeconds"] == 7


async def test_a_deletion_of_a_pod_that_is_only_tried_answers_with_the_pod(ground: Ground) -> None:
    path = ground.put(pod())
    answer = await deleted(ground, path, dry_run=True)
    assert answer["kind"] == "Pod"
    assert answer["metadata"]["deletionGracePeriodSeconds"] == 30
    assert "deletionTimestamp" not in (await ground.port.get(path, ground.account))["metadata"]


GONE: dict[str, tuple[JsonObject, JsonObject]] = {
    "without a node": ({"node": None}, {}),
    "without any grace": ({}, {"gracePeriodSeconds": 0}),
}


@pytest.mark.parametrize("what", GONE)
async def test_a_pod_that_need_not_be_waited_for_is_gone_at_once(ground: Ground, what: str) -> None:
    spec, options = GONE[what]
    path = ground.put(pod(**spec))
    answer = await deleted(ground, path, options)
    assert answer["kind"] == "Pod"
    assert answer["metadata"]["deletionGracePeriodSeconds"] == 0
    assert answer["metadata"]["deletionTimestamp"]
    assert not await is_there(ground, path)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
async def test_a_pod_that_has_ended_is_gone_at_once(ground: Ground, phase: str) -> None:
    path = ground.put(pod())
    ground.change(replace(path, subresource="status"), {"status": {"phase": phase}})
    assert (await deleted(ground, path))["kind"] == "Pod"
    assert not await is_there(ground, path)


# --- Evictions ------------------------------------------------------------------------------------


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
    await deleted(ground, path)
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
