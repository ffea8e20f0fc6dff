"""The objects of an Apply: told apart, cleaned, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from countersign.actions.manifests import LAST_APPLIED, read, split
from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import ApplyParameters
from countersign.api.status import MAX_STEPS
from countersign.errors import RefusedError
from tests.support.fakes_objects import operation

CONFIG = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"


def apply(manifest: str, *, force: bool = False) -> Operation:
    parameters = ApplyParameters(manifest=manifest, force_conflicts=force)
    return Operation(type=OperationType.APPLY, apply=parameters)


def config(name: str = "a", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}


def test_other_operations_are_left_as_they_are() -> None:
    assert split(operation(), "shop") == (operation(),)


def test_one_document_stays_as_people_wrote_it() -> None:
    text = f"# why\n{CONFIG}"
    [part] = split(apply(text, force=True), "shop")
    assert part.one == Target(kind="ConfigMap", name="a", namespace="shop")
    assert part.apply == ApplyParameters(manifest=text, force_conflicts=True)


def test_several_documents_and_lists_become_one_apply_each_in_order() -> None:
    listed = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [config("b"), config("c", namespace="x")],
    }
    parts = split(apply(f"{CONFIG}\n---\n{json.dumps(listed)}", force=True), "shop")
    assert [(part.one.namespace, part.one.name) for part in parts] == [
        ("shop", "a"),
        ("shop", "b"),
        ("x", "c"),
    ]
    for part in parts:
        assert part.apply is not None
        assert part.apply.force_conflicts
        [manifest] = read(part.apply.manifest)
        assert manifest["metadata"]["name"] == part.one.name
        assert split(part, "shop")[0].one == part.one


def test_kinds_of_kubernetes_need_no_api_version_and_cluster_wide_ones_no_namespace() -> None:
    text = "{apiVersion: v1, kind: Namespace, metadata: {name: ns, namespace: odd}}"
    assert split(apply(text), "shop")[0].one == Target(kind="Namespace", name="ns")


def test_other_kinds_keep_their_api_version() -> None:
    text = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}"
    target = Target(api_version="example.com/v1", kind="Widget", name="w", namespace="shop")
    assert split(apply(text), "shop")[0].one == target
    old = "{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: w}}"
    assert split(apply(old), "shop")[0].one.api_version == "apps/v1beta1"


def test_what_the_server_has_written_is_dropped() -> None:
    noise = {
        "creationTimestamp": None,
        "generation": 3,
        "managedFields": [{"manager": "x"}],
        "selfLink": "/x",
        "labels": None,
        "annotations": {"countersign.dev/executed": "uid", "note": "kept"},
        "ownerReferences": [{"kind": "ReplicaSet"}],
    }
    [manifest] = read(json.dumps(config(**noise) | {"status": {"phase": "x"}, "data": {"k": "v"}}))
    kept = {"annotations": {"note": "kept"}, "ownerReferences": [{"kind": "ReplicaSet"}]}
    assert manifest == config(**kept) | {"data": {"k": "v"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: b: c", "cannot be read: line 1"),
        ("- 1", "is no object"),
        ("text", "is no object"),
        ("{kind: ConfigMap, metadata: {name: a}}", "has no apiVersion"),
        ("{apiVersion: v1, metadata: {name: a}}", "has no kind"),
        ("{apiVersion: v1, kind: ConfigMap}", "has no metadata"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: [name]}", "has no metadata"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {}}", "Metadata of ConfigMap has no name"),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: 7}}",
            "no name, or one that is no text",
        ),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: ''}}", "no name"),
        ("{apiVersion: 1, kind: ConfigMap, metadata: {name: a}}", "no apiVersion, or one"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {generateName: a-}}", "generateName"),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, generateName: a-}}",
            "generateName",
        ),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: 7}}", "namespace"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: A_B}}", "namespace of"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a/b}}", "The name of"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: ..}}", "no object can have"),
        ("{apiVersion: v1, kind: config, metadata: {name: a}}", "The kind of"),
        ("{apiVersion: ../v1, kind: Widget, metadata: {name: a}}", "The api_version of"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, uid: x}}", "metadata.uid"),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, resourceVersion: '7'}}",
            "metadata.resourceVersion",
        ),
        (
            "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {p: eA==}}",
            "Create the Secret",
        ),
        ("{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {p: x}}", "has data"),
        (
            json.dumps(config(annotations={LAST_APPLIED: "x"}) | {"kind": "Secret"}),
            "has data",
        ),
        (
            "{apiVersion: countersign.dev/v1alpha1, kind: ApprovalRequest, metadata: {name: a}}",
            "cannot be applied by a request",
        ),
        (
            "{apiVersion: policy.countersign.dev/v1, kind: Rule, metadata: {name: a}}",
            "cannot be applied by a request",
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {countersign.dev/x: q}}}",
            "this program's",
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: [x]}}",
            "annotations of ConfigMap a is no mapping",
        ),
        ("{apiVersion: v1, kind: List, items: []}", "has no object"),
        ("{apiVersion: v1, kind: List}", "A List has"),
        ("{apiVersion: v1, kind: List, items: {}}", "A List has"),
        ("{apiVersion: v2, kind: List, items: [1]}", "A List has"),
        (
            "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: []}]}",
            "metadata",
        ),
        (f"{CONFIG}\n---\n{CONFIG}", "ConfigMap shop/a twice"),
        (
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "List",
                    "items": [config(f"c{n}") for n in range(MAX_STEPS + 1)],
                }
            ),
            "more than 32 objects",
        ),
    ],
)
def test_what_no_plan_could_stand_for_is_refused(text: str, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as refused:
        split(apply(text), "shop")
    assert refused.value.reason == "Invalid"


def test_the_same_object_is_found_whether_its_namespace_is_written_or_not() -> None:
    text = json.dumps(config()) + "\n---\n" + json.dumps(config(namespace="shop"))
    with pytest.raises(RefusedError, match="twice"):
        split(apply(text), "shop")


def test_as_many_objects_as_a_plan_has_steps_are_allowed() -> None:
    text = "\n---\n".join(json.dumps(config(f"c{number}")) for number in range(MAX_STEPS))
    assert len(split(apply(text), "shop")) == MAX_STEPS


def test_a_secret_without_data_can_be_applied() -> None:
    text = "{apiVersion: v1, kind: Secret, metadata: {name: a, labels: {tier: web}}, data: {}}"
    assert split(apply(text), "shop")[0].one.kind == "Secret"
