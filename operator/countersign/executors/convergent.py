"""Carrying a recipe out exactly once.

The patch carries the change *and* the stamp ``countersign.dev/executed`` in one write, with the
target's UID and resourceVersion as preconditions. The first try uses the very version the plan
was made on: if it goes through, the target is to the letter what people signed, and no other run
can have been there before, because its write would have moved the version. Only where the server
answers 409 is the target read again: a stamp of this request ends it, a plan that would now read
differently is stale, and anything else (a controller updated the status) is tried on the version
just read.
"""

from __future__ import annotations

from datetime import UTC, datetime

from countersign.actions.digest import plan_digest
from countersign.api.operation import Operation
from countersign.api.status import ObjectReference, Plan
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.kinds import path_of
from countersign.executors.recipe import Recipe
from countersign.ports import (
    Cluster,
    Draft,
    Effect,
    JsonObject,
    ObjectPath,
    Progress,
    ServiceAccount,
    Stamp,
)

STAMP = "countersign.dev/executed"
_STAMPS_KEPT = 8
"""Requests remembered on a target: a run that was cut off finds its own stamp even when others
have acted on the same target since."""
_TRIES = 5
_LONGEST_STAMP = 512
_REHEARSAL = Stamp("rehearsal", datetime(2000, 1, 1, tzinfo=UTC))


class Convergent:
    """An executor for operations that are one patch on one object."""

    def __init__(self, recipe: Recipe, cluster: Cluster) -> None:
        """Carry out ``recipe`` on ``cluster``."""
        self.operation = recipe.operation
        self._recipe = recipe
        self._cluster = cluster

    def path(self, plan: Plan) -> ObjectPath:
        """Where the target is."""
        return path_of(plan.operation)

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the target and say exactly what would change."""
        live = await self._cluster.get(path_of(operation), account)
        self._recipe.check(operation, live)
        return Draft(
            target=_reference(operation, live),
            changes=self._recipe.changes(operation, live),
            undo=self._recipe.undo(operation, live),
            summary=self._recipe.summary(operation, live),
        )

    async def rehearse(self, draft: Draft, operation: Operation, account: ServiceAccount) -> None:
        """Send the patch as a server-side dry run: whatever would refuse it refuses it now."""
        if not draft.changes:
            return
        body = self._body(operation, draft.target, _REHEARSAL)
        try:
            await self._cluster.patch(path_of(operation), body, account, dry_run=True)
        except ApiError as error:
            if not error.conflict:
                raise
            # It changed between the two requests: what a dry run is for does not depend on that.
            live = await self._cluster.get(path_of(operation), account)
            body = self._body(operation, _reference(operation, live), _REHEARSAL)
            await self._cluster.patch(path_of(operation), body, account, dry_run=True)

    async def execute(self, plan: Plan, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Do it once; see the module's text for how."""
        path = path_of(plan.operation)
        if not plan.changes:
            return await self._nothing_to_change(plan, account)
        target = plan.target
        for _ in range(_TRIES):
            body = self._body(plan.operation, target, stamp)
            try:
                return Effect(await self._cluster.patch(path, body, account), changed=True)
            except ApiError as error:
                if not error.conflict:
                    raise
            live = await self._cluster.get(path, account)
            if stamp.request_uid in _stamps(live):
                return Effect(live, changed=True, earlier=True)
            self._must_be_as_signed(plan, live)
            target = _reference(plan.operation, live)
        raise ApiError(f"{plan.operation.target.described} keeps changing", code=409)

    def progress(self, plan: Plan, live: JsonObject) -> Progress:
        """How far the target has come."""
        return self._recipe.progress(plan.operation, live)

    async def _nothing_to_change(self, plan: Plan, account: ServiceAccount) -> Effect:
        live = await self._cluster.get(path_of(plan.operation), account)
        self._must_be_as_signed(plan, live)
        return Effect(live, changed=False)

    def _must_be_as_signed(self, plan: Plan, live: JsonObject) -> None:
        where = plan.operation.target.described
        if live["metadata"]["uid"] != plan.target.uid:
            raise StaleError(f"{where} was deleted and created again since the plan.")
        try:
            self._recipe.check(plan.operation, live)
        except RefusedError as error:
            raise StaleError(f"{where} has changed since the plan: {error}") from error
        changes = self._recipe.changes(plan.operation, live)
        if plan_digest(plan.operation, plan.target.uid, changes, plan.revision) != plan.digest:
            fields = ", ".join(change.field for change in (*plan.changes, *changes)[:3])
            raise StaleError(f"{where} has changed since the plan ({fields}).")

    def _body(self, operation: Operation, target: ObjectReference, stamp: Stamp) -> JsonObject:
        body = self._recipe.patch(operation, stamp.approved_at)
        stamps = [stamp.request_uid, *(target.executed or "").split(",")]
        metadata = body.setdefault("metadata", {})
        metadata |= {"uid": target.uid, "resourceVersion": target.resource_version}
        metadata.setdefault("annotations", {})[STAMP] = ",".join(
            filter(None, stamps[:_STAMPS_KEPT])
        )
        return body


def _stamps(live: JsonObject) -> list[str]:
    annotations = live["metadata"].get("annotations") or {}
    return str(annotations.get(STAMP, "")).split(",")


def _reference(operation: Operation, live: JsonObject) -> ObjectReference:
    path, metadata = path_of(operation), live["metadata"]
    stamp = ",".join(_stamps(live))
    # The annotation is the target's owner's to edit: one that is too long is nobody's stamp.
    return ObjectReference(
        api_version=path.api_version,
        kind=operation.target.kind,
        namespace=path.namespace,
        name=path.name,
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        executed=stamp if 0 < len(stamp) <= _LONGEST_STAMP else None,
    )
