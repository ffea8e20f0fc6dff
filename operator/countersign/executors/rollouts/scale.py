"""Scale: a workload gets another number of replicas, as by ``kubectl scale``."""

from __future__ import annotations

from datetime import datetime

from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.parameters import MAX_REPLICAS, ScaleParameters
from countersign.api.status import Change
from countersign.errors import RefusedError
from countersign.executors.rollout_status import rollout_progress
from countersign.ports import JsonObject, PatchForm, Progress


class Scale:
    """One number in the spec."""

    operation = OperationType.SCALE
    form = PatchForm.STRATEGIC
    needs_live = False

    def check(self, operation: Operation, live: JsonObject) -> None:
        """``currentReplicas`` must hold, and the object must be its own master."""
        where, now = operation.one.described, _replicas(live)
        expected = _parameters(operation).current_replicas
        if expected is not None and expected != now:
            raise RefusedError("Invalid", f"{where} has {now} replicas, not {expected}.")
        if operation.one.kind == Kind.REPLICA_SET:
            for owner in live["metadata"].get("ownerReferences") or []:
                if owner.get("controller"):
                    master = f"{owner.get('kind')} {owner.get('name')}"
                    raise RefusedError("Invalid", f"{where} belongs to {master}; scale that.")

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """The number, from and to; nothing where it is that already."""
        before, after = _replicas(live), _parameters(operation).replicas
        if before == after:
            return ()
        return (Change(field="spec.replicas", before=str(before), after=str(after)),)

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The number and nothing else."""
        del live, approved_at
        return {"spec": {"replicas": _parameters(operation).replicas}}

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """Scale back to what it was."""
        before, after = _replicas(live), _parameters(operation).replicas
        if before == after or before > MAX_REPLICAS:
            return None
        back = ScaleParameters(replicas=before)
        return Operation(type=self.operation, target=operation.target, scale=back)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        before, after = _replicas(live), _parameters(operation).replicas
        if before == after:
            return f"{operation.one.described} has {after} replicas already"
        return f"Scale {operation.one.described} from {before} to {after} replicas"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """Done when that many replicas are available, or when somebody has changed the number."""
        wanted, now = _parameters(operation).replicas, _replicas(live)
        if now != wanted:
            return Progress("done", f"somebody has scaled it to {now} since")
        return rollout_progress(operation.one.kind, live)


def _parameters(operation: Operation) -> ScaleParameters:
    if operation.scale is None:  # The model refuses this; here it is for the type checker.
        raise RefusedError("Invalid", "Scale without replicas; write scale: {replicas: 3}.")
    return operation.scale


def _replicas(live: JsonObject) -> int:
    return int((live.get("spec") or {}).get("replicas", 1))
