"""TaintNode: the list of taints as kubectl would leave it."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import Taint, TaintNodeParameters, TaintRemoval
from countersign.errors import RefusedError, StaleError
from countersign.executors.nodes.taint_node import TaintNode
from countersign.executors.once.convergent import Convergent
from countersign.ports import JsonObject, Stamp
from tests.support.fakes import EXECUTOR
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_objects import UID
from tests.support.fakes_time import START

RECIPE = TaintNode()
TARGET = Target(kind="Node", name="node-1")
DB = {"key": "dedicated", "value": "db", "effect": "NoSchedule"}
OLD = {"key": "old", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}
OTHER = {"key": "dedicated", "value": "x", "effect": "NoExecute"}


def node(*taints: JsonObject) -> JsonObject:
    metadata = {"name": "node-1", "annotations": {}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": [*taints]}}


def taint(
    add: tuple[str, ...] = (), remove: tuple[str, ...] = (), *, overwrite: bool = False
) -> Operation:
    """Taints as ``key=value:Effect``; effect, and of a removal value, may be left out."""

    def parts(text: str) -> dict[str, Any]:
        pair, _, effect = text.partition(":")
        key, equals, value = pair.partition("=")
        said: dict[str, Any] = {"key": key} | ({"value": value} if equals else {})
        return said | ({"effect": effect} if effect else {})

    parameters = TaintNodeParameters(
        add=tuple(Taint(**parts(each)) for each in add),
        remove=tuple(TaintRemoval(**parts(each)) for each in remove),
        overwrite=overwrite,
    )
    return Operation(type=OperationType.TAINT_NODE, target=TARGET, taint_node=parameters)


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [
        (taint(("dedicated=db:NoSchedule",)), [], [DB]),
        (taint(("dedicated=db:NoSchedule",)), [OLD, OTHER], [OLD, OTHER, DB]),
        (
            taint(("new:NoExecute",)),
            [OLD],
            [OLD, {"key": "new", "value": "", "effect": "NoExecute"}],
        ),
        (taint(("dedicated=x:NoSchedule",), overwrite=True), [DB, OLD], [DB | {"value": "x"}, OLD]),
        (taint(("old:NoExecute",)), [OLD], [OLD]),
        (taint((), ("dedicated",)), [DB, OLD, OTHER], [OLD]),
        (taint((), ("dedicated:NoSchedule",)), [DB, OLD, OTHER], [OLD, OTHER]),
        (taint((), ("dedicated=db:NoSchedule",)), [DB], []),
        (taint((), ("old=:NoExecute",)), [OLD], []),
        (taint(("dedicated=db:NoSchedule",), ("old",)), [OLD], [DB]),
        (taint(("dedicated=db:NoSchedule",), ("dedicated:NoExecute",)), [OTHER], [DB]),
    ],
)
def test_the_list_is_what_kubectl_would_leave(
    operation: Operation, before: list[JsonObject], after: list[JsonObject]
) -> None:
    live = node(*before)
    RECIPE.check(operation, live)
    assert RECIPE.patch(operation, live, START) == {"spec": {"taints": after}}
    assert (RECIPE.changes(operation, live) == ()) == (before == after)


@pytest.mark.parametrize(
    ("operation", "before", "words"),
    [
        (taint(("dedicated=x:NoSchedule",)), [DB], "dedicated=db:NoSchedule; set overwrite: true"),
        (taint(("dedicated:NoSchedule",)), [DB], "set overwrite"),
        (taint(("old=x:NoExecute",)), [OLD], "the taint old:NoExecute; set overwrite"),
        (taint((), ("absent",)), [DB], "Node node-1 has no taint absent"),
        (taint((), ("old", "absent:NoSchedule")), [OLD], "no taint absent:NoSchedule"),
        (taint((), ("dedicated:PreferNoSchedule",)), [DB], "no taint dedicated:PreferNoSchedule"),
        (taint((), ("dedicated=x:NoSchedule",)), [DB], "dedicated=db:NoSchedule, not the value x"),
        (taint((), ("dedicated=db",)), [DB, OTHER], "dedicated=x:NoExecute, not the value db"),
        (taint(("a=1:NoSchedule",), ("a",)), [], "put on and taken off at once"),
        (taint(("a=1:NoSchedule",), ("a:NoSchedule",)), [], "put on and taken off at once"),
        (taint(("a=1:NoSchedule", "a=2:NoSchedule")), [], "a:NoSchedule is there twice"),
        (taint(), [DB], "without taints"),
    ],
)
def test_what_kubectl_would_refuse_is_refused(
    operation: Operation, before: list[JsonObject], words: str
) -> None:
    with pytest.raises(RefusedError, match=words) as refused:
        RECIPE.check(operation, node(*before))
    assert refused.value.reason == "Invalid"


def test_changes_and_summary_name_each_taint() -> None:
    operation = taint(("dedicated=x:NoSchedule", "new:NoSchedule"), ("old",), overwrite=True)
    live = node(DB, OLD)
    assert [(each.field, each.before, each.after) for each in RECIPE.changes(operation, live)] == [
        ("spec.taints[dedicated:NoSchedule]", "dedicated=db:NoSchedule", "dedicated=x:NoSchedule"),
        ("spec.taints[old:NoExecute]", "old:NoExecute", None),
        ("spec.taints[new:NoSchedule]", None, "new:NoSchedule"),
    ]
    assert RECIPE.summary(operation, live) == (
        "Taints of Node node-1: put on dedicated=x:NoSchedule, new:NoSchedule; "
        "take off old:NoExecute"
    )
    assert "already" in RECIPE.summary(taint(("dedicated=db:NoSchedule",)), node(DB))


def test_undo_puts_back_what_was() -> None:
    operation = taint(("dedicated=x:NoSchedule", "new:NoSchedule"), ("old",), overwrite=True)
    back = RECIPE.undo(operation, node(DB, OLD))
    assert back == taint(
        ("dedicated=db:NoSchedule", "old:NoExecute"), ("new:NoSchedule",), overwrite=True
    )
    after = node(*RECIPE.patch(operation, node(DB, OLD), START)["spec"]["taints"])
    RECIPE.check(back, after)
    assert RECIPE.undo(taint(("dedicated=db:NoSchedule",)), node(DB)) is None
    only_new = RECIPE.undo(taint(("new:NoSchedule",)), node(DB))
    assert only_new == taint((), ("new:NoSchedule",))


def test_there_is_no_undo_for_a_taint_that_no_operation_can_name() -> None:
    odd = {"key": "odd key", "effect": "NoSchedule"}
    live = node({**odd, "key": "a"}, odd)
    assert RECIPE.undo(taint((), ("a",)), live) is not None
    other = node({"key": "a", "effect": "Odd"})
    assert RECIPE.undo(taint((), ("a",)), other) is None


async def test_a_taint_that_comes_meanwhile_is_kept() -> None:
    cluster = FakeCluster()
    path = cluster.put(node(OLD))
    executor, operation = Convergent(RECIPE, cluster), taint(("dedicated=db:NoSchedule",))
    draft = await executor.draft(operation, EXECUTOR)
    made = draft.step(operation)
    cluster.faults["patch"].append(
        lambda: cluster.change(path, lambda live: live["spec"]["taints"].append(OTHER))
    )
    effect = await executor.execute(made, Stamp(UID, START), EXECUTOR)
    assert effect.changed
    assert cluster.objects[path]["spec"]["taints"] == [OLD, OTHER, DB]


async def test_a_taint_that_somebody_else_removes_first_makes_the_plan_stale() -> None:
    cluster = FakeCluster()
    path = cluster.put(node(OLD))
    executor, operation = Convergent(RECIPE, cluster), taint((), ("old",))
    draft = await executor.draft(operation, EXECUTOR)
    made = draft.step(operation)
    cluster.change(path, lambda live: live["spec"].update(taints=[]))
    with pytest.raises(StaleError, match="has no taint old"):
        await executor.execute(made, Stamp(UID, START), EXECUTOR)
