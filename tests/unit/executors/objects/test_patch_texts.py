"""What a patch may not touch, by whatever path; and what is no patch at all."""

from __future__ import annotations

import pytest

from countersign.api.operation import Operation
from countersign.errors import RefusedError
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject
from tests.support.fakes_objects import workload
from tests.support.patching import (
    LAST_APPLIED,
    WRITING,
    patch,
    secret_target,
)

PROTECTED = (
    "name namespace uid resourceVersion managedFields generation creationTimestamp generateName "
    "deletionTimestamp"
)


@pytest.mark.parametrize("form", ["merge", "strategic"])
@pytest.mark.parametrize(
    "body",
    [
        *({"metadata": {field: None}} for field in PROTECTED.split()),
        {"metadata": None},
        {"metadata": "x"},
        {"metadata": ["x"]},
        {"metadata": {"annotations": None}},
        {"metadata": {"annotations": "x"}},
        {"metadata": {"annotations": {STAMP: None}}},
        {"metadata": {"annotations": {"a.countersign.dev/x": "1"}}},
        {"metadata": {"labels": {"countersign.dev/x": "1"}}},
        {"metadata": {"labels": None}},
        {"metadata": {"annotations": {"$patch": "replace"}}},
        {"metadata": {"$patch": "replace"}},
        {"metadata": {"$retainKeys": ["labels"]}},
        {"$patch": "delete"},
        {"$retainKeys": ["spec"]},
    ],
)
def test_a_merge_patch_does_not_touch_identity_or_stamp(body: JsonObject, form: str) -> None:
    with pytest.raises(RefusedError, match="A patch cannot change") as refused:
        WRITING.body(patch(body, form), workload(), "s")
    assert refused.value.reason == "Invalid"


@pytest.mark.parametrize(
    "step",
    [
        *(
            {"op": op, "path": f"/metadata/{field}", "value": "x"}
            for field in PROTECTED.split()
            for op in ("add", "replace", "remove")
        ),
        {"op": "remove", "path": "/metadata/managedFields/0"},
        {"op": "replace", "path": "", "value": {}},
        {"op": "remove", "path": "/metadata"},
        {"op": "move", "from": "/metadata", "path": "/spec/x"},
        {"op": "move", "from": "/metadata/uid", "path": "/spec/x"},
        {"op": "move", "from": "/spec/x", "path": "/metadata/uid"},
        {"op": "copy", "from": "/spec", "path": "/metadata"},
        {"op": "copy", "from": "/spec/x", "path": ""},
        {"op": "remove", "path": "/metadata/annotations"},
        {"op": "replace", "path": "/metadata/annotations", "value": {}},
        {"op": "move", "from": "/metadata/annotations", "path": "/spec/x"},
        {"op": "copy", "from": "/metadata/annotations", "path": "/metadata/labels"},
        {"op": "add", "path": "/metadata/annotations", "value": {STAMP: "x"}},
        {"op": "add", "path": "/metadata/annotations", "value": None},
        {"op": "add", "path": "/metadata/annotations/countersign.dev~1executed", "value": "x"},
        {"op": "remove", "path": "/metadata/annotations/countersign.dev~1executed"},
        {
            "op": "move",
            "from": "/metadata/annotations/countersign.dev~1executed",
            "path": "/spec/x",
        },
        {"op": "add", "path": "/metadata/labels/countersign.dev~1x", "value": "x"},
    ],
)
def test_a_json_patch_does_not_touch_identity_or_stamp(step: JsonObject) -> None:
    with pytest.raises(RefusedError, match="A patch cannot change"):
        WRITING.body(patch([step], "json"), workload(), "s")


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (patch("[1]"), "A merge patch is a mapping"),
        (patch("text", "strategic"), "A strategic patch is a mapping"),
        (patch("{}", "json"), "A json patch is a list"),
        (patch("a: [", "merge"), "The patch cannot be read"),
        (patch("a: 1\n---\nb: 2"), "it holds 2 documents"),
        (patch("a: &x 1"), "anchor"),
        (patch(["x"], "json"), "has op"),
        (patch([{"op": "add", "path": "/spec/x"}], "json"), "has op"),
        (patch([{"op": "move", "path": "/spec/x"}], "json"), "has op"),
        (patch([{"op": "remove"}], "json"), "has op"),
        (patch([{"op": "destroy", "path": "/spec"}], "json"), "has op"),
        (patch([{"op": ["add"], "path": "/spec", "value": 1}], "json"), "has op"),
        (patch([{"op": "remove", "path": "spec/x"}], "json"), "begins with a slash"),
        (patch([{"op": "remove", "path": ["spec"]}], "json"), "begins with a slash"),
        (patch([{"op": "remove", "path": "/spec/a~2"}], "json"), "written ~0"),
        (patch([{"op": "copy", "path": "/spec/a", "from": "b"}], "json"), "begins with a slash"),
    ],
)
def test_a_text_that_is_no_patch_is_refused(operation: Operation, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as refused:
        WRITING.body(operation, workload(), "s")
    assert refused.value.reason == "Invalid"


def test_owners_finalizers_and_tests_are_allowed() -> None:
    WRITING.body(patch({"metadata": {"ownerReferences": [], "finalizers": None}}), workload(), "s")
    directives = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}
    WRITING.body(patch(directives, "strategic"), workload(), "s")
    steps = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "remove", "path": "/metadata/finalizers"},
        {"op": "copy", "from": "/metadata/name", "path": "/metadata/labels/name"},
    ]
    WRITING.body(patch(steps, "json"), workload(), "s")


@pytest.mark.parametrize(
    "operation",
    [
        patch({"data": {"p": "eA=="}}, target=secret_target()),
        patch({"stringData": {"p": "x"}}, "strategic", secret_target()),
        patch({"data": "x"}, target=secret_target()),
        patch({"data": {"$patch": "replace"}}, "strategic", secret_target()),
        patch({"metadata": {"annotations": {LAST_APPLIED: "x"}}}, target=secret_target()),
        *(
            patch([{"op": op, "path": path, "value": value}], "json", secret_target())
            for op in ("add", "replace", "test")
            for path, value in (("/data/p", "eA=="), ("/stringData", {"p": "x"}))
        ),
        *(
            patch([{"op": "test", "path": path, "value": {}}], "json", secret_target())
            for path in ("", "/metadata", "/data")
        ),
        patch(
            [{"op": "add", "path": "/metadata/annotations", "value": {LAST_APPLIED: "x"}}],
            "json",
            secret_target(),
        ),
        patch(
            [
                {
                    "op": "test",
                    "path": f"/metadata/annotations/{LAST_APPLIED.replace('/', '~1')}",
                    "value": "x",
                }
            ],
            "json",
            secret_target(),
        ),
        patch(
            [{"op": "copy", "from": "/data/p", "path": "/metadata/labels/p"}],
            "json",
            secret_target(),
        ),
    ],
)
def test_a_patch_carries_no_secret_and_does_not_ask_for_one(operation: Operation) -> None:
    live = {"kind": "Secret", "metadata": {"name": "s", "uid": "u", "resourceVersion": "1"}}
    with pytest.raises(RefusedError, match="Secret"):
        WRITING.body(operation, live, "s")
