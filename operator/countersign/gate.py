"""The last question before an effect, whether it may still begin; and the last one after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import OperationType
from countersign.api.phase import Phase
from countersign.api.status import PlanStep
from countersign.errors import ApiError, RefusedError
from countersign.planning import account_of
from countersign.policy.decide import reconsider
from countersign.policy.decision import HeldBackError
from countersign.ports import Clock, Executor, Policies, Stamp, Trace


class Gate:
    """It asks the policies of now, which may have become stricter since the approval."""

    def __init__(
        self, executors: Mapping[OperationType, Executor], policies: Policies, clock: Clock
    ) -> None:
        """Take the real things, or those of a test."""
        self._executors = executors
        self._policies = policies
        self._clock = clock

    async def may_begin(self, request: ApprovalRequest, stamp: Stamp) -> None:
        """Hold what has not begun to the policies of now. Raises ``HeldBackError``."""
        if request.phase is not Phase.APPROVED:
            return
        around = await self._policies.around(request)
        why = reconsider(request, around, self._clock.now())
        if why is not None and not await self._has_begun(request, stamp):
            raise HeldBackError(why)

    async def _has_begun(self, request: ApprovalRequest, stamp: Stamp) -> bool:
        """Whether a process before this one was cut off after the effect, before writing it down.

        Asked only where something is to be held back: it would say that nothing was done.
        """
        plan = request.status.plan
        steps = plan.steps if plan is not None else ()
        return await self.trace(request, steps, stamp) in (Trace.DONE, Trace.GONE)

    async def trace(
        self, request: ApprovalRequest, steps: Iterable[PlanStep], stamp: Stamp
    ) -> Trace | None:
        """What was done of these steps before; None where that cannot be told.

        The first that changes anything tells: those after it came later, if they came.
        """
        first = next((step for step in steps if step.changes), None)
        if first is None:
            return Trace.NONE
        executor = self._executors[first.operation.type]
        try:
            return await executor.trace(first, stamp, account_of(request))
        except (ApiError, RefusedError):
            return None


async def has_been_asked() -> None:
    """For what has passed the gate before this."""
