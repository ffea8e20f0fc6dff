"""PauseRollout: a Deployment stops replacing pods, as by ``kubectl rollout pause``."""

from __future__ import annotations

from datetime import datetime

from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change
from countersign.executors.rollout_status import settled
from countersign.ports import JsonObject, PatchForm, Progress


class PauseRollout:
    """One switch in the spec, put to ``paused``; ``reverse`` puts it back."""

    operation = OperationType.PAUSE_ROLLOUT
    reverse = OperationType.RESUME_ROLLOUT
    paused = True
    form = PatchForm.STRATEGIC
    needs_live = False

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Any Deployment can be paused."""
        del operation, live

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """The switch; nothing where it stands there already."""
        del operation
        if _paused(live) == self.paused:
            return ()
        before, after = str(_paused(live)).lower(), str(self.paused).lower()
        return (Change(field="spec.paused", before=before, after=after),)

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The switch and nothing else."""
        del operation, live, approved_at
        return {"spec": {"paused": self.paused}}

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """The opposite."""
        if _paused(live) == self.paused:
            return None
        return Operation(type=self.reverse, target=operation.target)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        verb, there = ("Pause", "is paused already") if self.paused else ("Resume", "is not paused")
        if _paused(live) == self.paused:
            return f"The rollout of {operation.one.described} {there}"
        return f"{verb} the rollout of {operation.one.described}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """Done at once when paused; else the rollout that goes on."""
        return settled(operation.one.kind, live)


def _paused(live: JsonObject) -> bool:
    return bool((live.get("spec") or {}).get("paused"))
