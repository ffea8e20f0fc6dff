"""One contract for what any patch does: preconditions, dry runs, versions, the status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from countersign.ports import JsonObject, ObjectPath, PatchForm
from tests.support.ground import Ground, plain, said
from tests.support.ground_objects import config_map, gizmo, template

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
