"""A workload with a history, for rollbacks."""

from __future__ import annotations

import copy
from typing import Any

from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.status import PlanStep
from countersign.executors.rollouts.rollback_rollout import RollbackRollout
from countersign.ports import JsonObject, ObjectPath
from tests.support.fakes import EXECUTOR, FakeCluster
from tests.support.fakes_objects import TARGET_UID, workload
from tests.support.pod_templates import asked

LABELS = {"app": "web"}
KINDS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)
NUMBER = "deployment.kubernetes.io/revision"


def rolling_back(kind: Kind, revision: int | None = None) -> Operation:
    parameters = {} if revision is None else {"rollbackRollout": {"revision": revision}}
    return asked(OperationType.ROLLBACK_ROLLOUT, kind, **parameters)


def template(image: str, **env: str) -> JsonObject:
    container: JsonObject = {"name": "main", "image": image}
    if env:
        container["env"] = [{"name": name, "value": value} for name, value in env.items()]
    return {"metadata": {"labels": dict(LABELS)}, "spec": {"containers": [container]}}


def keeper(
    kind: Kind, number: int, of: JsonObject, owner: str = TARGET_UID, **annotations: str
) -> JsonObject:
    """The object that keeps a revision, as the kind's controller makes it."""
    hashed, name = copy.deepcopy(of), f"web-{number}"
    owners = [{"kind": str(kind), "name": "web", "uid": owner, "controller": True}]
    metadata = {"name": name, "labels": dict(LABELS), "ownerReferences": owners}
    if kind == Kind.DEPLOYMENT:
        hashed["metadata"]["labels"]["pod-template-hash"] = f"hash{number}"
        metadata |= {"annotations": {NUMBER: str(number), **annotations}}
        return {"kind": "ReplicaSet", "metadata": metadata, "spec": {"template": hashed}}
    data = {"spec": {"template": {**hashed, "$patch": "replace"}}}
    return {"kind": "ControllerRevision", "metadata": metadata, "revision": number, "data": data}


class World:
    """A workload whose templates were those, the last of which is in use."""

    def __init__(self, kind: Kind, *templates: JsonObject, **live: Any) -> None:
        self.kind = kind
        self.cluster = FakeCluster()
        self.executor = RollbackRollout(self.cluster)
        self.path = self.cluster.put(
            workload(kind, selector={"matchLabels": LABELS}, template=templates[-1], **live)
        )
        self.keepers = [self.keep(number, of) for number, of in enumerate(templates, 1)]

    def keep(self, number: int, of: JsonObject, **more: str) -> ObjectPath:
        return self.cluster.put(keeper(self.kind, number, of, **more))

    @property
    def live(self) -> JsonObject:
        return self.cluster.objects[self.path]

    @property
    def image(self) -> str:
        return str(self.live["spec"]["template"]["spec"]["containers"][0]["image"])

    async def plan(self, revision: int | None = None) -> PlanStep:
        of = rolling_back(self.kind, revision)
        draft = await self.executor.draft(of, EXECUTOR)
        self.cluster.calls.clear()
        return draft.step(of)

    def renumber(self, old: int, new: int) -> None:
        """What the controller does once the template of ``old`` is in use again."""

        def change(keeper: JsonObject) -> None:
            if self.kind == Kind.DEPLOYMENT:
                keeper["metadata"]["annotations"][NUMBER] = str(new)
            else:
                keeper["revision"] = new

        self.cluster.change(self.keepers[old - 1], change)


THREE = (template("web:1"), template("web:2"), template("web:3"))
