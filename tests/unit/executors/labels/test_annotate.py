"""Annotate: any text beside the stamp, except what holds a Secret's data."""

from __future__ import annotations

import pytest

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import AnnotateParameters
from countersign.api.status import VALUE_LIMIT
from countersign.errors import RefusedError
from countersign.executors.labels.annotate import Annotate
from countersign.executors.once.convergent import Convergent
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject, Stamp
from tests.support.fakes import EXECUTOR
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_objects import UID, workload
from tests.support.fakes_time import START

RECIPE = Annotate()
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
NOTE = "example.com/note"


def annotate(
    put: dict[str, str] | None = None,
    *remove: str,
    kind: str = "Deployment",
    overwrite: bool = False,
) -> Operation:
    target = Target(kind=kind, name="web", namespace="shop")
    parameters = AnnotateParameters(put=put or {}, remove=remove, overwrite=overwrite)
    return Operation(type=OperationType.ANNOTATE, target=target, annotate=parameters)


def secret(**annotations: str) -> JsonObject:
    metadata = {"name": "web", "namespace": "shop", "annotations": dict(annotations)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"p": "eA=="}}


def test_the_change_is_one_entry() -> None:
    live = workload(annotations={NOTE: "old", STAMP: "x"})
    [change] = RECIPE.changes(annotate({NOTE: "new text"}, overwrite=True), live)
    assert (change.field, change.before, change.after) == (
        f"metadata.annotations[{NOTE}]",
        "old",
        "new text",
    )
    patch = RECIPE.patch(annotate({NOTE: "new text"}), live, START)
    assert patch == {"metadata": {"annotations": {NOTE: "new text"}}}


def test_another_value_needs_overwrite() -> None:
    with pytest.raises(RefusedError, match=r"the annotation example\.com/note with another value"):
        RECIPE.check(annotate({NOTE: "new"}), workload(annotations={NOTE: "old"}))


def test_the_stamp_is_nobody_elses_to_write_or_remove() -> None:
    for operation in (annotate({STAMP: "x"}, overwrite=True), annotate(None, STAMP)):
        with pytest.raises(RefusedError, match="this program's own"):
            RECIPE.check(operation, workload(annotations={STAMP: "x"}))


def test_long_values_are_shortened_and_still_told_apart() -> None:
    first, second = (
        RECIPE.changes(annotate({NOTE: "x" * 3000 + end}), workload())[0].after for end in "12"
    )
    assert first is not None
    assert len(first) <= VALUE_LIMIT
    assert first != second


def test_the_data_in_a_secrets_annotation_is_not_shown_and_not_kept() -> None:
    live, operation = secret(**{LAST_APPLIED: "TOP"}), annotate(None, LAST_APPLIED, kind="Secret")
    RECIPE.check(operation, live)
    [change] = RECIPE.changes(operation, live)
    assert (change.before, change.after) == ("(hidden)", None)
    assert RECIPE.undo(operation, live) is None
    assert "TOP" not in RECIPE.summary(operation, live)


def test_nobody_writes_a_secrets_data_into_its_annotation() -> None:
    operation = annotate({LAST_APPLIED: "TOP"}, kind="Secret", overwrite=True)
    with pytest.raises(RefusedError, match="holds the Secret's data"):
        RECIPE.check(operation, secret())


def test_other_annotations_of_a_secret_are_like_any() -> None:
    live, operation = secret(**{NOTE: "old"}), annotate(None, NOTE, kind="Secret")
    [change] = RECIPE.changes(operation, live)
    assert change.before == "old"
    assert RECIPE.undo(operation, live) == annotate({NOTE: "old"}, kind="Secret", overwrite=True)
    other = workload(annotations={LAST_APPLIED: "{}"})
    [change] = RECIPE.changes(annotate(None, LAST_APPLIED), other)
    assert change.before == "{}"


def test_there_is_no_undo_of_a_text_that_is_too_long_to_write_down() -> None:
    assert RECIPE.undo(annotate(None, NOTE), workload(annotations={NOTE: "x" * 4096})) is not None
    assert RECIPE.undo(annotate(None, NOTE), workload(annotations={NOTE: "x" * 4097})) is None


async def test_the_stamp_stands_beside_the_annotation() -> None:
    cluster = FakeCluster()
    path = cluster.put(workload(annotations={STAMP: "earlier"}))
    executor, operation = Convergent(RECIPE, cluster), annotate({NOTE: "new"})
    draft = await executor.draft(operation, EXECUTOR)
    made = draft.step(operation)
    await executor.execute(made, Stamp(UID, START), EXECUTOR)
    assert cluster.objects[path]["metadata"]["annotations"] == {
        NOTE: "new",
        STAMP: f"{UID},earlier",
    }
