"""Pods, nodes and Jobs to end and to run, and a world in which one executor does so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from countersign.api.operation import Kind, Operation, OperationType, Target
from countersign.api.status import PlanStep
from countersign.ports import Effect, Executor, JsonObject, ObjectPath, Stamp
from tests.support.fakes import EXECUTOR, FakeCluster
from tests.support.fakes_objects import UID
from tests.support.fakes_time import START

STAMPED = Stamp(UID, START)
CONTROLLER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "web-abc",
    "uid": "rs-1",
    "controller": True,
}


class Stage:
    """A cluster and one executor, taken through plan and execution."""

    def __init__(self, make: Callable[[FakeCluster], Executor], of: Operation) -> None:
        self.cluster = FakeCluster()
        self.executor = make(self.cluster)
        self.of = of

    async def plan(self) -> PlanStep:
        """Plan it; what was asked for that is forgotten."""
        draft = await self.executor.draft(self.of, EXECUTOR)
        self.cluster.calls.clear()
        self.cluster.bodies.clear()
        self.cluster.journal.clear()
        return draft.step(self.of)

    async def execute(self, step: PlanStep) -> Effect:
        return await self.executor.execute(step, STAMPED, EXECUTOR)

    def effects(self) -> int:
        """How often the cluster was changed by the executor."""
        return self.cluster.journal.count("effect")


def on(
    type_: OperationType, kind: str, name: str, namespace: str | None = "shop", **given: Any
) -> Operation:
    """An operation on one object."""
    target = Target(kind=kind, name=name, namespace=namespace)
    return Operation(type=type_, target=target, **given)


def pod(
    name: str = "web-abc-1",
    *,
    owner: JsonObject | None = CONTROLLER,
    phase: str = "Running",
    node: str = "node-1",
    labels: dict[str, str] | None = None,
    empty_dir: bool = False,
    **metadata: Any,
) -> JsonObject:
    """A pod with one container that runs."""
    state: JsonObject = {"running": {}} if phase == "Running" else {"terminated": {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": {"app": "web"} if labels is None else labels,
            "ownerReferences": [owner] if owner else [],
            **metadata,
        },
        "spec": {
            "nodeName": node,
            "containers": [{"name": "main", "image": "web:1"}],
            "volumes": [{"name": "tmp", "emptyDir": {}}] if empty_dir else [],
        },
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": "main", "state": state}],
        },
    }


def budget(name: str = "web", *, allowed: int = 0, **labels: str) -> JsonObject:
    """A PodDisruptionBudget."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"matchLabels": labels or {"app": "web"}}},
        "status": {"disruptionsAllowed": allowed},
    }


def node(name: str = "node-1", *, cordoned: bool = False) -> JsonObject:
    """A node."""
    return {
        "apiVersion": "v1",
        "kind": str(Kind.NODE),
        "metadata": {"name": name, "annotations": {}},
        "spec": {"unschedulable": True} if cordoned else {},
        "status": {},
    }


def recreated(path: ObjectPath, cluster: FakeCluster) -> None:
    """Somebody deletes an object and makes it again."""
    live = cluster.objects[path]
    cluster.vanish(path)
    live["metadata"] = {**live["metadata"], "uid": "another-uid"}
    cluster.put(live)


def cron_job(name: str = "backup", job: JsonObject | None = None, **spec: Any) -> JsonObject:
    """A CronJob; ``job`` and ``spec`` add to its Job's spec and to its own."""
    container = {"name": "main", "image": "backup:1", "command": ["backup", "--all shops"]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "schedule": "0 3 * * *",
            "jobTemplate": {
                "metadata": {"labels": {"app": "backup"}, "annotations": {"a": "b"}},
                "spec": {"backoffLimit": 0, "template": template, **(job or {})},
            },
            **spec,
        },
    }
