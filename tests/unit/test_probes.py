"""/healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from countersign.metrics import PrometheusMeter
from countersign.probes import serve_probes


class Probes:
    """A server on a free port, and what it is missing."""

    def __init__(self) -> None:
        self.missing: str | None = None
        self.meter = PrometheusMeter()
        self.url = ""

    async def get(self, path: str) -> tuple[int, str, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}{path}") as response,
        ):
            return response.status, await response.text(), response.headers["Content-Type"]


@pytest.fixture
async def probes() -> AsyncIterator[Probes]:
    probes = Probes()
    runner = await serve_probes(
        host="127.0.0.1", port=0, meter=probes.meter, ready=lambda: probes.missing
    )
    host, port = runner.addresses[0][:2]
    probes.url = f"http://{host}:{port}"
    yield probes
    await runner.cleanup()


async def test_a_replica_that_lives_says_so(probes: Probes) -> None:
    probes.missing = "the watch has not started yet"
    assert (await probes.get("/healthz"))[:2] == (200, "ok\n")


async def test_a_replica_is_ready_once_nothing_is_missing(probes: Probes) -> None:
    probes.missing = "the watch has not started yet"
    assert (await probes.get("/readyz"))[:2] == (503, "the watch has not started yet\n")
    probes.missing = None
    assert (await probes.get("/readyz"))[:2] == (200, "ok\n")


async def test_the_metrics_are_in_the_format_of_prometheus(probes: Probes) -> None:
    probes.meter.decided("approved")
    status, page, content_type = await probes.get("/metrics")
    assert status == 200
    assert content_type.startswith("text/plain; version=0.0.4")
    assert 'countersign_decisions_total{decision="approved"} 1.0' in page


async def test_there_is_nothing_else_to_see(probes: Probes) -> None:
    for path in ("/", "/debug", "/metrics/x"):
        assert (await probes.get(path))[0] == 404
