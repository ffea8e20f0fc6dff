"""Patches to try, and one object to try them on."""

from __future__ import annotations

import json
from typing import Any

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import PatchParameters
from countersign.api.status import PlanStep
from countersign.executors.objects.patch import Patch
from countersign.executors.once.rehearsed import Rehearsed
from countersign.ports import JsonObject, Stamp
from tests.support.fakes import EXECUTOR
from tests.support.fakes_cluster import FakeCluster
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
        return draft.step(operation)

    def scaled(self, replicas: int) -> None:
        self.cluster.change(self.path, lambda live: live["spec"].update(replicas=replicas))


def told(step: PlanStep) -> list[tuple[str, str | None, str | None]]:
    return [(each.field, each.before, each.after) for each in step.changes]
