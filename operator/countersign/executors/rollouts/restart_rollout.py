"""RestartRollout: every pod of a workload is replaced, as by ``kubectl rollout restart``."""

from __future__ import annotations

from datetime import datetime

from countersign.api.base import format_time
from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.status import VALUE_LIMIT, Change
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.executors.rollout_status import rollout_progress
from countersign.ports import JsonObject, PatchForm, Progress

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


class RestartRollout:
    """One annotation on the pod template, whose value is the time of the approval."""

    operation = OperationType.RESTART_ROLLOUT
    form = PatchForm.STRATEGIC
    needs_live = False

    def check(self, operation: Operation, live: JsonObject) -> None:
        """A paused Deployment, or a workload that replaces no pods by itself, is refused."""
        spec, where = live.get("spec") or {}, operation.one.described
        if operation.one.kind == Kind.DEPLOYMENT and spec.get("paused"):
            raise RefusedError("Invalid", f"{where} is paused; resume its rollout first.")
        if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
            raise RefusedError(
                "Invalid",
                f"{where} has the update strategy OnDelete: a restart would replace no pod. "
                "Delete its pods instead.",
            )

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """The annotation, from the last restart's time to this approval's."""
        del operation
        field = f"spec.template.metadata.annotations[{RESTARTED_AT}]"
        before = _template_annotations(live).get(RESTARTED_AT)
        shown = None if before is None else clip(before, VALUE_LIMIT)
        return (Change(field=field, before=shown, after="the time of the approval"),)

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """What kubectl would send, with a time that is the same at each attempt.

        To the microsecond: of two within a second, kubectl's seconds would make one rollout.
        """
        del operation, live
        annotations = {RESTARTED_AT: format_time(approved_at)}
        return {"spec": {"template": {"metadata": {"annotations": annotations}}}}

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """None: pods that were replaced do not come back."""
        del operation, live
        return None

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        replicas = (live.get("spec") or {}).get("replicas")
        pods = "" if replicas is None else f" ({replicas} {'pod' if replicas == 1 else 'pods'})"
        return f"Restart {operation.one.described}{pods}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """The rollout, as ``kubectl rollout status`` judges it."""
        return rollout_progress(operation.one.kind, live)


def _template_annotations(live: JsonObject) -> dict[str, str]:
    return live["spec"]["template"].get("metadata", {}).get("annotations") or {}
