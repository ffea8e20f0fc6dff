"""How much can go wrong, from the operation, its target and what was measured around it.

| what                                                              | risk                  |
|-------------------------------------------------------------------|-----------------------|
| PauseRollout                                                      | low                   |
| RestartRollout, RollbackRollout, ResumeRollout, SetImage, SetEnv, | medium                |
| SetResources, Scale, RunJob, CordonNode, UncordonNode             |                       |
| the same on a StatefulSet, a DaemonSet, or with pods that mount a | high: state, or every |
| PersistentVolumeClaim (not RunJob)                                | node                  |
| Scale to zero                                                     | high: nothing is left |
| DeletePod, EvictPod                                               | medium                |
| the same of a pod that nobody makes again, or that has state      | high                  |
| TaintNode; with NoExecute                                         | medium; high          |
| DrainNode; where data of emptyDir or pods without a controller go | high; critical        |
| Exec                                                              | high                  |
| Label, Annotate, Patch, Apply, DeleteResource                     | by kind: sensitivity  |
| a workload loses all its ready replicas at once (as measured)     | at least high         |

One step more for each of these:

* in ``kube-*``, ``countersign-system``, ``default``, on these namespaces, or on a node of the
  control plane;
* by force: ``force``, a grace period of 0, ``forceConflicts``;
* a PodDisruptionBudget would be violated (as measured);
* a patch or manifest that speaks of a service account, of a Secret that pods are to read, of the
  host, of privileges, or of who owns an object (or hides words behind escapes); a command in a pod
  that is that close to its host.

Nothing lowers a risk: neither what is not known of the object nor what could not be measured. The
proposer can raise the result.
"""

from __future__ import annotations

import re

from countersign.api.operation import Operation, OperationType, Target
from countersign.api.risk import Risk
from countersign.api.status import MeasuredRadius
from countersign.policy.reach import pods
from countersign.policy.reach.sensitivity import sensitivity
from countersign.policy.reading.fields import JsonObject, listed, part, strings

_PROTECTED_NAMESPACES = frozenset({"default", "countersign-system"})
_PROTECTED_PREFIX = "kube-"
_CONTROL_PLANE = frozenset(
    {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}
)
_STATEFUL_KINDS = frozenset({"StatefulSet", "DaemonSet"})
_OF_ITSELF = {
    OperationType.PAUSE_ROLLOUT: Risk.LOW,
    OperationType.RUN_JOB: Risk.MEDIUM,
    OperationType.CORDON_NODE: Risk.MEDIUM,
    OperationType.UNCORDON_NODE: Risk.MEDIUM,
    OperationType.EXEC: Risk.HIGH,
}
_TELLING = re.compile(
    r"serviceaccount|privilege|capabilities|host(path|pid|ipc|network|users|port|process)"
    r"|unconfined|procmount|sysctls|secret(keyref|name|ref)|secret[\"']?\s*:|/secret(?![\w-])"
    r"|finalizers|ownerreferences|\\",
    re.IGNORECASE,
)
"""Words in a patch or manifest that speak of rights; an escape could spell any of them.

Pods may read Secrets that the executing account may not.
"""
_CLAIM = re.compile("claimname", re.IGNORECASE)
_POD_SPECS = (
    ("spec",),
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
)


def assess(
    operation: Operation, live: JsonObject | None = None, radius: MeasuredRadius | None = None
) -> Risk:
    """Our own assessment of one operation on its one target, its namespace filled in.

    ``live`` is the target as it is, ``radius`` what was measured: both only ever raise the risk.
    """
    risk = _of_operation(operation, live)
    if radius is not None and radius.all_replicas:
        risk = max(risk, Risk.HIGH, key=_rank)
    aggravations = (
        _is_protected(operation.one, live),
        _is_forced(operation),
        _is_about_rights(operation, live),
        radius is not None and bool(radius.disruption_budgets),
    )
    return list(Risk)[min(risk.rank + sum(aggravations), Risk.CRITICAL.rank)]


def effective(assessed: Risk, proposed: Risk | None) -> Risk:
    """The higher of our own assessment and the proposer's."""
    return max(assessed, proposed or assessed, key=_rank)


