"""What is still waited for when the operator leaves."""

from __future__ import annotations

import asyncio

import pytest

from countersign.policy.step import Step
from tests.support.fakes_objects import (
    approved,
    planned,
    with_status,
)
from tests.support.fakes_time import in_virtual_time, settle
from tests.support.fakes_workflow import World, finished


@in_virtual_time
async def test_draining_waits_until_what_is_under_way_is_written() -> None:
    of = approved()
    world = World(Step(status=finished(of)))
    await world.execute(of)
    draining = asyncio.create_task(world.requests.drain(15))
    await asyncio.sleep(5)
    assert not draining.done()
    await world.observe(with_status(of, finished(of)))
    await asyncio.sleep(0.01)
    assert draining.done()


@in_virtual_time
async def test_draining_waits_for_an_execution_that_is_still_running() -> None:
    of = approved()
    world = World(Step(status=finished(of)))
    world.workflow.hangs = asyncio.Event()
    executing = asyncio.create_task(world.execute(of))
    await settle()
    draining = asyncio.create_task(world.requests.drain(15))
    await asyncio.sleep(5)
    assert not draining.done()
    world.workflow.hangs.set()
    await executing
    await world.observe(with_status(of, finished(of)))
    await asyncio.sleep(0.01)
    assert draining.done()


@in_virtual_time
async def test_draining_does_not_wait_for_ever() -> None:
    of = approved()
    world = World(Step(status=finished(of)))
    await world.execute(of)
    await world.requests.drain(15)
    assert asyncio.get_running_loop().time() == 15


@in_virtual_time
async def test_draining_does_not_wait_for_a_request_that_is_gone() -> None:
    of = approved()
    world = World(Step(status=finished(of)))
    await world.execute(of)
    draining = asyncio.create_task(world.requests.drain(15))
    await settle()
    await world.observe(of, "DELETED")
    await draining
    assert asyncio.get_running_loop().time() == 0


@in_virtual_time
async def test_where_nothing_is_under_way_draining_takes_no_time() -> None:
    await World().requests.drain(15)
    assert asyncio.get_running_loop().time() == 0


@in_virtual_time
async def test_nothing_new_is_begun_while_draining() -> None:
    world = World()
    await world.requests.drain(15)
    assert not await world.observe(planned())
    # Neither done nor failed, for Kopf would write either; nor waiting, for its end waits for that.
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(1):
            await world.execute(approved())
    assert world.workflow.asked == []
