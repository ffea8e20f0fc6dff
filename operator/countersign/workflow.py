"""One request from start to finish. Read this first.

``kubectl apply`` → ``advance`` plans it → people sign → ``advance`` claims it by writing Approved
→ ``execute`` carries it out, watches it and writes it down. What is to be done next is decided in
``policy.decide``; what is written into the status, in ``policy.transitions``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog

from countersign.api.approval_request import ApprovalRequest, ApprovalRequestStatus, Phase
from countersign.api.operation import Operation, OperationType
from countersign.api.status import VALUE_LIMIT, Attempt, Plan
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.planning import Planner, account_of, understood
from countersign.policy import endings, transitions
from countersign.policy.decide import decide
from countersign.policy.decision import (
    Approve,
    Cancel,
    Deny,
    Done,
    Execute,
    Expire,
    FinishDryRun,
    MakePlan,
    Record,
    Refuse,
    Wait,
)
from countersign.policy.endings import Ending
from countersign.policy.retry import again, is_transient
from countersign.ports import Clock, Cluster, Desk, Effect, Executor, Meter, Progress, Stamp, Store
from countersign.records.knowledge import Outcome
from countersign.records.notice import Notice
from countersign.remembering import Memory
from countersign.verification import Verifier

log = structlog.get_logger()

PLAN_AGAIN = timedelta(seconds=30)
RECORD_AGAIN = timedelta(seconds=30)
_STALE_LATE = (
    "An earlier attempt may have been applied: look at the target, and create a new request if "
    "the action is still needed."
)
_EARLY = timedelta(milliseconds=500)
"""By how much a retry may come before its time; clocks and timers are not exact."""
_QUIET_VERIFICATION = 2.0
"""Seconds for which a verification goes unannounced: a write that most rollouts do not need."""


@dataclass(frozen=True)
class Step:
    """What came of one step: a status to write, Events to post once it is written, a time to wake.

    ``retry_after`` asks for the same step again after that time.
    """

    status: ApprovalRequestStatus | None = None
    notices: tuple[Notice, ...] = ()
    wake_at: datetime | None = None
    retry_after: timedelta | None = None


class Workflow:
    """The life of requests. It holds no state: everything is in the objects."""

    def __init__(
        self,
        *,
        executors: Mapping[OperationType, Executor],
        cluster: Cluster,
        desk: Desk,
        store: Store,
        clock: Clock,
        meter: Meter,
        parallel: int = 32,
    ) -> None:
        """Take the real things, or those of a test; at most ``parallel`` effects at a time."""
        self._executors = executors
        self._cluster = cluster
        self._desk = desk
        self._clock = clock
        self._meter = meter
        self._planner = Planner(executors, cluster)
        self._memory = Memory(store, desk, clock, meter)
        self._slots = asyncio.Semaphore(parallel)

    # --- Before anything is carried out -------------------------------------------------------

    async def advance(self, request: ApprovalRequest) -> Step:  # noqa: PLR0911 - a case each
        """Plan a request, or decide on it, or find that there is nothing to do."""
        now = self._clock.now()
        match decide(request, now):
            case MakePlan(revision=revision):
                return await self._plan(request, revision)
            case Refuse(reason=reason, message=message):
                return self._refused(request, reason, message)
            case Wait() as wait:
                return Step(status=transitions.waiting(request, wait, now), wake_at=wait.until)
            case Approve() as approve:
                self._meter.decided("Approved")
                return Step(status=transitions.approved(request, approve, now))
            case Deny() | Expire() | Cancel() | FinishDryRun() as end:
                status = transitions.ended_unapproved(request, end, now)
                return self._decided(status, str(status.phase))
            case Record():
                return await self._record_late(request)
            case Execute() | Done():
                return Step()

    def stumbled(self, request: ApprovalRequest, error: Exception) -> Step:
        """A defect of our own before the approval: say so, and try again later."""
        if request.status.plan is not None:
            return Step()  # What people sign stays; the request is looked at again.
        now = self._clock.now()
        status = transitions.planning_later(
            request, f"{type(error).__name__}: {error}", PLAN_AGAIN, now, reason="InternalError"
        )
        return Step(status=status, wake_at=now + PLAN_AGAIN)

    async def _plan(self, request: ApprovalRequest, revision: int) -> Step:
        now, operation = self._clock.now(), None
        try:
            operation = understood(request)
            planned = await self._planner.plan(request, operation, revision, now)
        except (ApiError, RefusedError) as error:
            if is_transient(error):
                status = transitions.planning_later(request, str(error), PLAN_AGAIN, now)
                return Step(status=status, wake_at=now + PLAN_AGAIN)
            reason, message = await self._planner.why_not(request, operation, error)
            return self._refused(request, reason, message, operation)
        self._meter.decided("Planned")
        status = transitions.planned(request, planned.plan, planned.risk, planned.undo, now)
        return Step(status=status)

    def _refused(
        self,
        request: ApprovalRequest,
        reason: str,
        message: str,
        operation: Operation | None = None,
    ) -> Step:
        status = transitions.refused(request, reason, message, operation, self._clock.now())
        return self._decided(status, reason)

    def _decided(self, status: ApprovalRequestStatus, reason: str) -> Step:
        """An end without an execution: worth an Event, once it is written."""
        self._meter.decided(reason)
        well = reason in (Phase.CANCELLED, Phase.SUCCEEDED)
        return Step(status=status, notices=(_notice("end", reason, status, well=well),))

    # --- Carrying it out ----------------------------------------------------------------------

    async def execute(self, request: ApprovalRequest) -> Step:
        """Carry an approved request out, once; or find that it was, and finish what is left."""
        plan, approved_at = request.status.plan, request.status.approved_at
        started = self._clock.now()
        if plan is None or approved_at is None:
            return await self._ended(request, endings.incomplete(started))
        if (at := request.status.next_attempt_at) is not None and at - started > _EARLY:
            return Step(retry_after=at - started)  # Woken by something else than the time.
        executor = self._executors[plan.operation.type]
        try:
            async with self._slots:
                stamp = Stamp(request.metadata.uid, approved_at)
                effect = await executor.execute(plan, stamp, account_of(request))
        except StaleError as stale:
            return await self._stale(request, plan, stale)
        except (ApiError, RefusedError) as error:
            return await self._attempt_failed(request, plan, error, started)
        progress = await self._verified(request, executor, plan, effect)
        attempt = Attempt(started_at=started, finished_at=self._clock.now())
        return await self._ended(request, _ending(request, plan, effect, progress, attempt))

    async def broken(self, request: ApprovalRequest, error: Exception) -> Step:
        """A defect of our own ended an execution: say so, and that its effect is unknown."""
        return await self._ended(request, endings.broken(error, self._clock.now()))

    async def _stale(self, request: ApprovalRequest, plan: Plan, error: StaleError) -> Step:
        self._meter.decided("Stale")
        if request.phase is Phase.EXECUTING:  # From there the only ways lead to an end.
            now = self._clock.now()
            attempt = Attempt(started_at=now, finished_at=now, error=clip(str(error), VALUE_LIMIT))
            message = f"{error} {_STALE_LATE}"
            return await self._ended(request, endings.failed("Stale", message, attempt))
        status = transitions.stale(request, str(error), self._clock.now())
        return Step(status=status, notices=(_notice(f"stale-{plan.revision}", "Stale", status),))

    async def _attempt_failed(
        self,
        request: ApprovalRequest,
        plan: Plan,
        error: ApiError | RefusedError,
        started: datetime,
    ) -> Step:
        now, transient = self._clock.now(), is_transient(error)
        text = clip(str(error), VALUE_LIMIT)
        attempt = Attempt(started_at=started, finished_at=now, error=text, transient=transient)
        next_ = again(error, len(request.status.attempts) + 1, request.spec.retry)
        if next_ is None:
            reason, message = await self._planner.why_not(request, plan.operation, error)
            if transient:
                retries = request.spec.retry.limit
                reason, message = "RetriesExhausted", f"Gave up after {retries} retries: {error}"
            return await self._ended(request, endings.failed(reason, message, attempt))
        self._meter.retried(plan.operation.type)
        status = transitions.retrying(request, attempt, next_, now)
        notice = _notice(f"retry-{plan.revision}-{next_.retry}", "Retrying", status)
        await self._memory.tell(request, notice)
        return Step(status=status, retry_after=next_.delay)

    async def _verified(
        self, request: ApprovalRequest, executor: Executor, plan: Plan, effect: Effect
    ) -> Progress | None:
        """Watch the outcome, and announce it where that takes a while; None if not wanted."""
        if not request.spec.verify.enabled:
            return None
        verifier = Verifier(self._cluster, executor, plan, account_of(request))
        announcing = asyncio.create_task(self._announce(request))
        try:
            seconds = request.spec.verify.timeout.total_seconds()
            return await verifier.verify(effect, seconds)
        finally:
            announcing.cancel()

    async def _announce(self, request: ApprovalRequest) -> None:
        await asyncio.sleep(_QUIET_VERIFICATION)
        status = transitions.verifying(request, self._clock.now())
        try:
            await self._desk.save_status(request, status)
        except ApiError as error:
            log.warning("could not announce the verification", error=str(error))

    # --- Writing it down ----------------------------------------------------------------------

    async def _ended(self, request: ApprovalRequest, ending: Ending) -> Step:
        """Knowledge entry and Event → final status; the first two cannot change the third."""
        outcome = Outcome(success=ending.success, message=ending.message)
        reason = "Succeeded" if ending.success else "Failed"
        notice = Notice(
            step="end",
            type="Normal" if ending.success else "Warning",
            reason=reason,
            note=ending.message,
        )
        knowledge, _ = await asyncio.gather(
            self._memory.remember(request, outcome), self._memory.tell(request, notice)
        )
        now = self._clock.now()
        status = transitions.finished(request, ending, knowledge, now)
        plan, approved_at = request.status.plan, request.status.approved_at
        if plan is not None and approved_at is not None:
            seconds = (now - approved_at).total_seconds()
            self._meter.finished(plan.operation.type, str(status.phase), seconds)
        return Step(status=status, wake_at=None if knowledge else now + RECORD_AGAIN)

    async def _record_late(self, request: ApprovalRequest) -> Step:
        outcome = Outcome(
            success=transitions.succeeded(request), message=request.status.message or ""
        )
        knowledge = await self._memory.remember(request, outcome)
        now = self._clock.now()
        if knowledge is None:
            return Step(wake_at=now + RECORD_AGAIN)
        return Step(status=transitions.recorded(request, knowledge, now))

    async def tell(self, request: ApprovalRequest, notices: tuple[Notice, ...]) -> None:
        """Post the Events of a step whose status has been written."""
        await self._memory.tell(request, *notices)


def _ending(
    request: ApprovalRequest,
    plan: Plan,
    effect: Effect,
    progress: Progress | None,
    attempt: Attempt,
) -> Ending:
    retries = len(request.status.attempts)
    if progress is None:
        return endings.unverified(plan, attempt, changed=effect.changed, retries=retries)
    if progress.state == "done":
        return endings.verified(plan, progress.message, attempt, effect.changed, retries)
    reason = "Degraded" if progress.state == "degraded" else "Timeout"
    return endings.not_verified(plan, reason, progress.message, attempt, changed=effect.changed)


def _notice(step: str, reason: str, status: ApprovalRequestStatus, *, well: bool = False) -> Notice:
    type_: Literal["Normal", "Warning"] = "Normal" if well else "Warning"
    return Notice(step=step, type=type_, reason=reason, note=status.message or reason)
