"""One contract for merge patches and JSON patches."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.ports import JsonObject, ObjectPath, PatchForm
from tests.support.ground import Ground, said
from tests.support.ground_objects import config_map, gizmo, in_pod, pod_of, template


async def patched(
    ground: Ground, path: ObjectPath, body: Any, form: PatchForm = PatchForm.STRATEGIC
) -> JsonObject:
    return await ground.port.patch(path, body, ground.account, form=form)


# --- Merge ----------------------------------------------------------------------------------------


async def test_a_merge_replaces_lists_and_removes_with_null(ground: Ground) -> None:
    path = ground.put(gizmo(spec={"list": [1, 2], "map": {"a": 1, "b": {"c": 1}}, "old": 1}))
    body = {"spec": {"list": [3], "map": {"a": None, "b": {"d": 2}}, "old": None, "never": None}}
    after = await patched(ground, path, body, PatchForm.MERGE)
    assert after["spec"] == {"list": [3], "map": {"b": {"c": 1, "d": 2}}}


async def test_a_merge_of_containers_replaces_them_all(ground: Ground) -> None:
    path = ground.put(
        template(*({"name": name, "image": "example/a:1"} for name in ("main", "side")))
    )
    body = in_pod({"containers": [{"name": "side", "image": "example/side:2"}]})
    after = await patched(ground, path, body, PatchForm.MERGE)
    assert [each["name"] for each in pod_of(after)["containers"]] == ["side"]


# --- JSON patch -----------------------------------------------------------------------------------

LISTED = {"list": [1, 2, 3], "map": {"a": 1, "b/c": 2, "d~e": 3}}
JSON_PATCHES: dict[str, tuple[list[JsonObject], JsonObject]] = {
    "add a field": (
        [{"op": "add", "path": "/spec/new", "value": {"x": 1}}],
        {**LISTED, "new": {"x": 1}},
    ),
    "add in place of a field": (
        [{"op": "add", "path": "/spec/list", "value": []}],
        {**LISTED, "list": []},
    ),
    "insert": (
        [{"op": "add", "path": "/spec/list/1", "value": 9}],
        {**LISTED, "list": [1, 9, 2, 3]},
    ),
    "append": (
        [{"op": "add", "path": "/spec/list/-", "value": 9}],
        {**LISTED, "list": [1, 2, 3, 9]},
    ),
    "append by number": (
        [{"op": "add", "path": "/spec/list/3", "value": 9}],
        {**LISTED, "list": [1, 2, 3, 9]},
    ),
    "remove": (
        [{"op": "remove", "path": "/spec/list/0"}, {"op": "remove", "path": "/spec/map"}],
        {"list": [2, 3]},
    ),
    "replace": (
        [{"op": "replace", "path": "/spec/list/2", "value": 9}],
        {**LISTED, "list": [1, 2, 9]},
    ),
    "escaped": (
        [
            {"op": "replace", "path": "/spec/map/b~1c", "value": 9},
            {"op": "remove", "path": "/spec/map/d~0e"},
        ],
        {**LISTED, "map": {"a": 1, "b/c": 9}},
    ),
    "move": (
        [{"op": "move", "from": "/spec/map/a", "path": "/spec/a"}],
        {"list": [1, 2, 3], "map": {"b/c": 2, "d~e": 3}, "a": 1},
    ),
    "replace what is not there": (
        [{"op": "replace", "path": "/spec/new", "value": 1}],
        {**LISTED, "new": 1},
    ),
    "copy what is not there": (
        [{"op": "copy", "from": "/spec/none", "path": "/spec/x"}],
        {**LISTED, "x": None},
    ),
    "test that something is not there": (
        [{"op": "test", "path": "/spec/none", "value": None}],
        LISTED,
    ),
    "the last": ([{"op": "remove", "path": "/spec/list/-1"}], {**LISTED, "list": [1, 2]}),
    "copy": ([{"op": "copy", "from": "/spec/list/0", "path": "/spec/one"}], {**LISTED, "one": 1}),
    "test and do": (
        [
            {"op": "test", "path": "/spec/list", "value": [1, 2, 3]},
            {"op": "replace", "path": "/spec/list", "value": [4]},
        ],
        {**LISTED, "list": [4]},
    ),
}


@pytest.mark.parametrize("what", JSON_PATCHES)
async def test_a_json_patch_is_done_step_by_step(ground: Ground, what: str) -> None:
    path = ground.put(gizmo(spec=LISTED))
    steps, wanted = JSON_PATCHES[what]
    assert (await patched(ground, path, steps, PatchForm.JSON))["spec"] == wanted


UNFIT: dict[str, list[JsonObject]] = {
    "a test that fails": [
        {"op": "replace", "path": "/spec/list", "value": [4]},
        {"op": "test", "path": "/spec/map/a", "value": 2},
    ],
    "a test of another version": [
        {"op": "test", "path": "/metadata/resourceVersion", "value": "1"},
        {"op": "replace", "path": "/spec/list", "value": [4]},
    ],
    "a test of what is not there": [{"op": "test", "path": "/spec/none", "value": 1}],
    "remove what is not there": [{"op": "remove", "path": "/spec/none"}],
    "replace past the end": [{"op": "replace", "path": "/spec/list/7", "value": 1}],
    "replace below what is not there": [{"op": "replace", "path": "/spec/none/x", "value": 1}],
    "add below what is not there": [{"op": "add", "path": "/spec/none/x", "value": 1}],
    "add past the end": [{"op": "add", "path": "/spec/list/7", "value": 1}],
    "remove past the end": [{"op": "remove", "path": "/spec/list/7"}],
    "no number": [{"op": "add", "path": "/spec/list/x", "value": 1}],
    "copy from below nowhere": [{"op": "copy", "from": "/spec/none/x", "path": "/spec/x"}],
    "move from nowhere": [{"op": "move", "from": "/spec/none", "path": "/spec/x"}],
}


@pytest.mark.parametrize("what", UNFIT)
async def test_a_json_patch_that_does_not_fit_is_422_and_does_nothing(
    ground: Ground, what: str
) -> None:
    path = ground.put(gizmo(spec=LISTED))
    assert await said(patched(ground, path, UNFIT[what], PatchForm.JSON)) == (
        422,
        "Invalid",
        "the server rejected our request due to an error in our request",
    )
    assert (await ground.port.get(path, ground.account))["spec"] == LISTED


async def test_a_json_patch_that_names_its_version_in_a_test_goes_through(ground: Ground) -> None:
    path = ground.put(config_map())
    version = (await ground.port.get(path, ground.account))["metadata"]["resourceVersion"]
    body = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        {"op": "replace", "path": "/data/colour", "value": "blue"},
    ]
    assert (await patched(ground, path, body, PatchForm.JSON))["data"] == {"colour": "blue"}
