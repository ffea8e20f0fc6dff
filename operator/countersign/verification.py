"""Watching a target after the effect, until it is done, is seen to fail, or the time is up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from countersign.api.status import Plan
from countersign.errors import ApiError
from countersign.ports import Cluster, Effect, Executor, JsonObject, Progress, ServiceAccount

log = structlog.get_logger()
_LOOK_AGAIN = 1.0
"""Seconds between two looks at a target that cannot be watched just now."""
_WATCH_FOR = 15.0
"""Seconds after which a watch is given up for a look: one that has broken silently never ends."""


@dataclass(frozen=True)
class Verifier:
    """Watches one target. Never raises ``ApiError``: what cannot be seen now may be seen later."""

    cluster: Cluster
    executor: Executor
    plan: Plan
    account: ServiceAccount

    async def verify(self, effect: Effect, seconds: float) -> Progress:
        """How it ended; still ``underway`` where it had not after ``seconds``."""
        progress = self.executor.progress(self.plan, effect.live)
        if progress.state != "underway":
            return progress
        try:
            async with asyncio.timeout(seconds):
                return await self._until_it_ends(effect.live)
        except TimeoutError:
            late = await self._look()
            if late is not None and late.state != "underway":
                return late
            return Progress("underway", f"it is not done after {seconds:g} s (spec.verify.timeout)")

    async def _until_it_ends(self, live: JsonObject) -> Progress:
        version = live["metadata"]["resourceVersion"]
        while True:
            progress = await self._watch(version)
            if progress is not None:
                return progress
            await asyncio.sleep(_LOOK_AGAIN)
            try:
                live = await self.cluster.get(self.executor.path(self.plan), self.account)
            except ApiError as error:
                if error.not_found:
                    return _GONE
                log.info("target could not be read", error=str(error))
                continue
            version = live["metadata"]["resourceVersion"]
            progress = self.executor.progress(self.plan, live)
            if progress.state != "underway":
                return progress

    async def _watch(self, version: str) -> Progress | None:
        """One watch; None where it broke off before anything was decided."""
        path = self.executor.path(self.plan)
        try:
            async with (
                asyncio.timeout(_WATCH_FOR),
                self.cluster.watch(path, version, self.account) as versions,
            ):
                async for live in versions:
                    progress = self.executor.progress(self.plan, live)
                    if progress.state != "underway":
                        return progress
        except TimeoutError:
            log.debug("watch given up for a look")
        except ApiError as error:
            if error.not_found:
                return _GONE
            log.info("watch interrupted", error=str(error))
        return None

    async def _look(self) -> Progress | None:
        """One look, for the last time; None where the target cannot be read."""
        try:
            live = await self.cluster.get(self.executor.path(self.plan), self.account)
        except ApiError as error:
            return _GONE if error.not_found else None
        return self.executor.progress(self.plan, live)


_GONE = Progress("degraded", "the target was deleted meanwhile")
