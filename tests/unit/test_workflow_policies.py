"""The workflow under policies: what is told, what is held back, and what had begun already."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from countersign.api.operation import OperationType
from countersign.api.phase import Phase
from countersign.api.status import ApprovalMode
from countersign.errors import ApiError
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policybook import PolicyBook
from tests.support.fakes_objects import UID, signature, signed
from tests.support.fakes_policies import absolute, policy, policy_body, under
from tests.support.fakes_time import FakeClock, LoopClock, in_virtual_time, settle
from tests.support.fakes_world import World
from tests.support.steps import approved_steps

AUTO = policy("auto", autoApprove={"riskAtMost": "medium"})
OFF = policy("off", suspend=True, suspendMessage="Incident.")


def lay_down(world: World, *policies: NamedPolicy) -> None:
    world.policies.circumstances = under(*policies)


async def planned(*policies: NamedPolicy, **spec: Any) -> World:
    world = World(**{"verify": {"enabled": False}, **spec})
    lay_down(world, *policies)
    await world.advance()
    return world


async def approved(*policies: NamedPolicy, **spec: Any) -> World:
    world = await planned(*policies, **spec)
    world.sign("alice", "bob")
    await world.advance()
    assert world.phase is Phase.APPROVED
    world.journal.clear()
    return world


async def test_the_plan_says_what_the_policies_demand() -> None:
    world = await planned(policy("p", signatures=3, expiresAfter="1h"))
    status = world.request.status
    assert (status.signed, status.required_signatures) == ("0/3", 3)
    assert status.expires_at == world.request.metadata.creation_timestamp.replace(hour=13)
    assert [each.name for each in status.policies] == ["default", "p"]


async def test_what_nobody_has_signed_is_told_once_it_is_written() -> None:
    world = await planned(AUTO, confidence=0.9)
    step = await world.advance()
    assert world.phase is Phase.APPROVED
    [notice] = step.notices
    assert (notice.reason, notice.type, notice.step) == ("AutoApproved", "Normal", "approved-1")
    assert world.request.status.approval is not None
    assert world.request.status.approval.mode is ApprovalMode.AUTOMATIC
    assert world.request.status.timeline[-1].actor_role == "policy"
    assert world.policies.claimed == [UID]


async def test_a_quorum_costs_no_event() -> None:
    world = await planned()
    world.sign("alice")
    assert (await world.advance()).notices == ()


async def test_a_broken_glass_is_a_warning_with_its_reason() -> None:
    world = await planned(policy("p", signatures=3, breakGlass={"groups": ["sre"]}))
    made = world.request.status.plan
    assert made is not None
    entry = signature(
        "alice", plan=made.digest, groups=("sre",), comment="Site is down.", break_glass=True
    )
    world.request = signed(world.request, entry)
    [notice] = (await world.advance()).notices
    assert (notice.reason, notice.type) == ("BreakGlass", "Warning")
    assert notice.note == "Break-glass by alice: Site is down."
    await world.execute()
    found = await world.entry()
    assert found is not None
    assert "break_glass" in found.tags
    assert "break-glass: Site is down." in found.content


async def test_knowledge_of_what_nobody_signed_says_so() -> None:
    world = await planned(AUTO, confidence=0.9)
    await world.advance()
    await world.execute()
    found = await world.entry()
    assert found is not None
    assert found.created_by == "auto_execute"
    assert found.tags[0] == "auto_executed"


async def test_nothing_is_approved_or_begun_before_the_policies_are_known() -> None:
    world, known = await planned(), PolicyBook(FakeClock())
    world.sign("alice")
    world.decided_by(known)
    advancing = asyncio.create_task(world.advance())
    await settle()
    assert not advancing.done()
    known.policies_are([policy_body("off", suspend=True)])
    await advancing
    assert world.condition("Approved") == "False/Suspended"


async def test_nothing_begins_while_the_policies_are_lost_from_sight() -> None:
    world, known = await approved(), PolicyBook(FakeClock())
    world.decided_by(known)
    executing = asyncio.create_task(world.execute())
    await settle()
    assert not executing.done()
    assert UID not in str(world.cluster.objects[world.path])
    known.policies_are([])
    await executing
    assert world.phase is Phase.SUCCEEDED


@in_virtual_time
async def test_a_target_that_never_stays_as_planned_is_planned_less_and_less_often() -> None:
    labelled = {"type": "merge", "patch": '{"metadata": {"labels": {"a": "b"}}}'}
    target = {"kind": "Deployment", "name": "web"}
    world = World(
        clock=LoopClock(),
        action=None,
        operation={"type": "Patch", "target": target, "patch": labelled},
        confidence=0.9,
    )
    lay_down(world, policy("auto", autoApprove={"riskAtMost": "high"}))
    patch, writes = world.cluster.patch, itertools.count()

    async def with_a_webhook(*args: Any, **kwargs: Any) -> Any:
        after = await patch(*args, **kwargs)
        after["metadata"]["annotations"]["seen-by-a-webhook"] = str(next(writes))
        return after

    world.cluster.patch = with_a_webhook  # type: ignore[method-assign]
    pauses = []
    while len(pauses) < 3:
        step = await (world.execute() if world.phase is Phase.APPROVED else world.advance())
        if step.status is None:
            assert step.wake_at is not None
            pauses.append((step.wake_at - world.clock.now()).total_seconds())
            await asyncio.sleep(pauses[-1])
    assert pauses == [30, 60, 120]
    assert next(writes) < 20
    assert world.request.status.plan is not None
    assert world.request.status.plan.revision == 6


# --- Approved and not begun -----------------------------------------------------------------------

STRICTER = {
    "the kill switch": (OFF, "Suspended"),
    "one more signature": (policy("p", signatures=3), "SignaturesMissing"),
    "a freeze window": (policy("p", freezeWindows=[absolute(-1, 1)]), "FreezeWindow"),
    "a policy that cannot be applied": (
        policy("p", freezeWindows=[absolute(0, 1, timeZone="Mars/Base")]),
        "PolicyInvalid",
    ),
}


@pytest.mark.parametrize("what", STRICTER)
async def test_what_has_not_begun_is_held_to_policies_that_have_become_stricter(what: str) -> None:
    stricter, reason = STRICTER[what]
    world = await approved()
    lay_down(world, stricter)
    step = await world.execute()
    assert world.phase is Phase.PENDING
    assert world.condition("Approved") == f"False/{reason}"
    assert world.condition("Planned") == "True/Planned"
    assert UID not in str(world.cluster.objects[world.path])
    assert "status" not in "".join(world.journal)
    assert world.request.status.approved_at is None
    assert world.request.status.approval is None
    assert [notice.reason for notice in step.notices] == ["HeldBack"]
    assert await world.entry() is None


async def test_its_signatures_stay_so_that_it_goes_on_by_itself_afterwards() -> None:
    world = await approved()
    lay_down(world, OFF)
    await world.execute()
    assert (await world.advance()).status is None  # What it waits for has been said.
    lay_down(world)
    await world.advance()
    assert world.phase is Phase.APPROVED
    await world.execute()
    assert world.phase is Phase.SUCCEEDED


async def test_a_policy_that_denies_by_now_ends_it() -> None:
    world = await approved()
    lay_down(world, policy("p", deny={"message": "Not any more."}))
    await world.execute()
    assert world.condition("Approved") == "False/PolicyChanged"
    await world.advance()
    assert world.phase is Phase.DENIED
    assert world.message == "Denied by policy p: Not any more."


async def test_what_is_being_retried_has_begun_and_goes_on() -> None:
    world = await approved()
    status = world.request.status.model_copy(update={"phase": Phase.EXECUTING})
    world.request = world.request.model_copy(update={"status": status})
    lay_down(world, OFF)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED


async def test_what_a_process_before_has_done_already_is_not_held_back_but_found_done() -> None:
    world = await approved()
    before = world.request
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    world.request = before  # The status was not written before that process ended.
    lay_down(world, OFF)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED


async def test_a_target_that_is_gone_is_not_held_back_either() -> None:
    world = await approved()
    del world.cluster.objects[world.path]
    lay_down(world, OFF)
    await world.execute()
    assert world.condition("Executed") == "False/TargetNotFound"


@in_virtual_time
async def test_a_command_does_not_begin_while_suspended_and_nothing_says_that_it_has() -> None:
    world = await approved_steps(OperationType.EXEC)
    lay_down(world, OFF)
    await world.execute()
    assert world.executor.ran == []
    assert world.condition("Approved") == "False/Suspended"
    assert world.condition("Executed") is None


@in_virtual_time
async def test_a_command_that_was_written_to_have_begun_is_not_held_back_any_more() -> None:
    world = await approved_steps(OperationType.EXEC)
    slots = world.workflow._runner._slots
    for _ in range(32):
        await slots.acquire()
    executing = asyncio.create_task(world.execute())
    await asyncio.sleep(1)
    lay_down(world, OFF)
    slots.release()
    await executing
    assert world.phase is Phase.SUCCEEDED


@in_virtual_time
async def test_the_kill_switch_reaches_what_waits_for_its_turn() -> None:
    world = World(clock=LoopClock(), parallel=1, verify={"enabled": False})
    await world.approve()
    slots = world.workflow._runner._slots
    await slots.acquire()  # Another execution is under way.
    executing = asyncio.create_task(world.execute())
    await asyncio.sleep(1)
    lay_down(world, OFF)
    slots.release()
    await executing
    assert world.condition("Approved") == "False/Suspended"
    assert UID not in str(world.cluster.objects[world.path])


async def test_where_it_cannot_be_told_whether_it_has_begun_it_is_held_back() -> None:
    world = await approved()

    async def down(*_: Any, **__: Any) -> Any:
        raise ApiError("connection refused")

    world.cluster.get = down  # type: ignore[method-assign]
    lay_down(world, OFF)
    await world.execute()
    assert world.condition("Approved") == "False/Suspended"
