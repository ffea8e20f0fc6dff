"""A connection that is closed leaves no socket open, whatever the other side does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.kubeconfig import load_place
from devcluster import Cluster
from tests.support.line import Line, line_to

READY = Call("GET", "/readyz")
WATCH = Call("GET", "/api/v1/configmaps", query=(("watch", "true"),))


@dataclass
class Ways:
    """Connections by way of a line."""

    kubeconfig: str
    line: Line

    async def connection(self, *, patience: float = 30.0) -> Connection:
        place = await load_place(self.kubeconfig, "admin")
        place.configuration.host = f"https://127.0.0.1:{self.line.port}"
        return Connection(place.configuration, timeout=patience)

    async def all_hung_up(self) -> None:
        await self.line.until(lambda: not self.line.callers)


@pytest.fixture
async def ways(cluster: Cluster) -> AsyncIterator[Ways]:
    async with line_to(cluster.server) as line:
        yield Ways(str(cluster.kubeconfig), line)


async def test_one_whose_answer_was_not_waited_for(ways: Ways) -> None:
    connection = await ways.connection(patience=1.0)
    assert await connection.text(READY) == "ok"
    ways.line.silent = True
    with pytest.raises(ApiError, match="timed out"):
        await connection.text(READY)
    assert len(ways.line.callers) == 1
    await connection.close()
    await ways.all_hung_up()


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("pieces", range(4))
async def test_one_that_is_called_off(ways: Ways, pieces: int, turns: int) -> None:
    connection = await ways.connection()
    asking = asyncio.create_task(connection.request(WATCH))
    await ways.line.until(lambda: ways.line.pieces >= pieces)
    ways.line.silent = True
    for _ in range(turns):
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await connection.close()
    await ways.all_hung_up()


async def test_one_whose_watch_is_still_open(ways: Ways) -> None:
    connection = await ways.connection()
    async with connection.stream(WATCH) as events:
        await anext(events)
        ways.line.silent = True
        await connection.close()
        await ways.all_hung_up()
