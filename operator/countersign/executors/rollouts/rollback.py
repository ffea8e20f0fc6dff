"""How a rollback reads once the revisions are known: the recipe of ``RollbackRollout``."""

from __future__ import annotations

from datetime import datetime

from countersign.actions.manifests import LAST_APPLIED
from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.parameters import RollbackRolloutParameters
from countersign.api.status import Change
from countersign.errors import ApiError, RefusedError
from countersign.executors.once.stamps import STAMP
from countersign.executors.rollout_status import settled
from countersign.executors.rollouts.revisions import NUMBER, Revision, template_of
from countersign.executors.wording.differences import differences
from countersign.executors.wording.values import bounded, shown
from countersign.ports import JsonObject, PatchForm, Progress

_KEPT = frozenset(
    {
        STAMP,
        NUMBER,
        LAST_APPLIED,
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    }
)
"""Annotations of a Deployment that a rollback leaves alone: kubectl's, and the stamp."""
_SHOWN = 32


class Rollback:
    """The whole template is replaced by an earlier one; of a Deployment the annotations as well."""

    operation = OperationType.ROLLBACK_ROLLOUT
    form = PatchForm.STRATEGIC
    needs_live = True  # Which template is the current one says which is the one before.

    def __init__(self, revisions: tuple[Revision, ...]) -> None:
        """``revisions`` are those that there are, oldest first."""
        self._revisions = revisions

    def check(self, operation: Operation, live: JsonObject) -> None:
        """The revision must be there, and the controller must have numbered what is there."""
        where, spec, metadata = operation.one.described, live.get("spec") or {}, live["metadata"]
        if operation.one.kind == Kind.DEPLOYMENT and spec.get("paused"):
            raise RefusedError("Invalid", f"{where} is paused; resume its rollout first.")
        seen = (live.get("status") or {}).get("observedGeneration") or 0
        if seen < metadata.get("generation", 0):
            raise ApiError(f"{where} has changed and its revisions are not counted yet", code=409)
        self._wanted(operation, live)

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """The revision, then each field of the template that differs; nothing if none does."""
        wanted, current = self._wanted(operation, live), self._current(live)
        now = template_of(live["spec"]["template"])
        if wanted.template == now:
            return ()
        before = "no revision" if current is None else f"revision {_named(current)}"
        after = f"revision {_named(wanted)}, template {wanted.mark}"
        first = Change(field="spec.template", before=shown(before), after=shown(after))
        old, new = _annotations(wanted, live)
        was = {"metadata": {"annotations": old}, "spec": {"template": now}}
        will = {"metadata": {"annotations": new}, "spec": {"template": wanted.template}}
        return bounded([first, *differences(was, will)])

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The template as a whole, so that nothing of the current one is left in it."""
        del approved_at
        live = live or {}
        wanted = self._wanted(operation, live)
        body: JsonObject = {"spec": {"template": {**wanted.template, "$patch": "replace"}}}
        old, new = _annotations(wanted, live)
        if old or new:
            body["metadata"] = {"annotations": {**dict.fromkeys(old), **new}}
        return body

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """Back to the revision that is current now: it keeps its number, the other gets a new."""
        current = self._current(live)
        if current is None or not self.changes(operation, live):
            return None
        back = RollbackRolloutParameters(revision=current.number)
        return Operation(type=self.operation, target=operation.target, rollback_rollout=back)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        wanted, current = self._wanted(operation, live), self._current(live)
        if not self.changes(operation, live):
            return f"{operation.one.described} has the template of revision {wanted.number} already"
        since = "" if current is None else f" from revision {current.number}"
        return f"Roll {operation.one.described} back{since} to revision {wanted.number}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """The rollout of the old template."""
        return settled(operation.one.kind, live)

    def _current(self, live: JsonObject) -> Revision | None:
        """The latest revision whose template is the one in use."""
        now = template_of(live["spec"]["template"])
        same = [each for each in self._revisions if each.template == now]
        return same[-1] if same else None

    def _wanted(self, operation: Operation, live: JsonObject) -> Revision:
        given = operation.rollback_rollout
        number = None if given is None else given.revision
        if number is None:
            number = self._before(operation, live)
        found = [each for each in self._revisions if each.number == number]
        if len(found) == 1:
            return found[0]
        where = operation.one.described
        if found:
            keepers = " and ".join(each.keeper for each in found[:4])
            message = f"{where} has revision {number} more than once ({keepers}); delete one."
            raise RefusedError("Ambiguous", message)
        there = ", ".join(str(each.number) for each in self._revisions[-_SHOWN:]) or "none"
        more = "…, " if len(self._revisions) > _SHOWN else ""
        raise RefusedError("Invalid", f"{where} has no revision {number}; it has {more}{there}.")

    def _before(self, operation: Operation, live: JsonObject) -> int:
        """The latest number but that of the current template (if it has none: but the latest)."""
        current = self._current(live) or (self._revisions[-1] if self._revisions else None)
        others = [each for each in self._revisions if each is not current]
        if not others:
            message = f"{operation.one.described} has no revision before the current one."
            raise RefusedError("Invalid", message)
        return others[-1].number


def _annotations(wanted: Revision, live: JsonObject) -> tuple[dict[str, str], dict[str, str]]:
    """A Deployment's annotations, now and then, without those that stay; else both empty."""
    if wanted.annotations is None:
        return {}, {}
    now = live["metadata"].get("annotations") or {}
    old = {key: value for key, value in now.items() if key not in _KEPT}
    return old, {key: value for key, value in wanted.annotations.items() if key not in _KEPT}


def _named(revision: Revision) -> str:
    return f"{revision.number} ({revision.keeper})"
