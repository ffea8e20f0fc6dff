"""Attempts that met an error that may pass, and those after them."""

from __future__ import annotations

import pytest

from countersign.api.phase import Phase
from tests.support.fakes import LostAnswer, unavailable
from tests.support.fakes_objects import (
    after,
)
from tests.support.fakes_time import in_virtual_time
from tests.support.fakes_world import UNWATCHED, approved_world


@in_virtual_time
async def test_a_transient_error_is_tried_again_after_the_delay() -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].append(unavailable())
    step = await world.execute()
    assert step.retry_after is not None
    assert step.retry_after.total_seconds() == 30
    assert (world.phase, world.condition("Executed")) == (Phase.EXECUTING, "Unknown/Retrying")
    assert world.request.status.next_attempt_at == after(30)
    [attempt] = world.request.status.attempts
    assert (attempt.error, attempt.transient) == ("service unavailable", True)
    last = world.request.status.timeline[-1]
    assert (last.type, last.status) == ("exec", "warning")
    assert "1/2" in last.title
    assert await world.entry() is None
    assert ("retried", "Scale") in world.meter.told
    assert [(step_, type_) for step_, type_, _ in world.events()] == [("retry-1-1", "Warning")]


RETRIES = {1: "succeeded after 1 retry", 2: "succeeded after 2 retries"}


@pytest.mark.parametrize("retries", RETRIES)
@in_virtual_time
async def test_a_success_after_retries_says_so(retries: int) -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].extend([unavailable()] * retries)
    for _ in range(retries):
        step = await world.execute()
        assert step.retry_after is not None
        await world.pass_time(step.retry_after.total_seconds())
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert RETRIES[retries] in world.message
    assert len(world.request.status.attempts) == retries + 1
    assert world.request.status.next_attempt_at is None
    entry = await world.entry()
    assert entry is not None
    assert "success" in entry.tags


@in_virtual_time
async def test_a_success_at_once_says_nothing_of_retries() -> None:
    world = await approved_world(**UNWATCHED)
    await world.execute()
    assert "retr" not in world.message


@in_virtual_time
async def test_after_two_retries_it_gives_up() -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].extend([unavailable()] * 9)
    attempts = 0
    while world.phase is not Phase.FAILED:
        step = await world.execute()
        attempts += 1
        if step.retry_after is not None:
            await world.pass_time(step.retry_after.total_seconds())
    assert attempts == world.cluster.count("patch") == 3
    assert world.condition("Executed") == "False/RetriesExhausted"
    assert "Gave up after 2 retries: service unavailable" in world.message
    assert world.events() == [
        ("retry-1-1", "Warning", "Retrying"),
        ("retry-1-2", "Warning", "Retrying"),
        ("end", "Warning", "Failed"),
    ]
    entry = await world.entry()
    assert entry is not None
    assert "execution_failed" in entry.tags


@in_virtual_time
async def test_the_request_says_how_often_and_after_how_long_it_is_tried_again() -> None:
    world = await approved_world(**UNWATCHED, retry={"limit": 1, "delay": "5s"})
    world.cluster.faults["patch"].extend([unavailable()] * 9)
    step = await world.execute()
    assert step.retry_after is not None
    assert step.retry_after.total_seconds() == 5
    await world.pass_time(5)
    await world.execute()
    assert world.phase is Phase.FAILED


@in_virtual_time
async def test_the_server_can_ask_for_a_longer_wait() -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].append(unavailable(retry_after=90))
    step = await world.execute()
    assert step.retry_after is not None
    assert step.retry_after.total_seconds() == 90


@in_virtual_time
async def test_an_attempt_that_is_woken_too_early_waits_for_its_time() -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].append(unavailable())
    await world.execute()
    world.cluster.calls.clear()
    await world.pass_time(10)
    step = await world.execute()
    assert step.status is None
    assert step.retry_after is not None
    assert step.retry_after.total_seconds() == 20
    assert world.cluster.calls == []
    assert len(world.request.status.attempts) == 1


@in_virtual_time
async def test_an_effect_whose_answer_was_lost_is_found_by_the_retry() -> None:
    world = await approved_world(**UNWATCHED)
    world.cluster.faults["patch"].append(LostAnswer())
    await world.execute()
    assert world.phase is Phase.EXECUTING
    await world.pass_time(30)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.journal.count("effect") == 1
