"""Why an effect did not end well: what the pods say, and the latest warnings about them.

Two lists at most, asked at the same time, as the executing service account. What cannot be read
is left out: a diagnosis never turns one outcome into another, nor holds it up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from countersign.api.operation import OperationType
from countersign.api.status import PlanStep
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError
from countersign.policy.reach import pods
from countersign.policy.reach.pods import Workload
from countersign.policy.reach.symptoms import symptom
from countersign.policy.reading.fields import JsonObject, listed, part
from countersign.policy.reading.selectors import escaped, written
from countersign.ports import Cluster, ObjectPath, ServiceAccount

log = structlog.get_logger()

REASONS_LIMIT = 600
_PODS_SHOWN = 3
_LINE_LIMIT = 190
"""Characters a pod: three and the joints fit into ``REASONS_LIMIT``."""
_LISTED = 500
_PATIENCE = 10.0
"""Seconds."""
_WITH_PODS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"}
)


async def why(cluster: Cluster, step: PlanStep, live: JsonObject, account: ServiceAccount) -> str:
    """The reasons in one line of at most ``REASONS_LIMIT`` characters; empty where none is seen.

    ``live`` is the watched object. Never raises ``ApiError``.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            reasons = await _reasons(cluster, step, live, account)
    except (ApiError, RefusedError, TimeoutError) as error:
        log.info("no diagnosis", error=str(error))
        return ""
    return clip("; ".join(clip(each, _LINE_LIMIT) for each in reasons if each), REASONS_LIMIT)


async def _reasons(
    cluster: Cluster, step: PlanStep, live: JsonObject, account: ServiceAccount
) -> list[str]:
    kind = str(live.get("kind") or step.target.kind)
    if step.operation.type is OperationType.DELETE_RESOURCE:
        return await _of_deletion(cluster, step, account)
    if step.operation.type is OperationType.DRAIN_NODE:
        return await _of_drain(cluster, step, account)
    if kind == "Pod":
        return await _of_pod(cluster, live, account)
    return await _of_workload(cluster, kind, live, account) if kind in _WITH_PODS else []


async def _of_pod(cluster: Cluster, live: JsonObject, account: ServiceAccount) -> list[str]:
    namespace, name = pods.name_of(live)
    warnings, now = await asyncio.gather(
        _warnings(cluster, namespace, account),
        cluster.get(ObjectPath("v1", "pods", namespace, name), account),
    )
    return [_line(now, warnings)]


async def _of_workload(
    cluster: Cluster, kind: str, live: JsonObject, account: ServiceAccount
) -> list[str]:
    namespace, name = pods.name_of(live)
    warnings, replicas = await asyncio.gather(
        _warnings(cluster, namespace, account), _replicas(cluster, kind, live, account)
    )
    own = Workload(namespace, kind, name)
    ill = [pod for pod in replicas if _is_ill(pod) and pods.workload_of(pod) == own]
    ill.sort(key=lambda pod: (not symptom(pod), pods.is_leaving(pod), pods.name_of(pod)))
    lines = [_line(pod, warnings) for pod in ill[:_PODS_SHOWN]]
    if len(ill) > _PODS_SHOWN:
        return [*lines, f"{len(ill) - _PODS_SHOWN} more"]
    # Pods that could not even be made are told of the workload, or of its ReplicaSet.
    made_none = [_told(each) for each in warnings if _is_about_maker(each, kind, name)]
    return [*lines, *made_none[:1]][:_PODS_SHOWN]


async def _replicas(
    cluster: Cluster, kind: str, live: JsonObject, account: ServiceAccount
) -> list[JsonObject]:
    spec = part(live, "spec")
    selector = spec.get("selector")
    if kind == "ReplicationController":
        selector = {"matchLabels": selector}
    labels = written(selector) if isinstance(selector, dict) else ""
    if not labels:
        return []  # Never "all pods of the namespace" by mistake.
    path = ObjectPath("v1", "pods", pods.name_of(live)[0])
    return await _read(cluster, path, account, labels=labels)


