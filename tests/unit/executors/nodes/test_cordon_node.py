"""CordonNode: one boolean, set."""

from __future__ import annotations

from typing import Any

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.status import Change
from countersign.executors.nodes.cordon_node import CordonNode
from countersign.executors.once.convergent import Convergent
from countersign.ports import JsonObject, Stamp
from tests.support.fakes import EXECUTOR
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_objects import UID
from tests.support.fakes_time import START

RECIPE = CordonNode()
TARGET = Target(kind="Node", name="node-1")
CORDON = Operation(type=OperationType.CORDON_NODE, target=TARGET)


def node(**spec: Any) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}, "spec": spec}


def test_an_open_node_is_closed() -> None:
    for live in (node(), node(unschedulable=False), {**node(), "spec": None}):
        assert RECIPE.changes(CORDON, live) == (
            Change(field="spec.unschedulable", before="false", after="true"),
        )
    assert RECIPE.patch(CORDON, None, START) == {"spec": {"unschedulable": True}}
    assert RECIPE.summary(CORDON, node()) == "Cordon Node node-1"


def test_a_closed_node_is_left_alone() -> None:
    assert RECIPE.changes(CORDON, node(unschedulable=True)) == ()
    assert RECIPE.summary(CORDON, node(unschedulable=True)) == "Node node-1 is cordoned already"
    assert RECIPE.undo(CORDON, node(unschedulable=True)) is None


def test_undo_opens_it() -> None:
    back = Operation(type=OperationType.UNCORDON_NODE, target=TARGET)
    assert RECIPE.undo(CORDON, node()) == back


def test_it_is_done_at_once_whatever_runs_on_the_node() -> None:
    assert (
        RECIPE.progress(CORDON, node(unschedulable=True)).message == "Node node-1 takes no new pods"
    )
    assert "changed Node node-1 back" in RECIPE.progress(CORDON, node()).message
    assert RECIPE.progress(CORDON, node()).state == "done"


async def test_a_second_run_finds_it_done() -> None:
    cluster = FakeCluster()
    path = cluster.put(node())
    executor = Convergent(RECIPE, cluster)
    draft = await executor.draft(CORDON, EXECUTOR)
    made = draft.step(CORDON)
    await executor.execute(made, Stamp(UID, START), EXECUTOR)
    assert cluster.objects[path]["spec"] == {"unschedulable": True}
    again = await executor.execute(made, Stamp(UID, START), EXECUTOR)
    assert (again.earlier, cluster.journal) == (True, ["effect"])
