"""The last question before an effect: whether what was approved may still begin."""

from __future__ import annotations

from collections.abc import Mapping

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import OperationType
from countersign.api.phase import Phase
from countersign.errors import ApiError, RefusedError
from countersign.planning import account_of
from countersign.policy.decide import reconsider
from countersign.policy.decision import HeldBackError
from countersign.ports import Clock, Executor, Policies


class Gate:
    """It asks the policies of now, which may have become stricter since the approval."""

    def __init__(
        self, executors: Mapping[OperationType, Executor], policies: Policies, clock: Clock
    ) -> None:
        """Take the real things, or those of a test."""
        self._executors = executors
        self._policies = policies
        self._clock = clock

    async def may_begin(self, request: ApprovalRequest) -> None:
        """Hold what has not begun to the policies of now. Raises ``HeldBackError``."""
        if request.phase is not Phase.APPROVED:
            return
        around = await self._policies.around(request)
        why = reconsider(request, around, self._clock.now())
        if why is not None and not await self._has_begun(request):
            raise HeldBackError(why)

    async def _has_begun(self, request: ApprovalRequest) -> bool:
        """Whether a process before this one was cut off after the effect, before writing it down.

        Asked only where something is to be held back: it would say that nothing was done.
        """
        plan = request.status.plan
        if plan is None or not self._executors[plan.type].repeatable:
            return False
        first = plan.steps[0].operation
        try:
            draft = await self._executors[plan.type].draft(first, account_of(request))
        except (ApiError, RefusedError) as error:
            return isinstance(error, ApiError) and error.not_found  # A deletion, perhaps ours.
        return request.metadata.uid in (draft.target.executed or "")


async def has_been_asked() -> None:
    """For what has passed the gate before this."""
