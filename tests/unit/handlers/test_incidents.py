"""From Kopf's events about incidents to the casework."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import kopf
from structlog.testing import capture_logs

from countersign.api.incident import Incident
from countersign.errors import StoreError
from countersign.handlers.incidents import Incidents
from countersign.handlers.registration import register_incidents
from tests.support.fakes import unavailable
from tests.support.fakes_time import LoopClock, in_virtual_time
from tests.support.incidents import incident

AGAIN = timedelta(seconds=60)


class FakeCasework:
    """Raises what it is told to, in that order; says when it was asked, and of how many at once."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.asked: list[tuple[float, str]] = []
        self.takes = 0.0
        self.under_way = self.most = 0

    async def attend(self, of: Incident) -> None:
        await self._answer(f"attend {of.metadata.namespace}/{of.metadata.name}")

    async def look_again(self, namespace: str, name: str) -> None:
        await self._answer(f"look again {namespace}/{name}")

    async def _answer(self, what: str) -> None:
        self.asked.append((asyncio.get_running_loop().time(), what))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(self.takes)
        self.under_way -= 1
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error


class World:
    """The handler, whose appointments are kept."""

    def __init__(self, *errors: Exception | None) -> None:
        self.casework = FakeCasework(*errors)
        self.incidents = Incidents(self.casework, LoopClock(), again=AGAIN)  # type: ignore[arg-type]
        self.running = asyncio.create_task(self.incidents.run())

    async def see(self, kind: str | None = "ADDED", **spec: Any) -> None:
        await self.incidents.observe(kind, incident(**spec).to_json())

    async def until(self, seconds: float) -> list[tuple[float, str]]:
        await asyncio.sleep(seconds - asyncio.get_running_loop().time())
        assert not self.running.done()
        return self.casework.asked

    def close(self) -> None:
        self.running.cancel()


@in_virtual_time
async def test_every_incident_that_is_listed_or_changes_is_attended_to_once() -> None:
    world = World()
    for kind in (None, "ADDED", "MODIFIED"):
        await world.see(kind)
    assert await world.until(600) == [(0, "attend shop/inc-2031")] * 3
    world.close()


@in_virtual_time
async def test_one_that_could_not_be_attended_to_is_looked_at_again_until_it_is() -> None:
    world = World(StoreError("the database is down"), unavailable(), ValueError("a defect"))
    with capture_logs() as lines:
        await world.see()
        asked = await world.until(600)
    again = "look again shop/inc-2031"
    assert asked == [(0, "attend shop/inc-2031"), (60, again), (120, again), (180, again)]
    assert [line["error"] for line in lines] == [
        "the database is down",
        "service unavailable",
        "a defect",
    ]
    world.close()


@in_virtual_time
async def test_of_hundreds_at_once_a_few_at_a_time_are_attended_to() -> None:
    world = World()
    world.casework.takes = 1
    names = {f"inc-{number}" for number in range(200)}
    await asyncio.gather(*(world.see(name=name) for name in names))
    assert {what for _, what in world.casework.asked} == {f"attend shop/{name}" for name in names}
    assert world.casework.most <= 16
    world.close()


@in_virtual_time
async def test_hundreds_of_one_namespace_keep_those_of_another_waiting_for_nothing() -> None:
    world = World()
    world.casework.takes = 1
    loud = [world.see(name=f"inc-{number}") for number in range(200)]
    await asyncio.gather(*loud, world.see(namespace="quiet"))
    assert (0, "attend quiet/inc-2031") in world.casework.asked
    world.close()


@in_virtual_time
async def test_what_is_gone_is_not_looked_at_again() -> None:
    world = World(unavailable())
    await world.see()
    await world.see("DELETED")
    assert len(await world.until(600)) == 1
    world.close()


@in_virtual_time
async def test_one_that_cannot_be_read_is_told_of_and_left_alone() -> None:
    world = World()
    body = incident().to_json()
    body["spec"]["effectivenessScore"] = "\x1b[2Jfive"
    with capture_logs() as lines:
        await world.incidents.observe("ADDED", body)
    assert await world.until(600) == []
    [line] = lines
    assert (line["event"], line["incident"]) == ("incident cannot be read", "shop/inc-2031")
    assert line["why"].startswith("spec.effectivenessScore: ")
    assert line["why"].isprintable()
    world.close()


@in_virtual_time
async def test_kopf_calls_it_for_events_and_nothing_else() -> None:
    world = World()
    registry = kopf.OperatorRegistry()
    register_incidents(registry, world.incidents, ("countersign.dev", "v1alpha1", "incidents"))
    [handler] = registry._watching.get_all_handlers()
    await handler.fn(type="ADDED", body=kopf.Body(incident().to_json()), name="anything else")
    assert world.casework.asked == [(0, "attend shop/inc-2031")]
    assert not registry._changing.get_all_handlers()
    world.close()
