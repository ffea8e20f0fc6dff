"""Carrying a request out: once, where all goes well."""

from __future__ import annotations

import asyncio
from typing import Any

from countersign.api.phase import Phase
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject
from tests.support.fakes import EXECUTOR
from tests.support.fakes_objects import (
    OLD_DIGEST,
    UID,
    operation,
    signature,
    signed,
)
from tests.support.fakes_time import LoopClock, in_virtual_time
from tests.support.fakes_world import SCALE, UNWATCHED, World, approved_world


@in_virtual_time
async def test_the_effect_comes_first_then_the_record_then_the_event_then_the_status() -> None:
    world = await approved_world(**UNWATCHED)
    step = await world.execute()
    assert world.journal == ["effect", "knowledge", "event end"]
    assert step.status is not None
    assert step.status.phase is Phase.SUCCEEDED
    assert world.replicas == 5
    assert world.cluster.calls == ["patch"]
    assert world.cluster.asked_as == {EXECUTOR}


@in_virtual_time
async def test_everything_about_a_success_is_in_the_status() -> None:
    world = await approved_world(**UNWATCHED)
    step = await world.execute()
    status = world.request.status
    assert world.condition("Executed") == "True/Applied"
    assert world.condition("Recorded") == "True/Recorded"
    assert world.condition("Verified") is None
    assert status.knowledge is not None
    assert status.knowledge.entry == UID
    assert status.result is not None
    assert (status.result.changed, status.result.message) == (True, world.message)
    assert len(status.attempts) == 1
    assert status.attempts[0].error is None
    assert "Scale Deployment shop/web from 3 to 5 replicas: done" in world.message
    assert (step.wake_at, step.retry_after, step.notices) == (None, None, ())
    assert world.events() == [("end", "Normal", "Succeeded")]
    assert ("finished", "Scale", "Succeeded", 0.0) in world.meter.told


@in_virtual_time
async def test_the_entry_of_a_success_is_kept_under_the_requests_uid() -> None:
    world = await approved_world(**UNWATCHED, incident="INC-42")
    await world.execute()
    entry = await world.entry()
    assert entry is not None
    assert entry.tags == ("human_approved", "success", "general", "execution")
    assert SCALE in entry.content
    assert entry.related_incident == "INC-42"


@in_virtual_time
async def test_the_entry_of_a_typed_operation_has_the_command_it_stands_for() -> None:
    world = await approved_world(
        action=None, operation=operation(replicas=5), verify={"enabled": False}
    )
    await world.execute()
    entry = await world.entry()
    assert entry is not None
    assert "kubectl scale deployment/web --replicas=5 --namespace=shop" in entry.content


@in_virtual_time
async def test_the_entry_names_those_whose_signatures_counted_and_nobody_else() -> None:
    world = World(clock=LoopClock(), **UNWATCHED)
    await world.advance()
    others = [
        signature("mallory", plan=OLD_DIGEST),
        signature("agent"),
        signature("zoe", "Deny", plan=OLD_DIGEST),
    ]
    world.request = signed(world.request, *others)
    world.sign("alice", "bob")
    await world.advance()
    await world.execute()
    entry = await world.entry()
    assert entry is not None
    assert "- **Signed by**: alice, bob\n" in entry.content


@in_virtual_time
async def test_the_target_bears_the_stamp_of_the_request() -> None:
    world = await approved_world(**UNWATCHED)
    await world.execute()
    assert world.cluster.objects[world.path]["metadata"]["annotations"][STAMP] == UID


@in_virtual_time
async def test_a_plan_that_changes_nothing_succeeds_without_a_write() -> None:
    world = await approved_world(action="kubectl scale deployment/web --replicas=3")
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.condition("Executed") == "True/NoChange"
    assert world.cluster.calls == ["get"]
    assert "nothing to change" in world.message
    assert world.request.status.result is not None
    assert not world.request.status.result.changed
    assert await world.entry() is not None


@in_virtual_time
async def test_an_effect_of_an_earlier_run_is_found_and_finished_and_not_done_again() -> None:
    world = await approved_world(
        action="kubectl rollout restart deployment/web", verify={"enabled": False}
    )
    approved_request = world.request
    await world.execute()
    live = dict(world.cluster.objects[world.path])
    world.request = approved_request  # The process was killed before the status was written.
    world.journal.clear()
    await world.execute()
    assert world.journal == ["knowledge", "event end"]
    assert world.cluster.objects[world.path] == live
    assert world.phase is Phase.SUCCEEDED
    assert len(await world.store.latest(10)) == 1


@in_virtual_time
async def test_so_many_effects_at_a_time_and_no_more() -> None:
    world = World(clock=LoopClock(), parallel=2, **UNWATCHED)
    await world.approve()
    under_way, most = 0, 0
    patch = world.cluster.patch

    async def slow(*args: Any, **kwargs: Any) -> JsonObject:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(1)
        under_way -= 1
        return await patch(*args, **kwargs)

    world.cluster.patch = slow  # type: ignore[method-assign]
    await asyncio.gather(*(world.workflow.execute(world.request) for _ in range(6)))
    assert most == 2
