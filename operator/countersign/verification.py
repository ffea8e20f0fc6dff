"""Watching a target after the effect, until it is done, is seen to fail, or the time is up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import structlog

from countersign.api.status import PlanStep
from countersign.diagnosis import why
from countersign.errors import ApiError
from countersign.ports import (
    Cluster,
    Effect,
    Executor,
    JsonObject,
    ObjectPath,
    Patient,
    Progress,
    ServiceAccount,
    Stamp,
)

log = structlog.get_logger()
_LOOK_AGAIN = 1.0
"""Seconds between two looks at a target that cannot be watched, or not just now."""
_LONGEST_PAUSE = 5.0
"""Seconds between two rounds, in the end."""
_DOUBT = 2.0
"""Seconds after which a failure is looked at once more."""
_WATCH_FOR = 15.0
"""Seconds after which a watch is given up for a look: one that has broken silently never ends."""
_NOTHING_TO_SEE = Progress("done", "there is nothing to wait for")


@dataclass(frozen=True)
class Verifier:
    """Watches one target. Never raises ``ApiError``: what cannot be seen now may be seen later."""

    cluster: Cluster
    executor: Executor
    step: PlanStep
    stamp: Stamp
    account: ServiceAccount

    async def verify(self, effect: Effect, seconds: float) -> Progress:
        """How it ended; still ``underway`` where it had not after ``seconds``.

        Where it did not end well, the message says why, as far as pods and Events tell.
        """
        progress = await self._ended(effect, seconds)
        if progress.state == "done" or effect.live is None:
            return progress
        reasons = await why(self.cluster, self.step, effect.live, self.account)
        return replace(progress, message=f"{progress.message} ({reasons})") if reasons else progress

    async def _ended(self, effect: Effect, seconds: float) -> Progress:
        late = Progress("underway", f"it is not done after {seconds:g} s (spec.verify.timeout)")
        if isinstance(self.executor, Patient):
            return await self._round_by_round(self.executor, effect, seconds, late)
        if effect.watched is None or effect.live is None:
            return _NOTHING_TO_SEE
        try:
            async with asyncio.timeout(seconds):
                verdict = await self._verdict(effect.watched, effect.live)
                return verdict or await self._until_it_ends(effect.watched, effect.live)
        except TimeoutError:
            seen = await self._look(effect.watched)
            return seen if seen is not None and seen.state != "underway" else late

    async def _verdict(self, path: ObjectPath, live: JsonObject) -> Progress | None:
        """Whether it has ended; None where it has not.

        A failure is believed once it is still there a little later: its signs may be left from
        before the effect, until the object's controller has looked at it.
        """
        progress: Progress | None = self.executor.progress(self.step, live)
        if progress is not None and progress.state == "degraded":
            await asyncio.sleep(_DOUBT)
            progress = await self._look(path)
        return None if progress is None or progress.state == "underway" else progress

    async def _round_by_round(
        self, executor: Patient, effect: Effect, seconds: float, late: Progress
    ) -> Progress:
        pause, last = _LOOK_AGAIN, ""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        progress = await executor.another_round(
                            self.step, effect, self.stamp, self.account
                        )
                    except ApiError as error:
                        log.info("no round could be made", error=str(error))
                    else:
                        if progress.state != "underway":
                            return progress
                        last = f": {progress.message}"
                    await asyncio.sleep(pause)
                    pause = min(_LONGEST_PAUSE, pause * 1.5)
        except TimeoutError:
            return replace(late, message=late.message + last)

    async def _until_it_ends(self, path: ObjectPath, live: JsonObject) -> Progress:
        version = live["metadata"]["resourceVersion"]
        while True:
            verdict = await self._watch(path, version)
            if verdict is not None:
                return verdict
            await asyncio.sleep(_LOOK_AGAIN)
            try:
                live = await self.cluster.get(path, self.account)
            except ApiError as error:
                if error.not_found:
                    return self.executor.gone(self.step)
                log.info("target could not be read", error=str(error))
                continue
            version = live["metadata"]["resourceVersion"]
            if (verdict := await self._verdict(path, live)) is not None:
                return verdict

    async def _watch(self, path: ObjectPath, version: str) -> Progress | None:
        """One watch; None where it broke off before anything was decided."""
        try:
            async with (
                asyncio.timeout(_WATCH_FOR),
                self.cluster.watch(path, version, self.account) as versions,
            ):
                async for live in versions:
                    if (verdict := await self._verdict(path, live)) is not None:
                        return verdict
        except TimeoutError:
            log.debug("watch given up for a look")
        except ApiError as error:
            if error.not_found:
                return self.executor.gone(self.step)
            log.info("watch interrupted", error=str(error))
        return None

    async def _look(self, path: ObjectPath) -> Progress | None:
        """One look, for the last time; None where the target cannot be read."""
        try:
            live = await self.cluster.get(path, self.account)
        except ApiError as error:
            return self.executor.gone(self.step) if error.not_found else None
        return self.executor.progress(self.step, live)
