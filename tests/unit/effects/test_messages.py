"""Messages stand in the status until they are delivered, also across processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.phase import Phase
from countersign.policy.bookkeeping import KNOWLEDGE, MAX_MESSAGES, PLAYBOOK
from tests.support.fakes import FakeDesk, FakeNotifier, forbidden, not_found, unavailable
from tests.support.fakes_objects import UID, request, with_status
from tests.support.fakes_time import START, LoopClock, in_virtual_time
from tests.support.fakes_world import World
from tests.support.incidents import incident

AT = int(START.timestamp())
WANTED, APPROVED, EXECUTED = (
    f"message-{part}" for part in ("signature-wanted-1", f"approved-{AT}", "executed")
)
A_WHILE = 2.0
"""Seconds: longer than what is delivered is gathered."""


class Server(FakeDesk):
    """What befalls the next claims."""

    claims = 0
    refusals: list[Exception]
    meanwhile: Callable[[], None] | None = None
    """What happens while the next claim is on its way."""

    async def claim(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        self.claims += 1
        happening, self.meanwhile = self.meanwhile, None
        if happening is not None:
            happening()
        if self.refusals:
            raise self.refusals.pop(0)
        return await super().claim(request, status)


class Told:
    """A request whose steps are saved by the workflow, as the handlers do it."""

    def __init__(self, of: ApprovalRequest | None = None, **spec: Any) -> None:
        self.notifier: FakeNotifier = FakeNotifier()
        spec = {"verify": {"enabled": False}, **spec}
        self.world = World(of or request(**spec), clock=LoopClock(), notifier=self.notifier)
        self.server = Server()
        self.server.refusals = []
        self.world.desk = self.server
        self.world.workflow = self.world.started()

    @property
    def live(self) -> ApprovalRequest:
        return self.world.request

    async def advance(self) -> None:
        """An event arrives, and is attended to."""
        self.world.outbox.saw(self.live)
        await self.world.workflow.save(self.live, await self.world.workflow.advance(self.live))

    async def approved(self) -> None:
        await self.advance()
        self.world.sign("alice", "bob")
        await self.advance()
        assert self.live.phase is Phase.APPROVED

    async def executed(self) -> None:
        await self.approved()
        step = await self.world.workflow.execute(self.live)
        await self.world.workflow.finish(self.live, step)
        assert self.live.phase is Phase.SUCCEEDED

    async def restarted(self) -> None:
        """Killed; another process lists what there is."""
        self.notifier = FakeNotifier()
        self.world.workflow = self.world.started(self.notifier)
        await self.advance()

    def touched(self) -> None:
        """Somebody else has written it."""
        self.server.put(self.live)

    async def delivered(self, *parts: str, given_up: tuple[str, ...] = ()) -> None:
        for part in parts:
            self.notifier.deliver(part, *given_up)
        await asyncio.sleep(A_WHILE)

    @property
    def states(self) -> dict[str, str]:
        return {name: str(each.state) for name, each in self.live.status.effects.items()}

    @property
    def parts(self) -> list[str]:
        return [message.id.removeprefix(f"{UID}/") for message in self.notifier.messages]

    @property
    def recorded(self) -> str | None:
        return self.world.condition("Recorded")


# --- All goes well --------------------------------------------------------------------------------


@in_virtual_time
async def test_the_status_that_makes_a_message_due_names_it() -> None:
    told = Told()
    await told.advance()
    assert told.states == {WANTED: "Pending"}
    assert told.parts == ["signature-wanted-1"]
    await told.delivered("signature-wanted-1")
    assert told.states == {WANTED: "Done"}
    assert told.server.claims == 2


@in_virtual_time
async def test_what_a_secret_hides_the_incident_does_not_go_with_it() -> None:
    told = Told(action="For INC-2031: `kubectl set env deployment/web API_TOKEN=hunter2`")
    await told.advance()
    [message] = told.notifier.messages
    assert message.incident == "inc-2031"
    assert "hunter2" not in str(message)


@in_virtual_time
async def test_what_was_delivered_is_written_together_and_with_it_that_nothing_is_left() -> None:
    told = Told()
    await told.executed()
    assert told.states == {
        WANTED: "Pending", APPROVED: "Pending", EXECUTED: "Pending",
        KNOWLEDGE: "Done", PLAYBOOK: "Skipped",
    }  # fmt: skip
    assert told.recorded == "False/Outstanding"
    before = told.server.claims
    await told.delivered("signature-wanted-1", f"approved-{AT}", "executed")
    assert set(told.states.values()) == {"Done", "Skipped"}
    assert told.recorded == "True/Recorded"
    assert told.server.claims == before + 1
    await told.advance()
    assert told.server.claims == before + 1


@in_virtual_time
async def test_while_it_is_carried_out_nothing_is_written_about_messages() -> None:
    told = Told()
    await told.approved()
    before = told.server.claims
    await told.delivered("signature-wanted-1", f"approved-{AT}")
    assert told.server.claims == before
    step = await told.world.workflow.execute(told.live)
    await told.world.workflow.finish(told.live, step)
    await told.advance()
    assert told.states[APPROVED] == "Done"


@in_virtual_time
async def test_a_message_that_is_given_up_is_dead_and_says_by_whom() -> None:
    told = Told()
    await told.executed()
    await told.delivered("signature-wanted-1", f"approved-{AT}")
    await told.delivered("executed", given_up=("slack", "pager"))
    assert told.states[EXECUTED] == "Dead"
    assert told.live.status.effects[EXECUTED].message == "Given up: slack, pager."
    assert told.recorded == "True/Recorded"
    recorded = told.live.status.conditions[-1]
    assert recorded.message == "memory Given up: message-executed."


@in_virtual_time
async def test_where_nobody_wants_to_know_there_is_no_entry_and_no_request_more() -> None:
    told = Told()
    told.notifier.wanted = False
    await told.executed()
    await asyncio.sleep(A_WHILE)
    assert told.states == {KNOWLEDGE: "Done", PLAYBOOK: "Skipped"}
    assert told.recorded == "True/Recorded"
    assert told.server.claims == 2
    assert told.parts == []


@in_virtual_time
async def test_the_end_of_a_request_that_was_not_carried_out_waits_for_no_record() -> None:
    told = Told(cancelled=True)
    await told.advance()
    assert told.live.phase is Phase.CANCELLED
    assert told.states == {"message-decided": "Pending"}
    await told.delivered("decided")
    assert told.states == {"message-decided": "Done"}
    assert told.recorded is None


# --- After a restart ------------------------------------------------------------------------------


@in_virtual_time
async def test_what_an_earlier_process_left_undelivered_is_handed_over_again() -> None:
    told = Told()
    await told.advance()
    first = told.notifier.messages[0]
    await told.restarted()
    assert [each.id for each in told.notifier.messages] == [first.id]
    await told.advance()
    assert len(told.notifier.messages) == 1  # It is in our hands.
    await told.delivered("signature-wanted-1")
    assert told.states == {WANTED: "Done"}


@in_virtual_time
async def test_after_the_end_all_but_what_has_been_overtaken_is_told() -> None:
    told = Told()
    await told.executed()
    await told.restarted()
    await asyncio.sleep(A_WHILE)
    assert told.parts == [f"approved-{AT}", "executed"]
    assert told.states[WANTED] == "Skipped"
    approval = told.notifier.messages[0]
    assert (approval.phase, approval.status) == (Phase.APPROVED, None)
    assert "alice" in approval.message
    await told.delivered(f"approved-{AT}", "executed")
    assert told.recorded == "True/Recorded"


@in_virtual_time
async def test_a_message_for_channels_that_are_gone_is_skipped() -> None:
    told = Told()
    await told.executed()
    told.notifier = FakeNotifier()
    told.notifier.wanted = False
    told.world.workflow = told.world.started(told.notifier)
    await told.advance()
    await asyncio.sleep(A_WHILE)
    assert told.recorded == "True/Recorded"
    assert told.states[EXECUTED] == "Skipped"


@in_virtual_time
async def test_notifications_that_were_turned_off_leave_nothing_pending() -> None:
    told = Told()
    await told.executed()
    silent = World(told.live, clock=LoopClock())
    silent.desk = told.server
    silent.workflow = silent.started()
    silent.outbox.saw(told.live)
    await asyncio.sleep(A_WHILE)
    assert told.recorded == "True/Recorded"


@in_virtual_time
async def test_at_an_orderly_end_what_was_delivered_is_written_at_once() -> None:
    told = Told()
    await told.executed()
    for part in ("signature-wanted-1", f"approved-{AT}", "executed"):
        told.notifier.deliver(part)
    await told.world.outbox.flush(5)
    assert told.recorded == "True/Recorded"


# --- What goes wrong ------------------------------------------------------------------------------


@in_virtual_time
async def test_a_receipt_that_comes_too_late_is_written_once_the_news_are_there() -> None:
    told = Told()
    await told.advance()
    told.touched()
    await told.delivered("signature-wanted-1")
    assert told.states == {WANTED: "Pending"}
    told.world.outbox.saw(told.live)
    await asyncio.sleep(A_WHILE)
    assert told.states == {WANTED: "Done"}


@in_virtual_time
async def test_news_that_arrive_while_a_receipt_is_on_its_way_are_not_waited_for_again() -> None:
    told = Told()
    await told.advance()

    def changes() -> None:
        told.touched()
        told.world.outbox.saw(told.live)

    told.server.meanwhile = changes
    await told.delivered("signature-wanted-1")
    assert told.states == {WANTED: "Done"}


@in_virtual_time
async def test_what_is_delivered_while_something_else_is_done_is_written_with_that() -> None:
    told = Told(incident="INC-2031")
    told.world.casebook.put(incident())
    await told.executed()
    told.world.casebook.faults["write_incident"].append(lambda: asyncio.sleep(20))
    before = told.server.claims
    working = asyncio.create_task(told.advance())
    await told.delivered("signature-wanted-1", f"approved-{AT}", "executed")
    assert told.server.claims == before
    await working
    assert told.server.claims == before + 1
    assert told.recorded == "True/Recorded"
    told.world.outbox.saw(told.live)
    await asyncio.sleep(A_WHILE)
    assert told.server.claims == before + 1


@in_virtual_time
async def test_a_status_that_is_announced_twice_is_told_once() -> None:
    told = Told()
    before = told.live
    await told.advance()
    await told.world.outbox.written(before, told.live, ())
    assert told.parts == ["signature-wanted-1"]


@pytest.mark.parametrize("error", [unavailable(), forbidden(), ValueError("a defect")])
@in_virtual_time
async def test_a_receipt_that_cannot_be_written_is_written_later(error: Exception) -> None:
    told = Told()
    await told.advance()
    told.server.refusals = [error, error]
    await told.delivered("signature-wanted-1")
    assert told.states == {WANTED: "Pending"}
    assert ("failed effect", "receipt") in told.world.meter.told
    await asyncio.sleep(200)
    assert told.states == {WANTED: "Done"}
    assert told.parts == ["signature-wanted-1"]


@in_virtual_time
async def test_of_a_request_that_is_gone_nothing_is_written() -> None:
    told = Told()
    await told.advance()
    told.server.refusals = [not_found()]
    before = told.server.claims
    await told.delivered("signature-wanted-1")
    await asyncio.sleep(1000)
    assert told.server.claims == before + 1
    told.world.outbox.forget(UID)


@in_virtual_time
async def test_events_from_before_a_receipt_was_written_hand_nothing_over_again() -> None:
    told = Told()
    await told.advance()
    old = told.live
    await told.delivered("signature-wanted-1")
    told.world.outbox.saw(old)
    assert told.parts == ["signature-wanted-1"]
    told.world.outbox.saw(told.live)
    told.world.outbox.saw(told.live)
    assert told.parts == ["signature-wanted-1"]


@in_virtual_time
async def test_where_the_crd_drops_the_entries_messages_are_sent_all_the_same() -> None:
    told = Told()
    await told.advance()
    dropped = told.live.status.model_copy(update={"effects": {}})
    told.world.request = with_status(told.live, dropped)
    await told.advance()
    before = told.server.claims
    await told.delivered("signature-wanted-1")
    assert told.server.claims == before
    assert told.parts == ["signature-wanted-1"]


@in_virtual_time
async def test_old_messages_make_room_for_new_ones() -> None:
    told = Told()
    await told.advance()
    [entry] = told.live.status.effects.values()
    many = {f"message-stale-{n}": entry for n in range(40)}
    status = told.live.status.model_copy(update={"effects": many})
    told.world.request = with_status(told.live, status)
    await told.approved()
    messages = [name for name in told.states if name.startswith("message-")]
    assert len(messages) <= MAX_MESSAGES
    assert APPROVED in messages
