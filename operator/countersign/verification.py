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
            return Progress("underway", f"it is not done after {seconds:g} s (spec.verify.timeout)")

    async def _until_it_ends(self, live: JsonObject) -> Progress:
        while True:
            progress = await self._watch(live["metadata"]["resourceVersion"])
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
            progress = self.executor.progress(self.plan, live)
            if progress.state != "underway":
                return progress

    async def _watch(self, version: str) -> Progress | None:
        """One watch; None where it broke off before anything was decided."""
        path = self.executor.path(self.plan)
        try:
            async with self.cluster.watch(path, version, self.account) as versions:
                async for live in versions:
                    progress = self.executor.progress(self.plan, live)
                    if progress.state != "underway":
                        return progress
        except ApiError as error:
            if error.not_found:
                return _GONE
            log.info("watch interrupted", error=str(error))
        return None


_GONE = Progress("degraded", "the target was deleted meanwhile")
