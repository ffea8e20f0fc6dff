"""EvictPod: one pod ends, if the disruption budgets allow it."""

from __future__ import annotations

from http import HTTPStatus

from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import EvictPodParameters
from countersign.api.status import Change
from countersign.errors import ApiError, RefusedError
from countersign.executors.pods.evictions import evict, named
from countersign.executors.pods.pod_words import bare, pod_change
from countersign.policy.reach.pods import is_static
from countersign.ports import Cluster, JsonObject, ObjectPath, ServiceAccount


class EvictPod:
    """A deletion that asks the disruption budgets first."""

    operation = OperationType.EVICT_POD

    def check(self, operation: Operation, live: JsonObject) -> None:
        """A node's static pod cannot be evicted."""
        if is_static(live):
            raise RefusedError(
                "Invalid",
                f"{operation.one.described} is a static pod: its node makes it again at once. "
                "Take its manifest off the node instead.",
            )

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """The pod, and whether a new one comes."""
        del operation
        return (pod_change(live),)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence; a warning where the pod does not come back."""
        lost = " (no controller makes it again)" if bare(live) else ""
        return f"Evict {operation.one.described}{lost}"

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """None: see DeletePod."""
        del operation, live
        return None

    def options(self, operation: Operation) -> JsonObject:
        """Its grace period."""
        seconds = (operation.evict_pod or EvictPodParameters()).grace_period_seconds
        return {} if seconds is None else {"gracePeriodSeconds": seconds}

    async def send(
        self,
        cluster: Cluster,
        path: ObjectPath,
        live: JsonObject,
        options: JsonObject,
        account: ServiceAccount,
        *,
        dry_run: bool = False,
    ) -> JsonObject | None:
        """One eviction; its answer says nothing of the pod, so that is as it was read.

        A budget that holds the pod is no obstacle to a plan: it is named in the blast radius, and
        may let the pod go by the time people have signed.
        """
        try:
            await evict(cluster, path, options, account, dry_run=dry_run)
        except ApiError as error:
            if dry_run and error.code == HTTPStatus.TOO_MANY_REQUESTS:
                return live
            raise await named(cluster, error, live, account) from error
        return live
