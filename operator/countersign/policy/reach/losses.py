"""How many pods a workload loses, from the workload alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from countersign.policy.reach.pods import name_of
from countersign.policy.reading.fields import JsonObject, listed, number, part, share, strings


@dataclass(frozen=True)
class Loss:
    """Pods with the same labels that are replaced, removed or stopped.

    Of the ``pods``, ``gone`` are ready and missing at the same time, beside those that the
    workload's own strategy lets be missing in a rollout; ``fewer`` is by how many they are wanted
    to become fewer. ``everything``: no ready replica is left meanwhile.
    """

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    pods: int = 0
    gone: int = 0
    fewer: int = 0
    everything: bool = False

    def with_other(self, other: Loss) -> Loss:
        """Two losses of the same workload at the same time."""
        return replace(
            self,
            pods=max(self.pods, other.pods),
            gone=max(self.gone, other.gone),
            fewer=max(self.fewer, other.fewer),
            everything=self.everything or other.everything,
        )


def rolled(kind: str, live: JsonObject, *, strategy_changes: bool = False) -> Loss:
    """All replicas are replaced, as the workload's strategy has it.

    ``strategy_changes`` says that it will be another one than ``live`` has: the worst is taken.
    """
    loss, (there, ready) = _empty(kind, live), _counts(kind, live)
    if kind == "StatefulSet" and not strategy_changes:
        there = min(there, _above_partition(live))
    if not strategy_changes and _replaces_nothing(kind, live):
        return loss
    everything = ready > 0 and (strategy_changes or _at_once(kind, live))
    return replace(loss, pods=there, gone=ready if everything else 0, everything=everything)


def pending(live: JsonObject) -> Loss:
    """What a paused Deployment will replace when it goes on: all that is not of its template."""
    resumed = {**live, "spec": {**part(live, "spec"), "paused": False}}
    outdated = _counts("Deployment", live)[0] - number(part(live, "status"), "updatedReplicas")
    if not part(live, "spec").get("paused") or outdated <= 0:
        return _empty("Deployment", live)
    return replace(rolled("Deployment", resumed), pods=outdated)


def scaled(kind: str, live: JsonObject, wanted: int) -> Loss:
    """The replicas above the new number are removed."""
    there, ready = _counts(kind, live)
    removed = max(0, there - wanted)
    # A StatefulSet removes the highest ordinals, ready or not; the others unready pods first.
    spared = 0 if kind == "StatefulSet" else there - ready
    return replace(
        _empty(kind, live),
        pods=removed,
        gone=min(ready, max(0, removed - spared)),
        fewer=removed if wanted else 0,
        everything=wanted == 0 and ready > 0,
    )


def deleted(kind: str, live: JsonObject) -> Loss:
    """All replicas go."""
    there, ready = _counts(kind, live)
    return replace(_empty(kind, live), pods=there, gone=ready, everything=ready > 0)


def _empty(kind: str, live: JsonObject) -> Loss:
    job = ("jobTemplate", "spec") if kind == "CronJob" else ()
    labels = strings(live, "spec", *job, "template", "metadata", "labels")
    return Loss(name_of(live)[0], labels)


def _counts(kind: str, live: JsonObject) -> tuple[int, int]:
    """Replicas that there are, and ready ones; the wanted number where no controller said yet."""
    status = part(live, "status")
    if kind == "CronJob":
        jobs = len(listed(status, "active"))
        return jobs, jobs
    if kind == "Job":
        return number(status, "active"), number(status, "ready")
    if kind == "DaemonSet":
        wanted = number(status, "desiredNumberScheduled")
        ready = number(status, "numberReady", number(status, "numberAvailable"))
        return number(status, "currentNumberScheduled", wanted), ready
    if "observedGeneration" not in status:
        return (_wanted(live),) * 2
    return number(status, "replicas"), number(status, "readyReplicas")


def _wanted(live: JsonObject) -> int:
    return number(part(live, "spec"), "replicas", 1)


def _replaces_nothing(kind: str, live: JsonObject) -> bool:
    spec = part(live, "spec")
    if kind == "Deployment":
        return spec.get("paused") is True
    on_delete = part(spec, "updateStrategy").get("type") == "OnDelete"
    return on_delete or kind in {"ReplicaSet", "ReplicationController"}


def _at_once(kind: str, live: JsonObject) -> bool:
    """Whether the strategy lets all replicas be missing at the same time."""
    if kind == "Deployment":
        return _deployment_at_once(live)
    rolling, of = part(live, "spec", "updateStrategy", "rollingUpdate"), _wanted(live)
    if kind == "DaemonSet":
        of = number(part(live, "status"), "desiredNumberScheduled")
    elif _above_partition(live) < of:
        return False
    # Of a DaemonSet it may be 0, and has to be where maxSurge is set.
    unavailable = share(rolling.get("maxUnavailable", 1), of, up=True)
    return unavailable is None or unavailable >= of


def _deployment_at_once(live: JsonObject) -> bool:
    strategy, of = part(live, "spec", "strategy"), _wanted(live)
    if strategy.get("type") == "Recreate":
        return True
    rolling = part(strategy, "rollingUpdate")
    unavailable = share(rolling.get("maxUnavailable", "25%"), of, up=False)
    surge = share(rolling.get("maxSurge", "25%"), of, up=True)
    if unavailable == 0 and surge == 0:
        unavailable = 1  # As its controller does, or nothing would ever go on.
    return unavailable is None or unavailable >= of


def _above_partition(live: JsonObject) -> int:
    """How many replicas of a StatefulSet a rollout replaces."""
    spec, of = part(live, "spec"), _wanted(live)
    first = number(part(spec, "ordinals"), "start")
    partition = number(part(spec, "updateStrategy", "rollingUpdate"), "partition")
    return max(0, min(of, first + of - partition))
