"""What a pod says about itself when it is not well: one sentence, from the pod alone."""

from __future__ import annotations

from countersign.policy.reach import pods
from countersign.policy.reading.fields import JsonObject, listed, number, part

_ON_ITS_WAY = frozenset({"ContainerCreating", "PodInitializing"})


def symptom(pod: JsonObject) -> str:
    """Why it is not ready; empty where it does not say.

    A container's own words come first, then the scheduler's.
    """
    if pods.is_leaving(pod):
        return _leaving(pod)
    status = part(pod, "status")
    if status.get("phase") == "Failed" and status.get("reason"):
        return _with(str(status["reason"]), status.get("message"))  # Evicted, for example.
    containers = [
        *listed(status, "initContainerStatuses"),
        *listed(status, "containerStatuses"),
    ]
    troubles = [trouble for each in containers if (trouble := _trouble(each))]
    return troubles[0] if troubles else _not_scheduled(status) or _not_ready(containers)


def _leaving(pod: JsonObject) -> str:
    metadata = part(pod, "metadata")
    held = metadata.get("finalizers")
    since = f"it is being deleted since {metadata.get('deletionTimestamp')}"
    return f"{since}, held by finalizers {', '.join(map(str, held))}" if held else since


def _trouble(container: JsonObject) -> str:
    """What keeps one container from running."""
    name = f"container {container.get('name')}"
    waiting = part(container, "state", "waiting")
    ended = part(container, "state", "terminated")
    last = part(container, "lastState", "terminated")
    reason = str(waiting.get("reason") or "")
    if reason == "CrashLoopBackOff" or (last and not container.get("ready") and not ended):
        restarts = number(container, "restartCount")
        times = "once" if restarts == 1 else f"{restarts} times"
        return f"{name}: {reason or 'it restarts'}, restarted {times}, last {_end(last)}"
    if reason and reason not in _ON_ITS_WAY:
        return _with(f"{name}: {reason}", waiting.get("message"))
    if ended and number(ended, "exitCode") != 0:
        return f"{name}: {_end(ended)}"
    return ""


def _end(terminated: JsonObject) -> str:
    if not terminated:
        return "end unknown"
    # Not its message: that may be the end of its log, with whatever a program writes there.
    reason = terminated.get("reason")
    code = f"exit code {number(terminated, 'exitCode')}"
    return f"{code} ({reason})" if reason else code


def _not_scheduled(status: JsonObject) -> str:
    for condition in listed(status, "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return _with(str(condition.get("reason")), condition.get("message"))
    return ""


def _not_ready(containers: list[JsonObject]) -> str:
    unready = [
        str(each.get("name"))
        for each in containers
        if part(each, "state", "running") and not each.get("ready")
    ]
    return f"container {unready[0]} runs and is not ready" if unready else ""


def _with(what: str, message: object) -> str:
    return f"{what}: {message}" if message else what
