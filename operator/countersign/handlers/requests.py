"""From Kopf's events to the workflow and back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import kopf
import structlog
from pydantic import ValidationError

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.base import format_time
from countersign.api.phase import MOVING, Phase
from countersign.cluster.comparing import status_changes
from countersign.effects import Outbox
from countersign.errors import ApiError
from countersign.handlers.kept_plans import KeptPlans
from countersign.handlers.unreadable import refuse_unreadable
from countersign.handlers.wakeups import Wakeups
from countersign.policy.bookkeeping import needs_record, without_messages
from countersign.policy.retry import is_transient
from countersign.policy.step import Step
from countersign.policybook import PolicyBook
from countersign.ports import Clock
from countersign.records.notice import Notice
from countersign.workflow import Workflow

log = structlog.get_logger()
_WRITE_AGAIN = timedelta(seconds=2)


@dataclass(frozen=True)
class _Untold:
    """What is told of a step once its status is seen to be written."""

    before: ApprovalRequest
    status: ApprovalRequestStatus
    notices: tuple[Notice, ...]


class Requests:
    """What is in memory about requests: who is being worked on, and what is still to be told."""

    def __init__(
        self,
        workflow: Workflow,
        outbox: Outbox,
        wakeups: Wakeups,
        book: PolicyBook,
        clock: Clock,
        plans: KeptPlans,
        *,
        sweep: float,
    ) -> None:
        """Look again at a request that should move but has not for ``sweep`` seconds."""
        self._workflow = workflow
        self._outbox = outbox
        self._wakeups = wakeups
        self._book = book
        self._clock = clock
        self._plans = plans
        self._sweep = timedelta(seconds=sweep)
        # By UID, all of them.
        self._untold: dict[str, _Untold] = {}
        self._ahead: dict[str, int | None] = {}  # The version we wrote; None while it is executed.
        self._unsettled: set[str] = set()  # Executed, and not yet seen to be written.
        self._settled = asyncio.Event()
        self._draining = False

    # --- Kopf's on.event: everything but the execution ----------------------------------------

    async def observe(self, kind: str | None, body: Mapping[str, Any], patch: kopf.Patch) -> None:
        """An object was listed, has changed or is gone. Writes by compare-and-set only.

        Not through Kopf's patch: while one that failed is kept, Kopf calls no handler.
        """
        uid = body["metadata"]["uid"]
        if kind == "DELETED":
            await self._bury(uid, body)
            return
        if self._draining:
            self._settle(uid)
            return
        if self._plans.lacks(body):
            metadata, moment = body["metadata"], self._clock.now() + self._sweep
            self._wakeups.at(uid, metadata["namespace"], metadata["name"], moment)
            if (live := await self._plans.looked_up(body)) is None:
                return
            body = live
        request = self._validated(body, patch)
        if request is None:
            self._wakeups.forget(uid)  # It ends here; a touch would only mark its last status.
            return
        self._catch_up(request)
        if self.is_ahead_of(uid):
            return
        self._book.saw(request)
        with _lines_about(request):
            await self._tell(request)
            self._outbox.saw(request)
            self._settle(uid)
            if request.phase in MOVING:
                self._look_again(request, self._sweep)
            elif request.phase is Phase.PENDING or needs_record(request):
                await self._advance(request)
            else:
                self._wakeups.forget(uid)

    async def _advance(self, request: ApprovalRequest) -> None:
        self._look_again(request, self._sweep)
        stumbled = False
        self._book.is_looked_at(request.metadata.uid)
        try:
            step = await self._workflow.advance(request)
        except Exception as error:
            # Kopf would lose it: here it is seen, and the request is looked at again.
            log.exception("request could not be advanced")
            step, stumbled = self._workflow.stumbled(request, error), True
        if step.status is not None:
            await self._save(request, step)
        elif step.wake_at is None and not stumbled:
            self._wakeups.forget(request.metadata.uid)
        if step.wake_at is not None:
            self._wake(request, step.wake_at)
        if self._book.has_stirred(request.metadata.uid):
            self._look_again(request, timedelta(0))  # It was decided under what was known before.

    async def _save(self, request: ApprovalRequest, step: Step) -> None:
        try:
            saved = await self._workflow.save(request, step)
        except ApiError as error:
            self._not_written(request, error)
            return
        if saved is None or step.status is None:
            return
        log.info("request advances", to=str(step.status.phase), message=step.status.message)
        self._plans.saved(saved)
        if saved.phase is Phase.APPROVED and not self._draining:
            await self._execute_at_once(saved)

    async def _execute_at_once(self, request: ApprovalRequest) -> None:
        """Make the first attempt from the answer to the claim, without waiting for its event.

        Events from before what is written here are then behind, and start nothing.
        """
        uid = request.metadata.uid
        self._ahead[uid] = None
        with _lines_about(request):
            try:
                step = await self._executed(request)
                self._untold[uid] = _Untold(request, step.status or request.status, step.notices)
                saved = await self._workflow.finish(request, step)
            except ApiError as error:
                del self._ahead[uid]
                self._not_written(request, error)
                return
            except BaseException:
                del self._ahead[uid]  # Else its events would be taken for old ones for ever.
                raise
            self._ahead[uid] = saved.metadata.version
            self._book.saw(saved)
            del self._untold[uid]
            log.info("request executed", to=str(saved.phase), message=saved.status.message)
            self._look_again(request, self._sweep)

    def _not_written(self, request: ApprovalRequest, error: ApiError) -> None:
        """Decide anew soon; where the server will have none of it, no more often than we sweep."""
        log.warning("status could not be written", error=str(error))
        self._look_again(request, _WRITE_AGAIN if is_transient(error) else self._sweep)

    def is_ahead_of(self, uid: str) -> bool:
        """Whether more has been written about a request than its events have told so far."""
        return uid in self._ahead

    def _catch_up(self, request: ApprovalRequest) -> None:
        written = self._ahead.get(request.metadata.uid)
        if written is not None and request.metadata.version >= written:
            del self._ahead[request.metadata.uid]

    async def _tell(self, request: ApprovalRequest) -> None:
        """Tell of a step once its status is seen to be written, not before."""
        untold = self._untold.get(request.metadata.uid)
        if untold is not None and untold.status.message == request.status.message:
            del self._untold[request.metadata.uid]
            await self._outbox.written(untold.before, request, untold.notices)

    # --- Kopf's on.field: the execution -------------------------------------------------------

    async def execute(self, body: Mapping[str, Any], patch: kopf.Patch) -> None:
        """Carry an approved request out. Raises ``TemporaryError`` for another attempt."""
        if self._draining:
            # Nothing new is begun; the next replica does it. To return would be to have done it,
            # and to wait here would keep Kopf from ending.
            raise asyncio.CancelledError
        request = self._validated(body, patch)
        if request is None or request.phase not in MOVING:
            return
        with _lines_about(request):
            self._merge(request, await self._executed(request), patch)

    async def _executed(self, request: ApprovalRequest) -> Step:
        self._unsettled.add(request.metadata.uid)
        self._wakeups.forget(request.metadata.uid)  # It is being worked on; its own timeouts hold.
        try:
            return await self._workflow.execute(request)
        except Exception as error:
            log.exception("execution broke")
            return await self._workflow.broken(request, error)

    def _merge(self, request: ApprovalRequest, step: Step, patch: kopf.Patch) -> None:
        status = step.status or request.status
        patch.status.update(status_changes(request, status))
        log.info("request executed", to=str(status.phase), message=status.message)
        self._untold[request.metadata.uid] = _Untold(request, status, step.notices)
        if step.retry_after is not None:
            # Kopf's progress goes along, and must not into another request of this name either.
            patch.status["uid"] = request.metadata.uid
            self._look_again(request, step.retry_after + self._sweep)
            delay = step.retry_after.total_seconds()
            raise kopf.TemporaryError(str(status.message), delay=delay)
        self._look_again(request, self._sweep)

    # --- Around them --------------------------------------------------------------------------

    async def drain(self, seconds: float) -> None:
        """Begin nothing new, and wait for what is under way to be written."""
        self._draining = True
        try:
            async with asyncio.timeout(seconds):
                while self._unsettled:
                    self._settled.clear()
                    await self._settled.wait()
        except TimeoutError:
            log.warning("leaves with executions under way", count=len(self._unsettled))

    def _validated(self, body: Mapping[str, Any], patch: kopf.Patch) -> ApprovalRequest | None:
        try:
            return ApprovalRequest.model_validate(dict(body))
        except ValidationError as error:
            log.warning("request is not valid", errors=error.error_count())
            refuse_unreadable(body, patch, error, format_time(self._clock.now()))
            return None

    def _look_again(self, request: ApprovalRequest, after: timedelta) -> None:
        self._wake(request, self._clock.now() + after)

    def _wake(self, request: ApprovalRequest, moment: datetime) -> None:
        metadata = request.metadata
        self._wakeups.at(metadata.uid, metadata.namespace, metadata.name, moment)

    def _settle(self, uid: str) -> None:
        self._unsettled.discard(uid)
        self._settled.set()

    async def _bury(self, uid: str, body: Mapping[str, Any]) -> None:
        """It is gone. What came of it is told and remembered all the same."""
        untold, last = self._untold.get(uid), _read(body)
        self._forget(uid)
        before: ApprovalRequest | None = None
        notices: tuple[Notice, ...] = ()
        if untold is not None:
            before, notices = untold.before, untold.notices
            if last is None or not last.phase.terminal:  # It could not be written any more.
                last = before.model_copy(update={"status": untold.status})
        if last is not None and last.phase is Phase.EXECUTING:  # Between two attempts, say.
            before, last = before or last, self._workflow.abandoned(last)
        if last is None or not last.phase.terminal:
            return
        if before is not None:
            with _lines_about(last):
                await self._outbox.written(before, without_messages(last), notices)
        if needs_record(last):
            self._outbox.inherit(last)

    def _forget(self, uid: str) -> None:
        self._book.forget(uid)
        self._outbox.forget(uid)
        self._wakeups.forget(uid)
        self._untold.pop(uid, None)
        self._ahead.pop(uid, None)
        self._plans.forget(uid)
        self._settle(uid)


def _read(body: Mapping[str, Any]) -> ApprovalRequest | None:
    try:
        return ApprovalRequest.model_validate(dict(body))
    except ValidationError:
        return None


@contextmanager
def _lines_about(request: ApprovalRequest) -> Iterator[None]:
    with structlog.contextvars.bound_contextvars(
        request=request.key, uid=request.metadata.uid, phase=str(request.phase)
    ):
        yield
