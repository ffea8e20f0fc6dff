"""One contract for creations: what the server adds, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countersign.ports import JsonObject, ObjectPath
from tests.support.ground import GIZMO, Ground, said
from tests.support.ground_objects import config_map, gizmo, template


def collection(ground: Ground, plural: str = "configmaps", version: str = "v1") -> ObjectPath:
    return ObjectPath(version, plural, ground.namespace)


async def test_what_is_created_is_there_with_a_uid_and_a_version(ground: Ground) -> None:
    made = await ground.port.create(collection(ground), config_map(), ground.account)
    assert made["metadata"]["namespace"] == ground.namespace
    assert made["metadata"]["uid"]
    path = ObjectPath("v1", "configmaps", ground.namespace, "settings")
    assert await ground.port.get(path, ground.account) == made


async def test_a_creation_that_is_only_tried_has_no_version_and_leaves_nothing(
    ground: Ground,
) -> None:
    tried = await ground.port.create(collection(ground), config_map(), ground.account, dry_run=True)
    assert tried["data"] == {"colour": "red"}
    assert tried["metadata"]["uid"]
    assert "resourceVersion" not in tried["metadata"]
    path = ObjectPath("v1", "configmaps", ground.namespace, "settings")
    assert (await said(ground.port.get(path, ground.account)))[0] == 404


TAKEN = {
    "of the core": (config_map(), "configmaps", 'configmaps "settings" already exists'),
    "of a group": (template(), "cronjobs", 'cronjobs.batch "web" already exists'),
    "of another project's kind": (
        gizmo(),
        "gizmos",
        'gizmos.contract.example.com "one" already exists',
    ),
}


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "in earnest"])
@pytest.mark.parametrize("what", TAKEN)
async def test_a_name_that_is_taken_is_409_and_no_conflict_of_versions(
    ground: Ground, what: str, dry_run: bool
) -> None:
    body, plural, words = TAKEN[what]
    ground.put(body)
    where = collection(ground, plural, body["apiVersion"])
    of = ground.port.create(where, body, ground.account, dry_run=dry_run)
    assert await said(of) == (409, "AlreadyExists", words)


async def test_a_name_is_generated_where_only_its_beginning_is_given(ground: Ground) -> None:
    body = {**config_map(), "metadata": {"generateName": "made-"}}
    made = [await ground.port.create(collection(ground), body, ground.account) for _ in range(2)]
    names = [each["metadata"]["name"] for each in made]
    assert all(name.startswith("made-") and len(name) == len("made-") + 5 for name in names)
    assert names[0] != names[1]
    assert made[0]["metadata"]["generateName"] == "made-"


async def test_an_object_without_a_name_is_refused(ground: Ground) -> None:
    body = {**config_map(), "metadata": {}}
    assert await said(ground.port.create(collection(ground), body, ground.account)) == (
        422,
        "Invalid",
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    )


async def test_a_new_object_has_no_version_yet(ground: Ground) -> None:
    body = config_map()
    body["metadata"]["resourceVersion"] = "5"
    code, reason, words = await said(ground.port.create(collection(ground), body, ground.account))
    assert (code, reason) == (500, None)
    assert words == "resourceVersion should not be set on objects to be created"


async def test_a_new_object_has_the_namespace_it_is_sent_to(ground: Ground) -> None:
    body = config_map()
    body["metadata"]["namespace"] = "elsewhere"
    assert await said(ground.port.create(collection(ground), body, ground.account)) == (
        400,
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request",
    )


async def test_the_server_gives_a_new_object_its_uid_and_its_first_generation(
    ground: Ground,
) -> None:
    body = template()
    body["metadata"] |= {
        "uid": "mine",
        "generation": 7,
        "creationTimestamp": "2020-01-01T00:00:00Z",
    }
    body["status"] = {"lastScheduleTime": "2020-01-01T00:00:00Z"}
    where = collection(ground, "cronjobs", "batch/v1")
    made = await ground.port.create(where, body, ground.account)
    assert made["metadata"]["generation"] == 1
    assert made["metadata"]["uid"] != "mine"
    assert made["metadata"]["creationTimestamp"] > "2025"
    assert not made.get("status")


GENERATIONS: dict[str, tuple[ObjectPath, JsonObject]] = {
    "Service": (
        ObjectPath("v1", "services", None),
        {"spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}},
    ),
    "ConfigMap": (ObjectPath("v1", "configmaps", None), {"data": {}}),
    "Secret": (ObjectPath("v1", "secrets", None), {"data": {}}),
    "PodDisruptionBudget": (
        ObjectPath("policy/v1", "poddisruptionbudgets", None),
        {"spec": {"minAvailable": 1, "selector": {}}},
    ),
    "NetworkPolicy": (
        ObjectPath("networking.k8s.io/v1", "networkpolicies", None),
        {"spec": {"podSelector": {}}},
    ),
    "Gizmo": (ObjectPath(GIZMO.api_version, "gizmos", None), {"colour": "red"}),
    "PersistentVolumeClaim": (
        ObjectPath("v1", "persistentvolumeclaims", None),
        {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
            }
        },
    ),
    "Pod": (
        ObjectPath("v1", "pods", None),
        {"spec": {"containers": [{"name": "main", "image": "example/web:1"}]}},
    ),
    "ServiceAccount": (ObjectPath("v1", "serviceaccounts", None), {}),
}
WITH_GENERATION = {"PodDisruptionBudget", "NetworkPolicy", "Gizmo", "Pod"}


@pytest.mark.parametrize("kind", GENERATIONS)
async def test_which_kinds_count_generations(ground: Ground, kind: str) -> None:
    path, rest = GENERATIONS[kind]
    where = replace(path, namespace=ground.namespace)
    body = {
        "apiVersion": path.api_version,
        "kind": kind,
        "metadata": {"name": "contract"},
        **rest,
    }
    tried = await ground.port.create(where, body, ground.account, dry_run=True)
    assert tried["metadata"].get("generation") == (1 if kind in WITH_GENERATION else None)
