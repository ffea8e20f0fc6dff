"""Whether a target is still the one of the plan, and what an earlier run has left on it."""

from __future__ import annotations

from countersign.api.status import Change, PlanStep
from countersign.errors import ApiError, StaleError
from countersign.executors.once.paths import path_of
from countersign.executors.once.stamps import stamps_on
from countersign.executors.wording.differences import differing
from countersign.ports import Cluster, JsonObject, ServiceAccount, Stamp, Trace


async def stamped(cluster: Cluster, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
    """Whether the target bears the stamp. Raises ``ApiError``."""
    path = await path_of(cluster, step.target, account)
    try:
        live = await cluster.get(path, account)
    except ApiError as error:
        if not error.not_found:
            raise
        return Trace.GONE if step.target.uid is not None else Trace.NONE
    if stamp.request_uid in stamps_on(live):
        return Trace.DONE
    return Trace.NONE if live["metadata"]["uid"] == step.target.uid else Trace.GONE


def must_be_the_same(step: PlanStep, live: JsonObject | None) -> None:
    """Touch no other object that has the target's name now. Raises ``StaleError``."""
    where = step.operation.one.described
    if live is None:
        return
    if step.target.uid is None:
        raise StaleError(f"{where} was created by somebody else since the plan.")
    if live["metadata"]["uid"] != step.target.uid:
        raise StaleError(f"{where} was deleted and created again since the plan.")


def must_change_the_same(step: PlanStep, changes: tuple[Change, ...]) -> None:
    """Do what was signed and nothing else: ``changes`` are those of now. Raises ``StaleError``."""
    if changes != step.changes:
        where, fields = step.operation.one.described, differing(step.changes, changes)
        raise StaleError(f"{where} has changed since the plan ({fields}).")


def must_not_have_been_applied(step: PlanStep, stamp: Stamp, live: JsonObject | None) -> None:
    """Leave a target alone that bore the stamp once and does not now. Raises ``StaleError``."""
    if stamp.applied:
        since = "is gone since" if live is None else "has been changed back since"
        raise StaleError(f"{step.operation.one.described} was changed as approved, and {since}.")
