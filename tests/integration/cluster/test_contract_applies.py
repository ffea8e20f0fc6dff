"""One contract for server-side apply: whose fields are whose, and what that keeps from whom."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.ports import JsonObject, ObjectPath, PatchForm
from tests.support.ground import GIZMO, Ground, plain, said
from tests.support.ground_objects import config_map, gizmo, in_pod, pod_of, template

MAIN = {"name": "main", "image": "example/main:1", "env": [{"name": "A", "value": "1"}]}


async def applied(ground: Ground, path: ObjectPath, body: JsonObject, **how: bool) -> JsonObject:
    return await ground.port.patch(path, body, ground.account, form=PatchForm.APPLY, **how)


def settings(ground: Ground) -> ObjectPath:
    return ObjectPath("v1", "configmaps", ground.namespace, "settings")


def with_metadata(body: JsonObject, **metadata: Any) -> JsonObject:
    return {**body, "metadata": {**body["metadata"], **metadata}}


async def test_what_is_not_there_is_created(ground: Ground) -> None:
    made = await applied(ground, settings(ground), config_map())
    assert made["data"] == {"colour": "red"}
    assert made["metadata"]["namespace"] == ground.namespace
    assert plain(await ground.port.get(settings(ground), ground.account)) == plain(made)


async def test_what_is_only_tried_is_not_created(ground: Ground) -> None:
    tried = await applied(ground, settings(ground), config_map(), dry_run=True)
    assert tried["data"] == {"colour": "red"}
    assert tried["metadata"]["uid"]
    assert (await said(ground.port.get(settings(ground), ground.account)))[0] == 404


NOBODY = "11111111-1111-4111-8111-111111111111"
PRECONDITIONS: dict[str, tuple[dict[str, str], int]] = {
    "another UID": ({"uid": NOBODY}, 422),
    "an older version": ({"resourceVersion": "1"}, 409),
    "both": ({"uid": NOBODY, "resourceVersion": "1"}, 409),
}


@pytest.mark.parametrize("what", PRECONDITIONS)
async def test_what_has_a_uid_is_not_created(ground: Ground, what: str) -> None:
    conditions, _code = PRECONDITIONS[what]
    body = with_metadata(config_map(), **conditions)
    if "uid" not in conditions:
        assert (await applied(ground, settings(ground), body))["metadata"]["uid"]
        return
    assert await said(applied(ground, settings(ground), body)) == (
        409,
        "Conflict",
        (
            'Operation cannot be fulfilled on configmaps "settings": uid mismatch: the provided object '
            f"specified uid {NOBODY}, and no existing object was found"
        ),
    )


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("what", PRECONDITIONS)
async def test_a_version_that_does_not_hold_is_409_and_a_uid_alone_is_invalid(
    ground: Ground, what: str, force: bool
) -> None:
    path = ground.put(config_map())
    conditions, wanted = PRECONDITIONS[what]
    body = with_metadata(config_map(size="1"), **conditions)
    code, reason, words = await said(applied(ground, path, body, force=force))
    assert (code, reason) == (wanted, {409: "Conflict", 422: "Invalid"}[wanted])
    assert words.startswith(
        'Operation cannot be fulfilled on configmaps "settings": '
        if wanted == 409
        else 'ConfigMap "settings" is invalid: metadata.uid: Invalid value: '
    )


async def test_applied_again_it_changes_nothing(ground: Ground) -> None:
    made = await applied(ground, settings(ground), config_map())
    assert plain(await applied(ground, settings(ground), config_map())) == plain(made)


async def test_a_field_that_is_left_out_next_time_goes(ground: Ground) -> None:
    await applied(ground, settings(ground), config_map(colour="red", size="1"))
    after = await applied(ground, settings(ground), config_map(colour="blue"))
    assert after["data"] == {"colour": "blue"}


async def test_fields_of_others_stay(ground: Ground) -> None:
    path = ground.put(config_map(colour="red"))
    assert (await applied(ground, path, config_map(size="1")))["data"] == {
        "colour": "red",
        "size": "1",
    }
    assert (await applied(ground, path, config_map(shape="round")))["data"] == {
        "colour": "red",
        "shape": "round",
    }


async def test_another_value_for_another_s_field_is_a_conflict_that_names_them(
    ground: Ground,
) -> None:
    path = ground.put(config_map(colour="red"))
    for dry_run in (True, False):
        assert await said(
            applied(ground, path, config_map(colour="blue", size="1"), dry_run=dry_run)
        ) == (
            409,
            "Conflict",
            'Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.colour',
        )
    assert (await ground.port.get(path, ground.account))["data"] == {"colour": "red"}


async def test_several_conflicts_are_listed(ground: Ground) -> None:
    path = ground.put(config_map(colour="red", size="1"))
    assert await said(applied(ground, path, config_map(colour="blue", size="2"))) == (
        409,
        "Conflict",
        (
            'Apply failed with 2 conflicts: conflicts with "kubectl" using v1:\n'
            "- .data.colour\n- .data.size"
        ),
    )


async def test_by_force_the_field_is_taken_over(ground: Ground) -> None:
    path = ground.put(config_map(colour="red"))
    after = await applied(ground, path, config_map(colour="blue"), force=True)
    assert after["data"] == {"colour": "blue"}
    assert (await applied(ground, path, config_map(colour="green")))["data"] == {"colour": "green"}
    assert not (await applied(ground, path, config_map(size="1")))["data"].get("colour")


async def test_who_says_the_same_as_another_shares_the_field(ground: Ground) -> None:
    path = ground.put(config_map(colour="red"))
    await applied(ground, path, config_map(colour="red"))
    code, _reason, words = await said(applied(ground, path, config_map(colour="blue")))
    assert (code, words) == (
        409,
        'Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.colour',
    )
    given_up = await applied(ground, path, config_map(size="1"))
    assert given_up["data"] == {"colour": "red", "size": "1"}


async def test_who_changes_a_field_has_it_from_then_on(ground: Ground) -> None:
    await applied(ground, settings(ground), config_map(colour="red"))
    ground.change(settings(ground), {"data": {"colour": "blue"}})
    code, _reason, words = await said(applied(ground, settings(ground), config_map(colour="red")))
    assert (code, words) == (
        409,
        'Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.colour',
    )
    after = await applied(ground, settings(ground), config_map(colour="red"), force=True)
    assert after["data"] == {"colour": "red"}


async def test_what_another_has_removed_is_put_back(ground: Ground) -> None:
    await applied(ground, settings(ground), config_map(colour="red"))
    ground.change(settings(ground), {"data": {"colour": None}})
    after = await applied(ground, settings(ground), config_map(colour="red"))
    assert after["data"] == {"colour": "red"}


async def test_our_own_patches_are_another_manager_s_by_our_name(ground: Ground) -> None:
    path = ground.put(config_map(colour="red"))
    body = {"data": {"size": "1"}}
    await ground.port.patch(path, body, ground.account, form=PatchForm.MERGE)
    assert await said(applied(ground, path, config_map(size="2"))) == (
        409,
        "Conflict",
        'Apply failed with 1 conflict: conflict with "countersign" using v1: .data.size',
    )
    assert await said(applied(ground, path, config_map(size="2", colour="blue"))) == (
        409,
        "Conflict",
        (
            'Apply failed with 2 conflicts: conflicts with "countersign" using v1:\n- .data.size\n'
            'conflicts with "kubectl" using v1:\n- .data.colour'
        ),
    )


async def test_what_we_have_created_is_ours_by_our_name(ground: Ground) -> None:
    where = ObjectPath("v1", "configmaps", ground.namespace)
    await ground.port.create(where, config_map(), ground.account)
    _code, _reason, words = await said(applied(ground, settings(ground), config_map(colour="blue")))
    assert (
        words == 'Apply failed with 1 conflict: conflict with "countersign" using v1: .data.colour'
    )


async def test_containers_and_variables_are_owned_by_name(ground: Ground) -> None:
    path = ground.put(template(MAIN))
    side = {"name": "side", "image": "example/side:1"}
    body = template(side)
    body["spec"] = in_pod({"containers": [side]})["spec"]
    after = await applied(ground, path, body)
    names = [each["name"] for each in pod_of(after)["containers"]]
    assert names == ["main", "side"]
    other = {"name": "main", "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]}
    body["spec"] = in_pod({"containers": [other]})["spec"]
    assert await said(applied(ground, path, body)) == (
        409,
        "Conflict",
        (
            'Apply failed with 1 conflict: conflict with "kubectl" using batch/v1: '
            '.spec.jobTemplate.spec.template.spec.containers[name="main"].env[name="A"].value'
        ),
    )
    after = await applied(ground, path, body, force=True)
    [main] = pod_of(after)["containers"]
    assert main["env"] == [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]


async def test_lists_without_keys_are_owned_as_a_whole(ground: Ground) -> None:
    path = ground.put(gizmo(spec={"list": [1, 2], "map": {"a": 1}}))
    code, _reason, words = await said(applied(ground, path, gizmo(spec={"list": [1, 2, 3]})))
    assert (code, words) == (
        409,
        (
            f'Apply failed with 1 conflict: conflict with "kubectl" using {GIZMO.api_version}: '
            ".spec.list"
        ),
    )
    after = await applied(ground, path, gizmo(spec={"map": {"b": 2}}))
    assert after["spec"]["map"] == {"a": 1, "b": 2}


async def test_labels_and_annotations_are_owned_one_by_one(ground: Ground) -> None:
    path = ground.put(config_map(labels={"a": "1"}))
    body = with_metadata(config_map(size="1"), labels={"b": "2"})
    after = await applied(ground, path, body)
    assert after["metadata"]["labels"] == {"a": "1", "b": "2"}
    body = with_metadata(config_map(size="1"), labels={"a": "2"})
    assert "metadata.labels.a" in (await said(applied(ground, path, body)))[2]


async def test_a_manifest_of_another_name_is_refused(ground: Ground) -> None:
    code, reason, words = await said(applied(ground, settings(ground), config_map("other")))
    assert (code, reason) == (400, "BadRequest")
    assert words == "the name of the object (other) does not match the name on the URL (settings)"
