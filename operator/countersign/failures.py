"""What becomes of an attempt that did not go through: a new plan, another attempt, or the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import OperationType
from countersign.api.phase import Phase
from countersign.api.status import VALUE_LIMIT, Attempt
from countersign.api.text import clip, clip_before
from countersign.effects import Outbox
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.gate import Gate
from countersign.policy import endings, transitions
from countersign.policy.endings import Ending
from countersign.policy.retry import again, is_transient
from countersign.policy.step import Step, notice
from countersign.ports import Clock, Executor, Meter
from countersign.refusals import explanation
from countersign.running import Run

_STALE_LATE = (
    "An earlier attempt may have been applied: look at the target, and create a new request if "
    "the action is still needed."
)
_DONE_ALL_THE_SAME = " It was done all the same, at least in part: look at the target."
_NOT_KNOWN = " Whether it was done all the same cannot be told now: look at the target."


class Failures:
    """Each answer is an ``Ending``, or the ``Step`` that leads on from here."""

    def __init__(
        self,
        executors: Mapping[OperationType, Executor],
        gate: Gate,
        outbox: Outbox,
        clock: Clock,
        meter: Meter,
    ) -> None:
        """Take the parts of a workflow."""
        self._executors = executors
        self._gate = gate
        self._outbox = outbox
        self._clock = clock
        self._meter = meter

    async def stale(self, request: ApprovalRequest, run: Run, error: StaleError) -> Ending | Step:
        """The target is not what people signed: back to a new plan, where nothing was done yet."""
        self._meter.decided("Stale")
        now, text = self._clock.now(), str(error)
        if self._no_way_back(request, run):
            attempt = Attempt(started_at=now, finished_at=now, error=clip(text, VALUE_LIMIT))
            done = await self._gate.done_all_the_same(request, run.left, run.stamp)
            told = run.told(failure=text, done=done or ())
            return endings.failed("Stale", f"{text} {_STALE_LATE}", attempt, told)
        status = transitions.stale(request, text, now)
        event = notice(f"stale-{run.plan.revision}", "Stale", status)
        return Step(status=status, notices=(event,))

    def _no_way_back(self, request: ApprovalRequest, run: Run) -> bool:
        """Whether something was done, or may have been: from there all ways lead to an end."""
        begun = not self._executors[run.plan.type].repeatable
        return request.phase is Phase.EXECUTING or run.begun or begun

    async def failed(
        self,
        request: ApprovalRequest,
        run: Run,
        error: ApiError | RefusedError,
        started: datetime,
    ) -> Ending | Step:
        """An attempt that began at ``started`` met an error: another attempt, if one may help."""
        now, plan, transient = self._clock.now(), run.plan, is_transient(error)
        text = clip(str(error), VALUE_LIMIT)
        attempt = Attempt(started_at=started, finished_at=now, error=text, transient=transient)
        repeatable = self._executors[plan.type].repeatable
        if not repeatable and isinstance(error, ApiError) and error.code is None:
            return endings.outcome_unknown(plan.summary, text, now)
        next_ = again(error, len(request.status.attempts) + 1, request.spec.retry)
        if next_ is None or not repeatable:
            return await self._given_up(request, run, error, attempt)
        self._meter.retried(plan.type)
        status = transitions.retrying(request, attempt, next_, now)
        event = notice(f"retry-{plan.revision}-{next_.retry}", "Retrying", status)
        await self._outbox.tell(request, event)
        return Step(status=status, retry_after=next_.delay)

    async def _given_up(
        self, request: ApprovalRequest, run: Run, error: ApiError | RefusedError, attempt: Attempt
    ) -> Ending:
        """It failed for good: say why, and whether it was done all the same, which it may be."""
        repeatable = self._executors[run.plan.type].repeatable
        reason, message = explanation(request, run.left[0].operation, error)
        if attempt.transient and repeatable:
            retries = request.spec.retry.limit
            reason, message = "RetriesExhausted", f"Gave up after {retries} retries: {error}"
        done = await self._gate.done_all_the_same(request, run.left, run.stamp)
        if done is None:
            message = clip_before(message, _NOT_KNOWN)
        elif done:
            message = clip_before(message, _DONE_ALL_THE_SAME)
        told = run.told(failure=message, done=done or ())
        return endings.failed(reason, message, attempt, told)
