"""UncordonNode: the same boolean, taken away."""

from __future__ import annotations

from typing import Any

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.status import Change
from countersign.executors.nodes.uncordon_node import UncordonNode
from countersign.ports import JsonObject
from tests.support.fakes_time import START

RECIPE = UncordonNode()
TARGET = Target(kind="Node", name="node-1")
UNCORDON = Operation(type=OperationType.UNCORDON_NODE, target=TARGET)


def node(**spec: Any) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}, "spec": spec}


def test_a_closed_node_is_opened() -> None:
    assert RECIPE.changes(UNCORDON, node(unschedulable=True)) == (
        Change(field="spec.unschedulable", before="true", after="false"),
    )
    assert RECIPE.patch(UNCORDON, None, START) == {"spec": {"unschedulable": None}}
    assert RECIPE.summary(UNCORDON, node(unschedulable=True)) == "Uncordon Node node-1"


def test_an_open_node_is_left_alone() -> None:
    for live in (node(), node(unschedulable=False)):
        assert RECIPE.changes(UNCORDON, live) == ()
        assert RECIPE.undo(UNCORDON, live) is None
    assert RECIPE.summary(UNCORDON, node()) == "Node node-1 is uncordoned already"


def test_undo_closes_it() -> None:
    back = Operation(type=OperationType.CORDON_NODE, target=TARGET)
    assert RECIPE.undo(UNCORDON, node(unschedulable=True)) == back


def test_it_is_done_at_once() -> None:
    assert RECIPE.progress(UNCORDON, node()).message == "Node node-1 takes new pods"
    assert "changed Node node-1 back" in RECIPE.progress(UNCORDON, node(unschedulable=True)).message
