"""Apply: made or changed once, and never over somebody else's fields unasked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from countersign.actions.manifests import split
from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import ApplyParameters
from countersign.api.status import MAX_CHANGES, PlanStep
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.objects.apply import Apply
from countersign.executors.once.rehearsed import Rehearsed
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject, ObjectPath, Stamp
from tests.support.fakes import EXECUTOR
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_faults import LostAnswer, conflict, not_found
from tests.support.fakes_objects import UID
from tests.support.fakes_time import START

WRITING = Apply()
STAMPED = Stamp(UID, START)
PATH = ObjectPath("v1", "configmaps", "shop", "a")


def config(data: JsonObject | None = None, **metadata: Any) -> JsonObject:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", **metadata}}
    return body | ({} if data is None else {"data": data})


def apply(manifest: JsonObject, *, force: bool = False) -> Operation:
    parameters = ApplyParameters(manifest=json.dumps(manifest), force_conflicts=force)
    [part] = split(Operation(type=OperationType.APPLY, apply=parameters), "shop")
    return part


def field_conflict(*managers: str) -> ApiError:
    """As the API server words it."""
    parts = [f'conflicts with "{each}" using v1:\n- .data.x\n- .data.y' for each in managers]
    text = f"Apply failed with {2 * len(managers)} conflicts: " + "\n".join(parts)
    return ApiError(text, code=409, reason="Conflict")


OURS = ApiError(
    'Apply failed with 1 conflict: conflict with "countersign" using v1: '
    ".metadata.annotations.countersign.dev/executed",
    code=409,
    reason="Conflict",
)


class World:
    """A cluster, and the executor of applies."""

    def __init__(self, live: JsonObject | None = None) -> None:
        self.cluster = FakeCluster()
        if live is not None:
            self.cluster.put(live)
        self.executor = Rehearsed(WRITING, self.cluster)

    async def plan(self, operation: Operation) -> PlanStep:
        draft = await self.executor.draft(operation, EXECUTOR)
        self.cluster.calls.clear()
        return draft.step(operation)

    async def run(self, step: PlanStep) -> Any:
        return await self.executor.execute(step, STAMPED, EXECUTOR)


def told(step: PlanStep) -> list[tuple[str, str | None, str | None]]:
    return [(each.field, each.before, each.after) for each in step.changes]


# --- A new object ---------------------------------------------------------------------------------


async def test_a_new_object_is_made_as_its_manifest_says() -> None:
    world = World()
    step = await world.plan(apply(config({"x": "v"}, labels={"l": "w"})))
    assert told(step) == [
        ("(new object)", None, "ConfigMap shop/a"),
        ("data.x", None, "v"),
        ("metadata.labels.l", None, "w"),
    ]
    assert (step.target.uid, step.target.resource_version) == (None, None)
    assert step.summary == "Create ConfigMap shop/a"
    target = Target(kind="ConfigMap", name="a", namespace="shop")
    assert step.undo == Operation(type=OperationType.DELETE_RESOURCE, target=target)
    assert world.cluster.objects == {}
    effect = await world.run(step)
    assert (effect.changed, effect.earlier) == (True, False)
    live = world.cluster.objects[PATH]
    assert (live["data"], live["metadata"]["annotations"]) == ({"x": "v"}, {STAMP: UID})
    assert world.cluster.calls == ["get", "dry-run", "patch"]
    assert world.executor.progress(step, live).state == "done"


async def test_a_second_run_finds_the_object_that_the_first_has_made() -> None:
    world = World()
    step = await world.plan(apply(config({"x": "v"})))
    world.cluster.faults["patch"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.run(step)
    world.cluster.change(PATH, lambda live: live["data"].update(x="person"))
    again = await world.run(step)
    assert (again.changed, again.earlier) == (True, True)
    assert world.cluster.objects[PATH]["data"] == {"x": "person"}


async def test_an_object_that_somebody_else_makes_first_makes_the_plan_stale() -> None:
    world = World()
    step = await world.plan(apply(config({"x": "v"})))
    world.cluster.put(config({"x": "theirs"}))
    with pytest.raises(StaleError, match="created by somebody else since"):
        await world.run(step)
    assert world.cluster.objects[PATH]["data"] == {"x": "theirs"}


async def test_a_creation_is_never_forced() -> None:
    world = World()
    step = await world.plan(apply(config({"x": "v"}), force=True))
    world.cluster.faults["patch"].append(
        lambda: world.cluster.put(config({"x": "theirs"})) and None
    )
    with pytest.raises(StaleError):
        await world.run(step)
    assert world.cluster.objects[PATH]["data"] == {"x": "theirs"}
    assert not WRITING.forces(step.operation, None)


async def test_a_creation_does_not_force_conflicts_with_ourselves_either() -> None:
    world = World()
    world.cluster.faults["dry-run"].append(OURS)
    with pytest.raises(RefusedError, match="others manage"):
        await world.plan(apply(config({"x": "v"})))


async def test_a_namespace_that_is_not_there_is_to_be_created_first() -> None:
    world = World()
    world.cluster.faults["dry-run"].append(not_found('namespaces "shop"'))
    with pytest.raises(
        RefusedError, match=r'namespaces "shop" not found\. Create that first'
    ) as no:
        await world.plan(apply(config({"x": "v"})))
    assert no.value.reason == "TargetNotFound"


async def test_a_large_new_object_is_shown_within_bounds() -> None:
    step = await World().plan(apply(config({f"k{n:03}": "v" for n in range(200)})))
    assert len(step.changes) == MAX_CHANGES
    assert step.changes[0].field == "(new object)"


# --- An object that is there ----------------------------------------------------------------------


async def test_fields_of_an_object_are_added() -> None:
    world = World(config({"x": "v"}))
    step = await world.plan(apply(config({"y": "w"}, namespace="shop")))
    assert told(step) == [("data.y", None, "w")]
    assert step.summary == "Apply ConfigMap shop/a: data.y"
    effect = await world.run(step)
    assert effect.changed
    assert world.cluster.objects[PATH]["data"] == {"x": "v", "y": "w"}
    assert (await world.run(step)).earlier
    assert step.undo is not None
    assert step.undo.patch is not None
    assert json.loads(step.undo.patch.patch) == {"data": {"y": None}}


async def test_what_is_so_already_is_no_change_and_no_write() -> None:
    world = World(config({"x": "v"}))
    step = await world.plan(apply(config({"x": "v"})))
    assert (step.changes, step.undo) == ((), None)
    assert step.summary == "ConfigMap shop/a is like its manifest already"
    assert not (await world.run(step)).changed
    assert world.cluster.count("patch") == 0


async def test_fields_that_others_manage_are_refused_and_their_owner_named() -> None:
    world = World(config({"x": "v"}))
    with pytest.raises(RefusedError, match="fields that others manage: conflict with") as refused:
        await world.plan(apply(config({"x": "w"})))
    assert refused.value.reason == "Conflict"
    assert "kubectl" in str(refused.value)
    assert "apply.forceConflicts" in str(refused.value)
    assert world.cluster.count("dry-run") == 1


async def test_force_takes_them_over_and_says_so() -> None:
    world = World(config({"x": "v"}))
    step = await world.plan(apply(config({"x": "w"}), force=True))
    assert told(step) == [("data.x", "v", "w")]
    assert "taking over fields that others manage" in step.summary
    await world.run(step)
    assert world.cluster.objects[PATH]["data"] == {"x": "w"}


async def test_a_conflict_with_ourselves_is_none() -> None:
    world = World(config({"x": "v"}))
    world.cluster.faults["dry-run"].append(OURS)
    step = await world.plan(apply(config({"x": "w"})))
    assert told(step) == [("data.x", "v", "w")]
    world.cluster.faults["dry-run"].append(OURS)
    world.cluster.faults["patch"].append(OURS)
    assert (await world.run(step)).changed
    assert world.cluster.objects[PATH]["data"] == {"x": "w"}
    assert world.cluster.calls == ["get", "dry-run", "dry-run", "patch", "patch"]


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (OURS, True),
        (field_conflict("countersign"), True),
        (field_conflict("kubectl"), False),
        (field_conflict("countersign", "kubectl"), False),
        (field_conflict("kubectl", "countersign"), False),
        (field_conflict("countersign-x"), False),
        (field_conflict('x\\" conflict with \\"countersign'), False),
        (ApiError(str(OURS), code=422), False),
        (conflict(), False),
    ],
)
def test_only_conflicts_with_nobody_else_are_forced_by_themselves(
    error: ApiError, may: bool
) -> None:
    assert WRITING.may_force(error) == may


def test_a_path_that_hides_the_next_managers_name_is_not_forced() -> None:
    text = (
        'Apply failed with 2 conflicts: conflicts with "countersign" using v1:\n'
        '- .data[conflict with "countersign]\nconflicts with "kubectl" using v1:\n- .data.y'
    )
    assert not WRITING.may_force(ApiError(text, code=409))


async def test_a_field_that_somebody_takes_over_meanwhile_makes_the_plan_stale() -> None:
    world = World(config({"x": "v"}))
    step = await world.plan(apply(config({"y": "w"})))
    world.cluster.change(PATH, lambda live: live["data"].update(y="theirs"))
    with pytest.raises(StaleError, match="fields that others manage"):
        await world.run(step)


async def test_a_version_that_has_moved_is_tried_again() -> None:
    world = World(config({"x": "v"}))
    step = await world.plan(apply(config({"y": "w"})))
    world.cluster.faults["patch"].append(
        lambda: world.cluster.change(PATH, lambda live: live["data"].update(z="theirs"))
    )
    assert (await world.run(step)).changed
    assert world.cluster.objects[PATH]["data"] == {"x": "v", "y": "w", "z": "theirs"}
    assert world.cluster.count("patch") == 2


async def test_an_object_that_is_gone_is_not_made_again() -> None:
    world = World(config({"x": "v"}))
    step = await world.plan(apply(config({"y": "w"})))
    world.cluster.vanish(PATH)
    with pytest.raises(ApiError) as error:
        await world.run(step)
    assert error.value.not_found
    assert world.cluster.objects == {}


async def test_labels_of_a_secret_can_be_applied_unseen() -> None:
    live = config({"p": "VE9Q"}) | {"kind": "Secret"}
    step = await World(live).plan(apply(config(labels={"l": "w"}) | {"kind": "Secret"}))
    assert told(step) == [("metadata.labels.l", None, "w")]
    assert step.undo is None


# --- The body and the answers ---------------------------------------------------------------------


def test_the_manifest_carries_stamp_namespace_and_version() -> None:
    live = {"metadata": {"uid": "u", "resourceVersion": "9"}}
    operation = apply(config({"x": "v"}, annotations={"n": "1"}))
    expected = {"name": "a", "namespace": "shop", "annotations": {"n": "1", STAMP: "s"}}
    assert WRITING.body(operation, None, "s")["metadata"] == expected
    versioned = expected | {"uid": "u", "resourceVersion": "9"}
    assert WRITING.body(operation, live, "s")["metadata"] == versioned


def test_an_object_without_a_namespace_is_sent_without_one() -> None:
    operation = apply(config(namespace="odd") | {"kind": "Namespace"})
    assert "namespace" not in WRITING.body(operation, None, "s")["metadata"]


def test_a_manifest_that_is_another_objects_is_not_sent() -> None:
    operation = apply(config()).on(Target(kind="ConfigMap", name="b", namespace="shop"))
    with pytest.raises(RefusedError, match="not that of ConfigMap shop/b alone"):
        WRITING.body(operation, None, "s")


def test_a_manifest_that_does_not_fit_its_kind_is_refused_and_not_tried_again() -> None:
    text = (
        "failed to create typed patch object (shop/a; /v1, Kind=ConfigMap): .bogus: field not "
        "declared in schema"
    )
    explained = WRITING.explained(apply(config()), ApiError(text, code=500))
    assert isinstance(explained, RefusedError)
    assert explained.reason == "Invalid"
    assert ".bogus: field not declared in schema" in str(explained)


def test_other_errors_pass() -> None:
    for error in (conflict(), ApiError("etcd is away", code=500), ApiError("no", code=403)):
        assert WRITING.explained(apply(config()), error) is error
