"""DeleteResource says what goes, is asked again when that changes, and can be taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from countersign.actions.manifests import split
from countersign.api.kinds import built_in
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import MANIFEST_LIMIT, DeleteResourceParameters
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.objects.delete_resource import DeleteResource
from countersign.executors.once.conditional import Conditional
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject
from tests.support.endings import Stage, on, pod, recreated
from tests.support.fakes import EXECUTOR, LostAnswer
from tests.support.fakes_objects import workload


def config_map(**data: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "thing", "namespace": "shop"},
        "data": data or {"key": "value"},
    }


def thing(kind: str, api_version: str = "v1", **parts: Any) -> JsonObject:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "thing"}, **parts}


def crd(group: str = "example.com") -> JsonObject:
    return thing(
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        spec={"group": group, "names": {"kind": "Widget", "plural": "widgets"}},
    )


class World(Stage):
    """One object, and DeleteResource."""

    def __init__(self, live: JsonObject | None = None, **parameters: Any) -> None:
        live = live or config_map()
        given = DeleteResourceParameters(**parameters) if parameters else None
        kind, version = live["kind"], live["apiVersion"]
        known = built_in(kind, version)
        of = on(
            OperationType.DELETE_RESOURCE, kind, live["metadata"]["name"], delete_resource=given
        )
        assert of.target is not None
        target = of.target.model_copy(update={"api_version": None if known else version})
        of = of.on(target).in_namespace("shop")
        super().__init__(lambda cluster: Conditional(DeleteResource(), cluster), of)
        self.path = self.cluster.put(live)

    async def before(self) -> dict[str, str | None]:
        return {change.field: change.before for change in (await self.plan()).changes}


def put_data(live: JsonObject) -> None:
    live["data"]["key"] = "another"


# --- Planning -------------------------------------------------------------------------------------


async def test_planning_reads_it_and_tries_its_deletion() -> None:
    world = World()
    draft = await world.executor.draft(world.of, EXECUTOR)
    assert world.cluster.calls == ["get", "dry-run"]
    [body] = world.cluster.bodies
    assert body["propagationPolicy"] == "Background"
    assert set(body["preconditions"]) == {"uid"}
    assert draft.summary == "Delete ConfigMap shop/thing"
    [change] = draft.changes
    assert change.field == "object"
    assert (change.before or "").startswith("content sha256:")
    assert change.after is None


@pytest.mark.parametrize(
    ("cascade", "policy"),
    [("background", "Background"), ("foreground", "Foreground"), ("orphan", "Orphan")],
)
async def test_cascade_becomes_the_propagation_policy(cascade: str, policy: str) -> None:
    world = World(cascade=cascade)
    await world.execute(await world.plan())
    assert world.cluster.bodies[0]["propagationPolicy"] == policy


async def test_what_is_orphaned_is_said() -> None:
    world = World(workload(), cascade="orphan")
    assert (await world.before())["objects it owns"] == "stay, without an owner"


async def test_a_workload_names_its_replicas_and_how_many_are_ready() -> None:
    world = World(workload(replicas=3))
    step = await world.plan()
    assert [change.field for change in step.changes] == ["object", "replicas"]
    assert (step.changes[1].before, step.changes[1].after) == ("3", "0")
    assert step.summary == "Delete Deployment shop/web (3 of 3 replicas are ready)"


async def test_replicas_that_become_unready_do_not_make_the_plan_stale() -> None:
    world = World(workload(replicas=3))
    step = await world.plan()
    world.cluster.change(world.path, lambda live: live["status"].update(readyReplicas=0))
    assert (await world.execute(step)).changed


@pytest.mark.parametrize(
    ("live", "field", "words"),
    [
        (thing("Namespace", spec={}), "everything in it", "all objects of the namespace"),
        (crd(), "objects of its kind", "all Widget objects, in all namespaces"),
        (
            thing("PersistentVolumeClaim", spec={"volumeName": "pv-7"}),
            "its data",
            "in PersistentVolume pv-7: lost, unless",
        ),
        (thing("PersistentVolumeClaim", spec={}), "its data", "bound to no volume"),
        (
            thing("PersistentVolume", spec={"persistentVolumeReclaimPolicy": "Delete"}),
            "its data",
            "reclaim policy Delete",
        ),
        (thing("Node", spec={}), "pods on it", "all pods"),
        (pod("thing"), "pod", "of ReplicaSet web-abc"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
async def test_what_goes_with_it_is_said(live: JsonObject, field: str, words: str) -> None:
    world = World(live)
    assert words in ((await world.before())[field] or "")
    assert (await world.plan()).undo is None


@pytest.mark.parametrize(
    "live",
    [
        thing("ApprovalRequest", "countersign.dev/v1alpha1", spec={}),
        crd("countersign.dev"),
    ],
    ids=lambda live: live["kind"],
)
async def test_our_own_objects_are_refused(live: JsonObject) -> None:
    with pytest.raises(RefusedError, match="belongs to Countersign itself"):
        await World(live).plan()


async def test_the_values_of_a_secret_are_nowhere() -> None:
    world = World(thing("Secret", data={"password": "aHVudGVyMg=="}))
    draft = await world.executor.draft(world.of, EXECUTOR)
    assert draft.undo is None
    assert "aHVudGVy" not in repr((draft.changes, draft.summary, draft.undo, draft.target))
    assert "sha256" not in repr(draft.changes)


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "DB_PASSWORD", "value": "hunter2"},
        {"name": "DB", "value": "postgresql://web:hunter2@db/shop"},
    ],
    ids=lambda entry: entry["name"],
)
async def test_the_way_back_of_a_deletion_holds_no_secret_variable(entry: dict[str, str]) -> None:
    pods = {"spec": {"containers": [{"name": "web", "image": "web:1", "env": [entry]}]}}
    world = World(workload(template=pods))
    draft = await world.executor.draft(world.of, EXECUTOR)
    assert "hunter2" not in repr((draft.changes, draft.summary, draft.undo, draft.target))
    assert draft.undo is None


# --- The plan goes stale --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "live",
    [config_map(), thing("Secret", data={"key": "dmFsdWU="})],
    ids=lambda live: live["kind"],
)
async def test_new_content_is_signed_again(live: JsonObject) -> None:
    world = World(live)
    step = await world.plan()
    world.cluster.change(world.path, put_data)
    with pytest.raises(StaleError, match="has changed since the plan"):
        await world.execute(step)
    assert world.effects() == 0


async def test_content_that_changes_at_the_last_moment_is_signed_again() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["delete"].append(lambda: world.cluster.change(world.path, put_data))
    with pytest.raises(StaleError):
        await world.execute(step)
    assert world.path in world.cluster.objects


async def test_a_label_or_a_status_does_not_make_the_plan_stale() -> None:
    world = World()
    step = await world.plan()
    world.cluster.change(world.path, lambda live: live["metadata"].update(labels={"a": "b"}))
    world.cluster.change(world.path, lambda live: live.update(status={"x": 1}))
    assert (await world.execute(step)).changed


async def test_another_object_of_the_name_survives() -> None:
    world = World()
    step = await world.plan()
    recreated(world.path, world.cluster)
    assert not (await world.execute(step)).changed
    assert world.path in world.cluster.objects


async def test_after_a_lost_answer_the_next_run_finds_it_gone() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["delete"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.execute(step)
    effect = await world.execute(step)
    assert (effect.changed, effect.message, effect.watched) == (False, "it is gone already", None)
    assert world.effects() == 1


@pytest.mark.parametrize("verb", ["get", "delete"])
async def test_a_404_that_somebody_on_the_way_has_given_does_not_make_it_gone(verb: str) -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults[verb].append(ApiError("<html>no such cluster</html>", code=404))
    with pytest.raises(ApiError, match="no such cluster"):
        await world.execute(step)
    assert world.path in world.cluster.objects


async def test_an_object_that_waits_for_finalizers_is_watched() -> None:
    live = config_map()
    live["metadata"]["finalizers"] = ["example.com/hold"]
    world = World(live)
    step = await world.plan()
    effect = await world.execute(step)
    assert effect.watched == world.path
    assert (await world.execute(step)).message == "it is being deleted already"


async def test_custom_kinds_are_found_and_deleted() -> None:
    world = World(thing("Widget", "example.com/v1", spec={"size": 1}))
    step = await world.plan()
    assert step.undo is None
    assert (await world.execute(step)).changed
    assert world.path not in world.cluster.objects


# --- Taking it back -------------------------------------------------------------------------------


async def undone(world: World) -> tuple[Operation, JsonObject]:
    undo = (await world.plan()).undo
    assert undo is not None
    assert undo.apply is not None
    assert split(undo, "elsewhere")[0].one.described == world.of.one.described
    assert Operation.model_validate(undo.to_json()) == undo
    return undo, json.loads(undo.apply.manifest)


async def test_undo_applies_what_people_had_written() -> None:
    live = workload(annotations={STAMP: "uid", "deployment.kubernetes.io/revision": "3", "a": "b"})
    live["metadata"] |= {
        "labels": {"app": "web"},
        "managedFields": [{}],
        "creationTimestamp": "x",
        "finalizers": ["foregroundDeletion"],
    }
    _, manifest = await undone(World(live))
    assert manifest == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {"app": "web"},
            "annotations": {"a": "b"},
        },
        "spec": live["spec"],
    }


async def test_a_service_comes_back_under_its_ip() -> None:
    live = thing("Service", spec={"clusterIP": "10.0.0.7", "ports": [{"port": 80}]})
    _, manifest = await undone(World(live))
    assert manifest["spec"]["clusterIP"] == "10.0.0.7"


async def test_a_cluster_scoped_object_comes_back_without_a_namespace() -> None:
    live = thing("ClusterRole", "rbac.authorization.k8s.io/v1", rules=[])
    _, manifest = await undone(World(live))
    assert "namespace" not in manifest["metadata"]


def owned() -> JsonObject:
    live = config_map()
    live["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "web"}]
    return live


def annotated_by_us() -> JsonObject:
    live = workload()
    live["metadata"]["labels"] = {"countersign.dev/x": "y"}
    return live


@pytest.mark.parametrize(
    "live",
    [
        config_map(key="x" * (MANIFEST_LIMIT + 1)),
        owned(),
        annotated_by_us(),
        thing("Job", "batch/v1", spec={}),
        thing(
            "StatefulSet",
            "apps/v1",
            spec={"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}},
        ),
    ],
    ids=["too long", "owned", "our label", "Job", "claims go along"],
)
async def test_what_an_apply_would_not_bring_back_has_no_undo(live: JsonObject) -> None:
    assert (await World(live).plan()).undo is None
