"""Typed operations."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from countersign.api.operation import ALLOWED_KINDS, Kind, Operation, OperationType
from tests.support.fakes_objects import operation

WEB = {"kind": "Deployment", "name": "web"}
POD = {"kind": "Pod", "name": "a"}
APPLY: dict[str, Any] = {"type": "Apply", "apply": {"manifest": "kind: ConfigMap"}}
PARAMETERS: dict[OperationType, dict[str, Any]] = {
    OperationType.SCALE: {"scale": {"replicas": 1}},
    OperationType.SET_IMAGE: {"setImage": {"images": [{"container": "web", "image": "web:2"}]}},
    OperationType.SET_ENV: {"setEnv": {"set": {"A": "b"}}},
    OperationType.SET_RESOURCES: {"setResources": {"limits": {"cpu": "1"}}},
    OperationType.LABEL: {"label": {"set": {"a": "b"}}},
    OperationType.ANNOTATE: {"annotate": {"remove": ["a"]}},
    OperationType.PATCH: {"patch": {"patch": "{}"}},
    OperationType.APPLY: {"apply": {"manifest": "kind: ConfigMap"}},
    OperationType.TAINT_NODE: {"taintNode": {"add": [{"key": "a", "effect": "NoExecute"}]}},
    OperationType.EXEC: {"exec": {"command": ["date"]}},
}


def one_of(type_: OperationType) -> dict[str, Any]:
    return {"type": type_, **PARAMETERS.get(type_, {})}


VALID: dict[str, dict[str, Any]] = {
    "a restart": {"type": "RestartRollout", "target": WEB},
    "a scale": {"type": "Scale", "target": WEB, "scale": {"replicas": 3}},
    "a scale to zero": {"type": "Scale", "target": WEB, "scale": {"replicas": 0}},
    "a scale with a precondition": {
        "type": "Scale",
        "target": WEB,
        "scale": {"replicas": 3, "currentReplicas": 2},
    },
    "another namespace": {"type": "RestartRollout", "target": WEB | {"namespace": "shop"}},
    "a name that RBAC allows": {
        "type": "DeleteResource",
        "target": {"kind": "ClusterRole", "name": "system:Node-admin"},
    },
    "another project's kind": {
        "type": "Patch",
        "target": {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "name": "web"},
        "patch": {"patch": "{}", "type": "merge"},
    },
    "several objects": {"type": "DeletePod", "targets": [POD, POD | {"name": "b"}]},
    "objects by their labels": {
        "type": "DeletePod",
        "target": {"kind": "Pod", "selector": "app in (a,b),tier!=db"},
    },
    "a manifest, which names its objects": APPLY,
    "labels that are set and removed": {
        "type": "Label",
        "target": POD,
        "label": {"set": {"tier": "web"}, "remove": ["a", "b"], "overwrite": True},
    },
    "a name with dots": {"type": "RestartRollout", "target": WEB | {"name": "web.v1"}},
}
INVALID: dict[str, dict[str, Any]] = {
    "no type": {"target": WEB},
    "no target": {"type": "RestartRollout"},
    "an unknown type": {"type": "Explode", "target": WEB},
    "an unknown kind": {"type": "RestartRollout", "target": WEB | {"kind": "Secret"}},
    "a Scale without replicas": {"type": "Scale", "target": WEB},
    "a restart with replicas": {
        "type": "RestartRollout",
        "target": WEB,
        "scale": {"replicas": 3},
    },
    "less than no replicas": {"type": "Scale", "target": WEB, "scale": {"replicas": -1}},
    "absurdly many replicas": {"type": "Scale", "target": WEB, "scale": {"replicas": 10_001}},
    "a kind that cannot be scaled": {
        "type": "Scale",
        "target": WEB | {"kind": "DaemonSet"},
        "scale": {"replicas": 3},
    },
    "a kind that cannot be restarted": {
        "type": "RestartRollout",
        "target": WEB | {"kind": "ReplicaSet"},
    },
    "an object by name and by labels": {
        "type": "DeletePod",
        "target": POD | {"selector": "app=a"},
    },
    "another project's Deployment": {
        "type": "RestartRollout",
        "target": WEB | {"apiVersion": "apps.example.com/v1"},
    },
    "an object by neither": {"type": "DeletePod", "target": {"kind": "Pod"}},
    "one target and several": {"type": "DeletePod", "target": POD, "targets": [POD]},
    "too many targets": {"type": "DeletePod", "targets": [POD] * 17},
    "a manifest and several targets": APPLY | {"targets": [POD, POD]},
    "a container that is named twice": {
        "type": "SetImage",
        "target": WEB,
        "setImage": {
            "images": [{"container": "a", "image": "x"}, {"container": "a", "image": "y"}]
        },
    },
    "another operation's parameters": {
        "type": "DeletePod",
        "target": POD,
        "evictPod": {"gracePeriodSeconds": 1},
    },
    "an empty name": {"type": "RestartRollout", "target": WEB | {"name": ""}},
    "a path as the name": {"type": "RestartRollout", "target": WEB | {"name": "web/../db"}},
    "a path as the namespace": {
        "type": "RestartRollout",
        "target": WEB | {"namespace": "shop/../kube-system"},
    },
    "a name in capitals": {"type": "RestartRollout", "target": WEB | {"name": "Web"}},
    "a name of 254 characters": {"type": "RestartRollout", "target": WEB | {"name": "a" * 254}},
    "a line break after the name": {"type": "RestartRollout", "target": WEB | {"name": "web\n"}},
}


@pytest.mark.parametrize("what", VALID)
def test_an_operation_that_fits_its_type_is_read_and_written_the_same(what: str) -> None:
    assert Operation.model_validate(VALID[what]).to_json() == VALID[what]


@pytest.mark.parametrize("what", INVALID)
def test_an_operation_that_makes_no_sense_is_refused(what: str) -> None:
    with pytest.raises(ValidationError):
        Operation.model_validate(INVALID[what])


@pytest.mark.parametrize("type_", OperationType)
@pytest.mark.parametrize("kind", Kind)
def test_only_the_kinds_of_the_table_are_allowed(type_: OperationType, kind: Kind) -> None:
    body = one_of(type_) | {"target": {"kind": kind, "name": "web"}}
    if kind in ALLOWED_KINDS.get(type_, Kind):
        assert Operation.model_validate(body).one.kind == kind
    else:
        with pytest.raises(ValidationError, match=f"{type_} works on"):
            Operation.model_validate(body)


def test_a_namespace_is_filled_in_only_where_it_was_left_out() -> None:
    bare = operation(namespace=None)
    assert bare.in_namespace("shop").one.namespace == "shop"
    assert operation(namespace="other").in_namespace("shop").one.namespace == "other"
    assert bare.one.namespace is None


@pytest.mark.parametrize("type_", OperationType)
def test_parameters_belong_to_their_type_and_are_named_after_it(type_: OperationType) -> None:
    for other, parameters in PARAMETERS.items():
        assert [other.parameters] == list(parameters)
        if other is not type_:
            body = one_of(type_) | parameters | {"target": {"kind": "Pod", "name": "a"}}
            with pytest.raises(ValidationError):
                Operation.model_validate(body)


def test_what_goes_without_saying_is_not_said() -> None:
    bare = {"type": "DeletePod", "target": POD}
    said = bare | {"targets": [], "deletePod": {"force": False}}
    assert Operation.model_validate(said) == Operation.model_validate(bare)
    assert Operation.model_validate(said).to_json() == bare


def test_a_version_that_there_is_only_one_of_goes_without_saying() -> None:
    said = {"type": "RestartRollout", "target": WEB | {"apiVersion": "apps/v1"}}
    assert Operation.model_validate(said) == operation(namespace=None)


def test_the_order_of_what_has_none_does_not_matter() -> None:
    images = [{"container": "b", "image": "y"}, {"container": "a", "image": "x"}]
    one, other = (
        Operation.model_validate({"type": "SetImage", "target": WEB, "setImage": {"images": each}})
        for each in (images, images[::-1])
    )
    assert one == other


def test_an_object_of_the_whole_cluster_gets_no_namespace() -> None:
    node = Operation.model_validate({"type": "CordonNode", "target": {"kind": "Node", "name": "a"}})
    assert node.in_namespace("shop") == node
    pods = Operation.model_validate({"type": "DeletePod", "targets": [POD, POD | {"name": "b"}]})
    assert [each.namespace for each in pods.in_namespace("shop").targets] == ["shop", "shop"]


def test_an_operation_on_several_objects_is_the_same_on_each() -> None:
    pods = Operation.model_validate({"type": "DeletePod", "targets": [POD, POD | {"name": "b"}]})
    single = [pods.on(target) for target in pods.all_targets]
    assert [each.one.name for each in single] == ["a", "b"]
    assert all(each.targets == () for each in single)
    with pytest.raises(ValueError, match="single objects"):
        _ = pods.one
