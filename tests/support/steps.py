"""A plan of several steps, and an executor that only writes down what it was asked."""

from __future__ import annotations

import asyncio
from typing import Any

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import ExecParameters
from countersign.api.status import Change, PlanStep
from countersign.executors.once.paths import reference
from countersign.ports import Draft, Effect, ObjectPath, Progress, ServiceAccount, Stamp, Trace
from tests.support.fakes_time import LoopClock
from tests.support.fakes_world import World

PODS = ("a", "b", "c")
NAMES = [f"Pod/{name}" for name in PODS]


class FakeExecutor:
    """Does nothing but write down that it was asked; ``fails`` names what to raise for a pod."""

    def __init__(self, operation: OperationType, *, repeatable: bool) -> None:
        self.operation = operation
        self.repeatable = repeatable
        self.ran: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.unchanged: set[str] = set()
        self.ends: dict[str, Progress] = {}
        self.changes = (Change(field="pod", before="Running"),)
        self.output = ""
        self.hangs = False

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        path = ObjectPath("v1", "pods", "shop", operation.one.name or "")
        live = {"metadata": {"name": path.name, "uid": f"uid-{path.name}", "resourceVersion": "1"}}
        changes = () if path.name in self.unchanged else self.changes
        return Draft(reference(path, "Pod", live), changes, f"Do it to Pod {path.name}", live)

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        name = step.target.name
        if name in self.fails:
            raise self.fails[name]
        self.ran.append(name)
        if self.hangs:
            await asyncio.Event().wait()
        changed = name not in self.unchanged
        if name in self.ends:
            path = ObjectPath("v1", "pods", "shop", name)
            live = {"metadata": {"name": name, "resourceVersion": "1"}}
            return Effect(changed=changed, live=live, watched=path)
        return Effect(changed=changed, output=self.output)

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        return Trace.DONE if step.target.name in self.ran else Trace.NONE

    def progress(self, step: PlanStep, live: Any) -> Progress:
        return self.ends[step.target.name]

    def gone(self, step: PlanStep) -> Progress:
        return self.ends[step.target.name]


class Steps(World):
    """A world whose request is about three pods."""

    def __init__(self, type_: OperationType = OperationType.DELETE_POD, **spec: Any) -> None:
        repeatable = type_ is not OperationType.EXEC
        names = PODS if repeatable else PODS[:1]
        targets = tuple(Target(kind="Pod", name=name) for name in names)
        run = None if repeatable else ExecParameters(command=("date",))
        operation = Operation(type=type_, targets=targets, exec=run)
        self.executor = FakeExecutor(type_, repeatable=repeatable)
        fakes = {type_: self.executor}
        super().__init__(
            clock=LoopClock(), executors=fakes, action=None, operation=operation, **spec
        )

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        assert self.request.status.result is not None
        return [(each.target, each.outcome) for each in self.request.status.result.steps]


async def approved_steps(type_: OperationType = OperationType.DELETE_POD, **spec: Any) -> Steps:
    """Its request has been approved."""
    world = Steps(type_, **spec)
    await world.approve()
    return world
