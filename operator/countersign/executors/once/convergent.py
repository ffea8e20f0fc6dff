"""Carrying a recipe out exactly once.

The patch carries the change *and* the stamp ``countersign.dev/executed`` in one write, with the
target's UID and resourceVersion as preconditions. The first try uses the very version the plan
was made on: if it goes through, the target is to the letter what people signed, and no other run
can have been there before, because its write would have moved the version. Only where the server
answers 409, or where the patch depends on the object, is the target read again: a stamp of this
request ends it, a plan that would now read differently is stale, and anything else (a controller
updated the status) is tried on the version just read.
"""

from __future__ import annotations

from datetime import UTC, datetime

from countersign.api.operation import Operation
from countersign.api.status import ObjectReference, PlanStep
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.once.paths import path_of, reference
from countersign.executors.once.recipe import Recipe
from countersign.executors.once.stamps import STAMP, kept_from, stamp_after, stamps_on
from countersign.executors.once.traces import (
    must_be_the_same,
    must_change_the_same,
    must_not_have_been_applied,
    stamped,
)
from countersign.ports import (
    Cluster,
    Draft,
    Effect,
    JsonObject,
    ObjectPath,
    Progress,
    ServiceAccount,
    Stamp,
    Trace,
)

TRIES = 5
REHEARSAL = Stamp("rehearsal", datetime(2000, 1, 1, tzinfo=UTC))
GONE = Progress("degraded", "the target was deleted meanwhile")


class Convergent:
    """An executor for operations that are one patch on one object."""

    repeatable = True

    def __init__(self, recipe: Recipe, cluster: Cluster) -> None:
        """Carry out ``recipe`` on ``cluster``."""
        self.operation = recipe.operation
        self._recipe = recipe
        self._cluster = cluster

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the target, say exactly what would change, and try it as a dry run."""
        path = await path_of(self._cluster, operation.one, account)
        live = await self._cluster.get(path, account)
        self._recipe.check(operation, live)
        draft = Draft(
            target=_reference(path, operation, live),
            changes=self._recipe.changes(operation, live),
            undo=self._recipe.undo(operation, live),
            summary=self._recipe.summary(operation, live),
            live=live,
        )
        if draft.changes:
            await self._rehearse(path, operation, live, account)
        return draft

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Do it once; see the module's text for how."""
        path = await path_of(self._cluster, step.target, account)
        target, live = step.target, None
        if self._recipe.needs_live or not step.changes:
            live = await self._cluster.get(path, account)
            if stamp.request_uid in stamps_on(live):
                return Effect(changed=True, live=live, watched=path, earlier=True)
            self._must_be_as_signed(step, stamp, live)
            target = _reference(path, step.operation, live)
        if not step.changes:
            return Effect(changed=False, live=live, watched=path)
        for _ in range(TRIES):
            body = self._body(step.operation, live, target, stamp)
            try:
                after = await self._cluster.patch(path, body, account, form=self._recipe.form)
            except ApiError as error:
                if not error.conflict:
                    raise
            else:
                return Effect(changed=True, live=after, watched=path)
            live = await self._cluster.get(path, account)
            if stamp.request_uid in stamps_on(live):
                return Effect(changed=True, live=live, watched=path, earlier=True)
            self._must_be_as_signed(step, stamp, live)
            target = _reference(path, step.operation, live)
        raise ApiError(f"{step.operation.one.described} keeps changing", code=409)

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        """The stamp, where the target bears it."""
        return await stamped(self._cluster, step, stamp, account)

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """How far the target has come."""
        return self._recipe.progress(step.operation, live)

    def gone(self, step: PlanStep) -> Progress:
        """A target that was to change should still be there."""
        del step
        return GONE

    async def _rehearse(
        self, path: ObjectPath, operation: Operation, live: JsonObject, account: ServiceAccount
    ) -> None:
        """Send the patch as a server-side dry run: whatever would refuse it refuses it now."""
        form = self._recipe.form
        body = self._body(operation, live, _reference(path, operation, live), REHEARSAL)
        try:
            await self._cluster.patch(path, body, account, form=form, dry_run=True)
        except ApiError as error:
            if not error.conflict:
                raise
            # It changed between the two requests: what a dry run is for does not depend on that.
            live = await self._cluster.get(path, account)
            body = self._body(operation, live, _reference(path, operation, live), REHEARSAL)
            await self._cluster.patch(path, body, account, form=form, dry_run=True)

    def _must_be_as_signed(self, step: PlanStep, stamp: Stamp, live: JsonObject) -> None:
        must_not_have_been_applied(step, stamp, live)
        must_be_the_same(step, live)
        where = step.operation.one.described
        try:
            self._recipe.check(step.operation, live)
        except RefusedError as error:
            raise StaleError(f"{where} has changed since the plan: {error}") from error
        must_change_the_same(step, self._recipe.changes(step.operation, live))

    def _body(
        self,
        operation: Operation,
        live: JsonObject | None,
        target: ObjectReference,
        stamp: Stamp,
    ) -> JsonObject:
        body = self._recipe.patch(operation, live, stamp.approved_at)
        metadata = body.setdefault("metadata", {})
        metadata |= {"uid": target.uid, "resourceVersion": target.resource_version}
        annotations = metadata.setdefault("annotations", {})
        annotations[STAMP] = stamp_after(stamp.request_uid, target.executed)
        return body


def _reference(path: ObjectPath, operation: Operation, live: JsonObject) -> ObjectReference:
    return reference(path, operation.one.kind, live, kept_from(live))
