"""Ending one object: a deletion that can only hit the very object that people signed.

Each try reads the object and deletes it with its UID and version as preconditions. Where the
server answers 409 it is read again. A run that was cut off may have deleted it, or somebody else
may have: there is no telling, and either way the goal that was signed is reached.
"""

from __future__ import annotations

from typing import Protocol

from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import DeletePodParameters, DeleteResourceParameters
from countersign.api.status import Change, PlanStep
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.once.paths import path_of, reference
from countersign.policy.reading.fields import part
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
_FINALIZERS_SHOWN = 3
_GONE_ALREADY = "it is gone already"
_ENDS_ALREADY = "it is being deleted already"


class Removal(Protocol):
    """What an operation that ends an object has to say about itself; all but ``send`` is pure."""

    operation: OperationType

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Raise ``RefusedError`` where the operation makes no sense on this object."""
        ...

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """What will be gone."""
        ...

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence, without a full stop."""
        ...

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """The operation that brings it back, given the object as it was before."""
        ...

    def options(self, operation: Operation) -> JsonObject:
        """``DeleteOptions`` without preconditions."""
        ...

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
        """Ask for its end; the object as it is then, None where it is gone at once."""
        ...


class Deletion:
    """How a removal that is a plain deletion is sent."""

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
        """One deletion."""
        del live
        return await delete(cluster, path, options, account, dry_run=dry_run)


class Conditional:
    """An executor for operations that end one object."""

    repeatable = True

    def __init__(self, removal: Removal, cluster: Cluster) -> None:
        """Carry out ``removal`` on ``cluster``."""
        self.operation = removal.operation
        self._removal = removal
        self._cluster = cluster

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the object, say what goes with it, and try it as a dry run."""
        path = await path_of(self._cluster, operation.one, account)
        live = await self._cluster.get(path, account)
        self._removal.check(operation, live)
        target = reference(path, operation.one.kind, live)
        options = self._removal.options(operation)
        if _ends_already(live, options):
            summary = f"{operation.one.described} is being deleted already"
            return Draft(target=target, changes=(), summary=summary, live=live)
        rehearsal = {**options, "preconditions": {"uid": live["metadata"]["uid"]}}
        await self._removal.send(self._cluster, path, live, rehearsal, account, dry_run=True)
        return Draft(
            target=target,
            changes=self._removal.changes(operation, live),
            summary=self._removal.summary(operation, live),
            live=live,
            undo=self._removal.undo(operation, live),
        )

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Delete it, unless it is gone; see the module's text."""
        del stamp  # The object that would bear it goes.
        path = await path_of(self._cluster, step.target, account)
        try:
            return await self._ended(step, path, account)
        except ApiError as error:
            if not error.not_found:
                raise
            return Effect(changed=False, message=_GONE_ALREADY)

    async def _ended(self, step: PlanStep, path: ObjectPath, account: ServiceAccount) -> Effect:
        options = self._removal.options(step.operation)
        for _ in range(TRIES):
            live = await self._cluster.get(path, account)
            metadata = live["metadata"]
            if metadata["uid"] != step.target.uid:
                return Effect(changed=False, message=_GONE_ALREADY)
            if _ends_already(live, options):
                return Effect(changed=False, live=live, watched=path, message=_ENDS_ALREADY)
            self._must_be_as_signed(step, live)
            conditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
            body = {**options, "preconditions": conditions}
            try:
                left = await self._removal.send(self._cluster, path, live, body, account)
            except ApiError as error:
                if not error.conflict:
                    raise
                continue
            watched = None if left is None else path
            return Effect(changed=True, live=left, watched=watched)
        raise ApiError(f"{step.operation.one.described} keeps changing", code=409)

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        """Whether the very object is gone, or is going as was wanted; no telling by whom."""
        del stamp
        path = await path_of(self._cluster, step.target, account)
        try:
            live = await self._cluster.get(path, account)
        except ApiError as error:
            if not error.not_found:
                raise
            return Trace.GONE
        another = live["metadata"]["uid"] != step.target.uid
        ends = _ends_already(live, self._removal.options(step.operation))
        return Trace.GONE if another or ends else Trace.NONE

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """Done when another object bears its name; what holds it is said."""
        if live["metadata"].get("uid") != step.target.uid:
            return Progress("done", "it is gone; another one bears its name now")
        finalizers = live["metadata"].get("finalizers") or []
        if finalizers and "deletionTimestamp" in live["metadata"]:
            names = ", ".join(map(str, finalizers[:_FINALIZERS_SHOWN]))
            return Progress("underway", f"it waits for its finalizers ({clip(names, 200)})")
        return Progress("underway", "it is being deleted")

    def gone(self, step: PlanStep) -> Progress:
        """That was the goal."""
        del step
        return Progress("done", "it is gone")

    def _must_be_as_signed(self, step: PlanStep, live: JsonObject) -> None:
        where = step.operation.one.described
        try:
            self._removal.check(step.operation, live)
        except RefusedError as error:
            raise StaleError(f"{where} has changed since the plan: {error}") from error
        changes = self._removal.changes(step.operation, live)
        if changes != step.changes:
            now = "; ".join(f"{each.field}: {each.before}" for each in changes[:2])
            raise StaleError(f"{where} has changed since the plan (now: {clip(now, 300)}).")


async def delete(
    cluster: Cluster,
    path: ObjectPath,
    options: JsonObject,
    account: ServiceAccount,
    *,
    dry_run: bool = False,
) -> JsonObject | None:
    """Delete with these options; the object that is left, None where it is gone at once."""
    answer = await cluster.delete(path, options, account, dry_run=dry_run)
    if answer.get("kind") == "Status" and answer.get("apiVersion") == "v1":
        return None
    metadata = part(answer, "metadata")
    waits = metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds")
    if dry_run or waits:
        return answer
    # Nothing holds it, so it is most likely gone; a watch from here on would not tell.
    try:
        left = await cluster.get(path, account)
    except ApiError as error:
        if error.not_found:
            return None
        raise
    return left if left["metadata"].get("uid") == metadata.get("uid") else None


def grace_options(
    parameters: DeletePodParameters | DeleteResourceParameters, where: str
) -> JsonObject:
    """The grace period as kubectl reads its flags; ``RefusedError`` where they contradict."""
    seconds = parameters.grace_period_seconds
    if parameters.force:
        if seconds:
            message = f"{where}: force leaves no grace period. Leave one of the two out."
            raise RefusedError("Invalid", message)
        return {"gracePeriodSeconds": 0}
    if seconds is None:
        return {}
    return {"gracePeriodSeconds": max(1, seconds)}  # 0 would not wait for the node: that is force.


def _ends_already(live: JsonObject, options: JsonObject) -> bool:
    """Whether it is being deleted, and these options would not make that quicker."""
    metadata = part(live, "metadata")
    if "deletionTimestamp" not in metadata:
        return False
    now, wanted = metadata.get("deletionGracePeriodSeconds"), options.get("gracePeriodSeconds")
    return now is None or wanted is None or wanted >= now
