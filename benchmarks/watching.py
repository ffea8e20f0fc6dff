"""The one watch that sees every approval's end: the same for all contestants."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from benchmarks.api import Api, BenchError, JsonObject

_LONGEST = 60.0
"""Seconds after which an approval that has not ended is a defect, not a slow one."""
_TERMINAL = frozenset({"Succeeded", "Failed", "Denied", "Expired", "Cancelled"})

Condition = Callable[[JsonObject], bool]


def ended(body: JsonObject) -> bool:
    """Whether an object is in a terminal phase; BenchError where it is not the right one."""
    status = body.get("status") or {}
    phase = status.get("phase")
    if phase in _TERMINAL and phase != "Succeeded":
        raise BenchError(f"{body['metadata']['name']} ended {phase}: {status.get('message')}")
    return phase == "Succeeded"


def planned(body: JsonObject) -> bool:
    """Whether an ApprovalRequest waits for signatures."""
    ended(body)
    return "plan" in (body.get("status") or {})


class Watch:
    """Moments at which objects of one collection were seen to be as expected."""

    def __init__(self) -> None:
        self._expected: dict[str, tuple[Condition, asyncio.Future[float]]] = {}

    def expect(self, name: str, condition: Condition) -> asyncio.Future[float]:
        """Resolves to the ``time.perf_counter()`` at which the object was first seen so."""
        future = asyncio.get_running_loop().create_future()
        self._expected[name] = (condition, future)
        return future

    async def seen(self, future: asyncio.Future[float], name: str) -> float:
        """Wait for what is expected."""
        try:
            async with asyncio.timeout(_LONGEST):
                return await future
        except TimeoutError:
            raise BenchError(f"{name} did not come so far within {_LONGEST:g} s") from None

    async def run(self, api: Api, path: str, version: str) -> None:
        """Read the watch until cancelled."""
        try:
            async for body in api.watch(path, version):
                self._look(body, time.perf_counter())
        except BenchError as error:
            for _, future in self._expected.values():
                future.set_exception(error)
            raise

    def _look(self, body: JsonObject, now: float) -> None:
        name = body["metadata"]["name"]
        condition, future = self._expected.get(name, (None, None))
        if condition is None or future is None or future.done():
            return
        try:
            if condition(body):
                future.set_result(now)
                del self._expected[name]
        except BenchError as error:
            future.set_exception(error)
            del self._expected[name]


@asynccontextmanager
async def watching(api: Api, path: str) -> AsyncIterator[Watch]:
    """Watch a collection from now on."""
    version = (await api.get(f"{path}?limit=1"))["metadata"]["resourceVersion"]
    watch = Watch()
    task = asyncio.create_task(watch.run(api, path, version))
    try:
        yield watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
