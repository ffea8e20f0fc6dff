"""RollbackRollout: a workload gets an earlier template back, as by ``kubectl rollout undo``.

What that template is only other objects tell, so they are read first; the rest is one patch.
"""

from __future__ import annotations

from countersign.api.operation import Operation, OperationType
from countersign.api.status import PlanStep
from countersign.executors.once.convergent import GONE, Convergent
from countersign.executors.once.paths import path_of
from countersign.executors.once.stamps import stamps_on
from countersign.executors.once.traces import stamped
from countersign.executors.rollout_status import settled
from countersign.executors.rollouts.revisions import revisions
from countersign.executors.rollouts.rollback import Rollback
from countersign.ports import (
    Cluster,
    Draft,
    Effect,
    JsonObject,
    Progress,
    ServiceAccount,
    Stamp,
    Trace,
)


class RollbackRollout:
    """Reads the revisions and hands what they come to over to ``Convergent``."""

    operation = OperationType.ROLLBACK_ROLLOUT
    repeatable = True

    def __init__(self, cluster: Cluster) -> None:
        """Roll back on ``cluster``; the executing account lists what keeps the revisions."""
        self._cluster = cluster

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Find the revision, say what differs, and try it as a dry run."""
        path = await path_of(self._cluster, operation.one, account)
        live = await self._cluster.get(path, account)
        convergent = await self._convergent(operation, live, account)
        return await convergent.draft(operation, account)

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Do it once.

        The effect renumbers the revisions, so they are read only where there is no stamp: read
        after it, "the one before" would be another one.
        """
        path = await path_of(self._cluster, step.target, account)
        live = await self._cluster.get(path, account)
        if stamp.request_uid in stamps_on(live):
            return Effect(changed=True, live=live, watched=path, earlier=True)
        convergent = await self._convergent(step.operation, live, account)
        return await convergent.execute(step, stamp, account)

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        """The stamp, where the target bears it."""
        return await stamped(self._cluster, step, stamp, account)

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """The rollout of the old template."""
        return settled(step.operation.one.kind, live)

    def gone(self, step: PlanStep) -> Progress:
        """A workload that was to be rolled back should still be there."""
        del step
        return GONE

    async def _convergent(
        self, operation: Operation, live: JsonObject, account: ServiceAccount
    ) -> Convergent:
        found = await revisions(self._cluster, operation.one, live, account)
        return Convergent(Rollback(found), self._cluster)
