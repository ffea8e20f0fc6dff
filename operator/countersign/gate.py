"""The last question before an effect, whether it may still begin; and the last one after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import OperationType
from countersign.api.phase import Phase
from countersign.api.status import PlanStep
from countersign.errors import ApiError, RefusedError
from countersign.policy.decide import reconsider
from countersign.policy.decision import HeldBackError
from countersign.ports import Clock, Executor, Policies, ServiceAccount, Stamp, Trace


class Gate:
    """It asks the policies of now, and targets for what earlier attempts have left on them."""

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

        Asked only where something is to be held back: it would say that nothing was done. Where
        objects are gone, who has done that is not known: it counts only if nothing else is left.
        """
        plan = request.status.plan
        changing = [step for step in plan.steps if step.changes] if plan is not None else []
        for step in changing:
            trace = await self._trace(request, step, stamp)
            if trace is not Trace.GONE:
                return trace is Trace.DONE
        return bool(changing)

    async def done_all_the_same(
        self, request: ApprovalRequest, steps: Iterable[PlanStep], stamp: Stamp
    ) -> list[PlanStep] | None:
        """Of steps that have failed or not run in the end, those that an attempt has done before.

        None where that cannot be told.
        """
        done: list[PlanStep] = []
        for step in steps:
            if not step.changes:
                continue
            trace = await self._trace(request, step, stamp)
            if trace is None and not done:
                return None
            if trace is not Trace.DONE:
                break  # Those after it came later, if they came.
            done.append(step)
        return done

    async def _trace(self, request: ApprovalRequest, step: PlanStep, stamp: Stamp) -> Trace | None:
        executor = self._executors[step.operation.type]
        try:
            return await executor.trace(step, stamp, ServiceAccount.of(request))
        except (ApiError, RefusedError):
            return None


async def has_been_asked() -> None:
    """For what has passed the gate before this."""