async def _of_drain(cluster: Cluster, step: PlanStep, account: ServiceAccount) -> list[str]:
    """The pods that a drain has not got rid of."""
    fields = f"spec.nodeName={escaped(step.target.name)}"
    flags = step.operation.drain_node
    labels = (flags.pod_selector if flags else None) or ""
    found = await _read(
        cluster, ObjectPath("v1", "pods", None), account, labels=labels, fields=fields
    )
    left = [pod for pod in found if _should_have_left(pod)]
    lines = [
        f"{'/'.join(pods.name_of(pod))} is still there"
        + (f": {symptom(pod)}" if pods.is_leaving(pod) else "")
        for pod in left[:_PODS_SHOWN]
    ]
    if len(left) > _PODS_SHOWN:
        lines.append(f"{len(left) - _PODS_SHOWN} more")
    return lines


async def _of_deletion(cluster: Cluster, step: PlanStep, account: ServiceAccount) -> list[str]:
    """What an object that is being deleted waits for."""
    target = step.target
    resource = await cluster.resource(target.kind, target.api_version, account)
    namespace = target.namespace if resource.namespaced else None
    path = ObjectPath(resource.api_version, resource.plural, namespace, target.name)
    live = await cluster.get(path, account)
    finalizers = part(live, "metadata").get("finalizers") or []
    reasons = []
    if finalizers:
        reasons.append(f"it waits for its finalizers {', '.join(map(str, finalizers))}")
    if target.kind == "Namespace":  # Its conditions tell what is left in it.
        reasons += [
            str(each.get("message"))
            for each in listed(part(live, "status"), "conditions")
            if each.get("status") == "True"
        ]
    return reasons[:_PODS_SHOWN]


async def _warnings(cluster: Cluster, namespace: str, account: ServiceAccount) -> list[JsonObject]:
    """The namespace's Warning Events, latest first."""
    path = ObjectPath("v1", "events", namespace)
    found = await _read(cluster, path, account, fields="type=Warning")
    return sorted(found, key=_last_seen, reverse=True)


async def _read(
    cluster: Cluster,
    path: ObjectPath,
    account: ServiceAccount,
    *,
    labels: str = "",
    fields: str = "",
) -> list[JsonObject]:
    """A list; empty where it cannot be read, so that the other one still counts."""
    try:
        return await cluster.select(path, account, labels=labels, fields=fields, limit=_LISTED)
    except ApiError as error:
        log.info("not read for a diagnosis", what=path.plural, error=str(error))
        return []


def _line(pod: JsonObject, warnings: Iterable[JsonObject]) -> str:
    name, said = pods.name_of(pod)[1], symptom(pod)
    latest = next((each for each in warnings if _is_about(each, "Pod", name)), {})
    told = _told(latest) if latest else ""
    if latest and str(latest.get("message")) in said:
        told = ""  # The scheduler says the same in both places.
    if said and told:
        # Both get their share of the line, however long the first one is.
        said = f"{clip(said, _LINE_LIMIT // 2)}, {told}"
    return f"pod {name}: {said or told or 'not ready'}"


def _told(event: JsonObject) -> str:
    return f"{event.get('reason')}: {event.get('message')}"


def _is_ill(pod: JsonObject) -> bool:
    return not pods.is_ready(pod) and part(pod, "status").get("phase") != "Succeeded"


def _should_have_left(pod: JsonObject) -> bool:
    owner = pods.controller_of(pod) or {}
    return owner.get("kind") != "DaemonSet" and not pods.is_static(pod)


def _is_about(event: JsonObject, kind: str, name: str) -> bool:
    about = part(event, "involvedObject")
    return (about.get("kind"), about.get("name")) == (kind, name)


def _is_about_maker(event: JsonObject, kind: str, name: str) -> bool:
    """Whether it is about the workload, or a ReplicaSet that a Deployment has made."""
    replica_set = str(part(event, "involvedObject").get("name"))
    made = kind == "Deployment" and replica_set.rpartition("-")[0] == name
    return _is_about(event, kind, name) or (made and _is_about(event, "ReplicaSet", replica_set))


def _last_seen(event: JsonObject) -> str:
    moments = (
        event.get("lastTimestamp"),
        event.get("eventTime"),
        part(event, "series").get("lastObservedTime"),
        part(event, "metadata").get("creationTimestamp"),
    )
    return max(str(moment or "") for moment in moments)
