"""Patch: what people wrote, done once; and nothing that is not the patch's to touch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import PatchParameters
from countersign.api.status import PlanStep
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.patch import Patch
from countersign.executors.rehearsed import Rehearsed
from countersign.executors.stamps import STAMP
from countersign.ports import JsonObject, PatchForm, Stamp
from tests.support.fakes import EXECUTOR
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_faults import LostAnswer, conflict
from tests.support.fakes_objects import UID, workload
from tests.support.fakes_time import START

WRITING = Patch()
STAMPED = Stamp(UID, START)
WEB = Target(kind="Deployment", name="web", namespace="shop")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def patch(value: Any, form: Any = "merge", target: Target = WEB) -> Operation:
    text = value if isinstance(value, str) else json.dumps(value)
    return Operation(
        type=OperationType.PATCH, target=target, patch=PatchParameters(type=form, patch=text)
    )


def secret_target() -> Target:
    return Target(kind="Secret", name="s", namespace="shop")


REPLICAS = patch({"spec": {"replicas": 5}})


class World:
    """One object, and the executor of patches."""

    def __init__(self, live: JsonObject | None = None) -> None:
        self.cluster = FakeCluster()
        self.path = self.cluster.put(live or workload())
        self.executor = Rehearsed(WRITING, self.cluster)

    @property
    def live(self) -> JsonObject:
        return self.cluster.objects[self.path]

    async def plan(self, operation: Operation = REPLICAS) -> PlanStep:
        draft = await self.executor.draft(operation, EXECUTOR)
        self.cluster.calls.clear()
        return PlanStep(
            operation=operation,
            target=draft.target,
            summary=draft.summary,
            changes=draft.changes,
            undo=draft.undo,
        )

    def scaled(self, replicas: int) -> None:
        self.cluster.change(self.path, lambda live: live["spec"].update(replicas=replicas))


def told(step: PlanStep) -> list[tuple[str, str | None, str | None]]:
    return [(each.field, each.before, each.after) for each in step.changes]


# --- The plan -------------------------------------------------------------------------------------


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


async def test_an_object_that_changes_during_planning_is_read_again() -> None:
    world = World()
    world.cluster.faults["dry-run"].append(lambda: world.scaled(4))
    assert told(await world.plan()) == [("spec.replicas", "4", "5")]


async def test_planning_gives_up_on_an_object_that_never_stands_still() -> None:
    world = World()
    world.cluster.faults["dry-run"].extend([conflict()] * 5)
    with pytest.raises(ApiError, match="keeps changing") as error:
        await world.plan()
    assert error.value.conflict
    assert world.cluster.count("dry-run") == 5


async def test_an_object_that_is_not_there_is_not_made() -> None:
    target = Target(kind="Deployment", name="absent", namespace="shop")
    with pytest.raises(ApiError) as error:
        await World().plan(patch({"spec": {"replicas": 5}}, target=target))
    assert error.value.not_found


async def test_our_own_objects_are_not_patched_by_requests() -> None:
    target = Target(kind="ApprovalRequest", name="x", namespace="shop")
    world = World({"kind": "ApprovalRequest", "metadata": {"name": "x"}, "spec": {}})
    with pytest.raises(RefusedError, match="this program's own"):
        await world.plan(patch({"spec": {"cancelled": True}}, target=target))


# --- Once -----------------------------------------------------------------------------------------


async def test_a_second_run_finds_the_first_ones_effect() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["patch"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    world.scaled(9)  # A person, afterwards.
    again = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert (again.changed, again.earlier) == (True, True)
    assert world.live["spec"]["replicas"] == 9
    assert world.cluster.journal == ["effect"]


async def test_another_requests_stamp_is_not_ours_and_is_kept() -> None:
    world = World(workload(annotations={STAMP: "earlier"}))
    step = await world.plan(
        patch([{"op": "replace", "path": "/spec/replicas", "value": 5}], "json")
    )
    await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.live["metadata"]["annotations"][STAMP] == f"{UID},earlier"


async def test_a_change_beside_the_patch_does_not_matter() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["patch"].append(
        lambda: world.cluster.change(world.path, lambda live: live["status"].update(replicas=1))
    )
    effect = await world.executor.execute(step, STAMPED, EXECUTOR)
    assert effect.changed
    assert world.cluster.count("patch") == 2


@pytest.mark.parametrize("moment", ["get", "dry-run", "patch"])
async def test_a_change_of_the_same_field_makes_the_plan_stale(moment: str) -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults[moment].append(lambda: world.scaled(4))
    with pytest.raises(StaleError, match="has changed since the plan"):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.live["spec"]["replicas"] == 4


async def test_another_object_of_the_same_name_makes_the_plan_stale() -> None:
    world = World()
    step = await world.plan()
    world.cluster.put(workload(uid="00000000-0000-4000-8000-00000000beef"))
    with pytest.raises(StaleError, match="deleted and created again"):
        await world.executor.execute(step, STAMPED, EXECUTOR)


async def test_an_object_that_never_stands_still_is_a_conflict_that_may_pass() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["patch"].extend([conflict()] * 5)
    with pytest.raises(ApiError, match="keeps changing"):
        await world.executor.execute(step, STAMPED, EXECUTOR)
    assert world.cluster.count("patch") == 5


async def test_other_errors_pass_through() -> None:
    world = World()
    step = await world.plan()
    world.cluster.faults["dry-run"].append(ApiError("no", code=503))
    with pytest.raises(ApiError, match="no"):
        await world.executor.execute(step, STAMPED, EXECUTOR)


async def test_a_deleted_target_is_not_found() -> None:
    world = World()
    step = await world.plan()
    world.cluster.vanish(world.path)
    with pytest.raises(ApiError) as error:
        await world.executor.execute(step, STAMPED, EXECUTOR)
    assert error.value.not_found
    assert world.executor.gone(step).state == "degraded"


# --- The body -------------------------------------------------------------------------------------


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


# --- Secrets --------------------------------------------------------------------------------------


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
        ("data.p", "(secret)", None),
        ("metadata.labels.a", None, "b"),
    ]
    assert step.undo is None
    assert "VE9Q" not in json.dumps(step.to_json())


# --- Undo -----------------------------------------------------------------------------------------


def with_env(**variables: str) -> JsonObject:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    live = workload()
    live["spec"]["template"]["spec"] = {"containers": [{"name": "web", "env": env}]}
    return live


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 2}, {"spec": {"a": 1}}),
        ({"a": 1}, {}, {"spec": {"a": 1}}),
        ({}, {"a": {"b": 1}}, {"spec": {"a": None}}),
        (
            {"a": {"b": 1, "c": 1}},
            {"a": {"b": 2, "d": 1}},
            {"spec": {"a": {"b": 1, "c": 1, "d": None}}},
        ),
        ({"a": [1, 2]}, {"a": [1]}, {"spec": {"a": [1, 2]}}),
        ({"a": {"b": 1}}, {"a": 7}, {"spec": {"a": {"b": 1}}}),
        ({"a": [None, {"b": None}]}, {"a": 7}, {"spec": {"a": [None, {"b": None}]}}),
        ({"a": None}, {"a": 1}, None),
        ({"a": {"b": None}}, {}, None),
        ({"a": "x" * 20_000}, {"a": "y"}, None),
    ],
)
def test_undo_is_the_merge_patch_back(before: Any, after: Any, expected: Any) -> None:
    live, then = ({"metadata": {}, "spec": spec} for spec in (before, after))
    undo = WRITING.undo(REPLICAS, live, then)
    if expected is None:
        assert undo is None
    else:
        assert undo is not None
        assert undo.patch is not None
        assert (undo.patch.type, json.loads(undo.patch.patch)) == ("merge", expected)
        assert undo.target == WEB


def test_undo_takes_the_first_annotation_back_without_touching_the_map() -> None:
    live, after = workload(), workload(annotations={"a": "b", STAMP: "s"})
    undo = WRITING.undo(REPLICAS, live, after)
    assert undo is not None
    assert undo.patch is not None
    assert json.loads(undo.patch.patch) == {"metadata": {"annotations": {"a": None}}}
    WRITING.body(undo, after, "s")


def test_undo_never_holds_a_secret_variable_even_beside_the_change() -> None:
    live, after = with_env(DB_PASSWORD="TOP", A="1"), with_env(DB_PASSWORD="TOP", A="2")
    assert WRITING.undo(REPLICAS, live, after) is None
    assert WRITING.undo(REPLICAS, with_env(A="1"), with_env(A="2")) is not None


# --- Answers --------------------------------------------------------------------------------------


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


def test_the_status_counts_where_a_patch_can_change_it() -> None:
    live = {"metadata": {}, "status": {"a": 1}}
    [change] = WRITING.changes(REPLICAS, live, {"metadata": {}, "status": {"a": 2}})
    assert change.field == "status.a"


def test_what_the_server_adds_to_every_write_is_no_change() -> None:
    live = workload()
    after = workload(annotations={STAMP: "rehearsal"})
    after["metadata"] |= {"resourceVersion": "8", "generation": 2, "managedFields": [{}]}
    assert WRITING.changes(REPLICAS, live, after) == ()
