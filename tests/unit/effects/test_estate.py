"""What deleted requests have left behind: a bounded number of them is kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from structlog.testing import capture_logs

from countersign.api.approval_request import ApprovalRequest
from countersign.api.effects import EffectState, EffectStatus
from countersign.effects.estate import Estate
from countersign.policy.bookkeeping import KNOWLEDGE, Result
from tests.support.fakes_objects import request, with_status
from tests.support.fakes_time import START, FakeClock

MOST = 1000


class Store:
    """Takes nothing until it is ``back``; remembers who came."""

    def __init__(self) -> None:
        self.back = {number: asyncio.Event() for number in range(MOST + 2)}
        self.tried: list[str] = []
        self.forgotten = asyncio.Event()
        """Nothing is left of one."""

    async def work_off(self, request: ApprovalRequest) -> dict[str, Result]:
        uid = request.metadata.uid
        self.tried.append(uid)
        await self.back[int(uid)].wait()
        return {KNOWLEDGE: Result(EffectState.DONE)}


def gone(number: int) -> ApprovalRequest:
    """A finished request, whose knowledge entry is still to be written."""
    of = request()
    effects = {KNOWLEDGE: EffectStatus(state=EffectState.PENDING, since=START)}
    of = with_status(of, of.status.model_copy(update={"effects": effects}))
    metadata = of.metadata.model_copy(update={"uid": str(number), "name": f"r{number}"})
    return of.model_copy(update={"metadata": metadata})


@asynccontextmanager
async def full(store: Store) -> AsyncIterator[Estate]:
    """As many as there may be, and each of them is being seen to."""
    estate = Estate(store.work_off, lambda _: None, lambda _: store.forgotten.set(), FakeClock())
    for number in range(MOST):
        estate.take(gone(number))
    await asyncio.sleep(0)
    assert len(store.tried) == MOST
    try:
        yield estate
    finally:
        await estate.close()


async def test_beyond_a_thousand_deleted_requests_what_one_has_left_is_lost_and_that_is_said() -> (
    None
):
    store = Store()
    async with full(store) as estate:
        with capture_logs() as logs:
            estate.take(gone(MOST))
        await asyncio.sleep(0)
        assert str(MOST) not in store.tried
        [said] = logs
        assert (said["log_level"], said["request"]) == ("error", f"shop/r{MOST}")
        assert "too many deleted requests" in said["event"]


async def test_one_that_is_told_again_takes_no_room_and_is_seen_to_once() -> None:
    store = Store()
    async with full(store) as estate:
        with capture_logs() as logs:
            estate.take(gone(7))
        await asyncio.sleep(0)
        assert store.tried.count("7") == 1
        assert logs == []


async def test_where_one_is_done_there_is_room_for_the_next() -> None:
    store = Store()
    async with full(store) as estate:
        store.back[3].set()
        await store.forgotten.wait()
        await asyncio.sleep(0)  # Its task ends.
        estate.take(gone(MOST + 1))
        await asyncio.sleep(0)
        assert store.tried[-1] == str(MOST + 1)
