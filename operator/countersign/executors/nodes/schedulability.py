"""Whether pods may be put on a node: one boolean, which cordon and uncordon set."""

from __future__ import annotations

from datetime import datetime

from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change
from countersign.ports import JsonObject, PatchForm, Progress


class Schedulability:
    """``spec.unschedulable`` of a node."""

    form = PatchForm.MERGE
    needs_live = False

    def __init__(self, operation: OperationType, opposite: OperationType, *, closes: bool) -> None:
        """``closes`` is the value to set."""
        self.operation = operation
        self._opposite = opposite
        self._closes = closes

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Any node will do."""
        del operation, live

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """The boolean; nothing where it is that already."""
        del operation
        if _is_closed(live) == self._closes:
            return ()
        before, after = str(not self._closes).lower(), str(self._closes).lower()
        return (Change(field="spec.unschedulable", before=before, after=after),)

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """As kubectl writes it: what is false is left out."""
        del operation, live, approved_at
        return {"spec": {"unschedulable": True if self._closes else None}}

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """The other of the two."""
        if not self.changes(operation, live):
            return None
        return Operation(type=self._opposite, target=operation.target)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        where, verb = operation.one.described, "cordon" if self._closes else "uncordon"
        if not self.changes(operation, live):
            return f"{where} is {verb}ed already"
        return f"{verb.capitalize()} {where}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """Done at once: pods that run on the node are left alone."""
        where = operation.one.described
        if _is_closed(live) != self._closes:
            return Progress("done", f"somebody has changed {where} back since")
        return Progress("done", f"{where} takes {'no new' if self._closes else 'new'} pods")


def _is_closed(live: JsonObject) -> bool:
    return bool((live.get("spec") or {}).get("unschedulable"))
