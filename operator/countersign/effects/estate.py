"""Finished requests that were deleted before all was done about them: it is done all the same.

The list of what is left to do goes with the object, so it is in memory here, and ends with the
process. A finalizer would keep it, and would keep people from deleting while a store is down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog

from countersign.api.approval_request import ApprovalRequest
from countersign.effects.patience import RECORD_AGAIN
from countersign.policy.bookkeeping import MESSAGE, Result, effects_of, pending, recorded
from countersign.ports import Clock

log = structlog.get_logger()
_MOST = 1000
"""Requests at a time, of some ten kilobytes each."""


class Estate:
    """What deleted requests have left behind, each seen to until nothing of it is left."""

    def __init__(
        self,
        work_off: Callable[[ApprovalRequest], Awaitable[Mapping[str, Result]]],
        next_try: Callable[[str], datetime | None],
        forget: Callable[[str], None],
        clock: Clock,
    ) -> None:
        """``work_off`` tries what is due of a request; it is tried again at ``next_try``."""
        self._work_off = work_off
        self._next_try = next_try
        self._forget = forget
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def take(self, request: ApprovalRequest) -> None:
        """A request is gone, and this is how it was last."""
        uid = request.metadata.uid
        if not self._left(request) or uid in self._tasks:
            return
        if len(self._tasks) >= _MOST:
            log.error("too many deleted requests; what is left of one is lost", request=request.key)
            return
        task = asyncio.create_task(self._see_to(request), name=f"what {uid} has left")
        self._tasks[uid] = task
        task.add_done_callback(lambda _: self._tasks.pop(uid, None))

    async def close(self) -> None:
        """The process is about to end."""
        if self._tasks:
            log.warning("what deleted requests have left is lost", count=len(self._tasks))
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _see_to(self, request: ApprovalRequest) -> None:
        uid = request.metadata.uid
        while True:
            status = recorded(request, await self._work_off(request), self._clock.now())
            request = request.model_copy(update={"status": status or request.status})
            if not (left := self._left(request)):
                break
            log.info("a deleted request is not done with", request=request.key, left=left)
            now = self._clock.now()
            at = self._next_try(uid) or now + RECORD_AGAIN
            await asyncio.sleep(max(0.0, (at - now).total_seconds()))
        self._forget(uid)
        log.info("all is done about a deleted request", request=request.key)

    def _left(self, request: ApprovalRequest) -> list[str]:
        """But for messages: those are on their way, or were lost with an earlier process."""
        names = pending(effects_of(request, self._clock.now()))
        return [name for name in names if not name.startswith(MESSAGE)]
