"""How objects end at the API server: deletions, evictions, and the budgets that hold pods."""

from __future__ import annotations

import copy

from countersign.errors import ApiError
from countersign.policy.reading.selectors import matches
from countersign.ports import JsonObject, ObjectPath, ServiceAccount
from tests.support.fakes_faults import must_hold
from tests.support.fakes_storage import CREATED
from tests.support.fakes_writing import FakeWriting, without_subresource

_COLLECTED = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}
"""What holds an object until the garbage collector has seen to what it owns."""
_ANSWERED_WITH = {
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "resourcequotas",
    "serviceaccounts",
    "services",
}
"""Kinds whose deletion is answered with the object, though it is gone."""


class FakeEndings(FakeWriting):
    """Nodes end their pods, and garbage is collected, at once; unless ``lingering``: then what
    waits for them keeps its ``deletionTimestamp`` until ``vanish``.
    """

    lingering = False

    def end_object(self, path: ObjectPath, options: JsonObject, *, dry_run: bool) -> JsonObject:
        """Delete it, and answer as the API server does."""
        before = self._live(path)
        must_hold(options.get("preconditions") or {}, before, path)
        live = _ending(copy.deepcopy(before), path, options)
        metadata = live["metadata"]
        held = metadata.get("finalizers") or metadata["deletionGracePeriodSeconds"]
        if not dry_run and not held:
            self.journal.append("effect")
            self.vanish(path)
        elif not dry_run and live != before:
            self.journal.append("effect")
            self._write(path, live)
            if not self.lingering and not before["metadata"].get("finalizers"):
                self.vanish(path)
        if held or path.plural in _ANSWERED_WITH:
            return copy.deepcopy(live)
        return _success(path, metadata["uid"])

    def evict(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool
    ) -> JsonObject:
        lost = self._asked("dry-run" if dry_run else "evict", account)
        assert body["kind"] == "Eviction"
        whole, options = without_subresource(path), body.get("deleteOptions") or {}
        live = self._live(whole)
        must_hold(options.get("preconditions") or {}, live, whole)
        dry_run = dry_run or options.get("dryRun") == ["All"]
        phase = (live.get("status") or {}).get("phase")
        at_work = phase == "Running" and "deletionTimestamp" not in live["metadata"]
        if at_work:
            self._disrupt(whole, live, dry_run=dry_run)
        self.end_object(whole, options, dry_run=dry_run)
        if lost is not None:
            raise lost.error
        return {"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}

    def _disrupt(self, path: ObjectPath, pod: JsonObject, *, dry_run: bool) -> None:
        budgets = [
            at
            for at, live in self.objects.items()
            if at.plural == "poddisruptionbudgets"
            and at.namespace == path.namespace
            and matches(live["spec"].get("selector"), pod["metadata"].get("labels") or {})
        ]
        if len(budgets) > 1:
            text = (
                "This pod has more than one PodDisruptionBudget, which the eviction subresource "
                "does not support."
            )
            raise ApiError(text, code=500)
        for at in budgets:
            status = self.objects[at].get("status") or {}
            if (
                not _is_ready(pod)
                and 0 < status.get("desiredHealthy", 0) <= status["currentHealthy"]
            ):
                continue
            if status.get("disruptionsAllowed", 0) <= 0:
                text = "Cannot evict pod as it would violate the pod's disruption budget."
                raise ApiError(text, code=429, reason="TooManyRequests")
            if not dry_run:
                self.change(at, _count_disruption)


def _ending(live: JsonObject, path: ObjectPath, options: JsonObject) -> JsonObject:
    """The object as it is from when its deletion is asked for."""
    metadata, policy = live["metadata"], options.get("propagationPolicy")
    finalizers = [
        each for each in metadata.get("finalizers") or [] if each not in _COLLECTED.values()
    ]
    finalizers += [_COLLECTED[policy]] if policy in _COLLECTED else []
    if finalizers:
        metadata["finalizers"] = finalizers
    grace = _grace(live, options) if path.plural == "pods" else 0
    before = metadata.get("deletionGracePeriodSeconds")
    metadata.setdefault("deletionTimestamp", CREATED)
    metadata["deletionGracePeriodSeconds"] = grace if before is None else min(before, grace)
    return live


def _grace(pod: JsonObject, options: JsonObject) -> int:
    """Seconds that its node has for it."""
    ended = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    if not pod["spec"].get("nodeName") or ended:
        return 0
    own = int(pod["spec"].get("terminationGracePeriodSeconds", 30))
    return int(options.get("gracePeriodSeconds", own))


def _is_ready(pod: JsonObject) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)


def _success(path: ObjectPath, uid: str) -> JsonObject:
    group = path.api_version.rpartition("/")[0]
    details = {"name": path.name, "kind": path.plural, "uid": uid}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details | ({"group": group} if group else {}),
    }


def _count_disruption(budget: JsonObject) -> None:
    budget["status"]["disruptionsAllowed"] -= 1
