"""One attempt to carry a plan out: its steps in their order, and what has come of each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import structlog

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import OperationType
from countersign.api.status import OUTPUT_LIMIT, VALUE_LIMIT, Attempt, Plan, PlanStep, StepResult
from countersign.api.text import clip
from countersign.errors import ApiError
from countersign.policy import endings, transitions
from countersign.policy.endings import Ending, Told
from countersign.ports import (
    Clock,
    Cluster,
    Desk,
    Effect,
    Executor,
    Progress,
    ServiceAccount,
    Stamp,
)
from countersign.verification import Verifier

log = structlog.get_logger()
_QUIET_VERIFICATION = 2.0
"""Seconds for which a verification goes unannounced: a write that most rollouts do not need."""


@dataclass(frozen=True)
class Carried:
    """One step that was carried out, and what was seen of it; None where nobody looked."""

    step: PlanStep
    effect: Effect
    progress: Progress | None

    @property
    def good(self) -> bool:
        """Whether the next step may follow."""
        return self.progress is None or self.progress.state == "done"

    @property
    def message(self) -> str:
        """What is worth saying of it."""
        seen = self.progress.message if self.progress else ""
        return ", ".join(filter(None, (self.effect.message, seen)))


@dataclass
class Run:
    """The steps of one attempt, in order."""

    plan: Plan
    stamp: Stamp
    carried: list[Carried] = field(default_factory=list)

    @property
    def last(self) -> Carried:
        """The latest step that was carried out."""
        return self.carried[-1]

    @property
    def changed(self) -> bool:
        """Whether anything in the cluster has changed."""
        return self.stamp.applied or any(each.effect.changed for each in self.carried)

    @property
    def begun(self) -> bool:
        """Whether something is done by now, here or by an earlier run.

        A step that found its change made already counts: who has made it is not known.
        """
        return self.changed or any(each.step.changes for each in self.carried)

    @property
    def left(self) -> tuple[PlanStep, ...]:
        """The steps that were not carried out; after an error, the first of them met it."""
        return self.plan.steps[len(self.carried) :]

    @property
    def stopped(self) -> bool:
        """Whether the latest step did not end well."""
        return bool(self.carried) and not self.last.good

    def ending(self, attempt: Attempt, *, retries: int) -> Ending:
        """How it ended, as the latest step did; ``retries`` is how many came before."""
        told, progress = self.told(retries=retries), self.last.progress
        if progress is None:
            return endings.unverified(told, attempt)
        if progress.state == "done":
            return endings.verified(told, progress.message, attempt)
        reason = "Degraded" if progress.state == "degraded" else "Timeout"
        return endings.not_verified(told, reason, progress.message, attempt)

    def told(self, *, failure: str = "", retries: int = 0, done: Collection[PlanStep] = ()) -> Told:
        """All that can be told of it; ``failure`` is what the step after the latest met.

        ``done``: of that one and those after it, what an attempt has done all the same.
        """
        output = "\n".join(filter(None, (_output(each) for each in self.carried)))
        return Told(
            summary=self.plan.summary,
            changed=self.changed or bool(done),
            results=self._results(failure, done),
            output=output[-OUTPUT_LIMIT:],
            notes="; ".join(filter(None, (each.effect.message for each in self.carried))),
            retries=retries,
        )

    def _results(self, failure: str, done: Collection[PlanStep]) -> tuple[StepResult, ...]:
        steps = self.plan.steps
        if len(steps) == 1:
            return ()
        results = [
            _result(
                each.step,
                "Succeeded" if each.good else "Failed",
                each.message,
                changed=each.effect.changed,
            )
            for each in self.carried
        ]
        if failure:
            results.append(_result(self.left[0], "Failed", failure, changed=self.left[0] in done))
        results += [_result(step, "NotRun", changed=step in done) for step in steps[len(results) :]]
        return tuple(results)


class Runner:
    """Carries plans out, at most so many effects at a time."""

    def __init__(
        self,
        executors: Mapping[OperationType, Executor],
        cluster: Cluster,
        desk: Desk,
        clock: Clock,
        *,
        parallel: int,
    ) -> None:
        """``parallel`` bounds effects; verifications only wait, and are not bounded."""
        self._executors = executors
        self._cluster = cluster
        self._desk = desk
        self._clock = clock
        self._slots = asyncio.Semaphore(parallel)

    async def carry_out(
        self,
        request: ApprovalRequest,
        run: Run,
        may_begin: Callable[[], Awaitable[None]],
    ) -> None:
        """Each step in turn: the effect, then what comes of it; up to one that does not end well.

        ``may_begin`` is awaited before each step until something is done, and raises where
        nothing may be begun. What it or the executor raises is passed on; ``run`` then holds the
        steps before.
        """
        executor, stamp = self._executors[run.plan.type], run.stamp
        account = ServiceAccount.of(request)
        for step in run.plan.steps:
            async with self._slots:
                if not run.begun:
                    await may_begin()  # Not before: a slot may have been waited for.
                effect = await self._effect(request, executor, step, stamp)
            progress = None
            if request.spec.verify.enabled:
                verifier = Verifier(self._cluster, executor, step, stamp, account)
                # Of several, what has changed nothing yet can still be held back or be stale.
                begun = run.begun or effect.changed or len(run.plan.steps) == 1
                progress = await self._verified(request, verifier, effect, announces=begun)
            run.carried.append(Carried(step, effect, progress))
            if run.stopped:
                return

    async def _effect(
        self, request: ApprovalRequest, executor: Executor, step: PlanStep, stamp: Stamp
    ) -> Effect:
        """Do one step. The time of a command is bounded here: it may never end by itself."""
        doing = executor.execute(step, stamp, ServiceAccount.of(request))
        if executor.repeatable:
            return await doing
        seconds = request.spec.verify.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await doing
        except TimeoutError as error:
            message = f"it has not ended after {seconds:g} s (spec.verify.timeout)"
            raise ApiError(message) from error

    async def _verified(
        self, request: ApprovalRequest, verifier: Verifier, effect: Effect, *, announces: bool
    ) -> Progress:
        """Watch the outcome, and announce that where it takes a while."""
        announcing = asyncio.create_task(self._announce(request)) if announces else None
        try:
            return await verifier.verify(effect, request.spec.verify.timeout.total_seconds())
        finally:
            if announcing is not None:
                announcing.cancel()

    async def _announce(self, request: ApprovalRequest) -> None:
        await asyncio.sleep(_QUIET_VERIFICATION)
        status = transitions.verifying(request, self._clock.now())
        try:
            await self._desk.save_status(request, status)
        except ApiError as error:
            log.warning("could not announce the verification", error=str(error))


def _output(carried: Carried) -> str:
    return carried.effect.output or (carried.progress.output if carried.progress else "")


def _result(
    step: PlanStep,
    outcome: Literal["Succeeded", "Failed", "NotRun"],
    message: str = "",
    *,
    changed: bool,
) -> StepResult:
    return StepResult(
        target=step.operation.one.short,
        outcome=outcome,
        message=clip(message, VALUE_LIMIT),
        changed=changed,
    )
