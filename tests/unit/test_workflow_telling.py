"""What the workflow hands to the notifier, and that nothing depends on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.policy.step import Step
from tests.support.fakes import FakeNotifier, unavailable
from tests.support.fakes_objects import UID, request
from tests.support.fakes_time import START
from tests.support.fakes_world import World


class Told:
    """A world with a notifier, in which steps are saved by the workflow as the handlers do it."""

    def __init__(self, **spec: Any) -> None:
        self.notifier = FakeNotifier()
        spec = {"verify": {"enabled": False}, **spec}
        self.world = World(request(**spec), notifier=self.notifier)

    async def advance(self) -> None:
        await self.save(await self.world.workflow.advance(self.world.request))

    async def save(self, step: Step) -> None:
        self.world.request = (
            await self.world.workflow.save(self.world.request, step) or self.world.request
        )

    async def execute(self) -> ApprovalRequest:
        step = await self.world.workflow.execute(self.world.request)
        self.world.request = await self.world.workflow.finish(self.world.request, step)
        return self.world.request

    async def to_the_end(self) -> None:
        await self.advance()
        self.world.sign("alice", "bob")
        await self.advance()
        await self.execute()

    @property
    def steps(self) -> list[str]:
        return [message.id.removeprefix(f"{UID}/") for message in self.notifier.messages]


async def test_each_step_of_a_request_is_told_once_and_in_order() -> None:
    told = Told()
    await told.to_the_end()
    approved_at = int(START.timestamp())
    assert told.steps == ["signature-wanted-1", f"approved-{approved_at}", "executed"]
    assert told.world.phase is Phase.SUCCEEDED


async def test_it_is_told_after_the_status_is_written_and_before_events_are_waited_for() -> None:
    told = Told()
    told.notifier.journal = told.world.journal
    await told.advance()
    assert told.world.journal[-2:] == ["status Pending", "message signature-wanted"]


async def test_what_could_not_be_written_is_not_told() -> None:
    told = Told()
    told.world.desk.error = unavailable()
    with pytest.raises(type(unavailable())):
        await told.advance()
    assert told.steps == []


@pytest.mark.parametrize("failing", ["notify and remind", "none"])
async def test_a_notifier_that_fails_changes_nothing_else(failing: str) -> None:
    told = Told(expires_after=timedelta(hours=2))
    if failing != "none":
        told.notifier.error = RuntimeError("down")
    await told.to_the_end()
    assert told.world.phase is Phase.SUCCEEDED
    assert told.world.condition("Executed") == "True/Applied"
    assert await told.world.entry() is not None
    failed = ("failed effect", "notification") in told.world.meter.told
    assert failed == (failing != "none")


async def test_telling_asks_the_api_server_for_nothing() -> None:
    silent, told = World(verify={"enabled": False}), Told()
    await silent.approve()
    await silent.execute()
    await told.to_the_end()
    with_status = [each for each in told.world.journal if not each.startswith("message")]
    assert told.world.cluster.calls[-len(silent.cluster.calls) :] == silent.cluster.calls
    assert sum(each.startswith("event") for each in with_status) == 1


async def test_while_it_waits_it_is_reminded_of_and_then_no_more() -> None:
    told = Told(expires_after=timedelta(hours=2))
    await told.advance()
    await told.advance()
    reminder = told.notifier.reminders[UID]
    assert reminder.expires_at == START + timedelta(hours=2)
    told.world.sign("alice", "bob")
    await told.advance()
    assert told.notifier.reminders == {}


async def test_of_a_request_without_an_expiry_nobody_is_reminded() -> None:
    told = Told()
    await told.advance()
    await told.advance()
    assert told.notifier.reminders == {}


async def test_of_a_request_that_is_gone_nobody_is_reminded() -> None:
    told = Told(expires_after=timedelta(hours=2))
    await told.advance()
    await told.advance()
    told.world.outbox.forget(UID)
    assert told.notifier.reminders == {}
