"""Watching the outcome: until it is done, is seen to fail, or the time is up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from countersign.api.phase import Phase
from countersign.ports import JsonObject
from tests.support.fakes import unavailable
from tests.support.fakes_objects import (
    after,
    roll_out,
    with_status,
)
from tests.support.fakes_time import LoopClock, in_virtual_time, settle
from tests.support.fakes_world import SCALE, World, approved_world


def in_time(world: World, seconds: float, how: Callable[[JsonObject], None]) -> None:
    """Somebody or some controller changes the target after so long."""

    async def later() -> None:
        await asyncio.sleep(seconds)
        world.cluster.change(world.path, how)

    world.tasks = [*getattr(world, "tasks", []), asyncio.create_task(later())]  # type: ignore[attr-defined]


def degrade(live: JsonObject) -> None:
    live["status"]["observedGeneration"] = live["metadata"]["generation"]
    live["status"]["conditions"] = [
        {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "pull failed"}
    ]


@in_virtual_time
async def test_an_outcome_is_watched_until_it_is_good() -> None:
    world = await approved_world()
    in_time(world, 1, lambda live: live["status"].update(observedGeneration=2))
    in_time(world, 1.5, roll_out)
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.SUCCEEDED, "True/Done")
    assert "5 of 5 replicas are available" in world.message
    assert world.cluster.calls == ["patch", "watch"]
    assert world.clock.now() == after(1.5)
    await world.pass_time(60)
    assert world.desk.saved == []  # It was over before it was worth an announcement.


@in_virtual_time
async def test_an_outcome_that_is_good_at_once_needs_no_watch() -> None:
    world = await approved_world(action="kubectl scale deployment/web --replicas=3")
    await world.execute()
    assert world.condition("Verified") == "True/Done"
    assert "watch" not in world.cluster.calls


@in_virtual_time
async def test_a_verification_that_takes_a_while_is_announced_once() -> None:
    world = await approved_world()
    in_time(world, 60, roll_out)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    [announced] = world.desk.saved
    assert announced.phase is Phase.EXECUTING
    assert world.journal == ["effect", "status Executing", "knowledge", "event end"]


@in_virtual_time
async def test_an_announcement_that_fails_changes_nothing() -> None:
    world = await approved_world()
    world.desk.error = unavailable()
    in_time(world, 60, roll_out)
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.SUCCEEDED, "True/Done")


@in_virtual_time
async def test_an_outcome_that_does_not_come_in_time_is_a_failure() -> None:
    world = await approved_world(verify={"timeout": "2m"})
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.FAILED, "False/Timeout")
    assert world.condition("Executed") == "True/Applied"
    assert "spec.verify.timeout" in world.message
    assert world.clock.now() == after(120)
    assert world.events()[-1] == ("end", "Warning", "Failed")
    assert world.request.status.result is not None
    assert world.request.status.result.changed
    entry = await world.entry()
    assert entry is not None
    assert "failure" in entry.tags


@in_virtual_time
async def test_an_outcome_that_is_seen_to_be_bad_and_stays_so_is_a_failure() -> None:
    world = await approved_world()
    in_time(world, 10, degrade)
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.FAILED, "False/Degraded")
    assert "pull failed" in world.message
    assert world.clock.now() == after(12)


@in_virtual_time
async def test_signs_of_an_earlier_failure_that_pass_are_not_taken_for_one() -> None:
    world = await approved_world()
    world.cluster.change(world.path, degrade)  # Left from before; its controller is about to look.
    in_time(world, 1, roll_out)
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.SUCCEEDED, "True/Done")


@in_virtual_time
async def test_a_target_that_is_deleted_meanwhile_is_a_failure() -> None:
    world = await approved_world()

    async def later() -> None:
        await asyncio.sleep(10)
        world.cluster.vanish(world.path)

    deleting = asyncio.create_task(later())
    await world.execute()
    await deleting
    assert (world.phase, world.condition("Verified")) == (Phase.FAILED, "False/Degraded")
    assert "deleted meanwhile" in world.message
    assert world.clock.now() == after(10)


@in_virtual_time
async def test_a_target_that_was_deleted_while_nobody_watched_is_a_failure() -> None:
    world = await approved_world()
    world.cluster.faults["watch"].append(unavailable())

    async def later() -> None:
        await settle()
        world.cluster.vanish(world.path)

    deleting = asyncio.create_task(later())
    await world.execute()
    await deleting
    assert world.condition("Verified") == "False/Degraded"


@in_virtual_time
async def test_a_watch_that_ends_is_begun_again_and_misses_nothing() -> None:
    world = await approved_world()

    async def later() -> None:
        for _ in range(3):
            await asyncio.sleep(10)
            world.cluster.end_streams()
        world.cluster.change(world.path, roll_out)

    ending = asyncio.create_task(later())
    await world.execute()
    await ending
    assert world.condition("Verified") == "True/Done"
    assert world.cluster.count("watch") >= 3
    assert world.clock.now() <= after(32)


@in_virtual_time
async def test_a_watch_that_fails_is_tried_again_until_the_time_is_up() -> None:
    world = await approved_world(verify={"timeout": "1m"})
    world.cluster.faults["watch"].extend([unavailable()] * 1000)
    world.cluster.faults["get"].extend([unavailable()] * 5)
    in_time(world, 30, roll_out)
    await world.execute()
    assert world.condition("Verified") == "True/Done"
    assert world.clock.now() <= after(32)
    assert world.cluster.count("watch") <= 40


def break_silently(world: World) -> None:
    """Watches stay open and tell nothing, as when a firewall has forgotten the connection."""

    @asynccontextmanager
    async def silence(*_: Any) -> AsyncIterator[AsyncIterator[JsonObject]]:
        async def versions() -> AsyncIterator[JsonObject]:
            await asyncio.Event().wait()
            yield {}

        world.cluster.calls.append("watch")
        yield versions()

    world.cluster.watch = silence  # type: ignore[assignment,method-assign]


@in_virtual_time
async def test_a_watch_that_has_broken_silently_is_given_up_for_a_look() -> None:
    world = await approved_world()
    break_silently(world)
    in_time(world, 20, roll_out)
    await world.execute()
    assert world.condition("Verified") == "True/Done"
    assert world.clock.now() <= after(60)


@in_virtual_time
async def test_a_watch_that_has_broken_silently_does_not_outlast_the_time_for_it() -> None:
    world = await approved_world(verify={"timeout": "2m"})
    break_silently(world)
    await world.execute()
    assert world.condition("Verified") == "False/Timeout"
    assert world.clock.now() == after(120)


@pytest.mark.parametrize(
    ("how", "verified"),
    [(roll_out, "True/Done"), (degrade, "False/Degraded"), (lambda _: None, "False/Timeout")],
    ids=["good", "bad", "neither"],
)
@in_virtual_time
async def test_when_the_time_is_up_there_is_one_last_look(
    how: Callable[[JsonObject], None], verified: str
) -> None:
    world = await approved_world(verify={"timeout": "10s"})
    break_silently(world)
    in_time(world, 9, how)
    await world.execute()
    assert world.condition("Verified") == verified
    assert world.clock.now() == after(10)


@in_virtual_time
async def test_a_last_look_that_fails_leaves_it_at_the_time_being_up() -> None:
    world = await approved_world(verify={"timeout": "10s"})
    break_silently(world)
    world.cluster.faults["get"].append(unavailable())
    await world.execute()
    assert world.condition("Verified") == "False/Timeout"


@in_virtual_time
async def test_watching_holds_no_slot_that_another_execution_could_use() -> None:
    world = World(clock=LoopClock(), parallel=1, action=SCALE)
    await world.approve()
    first = asyncio.create_task(world.workflow.execute(world.request))
    await asyncio.sleep(5)
    second = asyncio.create_task(world.workflow.execute(world.request))
    await asyncio.sleep(5)
    assert world.cluster.count("patch") == 2
    world.cluster.change(world.path, roll_out)
    await asyncio.gather(first, second)


@in_virtual_time
async def test_after_a_crash_while_watching_the_watch_goes_on_and_nothing_is_done_again() -> None:
    world = await approved_world()
    executing = asyncio.create_task(world.execute())
    await asyncio.sleep(5)
    executing.cancel()
    await asyncio.wait([executing])
    world.request = with_status(world.request, world.desk.saved[0])
    assert world.phase is Phase.EXECUTING
    in_time(world, 5, roll_out)
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.SUCCEEDED, "True/Done")
    assert world.journal.count("effect") == 1
