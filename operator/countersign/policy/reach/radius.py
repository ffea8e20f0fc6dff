"""Which pods an operation on one object takes, from the operation and the object alone.

``reach`` says it whole where the object tells (a workload has its pods' labels in its template and
their number in its status); else it says which pods have to be looked up.

| operation                                            | pods                                   |
|------------------------------------------------------|----------------------------------------|
| RestartRollout, RollbackRollout, SetImage, SetEnv,   | all replicas; none where the workload  |
| SetResources; Patch, Apply that change the template  | is paused, has the update strategy     |
|                                                      | OnDelete, or is a ReplicaSet           |
| ResumeRollout                                        | those not of the current template      |
| Scale; Patch, Apply that change the replicas         | those above the new number             |
| DeletePod, EvictPod; Patch, SetImage of a pod        | it                                     |
| Label of a pod that changes a label it has           | it: it may leave its workload          |
| DeleteResource of a workload                         | all, unless its pods are orphaned      |
| DeleteResource of a Namespace, Node                  | all in it, on it                       |
| DeleteResource of a PersistentVolumeClaim            | those that mount it                    |
| DrainNode                                            | those on it that a drain evicts        |
| TaintNode with NoExecute                             | those on it that do not tolerate it    |
| all others                                           | none                                   |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from countersign.api.kinds import built_in
from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.parameters import DeleteResourceParameters, DrainNodeParameters
from countersign.api.status import MAX_CHANGES, Change
from countersign.policy.reach import pods
from countersign.policy.reach.losses import Loss, deleted, pending, rolled, scaled
from countersign.policy.reading.fields import JsonObject, part
from countersign.policy.reading.selectors import escaped

WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"}
)
_BATCH = frozenset({"Job", "CronJob"})


@dataclass(frozen=True)
class Search:
    """Pods that have to be looked up: a query, and which of its answers are meant.

    ``namespace`` is None for all. ``at_once``: they stop now. ``whole``: no pod of the namespace
    is left, so nobody need ask which workloads keep others.
    """

    namespace: str | None
    takes: Callable[[JsonObject], bool]
    fields: str = ""
    labels: str = ""
    at_once: bool = True
    whole: bool = False


@dataclass(frozen=True)
class Reach:
    """What one operation on one object takes: known pods, and those to be looked up.

    ``pod`` is a single pod that stops; ``services`` are those that the operation itself is on.
    """

    loss: Loss | None = None
    pod: JsonObject | None = None
    search: Search | None = None
    services: tuple[str, ...] = ()
    unknown: str = ""


NOTHING = Reach()


def reach(operation: Operation, changes: Sequence[Change], live: JsonObject | None) -> Reach:
    """What is taken; ``live`` is the object as it is, None where it does not exist."""
    reader = _READERS.get(operation.type)
    return NOTHING if reader is None or live is None else reader(operation, changes, live)


def _rolled(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    kind = operation.one.kind
    if kind in WORKLOADS and changes:
        return Reach(loss=rolled(kind, live))
    return _pod(live) if kind == Kind.POD and changes else NOTHING


def _scaled(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    del changes
    if operation.scale is None:
        return NOTHING
    return Reach(loss=scaled(operation.one.kind, live, operation.scale.replicas))


def _resumed(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    del operation, changes
    return Reach(loss=pending(live))


def _pod_taken(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    del operation, changes
    return _pod(live)


def _pod(live: JsonObject) -> Reach:
    """It, unless nothing runs in it or only its mirror image is in the API."""
    return NOTHING if pods.has_ended(live) or pods.is_static(live) else Reach(pod=live)


def _labelled(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    """A pod that loses a label may leave its workload and its Services; new labels do no harm."""
    del changes
    if operation.one.kind != Kind.POD or operation.label is None:
        return NOTHING
    has, put = pods.labels_of(live), operation.label.put
    changed = any(key in has and has[key] != value for key, value in put.items())
    return _pod(live) if changed or any(key in has for key in operation.label.remove) else NOTHING


def _changed(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    """A patch or manifest, by the fields that it changes."""
    kind, found = operation.one.kind, NOTHING
    if built_in(kind, operation.one.api_version) is None:
        found = _of_unknown_kind(operation)
    elif kind in WORKLOADS:
        found = Reach(loss=_changed_workload(kind, changes, live))
    elif kind == Kind.POD and _touches(changes, "spec", "metadata.labels"):
        found = _pod(live)
    elif kind == Kind.JOB and _touches(changes, "spec.suspend", "spec.parallelism"):
        found = Reach(loss=deleted(kind, live))
    elif kind == Kind.NODE and any("NoExecute" in (each.after or "") for each in changes):
        found = Reach(search=_on_node(live, _runs))
    elif kind == "Service" and _touches(changes, "spec"):
        found = Reach(services=("/".join(pods.name_of(live)),))
    return found


def _changed_workload(kind: str, changes: Sequence[Change], live: JsonObject) -> Loss | None:
    strategy = _touches(changes, "spec.strategy", "spec.updateStrategy", "spec.paused")
    replicas = next((each for each in changes if each.field == "spec.replicas"), None)
    loss = None
    if _touches(changes, "spec.template"):
        loss = rolled(kind, live, strategy_changes=strategy)
    elif _touches(changes, "spec.paused"):
        loss = pending(live)
    if replicas is not None:
        # Kubernetes' default is one; what is no number is taken for the worst there is.
        after = replicas.after or "1"
        fewer = scaled(kind, live, int(after) if after.isdecimal() else 0)
        loss = fewer if loss is None else loss.with_other(fewer)
    return loss


def _touches(changes: Sequence[Change], *fields: str) -> bool:
    """Whether one of the fields, a part of it or something around it changes.

    A list of changes that is full may have left some out, so it touches everything.
    """
    return len(changes) >= MAX_CHANGES or any(
        _is_within(change.field, field) or _is_within(field, change.field)
        for change in changes
        for field in fields
    )


def _is_within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _deleted(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    del changes
    kind, found = operation.one.kind, NOTHING
    orphans = (operation.delete_resource or DeleteResourceParameters()).cascade == "orphan"
    if built_in(kind, operation.one.api_version) is None:
        found = NOTHING if orphans else _of_unknown_kind(operation)
    elif kind in WORKLOADS | _BATCH:
        found = NOTHING if orphans else Reach(loss=deleted(kind, live))
    elif kind == Kind.POD:
        found = _pod(live)
    elif kind == "Service":
        found = Reach(services=("/".join(pods.name_of(live)),))
    elif kind == Kind.NODE:
        found = Reach(search=_on_node(live, _runs))
    elif kind == "Namespace":
        found = Reach(search=Search(pods.name_of(live)[1], takes=_runs, whole=True))
    elif kind == "PersistentVolumeClaim":
        found = Reach(search=_mounting(*pods.name_of(live)))
    return found


def _mounting(namespace: str, claim: str) -> Search:
    def mounts(pod: JsonObject) -> bool:
        return _runs(pod) and claim in pods.claims_of(part(pod, "spec"))

    # The claim stays as long as they do; they lose it when they are replaced.
    return Search(namespace, takes=mounts, at_once=False)


def _of_unknown_kind(operation: Operation) -> Reach:
    what = operation.one.described
    return Reach(unknown=f"what becomes of the pods of {what}: only its own controller knows")


def _drained(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    del changes
    flags = operation.drain_node or DrainNodeParameters()

    def evicted(pod: JsonObject) -> bool:
        owner = pods.controller_of(pod)
        if not _runs(pod) or pods.is_static(pod):
            return False
        if owner is not None and owner.get("kind") == Kind.DAEMON_SET:
            return False
        if owner is None and not flags.force:
            return False
        return flags.delete_empty_dir_data or not pods.has_empty_dir(pod)

    return Reach(search=_on_node(live, evicted, labels=flags.pod_selector or ""))


def _tainted(operation: Operation, changes: Sequence[Change], live: JsonObject) -> Reach:
    added = operation.taint_node.add if operation.taint_node and changes else ()
    driving_out = [taint for taint in added if taint.effect == "NoExecute"]

    def goes(pod: JsonObject) -> bool:
        return _runs(pod) and not all(
            pods.tolerates(pod, taint.key, taint.value) for taint in driving_out
        )

    return Reach(search=_on_node(live, goes)) if driving_out else NOTHING


def _on_node(live: JsonObject, takes: Callable[[JsonObject], bool], labels: str = "") -> Search:
    name = str(part(live, "metadata").get("name"))
    return Search(None, takes, fields=f"spec.nodeName={escaped(name)}", labels=labels)


def _runs(pod: JsonObject) -> bool:
    return not pods.has_ended(pod) and not pods.is_leaving(pod)


_Reader = Callable[[Operation, Sequence[Change], JsonObject], Reach]
_READERS: dict[OperationType, _Reader] = {
    OperationType.RESTART_ROLLOUT: _rolled,
    OperationType.ROLLBACK_ROLLOUT: _rolled,
    OperationType.SET_IMAGE: _rolled,
    OperationType.SET_ENV: _rolled,
    OperationType.SET_RESOURCES: _rolled,
    OperationType.SCALE: _scaled,
    OperationType.RESUME_ROLLOUT: _resumed,
    OperationType.LABEL: _labelled,
    OperationType.PATCH: _changed,
    OperationType.APPLY: _changed,
    OperationType.DELETE_POD: _pod_taken,
    OperationType.EVICT_POD: _pod_taken,
    OperationType.DELETE_RESOURCE: _deleted,
    OperationType.DRAIN_NODE: _drained,
    OperationType.TAINT_NODE: _tainted,
}
"""An operation that is not here takes no pods."""
