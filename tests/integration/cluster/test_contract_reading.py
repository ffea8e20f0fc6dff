"""One contract for what is read of the API server, and of what unit tests take for it."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.errors import RefusedError
from countersign.ports import ObjectPath
from tests.support.ground import (
    GADGETS,
    GIZMO,
    WORLD_GIZMO,
    Ground,
    refusal,
    said,
)
from tests.support.ground_objects import NOWHERE, config_map, gizmo, pod, running, template


def config_maps(ground: Ground, name: str = "") -> ObjectPath:
    return ObjectPath("v1", "configmaps", ground.namespace, name)


# --- One object -----------------------------------------------------------------------------------


async def test_an_object_is_read_with_its_kind_and_what_the_server_adds(ground: Ground) -> None:
    live = await ground.port.get(ground.put(config_map()), ground.account)
    assert (live["apiVersion"], live["kind"]) == ("v1", "ConfigMap")
    assert live["data"] == {"colour": "red"}
    metadata = live["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("settings", ground.namespace)
    assert metadata["uid"]
    assert int(metadata["resourceVersion"]) > 0
    assert metadata["creationTimestamp"].endswith("Z")
    assert "generation" not in metadata


ABSENT = {
    "of the core": (ObjectPath("v1", "configmaps", None, "none"), 'configmaps "none" not found'),
    "of a group": (
        ObjectPath("batch/v1", "cronjobs", None, "none"),
        'cronjobs.batch "none" not found',
    ),
    "of another project's kind": (
        ObjectPath(GIZMO.api_version, "gizmos", None, "none"),
        'gizmos.contract.example.com "none" not found',
    ),
}


@pytest.mark.parametrize("what", ABSENT)
async def test_what_is_not_there_is_404_and_named(ground: Ground, what: str) -> None:
    path, words = ABSENT[what]
    path = ObjectPath(path.api_version, path.plural, ground.namespace, path.name)
    error = await refusal(ground.port.get(path, ground.account))
    assert (error.code, error.reason, str(error)) == (404, "NotFound", words)
    assert error.not_found
    assert not error.conflict
    assert error.retry_after is None


# --- Collections ----------------------------------------------------------------------------------


async def names(ground: Ground, path: ObjectPath, **query: Any) -> list[str]:
    found = await ground.port.select(path, ground.account, **query)
    return [each["metadata"]["name"] for each in found]


async def test_a_collection_comes_in_the_order_of_its_names_and_no_further_than_its_limit(
    ground: Ground,
) -> None:
    for name in ("b", "a.b", "a", "a-b", "c"):
        ground.put(config_map(name, {"of": "ours"}))
    where = config_maps(ground)
    assert await names(ground, where, labels="of=ours") == ["a", "a-b", "a.b", "b", "c"]
    assert await names(ground, where, labels="of=ours", limit=3) == ["a", "a-b", "a.b"]
    assert await names(ground, where, labels="of=others") == []


async def test_the_items_of_a_list_bear_no_kind_where_it_is_kubernetes_own(ground: Ground) -> None:
    ground.put(config_map(labels={"of": "ours"}))
    [found] = await ground.port.select(config_maps(ground), ground.account, labels="of=ours")
    assert ("kind" in found, "apiVersion" in found) == (False, False)
    ground.put(gizmo())
    where = ObjectPath(GIZMO.api_version, "gizmos", ground.namespace)
    [other] = await ground.port.select(where, ground.account)
    assert (other["kind"], other["apiVersion"]) == ("Gizmo", GIZMO.api_version)


async def test_without_a_namespace_it_is_the_whole_cluster_s(ground: Ground) -> None:
    ground.put(config_map(labels={"of": ground.namespace}))
    where = ObjectPath("v1", "configmaps", None)
    assert await names(ground, where, labels=f"of={ground.namespace}") == ["settings"]


LABELLED: dict[str, dict[str, str]] = {
    "bare": {},
    "db": {"app": "db", "tier": "2"},
    "empty": {"app": ""},
    "web": {"app": "web", "tier": "1"},
}
SELECTORS = {
    "": ["bare", "db", "empty", "web"],
    "app": ["db", "empty", "web"],
    "!app": ["bare"],
    "app=web": ["web"],
    "app==web": ["web"],
    " app = web ": ["web"],
    "app=": ["empty"],
    "app!=web": ["bare", "db", "empty"],
    "app in (web, db)": ["db", "web"],
    "app in(web)": ["web"],
    "app in ()": ["empty"],
    "app notin (web,db)": ["bare", "empty"],
    "app in (web,db),tier=2": ["db"],
    "app,!tier": ["empty"],
    "tier>1": ["db"],
    "tier < 2": ["web"],
    "tier > 0, app notin (db)": ["web"],
}


async def test_label_selectors_are_read_alike(ground: Ground) -> None:
    for name, labels in LABELLED.items():
        ground.put(config_map(name, {"of": "ours", **labels}))
    where = config_maps(ground)
    found = {
        each: await names(ground, where, labels=f"of=ours,{each}") for each in SELECTORS if each
    }
    assert found == {each: wanted for each, wanted in SELECTORS.items() if each}
    assert await names(ground, where, labels="of=ours") == SELECTORS[""]


@pytest.mark.parametrize(
    "selector", ["app in web", "app=web,", "app in (web", "=web", "app=web db", "tier>many", "-a=b"]
)
async def test_a_label_selector_that_makes_no_sense_is_400(ground: Ground, selector: str) -> None:
    ground.put(config_map(labels={"tier": "1"}))
    error = await refusal(ground.port.select(config_maps(ground), ground.account, labels=selector))
    assert (error.code, error.reason) == (400, "BadRequest")


async def test_field_selectors_are_read_alike(ground: Ground) -> None:
    running(ground)
    ground.put(pod("idle", node=None, restartPolicy="Never"))
    where = ObjectPath("v1", "pods", ground.namespace)
    wanted = {
        "": ["idle", "web"],
        "metadata.name=web": ["web"],
        "metadata.name!=web": ["idle"],
        f"metadata.namespace={ground.namespace}": ["idle", "web"],
        f"spec.nodeName={NOWHERE}": ["web"],
        "spec.nodeName=": ["idle"],
        f"spec.nodeName!={NOWHERE},status.phase!=Running": ["idle"],
        "status.phase==Running": ["web"],
        "status.phase=Pending": ["idle"],
        "spec.restartPolicy=Never": ["idle"],
        "spec.schedulerName=nobody": ["idle", "web"],
        r"metadata.name=a\,b": [],
    }
    assert {each: await names(ground, where, fields=each) for each in wanted} == wanted


async def test_fields_and_labels_select_together_and_the_limit_counts_what_fits(
    ground: Ground,
) -> None:
    for name in ("a", "b", "c"):
        ground.put(pod(name, node=NOWHERE if name != "a" else None))
    where, on_node = ObjectPath("v1", "pods", ground.namespace), f"spec.nodeName={NOWHERE}"
    assert await names(ground, where, fields=on_node, limit=1) == ["b"]
    assert await names(ground, where, fields=on_node, labels="app in (a, c)") == ["c"]


async def test_a_field_that_is_not_there_has_its_kind_s_own_value(ground: Ground) -> None:
    ground.put({"kind": "Node", "metadata": {"name": ground.namespace}, "spec": {}})
    where, me = ObjectPath("v1", "nodes", None), f"metadata.name={ground.namespace}"
    assert await names(ground, where, fields=f"spec.unschedulable=false,{me}") == [ground.namespace]
    assert await names(ground, where, fields=f"spec.unschedulable=true,{me}") == []
    ground.vanish(ObjectPath("v1", "nodes", None, ground.namespace))


UNKNOWN = '"spec.colour" is not a known field selector: only "metadata.name", "metadata.namespace"'
UNKNOWN_FIELDS = {
    "pods": ("v1", "field label not supported: spec.colour"),
    "configmaps": ("v1", UNKNOWN),
    "cronjobs": ("batch/v1", UNKNOWN),
    "gizmos": (GIZMO.api_version, "field label not supported: spec.colour"),
}


@pytest.mark.parametrize("plural", UNKNOWN_FIELDS)
async def test_a_field_that_is_none_to_select_by_is_400(ground: Ground, plural: str) -> None:
    version, words = UNKNOWN_FIELDS[plural]
    where = ObjectPath(version, plural, ground.namespace)
    for each in (None, pod(), config_map(), template(), gizmo()):
        if each is not None:
            ground.put(each)
        of = ground.port.select(where, ground.account, fields="spec.colour=red")
        assert await said(of) == (400, "BadRequest", words)


async def test_a_field_selector_without_an_operator_is_400(ground: Ground) -> None:
    ground.put(config_map())
    error = await refusal(
        ground.port.select(config_maps(ground), ground.account, fields="metadata.name")
    )
    assert (error.code, error.reason) == (400, "BadRequest")


# --- Kinds ----------------------------------------------------------------------------------------


async def test_kinds_are_found_with_their_group_their_plural_and_their_scope(
    ground: Ground,
) -> None:
    assert await ground.port.resource("Gizmo", None, ground.account) == GIZMO
    assert await ground.port.resource("Gizmo", GIZMO.api_version, ground.account) == GIZMO
    assert await ground.port.resource("WorldGizmo", None, ground.account) == WORLD_GIZMO
    built_in = await ground.port.resource("Deployment", None, ground.account)
    assert (built_in.api_version, built_in.plural) == ("apps/v1", "deployments")


async def test_a_kind_of_two_groups_is_found_only_by_its_group(ground: Ground) -> None:
    with pytest.raises(RefusedError) as caught:
        await ground.port.resource("Gadget", None, ground.account)
    assert caught.value.reason == "Ambiguous"
    assert "Several API groups have a kind Gadget" in str(caught.value)
    for each in GADGETS:
        assert await ground.port.resource("Gadget", each.api_version, ground.account) == each


NO_KINDS = {
    "nobody's": ("Gremlin", None),
    "not that group's": ("Gizmo", "one.contract.example.com/v1"),
    "not that version's": ("Gizmo", "contract.example.com/v2"),
    "nobody's group": ("Gizmo", "nobody.example.com/v1"),
    "of a built-in name": ("Deployment", "contract.example.com/v1"),
    "another case": ("gizmo", None),
}


@pytest.mark.parametrize("what", NO_KINDS)
async def test_a_kind_that_is_nowhere_is_refused(ground: Ground, what: str) -> None:
    kind, version = NO_KINDS[what]
    with pytest.raises(RefusedError) as caught:
        await ground.port.resource(kind, version, ground.account)
    assert caught.value.reason == "TargetNotFound"
    assert f"no kind {kind}." in str(caught.value)
