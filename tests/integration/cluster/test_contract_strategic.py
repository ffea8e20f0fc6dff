"""One contract for strategic merges: which lists are merged by which key, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from countersign.ports import JsonObject, ObjectPath, PatchForm
from tests.support.ground import Ground, said
from tests.support.ground_objects import config_map, gizmo, in_pod, pod_of, template


async def patched(
    ground: Ground, path: ObjectPath, body: Any, form: PatchForm = PatchForm.STRATEGIC
) -> JsonObject:
    return await ground.port.patch(path, body, ground.account, form=form)


MAIN = {
    "name": "main",
    "image": "example/main:1",
    "args": ["--one", "--two"],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    "ports": [{"containerPort": 80, "protocol": "TCP"}],
    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
}
SIDE = {"name": "side", "image": "example/side:1"}
POD = {
    "volumes": [{"name": "tmp", "emptyDir": {}}],
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "nodeSelector": {"disk": "ssd"},
    "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["one"]}],
    "imagePullSecrets": [{"name": "one"}],
}


def short(containers: list[JsonObject]) -> list[tuple[str, str]]:
    return [(each["name"], each["image"]) for each in containers]


STRATEGIC: dict[str, tuple[JsonObject, Any, Any]] = {
    "an image by its container's name": (
        {"containers": [{"name": "main", "image": "example/main:2"}]},
        lambda spec: short(spec["containers"]),
        [("main", "example/main:2"), ("side", "example/side:1")],
    ),
    "a new container comes first": (
        {"containers": [{"name": "new", "image": "example/new:1"}]},
        lambda spec: short(spec["containers"]),
        [("new", "example/new:1"), ("main", "example/main:1"), ("side", "example/side:1")],
    ),
    "the order of those there are stays theirs": (
        {"containers": [{"name": "side", "image": "s:2"}, {"name": "main", "image": "m:2"}]},
        lambda spec: short(spec["containers"]),
        [("side", "s:2"), ("main", "m:2")],
    ),
    "a new one between those there are": (
        {"containers": [{"name": "side", "image": "s:2"}, {"name": "new", "image": "n:1"}]},
        lambda spec: short(spec["containers"]),
        [("main", "example/main:1"), ("side", "s:2"), ("new", "n:1")],
    ),
    "a container that goes": (
        {"containers": [{"name": "side", "$patch": "delete"}]},
        lambda spec: short(spec["containers"]),
        [("main", "example/main:1")],
    ),
    "one that goes and was not there": (
        {"containers": [{"name": "none", "$patch": "delete"}]},
        lambda spec: short(spec["containers"]),
        [("main", "example/main:1"), ("side", "example/side:1")],
    ),
    "the list as a whole": (
        {"containers": [{"$patch": "replace"}, {"name": "new", "image": "example/new:1"}]},
        lambda spec: short(spec["containers"]),
        [("new", "example/new:1")],
    ),
    "variables by name": (
        {
            "containers": [
                {
                    "name": "main",
                    "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
                }
            ]
        },
        lambda spec: [(each["name"], each["value"]) for each in spec["containers"][0]["env"]],
        [("A", "1"), ("B", "3"), ("C", "4")],
    ),
    "a variable whose value comes from elsewhere": (
        {
            "containers": [
                {
                    "name": "main",
                    "env": [
                        {
                            "name": "A",
                            "value": None,
                            "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}},
                        }
                    ],
                }
            ]
        },
        lambda spec: [sorted(each) for each in spec["containers"][0]["env"]],
        [["name", "valueFrom"], ["name", "value"]],
    ),
    "arguments as a whole": (
        {"containers": [{"name": "main", "args": ["--three"]}]},
        lambda spec: spec["containers"][0]["args"],
        ["--three"],
    ),
    "ports by number": (
        {"containers": [{"name": "main", "ports": [{"containerPort": 81, "protocol": "TCP"}]}]},
        lambda spec: [each["containerPort"] for each in spec["containers"][0]["ports"]],
        [81, 80],
    ),
    "mounts by path": (
        {
            "containers": [
                {
                    "name": "main",
                    "volumeMounts": [{"mountPath": "/tmp", "readOnly": True, "name": "tmp"}],
                }
            ]
        },
        lambda spec: spec["containers"][0]["volumeMounts"],
        [{"name": "tmp", "mountPath": "/tmp", "readOnly": True}],
    ),
    "volumes by name, one kind in place of another": (
        {
            "volumes": [
                {"$retainKeys": ["name", "configMap"], "name": "tmp", "configMap": {"name": "c"}}
            ]
        },
        lambda spec: [sorted(each) for each in spec["volumes"]],
        [["configMap", "name"]],
    ),
    "tolerations as a whole": (
        {"tolerations": [{"key": "b", "operator": "Exists"}]},
        lambda spec: spec["tolerations"],
        [{"key": "b", "operator": "Exists"}],
    ),
    "a map's keys": (
        {"nodeSelector": {"zone": "a"}},
        lambda spec: spec["nodeSelector"],
        {"disk": "ssd", "zone": "a"},
    ),
    "a map as a whole": (
        {"nodeSelector": {"$patch": "replace", "zone": "a"}},
        lambda spec: spec["nodeSelector"],
        {"zone": "a"},
    ),
    "a map that goes": (
        {"nodeSelector": {"$patch": "delete"}},
        lambda spec: spec.get("nodeSelector"),
        None,
    ),
    "a list that goes": ({"tolerations": None}, lambda spec: spec.get("tolerations"), None),
    "host aliases by address": (
        {"hostAliases": [{"ip": "10.0.0.2", "hostnames": ["two"]}]},
        lambda spec: [each["ip"] for each in spec["hostAliases"]],
        ["10.0.0.2", "10.0.0.1"],
    ),
    "pull secrets by name": (
        {"imagePullSecrets": [{"name": "two"}]},
        lambda spec: [each["name"] for each in spec["imagePullSecrets"]],
        ["two", "one"],
    ),
    "an order that is asked for": (
        {
            "$setElementOrder/containers": [{"name": "side"}, {"name": "main"}],
            "containers": [{"name": "main", "image": "m:2"}],
        },
        lambda spec: short(spec["containers"]),
        [("side", "example/side:1"), ("main", "m:2")],
    ),
}


@pytest.mark.parametrize("what", STRATEGIC)
async def test_a_strategic_merge_knows_the_keys_of_lists(ground: Ground, what: str) -> None:
    path = ground.put(template(MAIN, SIDE, **POD))
    body, look, wanted = STRATEGIC[what]
    after = pod_of(await patched(ground, path, in_pod(body)))
    assert look(after) == wanted


async def test_finalizers_and_labels_merge_strategically(ground: Ground) -> None:
    body = config_map(labels={"a": "1"})
    body["metadata"]["finalizers"] = ["example.com/a"]
    path = ground.put(body)
    change = {"metadata": {"finalizers": ["example.com/b"], "labels": {"b": "2"}}}
    metadata = (await patched(ground, path, change))["metadata"]
    assert metadata["finalizers"] == ["example.com/b", "example.com/a"]
    assert metadata["labels"] == {"a": "1", "b": "2"}
    gone = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a", "example.com/b"]}}
    assert not (await patched(ground, path, gone))["metadata"].get("finalizers")


async def test_an_element_without_its_key_is_refused(ground: Ground) -> None:
    path = ground.put(template(MAIN, **POD))
    body = in_pod({"containers": [{"image": "example/other:1"}]})
    code, reason, words = await said(patched(ground, path, body))
    assert (code, reason) == (500, None)
    assert "does not contain declared merge key: name" in words


async def test_a_strategic_merge_is_for_kubernetes_own_kinds(ground: Ground) -> None:
    path = ground.put(gizmo())
    for there in (path, replace(path, name="none")):
        code, reason, words = await said(patched(ground, there, {"spec": {"size": 2}}))
        assert (code, reason) == (415, "UnsupportedMediaType")
        assert words == (
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json-patch+json, application/merge-patch+json, "
            "application/apply-patch+yaml"
        )
