"""Appointments: when to look at a request again although nothing about it changes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from countersign.errors import ApiError
from countersign.handlers.wakeups import Wakeups
from tests.support.fakes import not_found, unavailable
from tests.support.fakes_objects import after
from tests.support.fakes_time import LoopClock, in_virtual_time

AGAIN = timedelta(seconds=60)


class World:
    """Wakeups that run, and what they touched when."""

    def __init__(self) -> None:
        self.touched: list[tuple[float, str]] = []
        self.errors: list[ApiError | None] = []
        self.hangs: asyncio.Event | None = None
        self.wakeups = Wakeups(self.touch, LoopClock(), again=AGAIN)
        self.running = asyncio.create_task(self.wakeups.run())

    async def touch(self, namespace: str, name: str) -> None:
        self.touched.append((asyncio.get_running_loop().time(), f"{namespace}/{name}"))
        if self.hangs is not None:
            await self.hangs.wait()
        if self.errors and (error := self.errors.pop(0)):
            raise error

    def at(self, name: str, seconds: float) -> None:
        self.wakeups.at(f"uid-{name}", "shop", name, after(seconds))

    async def until(self, seconds: float) -> list[tuple[float, str]]:
        await asyncio.sleep(seconds - asyncio.get_running_loop().time())
        return self.touched

    def close(self) -> None:
        assert not self.running.done()
        self.running.cancel()


@in_virtual_time
async def test_a_request_is_touched_at_its_time_and_not_before() -> None:
    world = World()
    world.at("web", 30)
    assert await world.until(29.9) == []
    assert await world.until(31) == [(30, "shop/web")]
    world.close()


@in_virtual_time
async def test_an_appointment_in_the_past_is_kept_at_once() -> None:
    world = World()
    world.at("web", -5)
    assert await world.until(0.1) == [(0, "shop/web")]
    world.close()


@in_virtual_time
async def test_the_later_appointment_of_a_request_replaces_the_earlier_one() -> None:
    world = World()
    world.at("web", 30)
    await world.until(10)
    world.at("web", 50)
    assert await world.until(49) == []
    assert await world.until(51) == [(50, "shop/web")]
    assert len(world.wakeups) == 1
    world.close()


@in_virtual_time
async def test_a_nearer_appointment_is_not_slept_through() -> None:
    world = World()
    world.at("web", 3600)
    await world.until(10)
    world.at("db", 20)
    assert await world.until(21) == [(20, "shop/db")]
    world.close()


@in_virtual_time
async def test_requests_are_touched_each_at_their_time() -> None:
    world = World()
    for name, seconds in (("c", 30), ("a", 10), ("b", 20)):
        world.at(name, seconds)
    assert await world.until(31) == [(10, "shop/a"), (20, "shop/b"), (30, "shop/c")]
    world.close()


@in_virtual_time
async def test_a_request_that_is_forgotten_is_not_touched() -> None:
    world = World()
    world.at("web", 30)
    world.wakeups.forget("uid-web")
    world.wakeups.forget("uid-unknown")
    assert await world.until(1000) == []
    assert len(world.wakeups) == 0
    world.close()


@in_virtual_time
async def test_a_touch_that_leads_to_nothing_is_repeated() -> None:
    world = World()
    world.at("web", 0)
    assert [at for at, _ in await world.until(150)] == [0, 60, 120]
    world.close()


@in_virtual_time
async def test_a_touch_that_fails_is_repeated_and_stops_no_other() -> None:
    world = World()
    world.errors = [unavailable(), None]
    world.at("web", 10)
    world.at("db", 10)
    assert await world.until(71) == [
        (10, "shop/web"),
        (10, "shop/db"),
        (70, "shop/web"),
        (70, "shop/db"),
    ]
    world.close()


@in_virtual_time
async def test_a_request_that_is_gone_is_not_touched_again() -> None:
    world = World()
    world.errors = [not_found('approvalrequests "web"')]
    world.at("web", 10)
    assert await world.until(1000) == [(10, "shop/web")]
    assert len(world.wakeups) == 0
    world.close()


@in_virtual_time
async def test_an_appointment_that_is_made_during_a_touch_stands() -> None:
    world = World()
    world.hangs = asyncio.Event()
    world.at("web", 10)
    await world.until(11)
    world.at("web", 25)  # Its next event came in before the touch was answered.
    world.hangs.set()
    assert await world.until(26) == [(10, "shop/web"), (25, "shop/web")]
    world.close()


@in_virtual_time
async def test_a_request_that_is_finished_while_others_are_touched_is_left_alone() -> None:
    world = World()
    world.hangs = asyncio.Event()
    world.at("web", 10)
    world.at("db", 10)
    await world.until(11)
    world.wakeups.forget("uid-db")
    world.hangs.set()
    assert await world.until(12) == [(10, "shop/web")]
    world.close()
