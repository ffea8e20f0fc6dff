"""How objects end at the API server: deletions, evictions, and the budgets that hold pods."""

from __future__ import annotations

import copy
from dataclasses import replace

from countersign.errors import ApiError
from countersign.policy.reading.selectors import matches
from countersign.ports import JsonObject, ObjectPath, ServiceAccount
from tests.support.fakes_faults import conflict
from tests.support.fakes_storage import CREATED, FakeStorage


class FakeEndings(FakeStorage):
    """Pods that are deleted are gone at once, unless ``lingering``: then those that run on a node
    keep their ``deletionTimestamp`` until ``vanish``.
    """

    lingering = False

    def end_object(self, path: ObjectPath, options: JsonObject) -> None:
        live = copy.deepcopy(self.objects[path])
        grace = options.get("gracePeriodSeconds")
        at_work = (live.get("status") or {}).get("phase") in (None, "Running", "Pending")
        on_node = path.plural == "pods" and bool(live["spec"].get("nodeName")) and at_work
        stays = self.lingering and on_node and grace != 0
        self.journal.append("effect")
        if not stays and not live["metadata"].get("finalizers"):
            self.vanish(path)
        elif "deletionTimestamp" not in live["metadata"]:
            live["metadata"]["deletionTimestamp"] = CREATED
            if stays:
                live["metadata"]["deletionGracePeriodSeconds"] = 30 if grace is None else grace
            self._write(path, live)

    def evict(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool
    ) -> JsonObject:
        lost = self._asked("dry-run" if dry_run else "evict", account)
        assert body["kind"] == "Eviction"
        whole, options = without_subresource(path), body.get("deleteOptions") or {}
        live = self._live(whole)
        must_hold(options.get("preconditions") or {}, live)
        dry_run = dry_run or options.get("dryRun") == ["All"]
        phase = (live.get("status") or {}).get("phase")
        at_work = phase == "Running" and "deletionTimestamp" not in live["metadata"]
        if at_work:
            self._disrupt(whole, live, dry_run=dry_run)
        if not dry_run:
            self.end_object(whole, options)
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
            text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
            raise ApiError(text, code=500, reason="InternalError")
        for at in budgets:
            allowed = (self.objects[at].get("status") or {}).get("disruptionsAllowed", 0)
            if allowed <= 0:
                text = "Cannot evict pod as it would violate the pod's disruption budget."
                raise ApiError(text, code=429, reason="TooManyRequests")
            if not dry_run:
                self.change(at, _count_disruption)


def without_subresource(path: ObjectPath) -> ObjectPath:
    return replace(path, subresource="")


def must_hold(preconditions: JsonObject, live: JsonObject) -> None:
    for field, wanted in preconditions.items():
        if live["metadata"][field] != wanted:
            raise conflict()


def _count_disruption(budget: JsonObject) -> None:
    budget["status"]["disruptionsAllowed"] -= 1
