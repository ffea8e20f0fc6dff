"""One contract for patches and creations: what they make of an object, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from countersign.ports import JsonObject, ObjectPath, PatchForm
from tests.support.ground import GIZMO, Ground, plain, said
from tests.support.ground_objects import config_map, gizmo, in_pod, pod_of, template

FORMS = [PatchForm.MERGE, PatchForm.STRATEGIC]


async def patched(
    ground: Ground,
    path: ObjectPath,
    body: Any,
    form: PatchForm = PatchForm.STRATEGIC,
    **how: bool,
) -> JsonObject:
    return await ground.port.patch(path, body, ground.account, form=form, **how)


# --- What any patch does --------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
async def test_a_patch_changes_what_it_names_and_nothing_else(
    ground: Ground, form: PatchForm
) -> None:
    path = ground.put(config_map(colour="red", size="1", old="x"))
    before = await ground.port.get(path, ground.account)
    body = {"data": {"colour": "blue", "old": None, "new": "y", "never": None}}
    after = await patched(ground, path, body, form)
    assert after["data"] == {"colour": "blue", "size": "1", "new": "y"}
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert int(after["metadata"]["resourceVersion"]) > int(before["metadata"]["resourceVersion"])
    assert plain(await ground.port.get(path, ground.account)) == plain(after)


@pytest.mark.parametrize("form", FORMS)
async def test_a_patch_that_changes_nothing_makes_no_new_version(
    ground: Ground, form: PatchForm
) -> None:
    path = ground.put(config_map())
    before = await ground.port.get(path, ground.account)
    after = await patched(ground, path, {"data": {"colour": "red"}}, form)
    assert plain(after) == plain(before)


@pytest.mark.parametrize("form", FORMS)
async def test_a_dry_run_says_what_would_be_and_changes_nothing(
    ground: Ground, form: PatchForm
) -> None:
    path = ground.put(template())
    before = await ground.port.get(path, ground.account)
    body = {"spec": {"schedule": "0 0 31 2 *"}}
    after = await patched(ground, path, body, form, dry_run=True)
    assert after["spec"]["schedule"] == "0 0 31 2 *"
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert await ground.port.get(path, ground.account) == before


async def test_the_generation_counts_changes_of_the_spec_alone(ground: Ground) -> None:
    path = ground.put(template())
    assert (await ground.port.get(path, ground.account))["metadata"]["generation"] == 1
    labelled = await patched(ground, path, {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"]["generation"] == 1
    changed = await patched(ground, path, {"spec": {"schedule": "0 0 31 2 *"}})
    assert changed["metadata"]["generation"] == 2


NOBODY = "11111111-1111-4111-8111-111111111111"
MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
PRECONDITIONS = {
    "an older version": {"resourceVersion": "1"},
    "another UID and an older version": {"uid": NOBODY, "resourceVersion": "1"},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "in earnest"])
@pytest.mark.parametrize("what", PRECONDITIONS)
async def test_a_version_that_does_not_hold_is_409(
    ground: Ground, what: str, dry_run: bool, form: PatchForm
) -> None:
    path = ground.put(config_map())
    before = await ground.port.get(path, ground.account)
    body = {"metadata": PRECONDITIONS[what], "data": {"colour": "blue"}}
    assert await said(patched(ground, path, body, form, dry_run=dry_run)) == (
        409,
        "Conflict",
        f'Operation cannot be fulfilled on configmaps "settings": {MODIFIED}',
    )
    assert await ground.port.get(path, ground.account) == before


@pytest.mark.parametrize("form", FORMS)
async def test_another_uid_alone_is_an_error_but_no_conflict(
    ground: Ground, form: PatchForm
) -> None:
    path = ground.put(template())
    body = {"metadata": {"uid": NOBODY}, "spec": {"schedule": "0 0 31 2 *"}}
    assert await said(patched(ground, path, body, form)) == (
        422,
        "Invalid",
        (
            'CronJob.batch "web" is invalid: metadata.uid: Invalid value: '
            f'"{NOBODY}": field is immutable'
        ),
    )


async def test_a_precondition_that_holds_lets_the_patch_through(ground: Ground) -> None:
    path = ground.put(config_map())
    metadata = (await ground.port.get(path, ground.account))["metadata"]
    conditions = {field: metadata[field] for field in ("uid", "resourceVersion")}
    body = {"metadata": conditions, "data": {"colour": "blue"}}
    assert (await patched(ground, path, body))["data"] == {"colour": "blue"}


async def test_a_conflict_names_the_group(ground: Ground) -> None:
    path = ground.put(template())
    body = {"metadata": {"resourceVersion": "1"}, "spec": {"schedule": "0 0 31 2 *"}}
    assert await said(patched(ground, path, body)) == (
        409,
        "Conflict",
        f'Operation cannot be fulfilled on cronjobs.batch "web": {MODIFIED}',
    )


@pytest.mark.parametrize("form", FORMS)
async def test_a_patch_of_what_is_not_there_is_404(ground: Ground, form: PatchForm) -> None:
    path = ObjectPath("v1", "configmaps", ground.namespace, "none")
    assert await said(patched(ground, path, {"data": {"a": "b"}}, form)) == (
        404,
        "NotFound",
        'configmaps "none" not found',
    )


ELSEWHERE = {
    "name": "the name of the object (other) does not match the name on the URL (settings)",
    "namespace": (
        "the namespace of the provided object does not match the namespace sent on the request"
    ),
}


@pytest.mark.parametrize("field", ELSEWHERE)
async def test_no_patch_renames_or_moves_an_object(ground: Ground, field: str) -> None:
    path = ground.put(config_map())
    of = patched(ground, path, {"metadata": {field: "other"}})
    assert await said(of) == (400, "BadRequest", ELSEWHERE[field])


@pytest.mark.parametrize("value", ["2020-01-01T00:00:00Z", None])
@pytest.mark.parametrize("field", ["creationTimestamp", "generation", "uid", "resourceVersion"])
async def test_what_the_server_keeps_account_of_no_patch_changes(
    ground: Ground, field: str, value: Any
) -> None:
    path = ground.put(template())
    before = await ground.port.get(path, ground.account)
    if field in ("generation", "uid", "resourceVersion"):
        value = {"generation": 99}.get(field) if value else None
    after = await patched(ground, path, {"metadata": {field: value}})
    assert plain(after) == plain(before)


async def test_no_patch_begins_a_deletion(ground: Ground) -> None:
    path = ground.put(template())
    moment = "2020-01-01T00:00:00Z"
    assert await said(patched(ground, path, {"metadata": {"deletionTimestamp": moment}})) == (
        422,
        "Invalid",
        (
            'CronJob.batch "web" is invalid: metadata.deletionTimestamp: Invalid value: '
            f'"{moment}": field is immutable'
        ),
    )


# --- Sub-resources --------------------------------------------------------------------------------


async def test_the_status_is_written_apart_from_the_rest(ground: Ground) -> None:
    path = ground.put(template())
    moment = "2026-03-01T12:00:00Z"
    both = {"spec": {"schedule": "0 0 31 2 *"}, "status": {"lastScheduleTime": moment}}
    spec_only = await patched(ground, path, both)
    assert spec_only["spec"]["schedule"] == "0 0 31 2 *"
    assert not spec_only.get("status")
    both["spec"]["schedule"] = "0 0 30 2 *"
    status_only = await patched(ground, replace(path, subresource="status"), both)
    assert status_only["spec"]["schedule"] == "0 0 31 2 *"
    assert status_only["status"]["lastScheduleTime"] == moment
    assert status_only["metadata"]["generation"] == 2


async def test_a_kind_without_a_status_apart_has_it_written_with_the_rest(ground: Ground) -> None:
    path = ground.put(gizmo(spec={"size": 1}, status={"state": "new"}))
    assert (await ground.port.get(path, ground.account))["status"] == {"state": "new"}
    after = await patched(ground, path, {"status": {"state": "old"}}, PatchForm.MERGE)
    assert after["status"] == {"state": "old"}
    assert after["metadata"]["generation"] == 2
    nowhere = replace(path, subresource="status")
    assert await said(patched(ground, nowhere, {"status": {}}, PatchForm.MERGE)) == (
        404,
        "NotFound",
        'gizmos.contract.example.com "one" not found',
    )


async def test_what_is_no_sub_resource_is_404(ground: Ground) -> None:
    path = replace(ground.put(config_map()), subresource="nothing")
    assert await said(ground.port.create(path, {}, ground.account)) == (
        404,
        "NotFound",
        "the server could not find the requested resource",
    )


# --- Strategic merge ------------------------------------------------------------------------------

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


# --- Merge ----------------------------------------------------------------------------------------


async def test_a_merge_replaces_lists_and_removes_with_null(ground: Ground) -> None:
    path = ground.put(gizmo(spec={"list": [1, 2], "map": {"a": 1, "b": {"c": 1}}, "old": 1}))
    body = {"spec": {"list": [3], "map": {"a": None, "b": {"d": 2}}, "old": None, "never": None}}
    after = await patched(ground, path, body, PatchForm.MERGE)
    assert after["spec"] == {"list": [3], "map": {"b": {"c": 1, "d": 2}}}


async def test_a_merge_of_containers_replaces_them_all(ground: Ground) -> None:
    path = ground.put(template(MAIN, SIDE, **POD))
    body = in_pod({"containers": [{"name": "side", "image": "example/side:2"}]})
    after = await patched(ground, path, body, PatchForm.MERGE)
    assert short(pod_of(after)["containers"]) == [("side", "example/side:2")]


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


# --- Creation -------------------------------------------------------------------------------------


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
