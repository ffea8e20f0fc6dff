"""Carrying out, exactly once, a write whose effect only the API server knows: by rehearsing it.

What changes is what a server-side dry run makes of the object; that is what people sign. Before
the real write the object is read and the dry run made again: a stamp of this request ends it,
other changes are stale. The write carries the stamp and the resourceVersion of the very object
that was read, so it goes through only if nothing has come between.

One gap is the API's own: an object that does not exist has no version, so an object that somebody
creates in the moment before an Apply creates it is merged with. Fields that both have are still a
conflict, since such a write is never forced.
"""

from __future__ import annotations

from typing import Protocol

from countersign.actions.manifests import is_our_group
from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change, PlanStep
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.once.convergent import GONE, REHEARSAL, TRIES
from countersign.executors.once.paths import path_of, reference
from countersign.executors.once.stamps import kept_from, stamp_after, stamps_on
from countersign.executors.once.traces import (
    must_be_the_same,
    must_change_the_same,
    must_not_have_been_applied,
    stamped,
)
from countersign.executors.rollout_status import settled
from countersign.ports import (
    Cluster,
    Draft,
    Effect,
    JsonObject,
    ObjectPath,
    PatchForm,
    Progress,
    ServiceAccount,
    Stamp,
    Trace,
)


class Writing(Protocol):
    """What such a write has to say about itself: all of it pure. ``live`` None: no such object."""

    operation: OperationType
    creates: bool
    """Whether it makes the object where there is none."""

    def form(self, operation: Operation) -> PatchForm:
        """How the body is written."""
        ...

    def body(
        self, operation: Operation, live: JsonObject | None, stamp: str
    ) -> JsonObject | list[JsonObject]:
        """The body with preconditions and the stamp's new value; ``RefusedError`` if it is odd."""
        ...

    def forces(self, operation: Operation, live: JsonObject | None) -> bool:
        """Whether other managers' fields are taken over."""
        ...

    def may_force(self, error: ApiError) -> bool:
        """Whether the error is a conflict with nobody but ourselves."""
        ...

    def explained(self, operation: Operation, error: ApiError) -> ApiError | RefusedError:
        """The error, or a refusal that says better what to do."""
        ...

    def changes(
        self, operation: Operation, live: JsonObject | None, after: JsonObject
    ) -> tuple[Change, ...]:
        """From the object to what the dry run made of it."""
        ...

    def undo(
        self, operation: Operation, live: JsonObject | None, after: JsonObject
    ) -> Operation | None:
        """What takes it back; only asked where something changes."""
        ...

    def summary(
        self, operation: Operation, live: JsonObject | None, changes: tuple[Change, ...]
    ) -> str:
        """The action in one sentence, without a full stop."""
        ...


class Rehearsed:
    """An executor for writes whose effect is found out by a dry run."""

    repeatable = True

    def __init__(self, writing: Writing, cluster: Cluster) -> None:
        """Carry out ``writing`` on ``cluster``."""
        self.operation = writing.operation
        self._writing = writing
        self._cluster = cluster

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the object, and ask what the write would make of it."""
        path = await path_of(self._cluster, operation.one, account)
        if is_our_group(path.api_version.rpartition("/")[0]):
            message = f"{operation.one.described} is this program's own; change it directly."
            raise RefusedError("Invalid", message)
        for _ in range(TRIES):
            live = await self._read(path, account, may_be_absent=self._writing.creates)
            try:
                after = await self._write(path, operation, live, REHEARSAL, account, dry_run=True)
            except ApiError as error:
                if not error.conflict:
                    raise
            else:
                return self._draft(path, operation, live, after)
        raise _keeps_changing(operation)

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Do it once; see the module's text for how."""
        path, operation = await path_of(self._cluster, step.target, account), step.operation
        for _ in range(TRIES):
            live = await self._read(path, account, may_be_absent=step.target.uid is None)
            if live is not None and stamp.request_uid in stamps_on(live):
                return Effect(changed=True, live=live, watched=path, earlier=True)
            must_not_have_been_applied(step, stamp, live)
            must_be_the_same(step, live)
            try:
                after = await self._write(path, operation, live, REHEARSAL, account, dry_run=True)
                must_change_the_same(step, self._writing.changes(operation, live, after))
                if not step.changes:
                    return Effect(changed=False, live=live, watched=path)
                after = await self._write(path, operation, live, stamp, account)
            except RefusedError as error:
                where = operation.one.described
                raise StaleError(f"{where} has changed since the plan: {error}") from error
            except ApiError as error:
                if not error.conflict:
                    raise
            else:
                return Effect(changed=True, live=after, watched=path)
        raise _keeps_changing(operation)

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        """The stamp, where the target bears it."""
        return await stamped(self._cluster, step, stamp, account)

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """The rollout, where the object has one."""
        return settled(step.operation.one.kind, live)

    def gone(self, step: PlanStep) -> Progress:
        """A target that was to change should still be there."""
        del step
        return GONE

    def _draft(
        self, path: ObjectPath, operation: Operation, live: JsonObject | None, after: JsonObject
    ) -> Draft:
        changes = self._writing.changes(operation, live, after)
        executed = "" if live is None else kept_from(live)
        return Draft(
            target=reference(path, operation.one.kind, live, executed),
            changes=changes,
            undo=self._writing.undo(operation, live, after) if changes else None,
            summary=self._writing.summary(operation, live, changes),
            live=live,
        )

    async def _read(
        self, path: ObjectPath, account: ServiceAccount, *, may_be_absent: bool
    ) -> JsonObject | None:
        try:
            return await self._cluster.get(path, account)
        except ApiError as error:
            if error.not_found and may_be_absent:
                return None
            raise

    async def _write(
        self,
        path: ObjectPath,
        operation: Operation,
        live: JsonObject | None,
        stamp: Stamp,
        account: ServiceAccount,
        *,
        dry_run: bool = False,
    ) -> JsonObject:
        writing = self._writing
        stamped = stamp_after(stamp.request_uid, None if live is None else kept_from(live))
        body, form = writing.body(operation, live, stamped), writing.form(operation)
        force = writing.forces(operation, live)
        try:
            return await self._cluster.patch(
                path, body, account, form=form, dry_run=dry_run, force=force
            )
        except ApiError as error:
            if live is None or not writing.may_force(error):
                raise writing.explained(operation, error) from error
        # The same version of the object, so these are the very conflicts that were just named.
        return await self._cluster.patch(
            path, body, account, form=form, dry_run=dry_run, force=True
        )


def _keeps_changing(operation: Operation) -> ApiError:
    return ApiError(f"{operation.one.described} keeps changing", code=409)
