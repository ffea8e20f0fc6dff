"""Label: the object's own labels, with kubectl's care for values that are there."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import LabelParameters
from countersign.api.status import MAX_CHANGES
from countersign.errors import RefusedError, StaleError
from countersign.executors.labels.label import Label
from countersign.executors.once.convergent import Convergent
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject, Stamp
from tests.support.fakes import EXECUTOR
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_objects import UID, workload
from tests.support.fakes_time import START

RECIPE = Label()
WEB = Target(kind="Deployment", name="web", namespace="shop")


def label(put: dict[str, str] | None = None, *remove: str, overwrite: bool = False) -> Operation:
    parameters = LabelParameters(put=put or {}, remove=remove, overwrite=overwrite)
    return Operation(type=OperationType.LABEL, target=WEB, label=parameters)


def labelled(**labels: str) -> JsonObject:
    live = workload()
    live["metadata"]["labels"] = dict(labels)
    return live


def told(operation: Operation, live: JsonObject) -> list[tuple[str, str | None, str | None]]:
    return [(each.field, each.before, each.after) for each in RECIPE.changes(operation, live)]


def test_labels_are_set_changed_and_removed() -> None:
    operation = label({"tier": "web", "app": "shop"}, "old", overwrite=True)
    live = labelled(app="web", old="1", other="2")
    RECIPE.check(operation, live)
    assert told(operation, live) == [
        ("metadata.labels[app]", "web", "shop"),
        ("metadata.labels[tier]", None, "web"),
        ("metadata.labels[old]", "1", None),
    ]
    patch = {"metadata": {"labels": {"app": "shop", "tier": "web", "old": None}}}
    assert RECIPE.patch(operation, live, START) == patch
    summary = RECIPE.summary(operation, live)
    assert summary == "Labels of Deployment shop/web: change app, tier; remove old"


def test_the_pod_template_is_left_alone() -> None:
    patch = RECIPE.patch(label({"tier": "web"}), workload(), START)
    assert patch == {"metadata": {"labels": {"tier": "web"}}}


def test_what_is_so_already_is_no_change() -> None:
    operation = label({"app": "web"}, "absent")
    RECIPE.check(operation, labelled(app="web"))
    assert RECIPE.changes(operation, labelled(app="web")) == ()
    assert "already" in RECIPE.summary(operation, labelled(app="web"))
    assert RECIPE.undo(operation, labelled(app="web")) is None


def test_an_object_without_labels_has_none_to_remove() -> None:
    assert RECIPE.changes(label(None, "a"), workload()) == ()
    assert told(label({"a": ""}), workload()) == [("metadata.labels[a]", None, "")]


def test_another_value_needs_overwrite() -> None:
    with pytest.raises(RefusedError, match="the label app with another value; set overwrite: true"):
        RECIPE.check(label({"app": "shop"}), labelled(app="web"))
    with pytest.raises(RefusedError, match="another value"):
        RECIPE.check(label({"app": "shop"}), labelled(app=""))
    RECIPE.check(label({"app": "shop"}, overwrite=True), labelled(app="web"))


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (label({"countersign.dev/executed": "x"}), "this program's own"),
        (label({"a.countersign.dev/x": "x"}), "this program's own"),
        (label(None, "countersign.dev/executed"), "this program's own"),
        (label({"a": "1"}, "a"), "set and removed at once"),
        (label(), "write set or remove"),
    ],
)
def test_what_no_label_can_be_is_refused(operation: Operation, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as refused:
        RECIPE.check(operation, workload())
    assert refused.value.reason == "Invalid"


def test_a_key_that_only_looks_like_ours_is_allowed() -> None:
    RECIPE.check(label({"notcountersign.dev/x": "1", "countersign.dev": "1"}), workload())


def test_our_own_objects_are_not_labelled_by_requests() -> None:
    live = workload() | {"apiVersion": "countersign.dev/v1alpha1"}
    with pytest.raises(RefusedError, match="change it directly"):
        RECIPE.check(label({"a": "1"}), live)


def test_undo_puts_back_what_was() -> None:
    operation = label({"tier": "web", "app": "shop"}, "old", overwrite=True)
    live = labelled(app="web", old="1", other="2")
    back = RECIPE.undo(operation, live)
    assert back == label({"app": "web", "old": "1"}, "tier", overwrite=True)
    after = labelled(app="shop", tier="web", other="2")
    RECIPE.check(back, after)
    patch = {"metadata": {"labels": {"app": "web", "old": "1", "tier": None}}}
    assert RECIPE.patch(back, after, START) == patch


def test_there_is_no_undo_that_could_not_be_written_down() -> None:
    keys = [f"k{number}" for number in range(32)]
    put = {f"p{number}": "2" for number in range(32)}
    operation = label(put, *keys, overwrite=True)
    assert RECIPE.undo(operation, labelled(**dict.fromkeys([*keys, *put], "1"))) is None
    assert (
        len(RECIPE.changes(operation, labelled(**dict.fromkeys([*keys, *put], "1")))) <= MAX_CHANGES
    )


async def test_the_labels_and_the_stamp_are_one_write() -> None:
    cluster = FakeCluster()
    path = cluster.put(labelled(app="web"))
    executor, operation = Convergent(RECIPE, cluster), label({"tier": "web"}, "app")
    draft = await executor.draft(operation, EXECUTOR)
    live = cluster.objects[path]
    made = draft.step(operation)
    effect = await executor.execute(made, Stamp(UID, START), EXECUTOR)
    again = await executor.execute(made, Stamp(UID, START), EXECUTOR)
    live = cluster.objects[path]
    assert live["metadata"]["labels"] == {"tier": "web"}
    assert live["metadata"]["annotations"][STAMP] == UID
    assert (effect.changed, effect.earlier, again.earlier) == (True, False, True)
    assert cluster.count("patch") == 1
    assert executor.progress(made, live).state == "done"


@pytest.mark.parametrize("field", ["tier", "app"])
async def test_a_label_that_somebody_has_changed_since_makes_the_plan_stale(field: str) -> None:
    cluster = FakeCluster()
    path = cluster.put(labelled(app="web"))
    executor, operation = Convergent(RECIPE, cluster), label({"tier": "web"}, "app")
    draft = await executor.draft(operation, EXECUTOR)
    made = draft.step(operation)

    def change(live: Any) -> None:
        live["metadata"]["labels"][field] = "else"

    cluster.change(path, change)
    with pytest.raises(StaleError):
        await executor.execute(made, Stamp(UID, START), EXECUTOR)
