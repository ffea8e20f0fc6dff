"""What a write made of an object, and the way back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject
from tests.support.fakes_objects import workload
from tests.support.patching import (
    REPLICAS,
    WEB,
    WRITING,
)


def test_the_status_counts_where_a_patch_can_change_it() -> None:
    live = {"metadata": {}, "status": {"a": 1}}
    [change] = WRITING.changes(REPLICAS, live, {"metadata": {}, "status": {"a": 2}})
    assert change.field == "status.a"


def test_what_the_server_adds_to_every_write_is_no_change() -> None:
    live = workload()
    after = workload(annotations={STAMP: "rehearsal"})
    after["metadata"] |= {"resourceVersion": "8", "generation": 2, "managedFields": [{}]}
    assert WRITING.changes(REPLICAS, live, after) == ()


def with_env(**variables: str) -> JsonObject:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    live = workload()
    live["spec"]["template"]["spec"] = {"containers": [{"name": "web", "env": env}]}
    return live


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 2}, {"spec": {"a": 1}}),
        ({"a": 1}, {}, {"spec": {"a": 1}}),
        ({}, {"a": {"b": 1}}, {"spec": {"a": None}}),
        (
            {"a": {"b": 1, "c": 1}},
            {"a": {"b": 2, "d": 1}},
            {"spec": {"a": {"b": 1, "c": 1, "d": None}}},
        ),
        ({"a": [1, 2]}, {"a": [1]}, {"spec": {"a": [1, 2]}}),
        ({"a": {"b": 1}}, {"a": 7}, {"spec": {"a": {"b": 1}}}),
        ({"a": [None, {"b": None}]}, {"a": 7}, {"spec": {"a": [None, {"b": None}]}}),
        ({"a": None}, {"a": 1}, None),
        ({"a": {"b": None}}, {}, None),
        ({"a": "x" * 20_000}, {"a": "y"}, None),
    ],
)
def test_undo_is_the_merge_patch_back(before: Any, after: Any, expected: Any) -> None:
    live, then = ({"metadata": {}, "spec": spec} for spec in (before, after))
    undo = WRITING.undo(REPLICAS, live, then)
    if expected is None:
        assert undo is None
    else:
        assert undo is not None
        assert undo.patch is not None
        assert (undo.patch.type, json.loads(undo.patch.patch)) == ("merge", expected)
        assert undo.target == WEB


def test_undo_takes_the_first_annotation_back_without_touching_the_map() -> None:
    live, after = workload(), workload(annotations={"a": "b", STAMP: "s"})
    undo = WRITING.undo(REPLICAS, live, after)
    assert undo is not None
    assert undo.patch is not None
    assert json.loads(undo.patch.patch) == {"metadata": {"annotations": {"a": None}}}
    WRITING.body(undo, after, "s")


def test_undo_never_holds_a_secret_variable_even_beside_the_change() -> None:
    live, after = with_env(DB_PASSWORD="TOP", A="1"), with_env(DB_PASSWORD="TOP", A="2")
    assert WRITING.undo(REPLICAS, live, after) is None
    assert WRITING.undo(REPLICAS, with_env(A="1"), with_env(A="2")) is not None