def _rank(risk: Risk) -> int:
    return risk.rank


def _of_operation(operation: Operation, live: JsonObject | None) -> Risk:
    if operation.type in _OF_ITSELF:
        return _OF_ITSELF[operation.type]
    kind = sensitivity(operation.one)
    match operation.type:
        case OperationType.LABEL if operation.one.kind == "Pod":
            risk = Risk.MEDIUM
        case OperationType.LABEL | OperationType.ANNOTATE:
            risk = kind.mark
        case OperationType.PATCH | OperationType.APPLY:
            risk = max(kind.write, _of_rollout(operation, live), key=_rank)
        case OperationType.DELETE_RESOURCE:
            risk = max(kind.delete, _of_pod(operation, live), key=_rank)
        case OperationType.DELETE_POD | OperationType.EVICT_POD:
            risk = _of_pod(operation, live)
        case OperationType.DRAIN_NODE | OperationType.TAINT_NODE:
            risk = _of_node(operation)
        case _:
            risk = _of_rollout(operation, live)
    return risk


def _of_node(operation: Operation) -> Risk:
    if operation.type is OperationType.TAINT_NODE:
        added = operation.taint_node.add if operation.taint_node else ()
        return Risk.HIGH if any(each.effect == "NoExecute" for each in added) else Risk.MEDIUM
    flags = operation.drain_node
    loses = flags is not None and (flags.force or flags.delete_empty_dir_data)
    return Risk.CRITICAL if loses else Risk.HIGH


def _of_rollout(operation: Operation, live: JsonObject | None) -> Risk:
    to_zero = operation.scale is not None and operation.scale.replicas == 0
    claims = any(pods.claims_of(part(live, *where)) for where in _POD_SPECS)
    claims = claims or _CLAIM.search(_written(operation)) is not None
    stateful = operation.one.kind in _STATEFUL_KINDS or claims
    return Risk.HIGH if to_zero or stateful else Risk.MEDIUM


def _of_pod(operation: Operation, live: JsonObject | None) -> Risk:
    if operation.one.kind != "Pod" or live is None:
        return Risk.MEDIUM
    owner = pods.controller_of(live)
    nobody_makes_it_again = owner is None and not pods.has_ended(live)
    stateful = (owner or {}).get("kind") == "StatefulSet" or pods.claims_of(part(live, "spec"))
    return Risk.HIGH if nobody_makes_it_again or stateful else Risk.MEDIUM


def _is_protected(target: Target, live: JsonObject | None) -> bool:
    namespace = (target.name if target.kind == "Namespace" else target.namespace) or ""
    if namespace in _PROTECTED_NAMESPACES or namespace.startswith(_PROTECTED_PREFIX):
        return True
    labels = strings(live, "metadata", "labels")
    return target.kind == "Node" and not _CONTROL_PLANE.isdisjoint(labels)


def _is_forced(operation: Operation) -> bool:
    if operation.apply is not None:
        return operation.apply.force_conflicts
    if operation.evict_pod is not None:
        return operation.evict_pod.grace_period_seconds == 0
    if operation.drain_node is not None:  # Its force is about pods without a controller.
        return operation.drain_node.grace_period_seconds == 0
    given = operation.delete_pod or operation.delete_resource
    return given is not None and (given.force or given.grace_period_seconds == 0)


def _is_about_rights(operation: Operation, live: JsonObject | None) -> bool:
    if _TELLING.search(_written(operation)):
        return True
    return operation.exec is not None and _is_near_its_host(part(live, "spec"))


def _written(operation: Operation) -> str:
    """The text of a patch or manifest."""
    if operation.patch is not None:
        return operation.patch.patch
    return operation.apply.manifest if operation.apply is not None else ""


def _is_near_its_host(spec: JsonObject) -> bool:
    shares = any(spec.get(field) for field in ("hostPID", "hostNetwork", "hostIPC"))
    mounts = any("hostPath" in volume for volume in listed(spec, "volumes"))
    kinds = ("containers", "initContainers", "ephemeralContainers")
    containers = [each for kind in kinds for each in listed(spec, kind)]
    return (
        shares
        or mounts
        or any(part(each, "securityContext").get("privileged") for each in containers)
    )
