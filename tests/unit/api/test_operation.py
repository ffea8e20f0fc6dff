"""Typed operations."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from countersign.api.operation import ALLOWED_KINDS, Kind, Operation, OperationType
from tests.support.fakes_objects import operation

WEB = {"kind": "Deployment", "name": "web"}
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
    body: dict[str, Any] = {"type": type_, "target": {"kind": kind, "name": "web"}}
    if type_ is OperationType.SCALE:
        body["scale"] = {"replicas": 1}
    if kind in ALLOWED_KINDS[type_]:
        assert Operation.model_validate(body).target.kind is kind
    else:
        with pytest.raises(ValidationError, match=f"{type_} works on"):
            Operation.model_validate(body)


def test_a_namespace_is_filled_in_only_where_it_was_left_out() -> None:
    bare = operation(namespace=None)
    assert bare.in_namespace("shop").target.namespace == "shop"
    assert operation(namespace="other").in_namespace("shop").target.namespace == "other"
    assert bare.target.namespace is None
