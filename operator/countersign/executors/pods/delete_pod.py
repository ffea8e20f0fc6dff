"""DeletePod: one pod ends, as by ``kubectl delete pod``."""

from __future__ import annotations

from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import DeletePodParameters
from countersign.api.status import Change
from countersign.executors.once.conditional import Deletion, grace_options
from countersign.executors.pods.pod_words import bare, pod_change
from countersign.ports import JsonObject


class DeletePod(Deletion):
    """Nothing to undo it with: a pod that nobody makes again had a node, an IP and a state."""

    operation = OperationType.DELETE_POD

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Any pod may be deleted; only contradicting parameters are refused."""
        del live
        self.options(operation)

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """The pod, and whether a new one comes."""
        del operation
        return (pod_change(live),)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence; a warning where the pod does not come back."""
        forced = " at once, without waiting for its node" if _parameters(operation).force else ""
        lost = " (no controller makes it again)" if bare(live) else ""
        return f"Delete {operation.one.described}{forced}{lost}"

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """None."""
        del operation, live
        return None

    def options(self, operation: Operation) -> JsonObject:
        """Its grace period."""
        return grace_options(_parameters(operation), operation.one.described)


def _parameters(operation: Operation) -> DeletePodParameters:
    return operation.delete_pod or DeletePodParameters()
