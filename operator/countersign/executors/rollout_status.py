"""How far a workload has come, as ``kubectl rollout status`` judges it."""

from __future__ import annotations

from countersign.api.operation import Kind
from countersign.ports import JsonObject, Progress

_DEADLINE = "ProgressDeadlineExceeded"
_BY_HAND = (Kind.STATEFUL_SET, Kind.DAEMON_SET)
_ROLLED_OUT = (Kind.DEPLOYMENT, *_BY_HAND, Kind.REPLICA_SET)


def rollout_progress(kind: str, live: JsonObject) -> Progress:
    """Whether every replica runs the current template and is available."""
    status = live.get("status") or {}
    if (status.get("observedGeneration") or 0) < live["metadata"].get("generation", 0):
        return Progress("underway", "its controller has not seen the change yet")
    if kind == Kind.DAEMON_SET:
        return _daemon_set(status)
    wanted = (live.get("spec") or {}).get("replicas", 1)
    if kind == Kind.DEPLOYMENT:
        return _deployment(status, wanted)
    if kind == Kind.STATEFUL_SET:
        return _stateful_set(live, status, wanted)
    return _available(status, wanted)


def settled(kind: str, live: JsonObject) -> Progress:
    """What a change of the template has come to: the rollout, where the kind has one that runs."""
    spec = live.get("spec") or {}
    if kind == Kind.DEPLOYMENT and spec.get("paused"):
        return Progress("done", "its rollout is paused; no pod is replaced until it is resumed")
    if kind in _BY_HAND and (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return Progress("done", "its update strategy is OnDelete; each pod changes once deleted")
    if kind in _ROLLED_OUT:
        return rollout_progress(kind, live)
    return Progress("done", "it is changed")


def _deployment(status: JsonObject, wanted: int) -> Progress:
    for condition in status.get("conditions") or []:
        if condition.get("type") == "Progressing" and condition.get("reason") == _DEADLINE:
            return Progress("degraded", f"its rollout made no progress: {condition.get('message')}")
    updated, total = _number(status, "updatedReplicas"), _number(status, "replicas")
    if updated < wanted:
        return Progress("underway", f"{updated} of {wanted} replicas are updated")
    if total > updated:
        return Progress("underway", f"{total - updated} old replicas are still there")
    return _available(status, wanted)


def _stateful_set(live: JsonObject, status: JsonObject, wanted: int) -> Progress:
    ready, updated = _number(status, "readyReplicas"), _number(status, "updatedReplicas")
    rolling = (live["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    to_update = max(0, wanted - int(rolling.get("partition") or 0))
    if ready < wanted or _number(status, "replicas") > wanted:
        return Progress("underway", f"{ready} of {wanted} replicas are ready")
    done = status.get("updateRevision") == status.get("currentRevision") or updated >= to_update
    if not done:
        return Progress("underway", f"{updated} of {to_update} replicas are updated")
    return Progress("done", f"{ready} of {wanted} replicas are ready")


def _daemon_set(status: JsonObject) -> Progress:
    wanted = _number(status, "desiredNumberScheduled")
    updated, available = (
        _number(status, "updatedNumberScheduled"),
        _number(status, "numberAvailable"),
    )
    if updated < wanted:
        return Progress("underway", f"{updated} of {wanted} pods are updated")
    if available < wanted:
        return Progress("underway", f"{available} of {wanted} pods are available")
    return Progress("done", f"{available} of {wanted} pods are available")


def _available(status: JsonObject, wanted: int) -> Progress:
    available, total = _number(status, "availableReplicas"), _number(status, "replicas")
    if total > wanted:
        return Progress("underway", f"{total - wanted} replicas too many are still there")
    if available < wanted:
        return Progress("underway", f"{available} of {wanted} replicas are available")
    return Progress("done", f"{available} of {wanted} replicas are available")


def _number(status: JsonObject, field: str) -> int:
    return int(status.get(field) or 0)
