"""Patch: what people wrote, with the stamp and the preconditions in the same write."""

from __future__ import annotations

import json

import pytest

from countersign.api.operation import Operation
from countersign.errors import ApiError, RefusedError
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject, PatchForm
from tests.support.fakes import EXECUTOR
from tests.support.fakes_objects import UID, workload
from tests.support.patching import (
    REPLICAS,
    STAMPED,
    WRITING,
    World,
    patch,
    secret_target,
    told,
)


@pytest.mark.parametrize(
    "operation",
    [
        patch("spec: {replicas: 5}\nmetadata: {labels: {a: b}}", "strategic"),
        patch({"spec": {"replicas": 5}, "metadata": {"labels": {"a": "b"}}}),
        patch(
            [
                {"op": "test", "path": "/spec/replicas", "value": 3},
                {"op": "replace", "path": "/spec/replicas", "value": 5},
                {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}},
            ],
            "json",
        ),
    ],
)
async def test_all_three_forms_say_what_changes_and_do_it_with_the_stamp(
    operation: Operation,
) -> None:
    world = World()
    step = await world.plan(operation)
    assert told(step) == [("metadata.labels.a", None, "b"), ("spec.replicas", "3", "5")]
    assert step.summary == "Patch Deployment shop/web: metadata.labels.a, spec.replicas"
    effect = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert (effect.changed, effect.earlier, effect.watched) == (True, False, world.path)
    assert world.live["spec"]["replicas"] == 5
    assert world.live["metadata"]["annotations"] == {STAMP: UID}
    assert world.cluster.calls == ["get", "dry-run", "patch"]
    assert world.executor.progress(step, world.live).state == "underway"
    assert step.undo is not None
    back = await world.plan(step.undo)
    assert told(back) == [("metadata.labels.a", "b", None), ("spec.replicas", "5", "3")]


async def test_the_plan_writes_nothing() -> None:
    world = World()
    before = json.dumps(world.live)
    await world.plan()
    assert json.dumps(world.live) == before
    assert world.cluster.journal == []


async def test_what_is_so_already_is_no_change_and_no_write() -> None:
    world = World()
    step = await world.plan(patch({"spec": {"replicas": 3}}))
    assert (step.changes, step.undo) == ((), None)
    assert step.summary == "Deployment shop/web is like this already"
    effect = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert (effect.changed, effect.earlier) == (False, False)
    assert world.cluster.count("patch") == 0


def test_preconditions_and_stamp_travel_in_a_merge_patch() -> None:
    live = workload()
    body = WRITING.body(patch({"metadata": {"annotations": {"a": "b"}}}), live, "s")
    assert body == {
        "metadata": {
            "uid": live["metadata"]["uid"],
            "resourceVersion": "7",
            "annotations": {"a": "b", STAMP: "s"},
        }
    }


@pytest.mark.parametrize(
    ("annotations", "steps", "made"),
    [
        ({}, [], True),
        ({"x": "y"}, [], False),
        ({}, [{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}], False),
    ],
)
def test_preconditions_and_stamp_travel_in_a_json_patch(
    annotations: dict[str, str], steps: list[JsonObject], made: bool
) -> None:
    live = workload(annotations=annotations)
    body = WRITING.body(patch(steps, "json"), live, "s")
    assert body == [
        {"op": "replace", "path": "/metadata/uid", "value": live["metadata"]["uid"]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
        *steps,
        *([{"op": "add", "path": "/metadata/annotations", "value": {}}] if made else []),
        {"op": "add", "path": "/metadata/annotations/countersign.dev~1executed", "value": "s"},
    ]


def test_members_that_a_step_does_not_have_are_not_passed_on() -> None:
    steps = [{"op": "remove", "path": "/spec/paused", "value": 1, "other": 2}]
    body = WRITING.body(patch(steps, "json"), workload(annotations={"a": "b"}), "s")
    assert body[2] == {"op": "remove", "path": "/spec/paused"}


@pytest.mark.parametrize(
    "operation",
    [
        patch({"data": {"p": None}, "metadata": {"labels": {"a": "b"}}}, target=secret_target()),
        patch(
            [
                {"op": "remove", "path": "/data/p"},
                {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}},
            ],
            "json",
            secret_target(),
        ),
    ],
)
async def test_keys_of_a_secret_can_be_removed_unseen(operation: Operation) -> None:
    world = World(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"p": "VE9Q"}}
    )
    step = await world.plan(operation)
    assert told(step) == [
        ("data", "{…}", "{}"),
        ("data.p", "(hidden)", None),
        ("metadata.labels.a", None, "b"),
    ]
    assert step.undo is None
    assert "VE9Q" not in json.dumps(step.to_json())


def test_a_kind_that_takes_no_strategic_patch_is_told_so() -> None:
    error = ApiError("the body of the request was in an unknown format", code=415)
    explained = WRITING.explained(REPLICAS, error)
    assert isinstance(explained, RefusedError)
    assert "write patch.type: merge" in str(explained)


def test_a_refusal_without_a_cause_gets_one_and_others_pass() -> None:
    error = ApiError("the server rejected our request due to an error in our request", code=422)
    explained = WRITING.explained(REPLICAS, error)
    assert isinstance(explained, ApiError)
    assert explained.code == 422
    assert "a test of the json patch fails" in str(explained)
    other = ApiError("field is immutable", code=422)
    assert WRITING.explained(REPLICAS, other) is other
    assert not WRITING.may_force(error)
    assert not WRITING.forces(REPLICAS, workload())
    assert WRITING.form(REPLICAS) is PatchForm.MERGE
