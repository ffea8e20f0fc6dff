"""One request from start to finish. Read this first.

``kubectl apply`` → ``advance`` plans it → people sign → ``advance`` claims it by writing Approved
→ ``execute`` carries it out, watches it and writes it down. What is to be done next is decided in
``policy.decide``; what is written into the status, in ``policy.transitions``; what becomes of an
attempt that did not go through, in ``failures``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.operation import Operation, OperationType
from countersign.api.phase import Phase
from countersign.api.status import ApprovalMode, Attempt
from countersign.effects import Outbox
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.failures import Failures
from countersign.gate import Gate, has_been_asked
from countersign.planning import Planner, understood
from countersign.policy import bookkeeping, endings, transitions
from countersign.policy.decide import decide
from countersign.policy.decision import (
    Approve,
    Cancel,
    Deny,
    Done,
    Execute,
    Expire,
    FinishDryRun,
    HeldBackError,
    MakePlan,
    Record,
    Refuse,
    Wait,
)
from countersign.policy.endings import Ending
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.step import Step, notice
from countersign.ports import Clock, Cluster, Desk, Executor, Meter, Policies, Stamp
from countersign.running import Run, Runner
from countersign.turns import Turns

log = structlog.get_logger()

PLAN_AGAIN = timedelta(seconds=30)
BEGIN_AGAIN = timedelta(seconds=1)
_PLANNED_AT_ONCE, _OF_ONE_NAMESPACE = 64, 4
_EARLY = timedelta(milliseconds=500)
"""By how much a retry may come before its time; clocks and timers are not exact."""


class Workflow:
    """The life of requests. It holds no state: everything is in the objects."""

    def __init__(
        self,
        *,
        executors: Mapping[OperationType, Executor],
        cluster: Cluster,
        desk: Desk,
        outbox: Outbox,
        clock: Clock,
        meter: Meter,
        policies: Policies,
        parallel: int = 32,
    ) -> None:
        """Take the real things, or those of a test; at most ``parallel`` effects at a time."""
        self._executors = executors
        self._policies = policies
        self._desk = desk
        self._clock = clock
        self._meter = meter
        self._planner = Planner(executors, cluster)
        self._turns = Turns(in_all=_PLANNED_AT_ONCE, of_each=_OF_ONE_NAMESPACE)
        self._outbox = outbox
        self._gate = Gate(executors, policies, clock)
        self._runner = Runner(executors, cluster, desk, clock, parallel=parallel)
        self._failures = Failures(executors, self._gate, outbox, clock, meter)

    # --- Before anything is carried out -------------------------------------------------------

    async def advance(self, request: ApprovalRequest) -> Step:
        """Plan a request, or decide on it, or find that there is nothing to do."""
        return await self._prepared(request, await self._advanced(request))

    async def _advanced(self, request: ApprovalRequest) -> Step:  # noqa: PLR0911 - a case each
        around, now = await self._policies.around(request), self._clock.now()
        match decide(request, around, now):
            case MakePlan(revision=revision):
                return await self._plan(request, revision, around)
            case Refuse(reason=reason, message=message):
                return self._refused(request, reason, message)
            case Wait() as wait:
                self._outbox.waits(request)
                return Step(status=transitions.waiting(request, wait, now), wake_at=wait.until)
            case Approve() as approve:
                return self._approved(request, approve, now)
            case Deny() | Expire() | Cancel() | FinishDryRun() as end:
                status = transitions.ended_unapproved(request, end, now)
                return self._decided(status, str(status.phase))
            case Record():
                return await self._work_off(request)
            case Execute() | Done():
                return Step()

    async def save(self, request: ApprovalRequest, step: Step) -> ApprovalRequest | None:
        """Write a step's status if the object is still the one that was decided on; then tell.

        The object after it; None where it has changed since: then its news are on their way.
        Raises ``ApiError``.
        """
        if step.status is None:
            return request
        try:
            saved = await self._desk.claim(request, step.status)
        except ApiError as error:
            if error.conflict or error.not_found:
                return None
            raise
        await self._outbox.written(request, saved, step.notices)
        return saved

    async def finish(self, request: ApprovalRequest, step: Step) -> ApprovalRequest:
        """Write what came of an execution; then tell. Raises ``ApiError``."""
        saved = await self._desk.save_status(request, step.status or request.status)
        await self._outbox.written(request, saved, step.notices)
        return saved

    def stumbled(self, request: ApprovalRequest, error: Exception) -> Step:
        """A defect of our own before the approval: say so, and try again later."""
        if request.status.plan is not None:
            return Step()  # What people sign stays; the request is looked at again.
        now = self._clock.now()
        status = transitions.planning_later(
            request, f"{type(error).__name__}: {error}", PLAN_AGAIN, now, reason="InternalError"
        )
        return Step(status=status, wake_at=now + PLAN_AGAIN)

    def _approved(self, request: ApprovalRequest, approve: Approve, now: datetime) -> Step:
        """The claim. What nobody, or only one in an emergency, has signed is told to everybody."""
        self._meter.decided("Approved")
        status = transitions.approved(request, approve, now)
        self._policies.approved(request, status)
        if approve.ground.mode is ApprovalMode.SIGNATURES:
            return Step(status=status)
        automatic = approve.ground.mode is ApprovalMode.AUTOMATIC
        reason = transitions.AUTOMATIC if automatic else transitions.BREAK_GLASS
        revision = request.status.plan.revision if request.status.plan else 1
        return Step(
            status=status,
            notices=(notice(f"approved-{revision}", reason, status, well=automatic),),
        )

    async def _plan(self, request: ApprovalRequest, revision: int, around: Circumstances) -> Step:
        async with self._turns.of(request.metadata.namespace):
            return await self._planned(request, revision, around)

    async def _planned(
        self, request: ApprovalRequest, revision: int, around: Circumstances
    ) -> Step:
        now, operation = self._clock.now(), None
        try:
            operation = understood(request)
            planned = await self._planner.plan(request, operation, revision, now)
        except RefusedError as refusal:
            return self._refused(request, refusal.reason, str(refusal), operation)
        except ApiError as error:
            status = transitions.planning_later(request, str(error), PLAN_AGAIN, now)
            return Step(status=status, wake_at=now + PLAN_AGAIN)
        self._meter.decided("Planned")
        status = transitions.planned(request, planned.plan, planned.risk, around, now)
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
        return Step(status=status, notices=(notice("end", reason, status, well=well),))

    # --- Carrying it out ----------------------------------------------------------------------

    async def execute(self, request: ApprovalRequest) -> Step:
        """Carry an approved request out, once; or find that it was, and finish what is left."""
        return await self._prepared(request, await self._executed(request))

    async def _executed(self, request: ApprovalRequest) -> Step:
        plan, approved_at = request.status.plan, request.status.approved_at
        started = self._clock.now()
        if plan is None or approved_at is None:
            return await self._ended(request, endings.incomplete(started))
        if (at := request.status.next_attempt_at) is not None and at - started > _EARLY:
            return Step(retry_after=at - started)  # Woken by something else than the time.
        applied = transitions.was_applied(request)
        run = Run(plan, Stamp(request.metadata.uid, approved_at, applied))
        outcome: Ending | Step
        try:
            if (instead := await self._begin(request, run, started)) is not None:
                return instead
            # What cannot be repeated was asked by ``_begin``, and its begin is written by now.
            asks = self._executors[plan.type].repeatable
            may_begin = partial(self._gate.may_begin, request, run.stamp)
            await self._runner.carry_out(request, run, may_begin if asks else has_been_asked)
        except HeldBackError as held:
            return self._held_back(request, held)
        except StaleError as stale:
            outcome = await self._failures.stale(request, run, stale)
        except (ApiError, RefusedError) as error:
            outcome = await self._failures.failed(request, run, error, started)
        else:
            attempt = Attempt(started_at=started, finished_at=self._clock.now())
            outcome = run.ending(attempt, retries=len(request.status.attempts))
        return outcome if isinstance(outcome, Step) else await self._ended(request, outcome)

    async def _begin(self, request: ApprovalRequest, run: Run, now: datetime) -> Step | None:
        """Of what cannot be repeated, write down first that it begins, by compare-and-set.

        A step where it must not begin: an earlier run had begun, or the write did not go through.
        """
        if self._executors[run.plan.type].repeatable:
            return None
        if request.phase is Phase.EXECUTING:
            why = "the operator was stopped while it ran"
            return await self._ended(request, endings.outcome_unknown(run.plan.summary, why, now))
        await self._gate.may_begin(request, run.stamp)
        try:
            await self._desk.claim(request, transitions.beginning(request, now))
        except ApiError as error:
            log.info("could not begin", error=str(error))
            return Step(retry_after=BEGIN_AGAIN)
        return None

    def _held_back(self, request: ApprovalRequest, held: HeldBackError) -> Step:
        self._meter.decided("HeldBack")
        status = transitions.held_back(request, held.why, self._clock.now())
        at = request.status.approved_at
        step = f"held-{int(at.timestamp()) if at else 0}"
        return Step(status=status, notices=(notice(step, "HeldBack", status),))

    async def broken(self, request: ApprovalRequest, error: Exception) -> Step:
        """A defect of our own ended an execution: say so, and that its effect is unknown."""
        ended = await self._ended(request, endings.broken(error, self._clock.now()))
        return await self._prepared(request, ended)

    def abandoned(self, request: ApprovalRequest) -> ApprovalRequest:
        """A request that was deleted while it was carried out, as it would have ended."""
        summary = request.status.plan.summary if request.status.plan else "The action"
        now, why = self._clock.now(), "the request was deleted before it had ended"
        status = transitions.finished(request, endings.outcome_unknown(summary, why, now), now)
        return request.model_copy(update={"status": status})

    # --- Writing it down ----------------------------------------------------------------------

    async def _ended(self, request: ApprovalRequest, ending: Ending) -> Step:
        """Knowledge entry and Event → final status; the first two cannot change the third.

        All else that follows is named there, and done once that is written: see ``_work_off``.
        """
        now = self._clock.now()
        status = transitions.finished(request, ending, now)
        ended = request.model_copy(update={"status": status})
        event = notice(
            "end", "Succeeded" if ending.success else "Failed", status, well=ending.success
        )
        results, _ = await asyncio.gather(
            self._outbox.remember(ended), self._outbox.tell(request, event)
        )
        status = bookkeeping.recorded(ended, results, now) or status
        plan, approved_at = request.status.plan, request.status.approved_at
        if plan is not None and approved_at is not None:
            seconds = (self._clock.now() - approved_at).total_seconds()
            self._meter.finished(plan.type, str(status.phase), seconds)
        return Step(status=status, wake_at=self._outbox.next_try(request))

    async def _work_off(self, request: ApprovalRequest) -> Step:
        """Incident, playbook, lessons, and what could not be written before: once, each by itself.

        What fails is tried again, later each time, until it is done.
        """
        results = await self._outbox.work_off(request)
        status = bookkeeping.recorded_late(request, results, self._clock.now())
        return Step(status=status, wake_at=self._outbox.next_try(request))

    async def _prepared(self, request: ApprovalRequest, step: Step) -> Step:
        """A step whose status names the messages that it makes due."""
        if step.status is None:
            return step
        return replace(step, status=await self._outbox.prepared(request, step.status))
