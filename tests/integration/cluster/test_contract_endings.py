"""One contract for deletions: what is gone at once, what is held, and what the answer is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath
from tests.support.ground import Ground, said, succeeded
from tests.support.ground_objects import config_map, gizmo, pod, template

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


KINDS: dict[str, tuple[bool, JsonObject]] = {
    "Service": (True, {"spec": {"ports": [{"port": 80}]}}),
    "ServiceAccount": (True, {}),
    "ResourceQuota": (True, {"spec": {}}),
    "Secret": (False, {}),
    "Role": (False, {"rules": []}),
    "NetworkPolicy": (False, {"spec": {"podSelector": {}}}),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_of_some_kinds_the_answer_is_the_object_though_it_is_gone(
    ground: Ground, kind: str
) -> None:
    with_object, rest = KINDS[kind]
    path = ground.put({"kind": kind, "metadata": {"name": "contract"}, **rest})
    for dry_run in (True, False):
        answer = await deleted(ground, path, dry_run=dry_run)
        assert answer["kind"] == (kind if with_object else "Status")
    assert not await is_there(ground, path)


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
