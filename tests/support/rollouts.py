"""Waiting for workloads to stand still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.eventually import eventually

JsonObject = dict[str, Any]


def settled(look: Callable[[], JsonObject], *, what: str) -> JsonObject:
    """Wait until a workload is rolled out and its controllers no longer touch it."""
    versions: list[str] = []

    def still() -> JsonObject | None:
        live = look()
        versions.append(live["metadata"]["resourceVersion"])
        calm = len(versions) > 3 and len(set(versions[-3:])) == 1
        return live if calm and is_rolled_out(live) else None

    return eventually(still, what=f"{what} to settle", seconds=60)


def is_rolled_out(live: JsonObject) -> bool:
    """Whether all pods are of the current template and ready."""
    status = live.get("status") or {}
    if status.get("observedGeneration") != live["metadata"]["generation"]:
        return False
    if live["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return wanted > 0 and wanted == status.get("numberReady") == status.get(
            "updatedNumberScheduled"
        )
    wanted = live["spec"].get("replicas", 1)
    counted = [status.get("replicas", 0), status.get("readyReplicas", 0)]
    if live["kind"] == "Deployment":
        counted += [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    if live["kind"] == "StatefulSet":
        counted += [status.get("updatedReplicas", wanted)]
        if status.get("currentRevision") != status.get("updateRevision"):
            return False
    return counted == [wanted] * len(counted)
