"""Carrying a request out: once, watched, written down and told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.errors import ApiError
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject
from tests.support.fakes import EXECUTOR, LostAnswer, conflict, forbidden, not_found, unavailable
from tests.support.fakes_objects import (
    OLD_DIGEST,
    UID,
    after,
    operation,
    roll_out,
    signature,
    signed,
    with_status,
)
from tests.support.fakes_time import LoopClock, in_virtual_time, settle
from tests.support.fakes_world import World

SCALE = "kubectl scale deployment/web --replicas=5"
UNWATCHED: dict[str, Any] = {"action": SCALE, "verify": {"enabled": False}}


async def approved(of: ApprovalRequest | None = None, **spec: Any) -> World:
    world = World(of, clock=LoopClock(), **({"action": SCALE} | spec))
    await world.approve()
    return world


# --- All goes well --------------------------------------------------------------------------------


@in_virtual_time
async def test_the_effect_comes_first_then_the_record_then_the_event_then_the_status() -> None:
    world = await approved(**UNWATCHED)
    step = await world.execute()
    assert world.journal == ["effect", "knowledge", "event end"]
    assert step.status is not None
    assert step.status.phase is Phase.SUCCEEDED
    assert world.replicas == 5
    assert world.cluster.calls == ["patch"]
    assert world.cluster.asked_as == {EXECUTOR}


@in_virtual_time
async def test_everything_about_a_success_is_in_the_status() -> None:
    world = await approved(**UNWATCHED)
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
    world = await approved(**UNWATCHED, incident="INC-42")
    await world.execute()
    entry = await world.entry()
    assert entry is not None
    assert entry.tags == ("human_approved", "success", "general", "execution")
    assert SCALE in entry.content
    assert entry.related_incident == "INC-42"


@in_virtual_time
async def test_the_entry_of_a_typed_operation_has_the_command_it_stands_for() -> None:
    world = await approved(action=None, operation=operation(replicas=5), verify={"enabled": False})
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
    world = await approved(**UNWATCHED)
    await world.execute()
    assert world.cluster.objects[world.path]["metadata"]["annotations"][STAMP] == UID


@in_virtual_time
async def test_a_plan_that_changes_nothing_succeeds_without_a_write() -> None:
    world = await approved(action="kubectl scale deployment/web --replicas=3")
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
    world = await approved(
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


# --- Retries --------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_transient_error_is_tried_again_after_the_delay() -> None:
    world = await approved(**UNWATCHED)
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
    world = await approved(**UNWATCHED)
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
    world = await approved(**UNWATCHED)
    await world.execute()
    assert "retr" not in world.message


@in_virtual_time
async def test_after_two_retries_it_gives_up() -> None:
    world = await approved(**UNWATCHED)
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
    world = await approved(**UNWATCHED, retry={"limit": 1, "delay": "5s"})
    world.cluster.faults["patch"].extend([unavailable()] * 9)
    step = await world.execute()
    assert step.retry_after is not None
    assert step.retry_after.total_seconds() == 5
    await world.pass_time(5)
    await world.execute()
    assert world.phase is Phase.FAILED


@in_virtual_time
async def test_the_server_can_ask_for_a_longer_wait() -> None:
    world = await approved(**UNWATCHED)
    world.cluster.faults["patch"].append(unavailable(retry_after=90))
    step = await world.execute()
    assert step.retry_after is not None
    assert step.retry_after.total_seconds() == 90


@in_virtual_time
async def test_an_attempt_that_is_woken_too_early_waits_for_its_time() -> None:
    world = await approved(**UNWATCHED)
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
    world = await approved(**UNWATCHED)
    world.cluster.faults["patch"].append(LostAnswer())
    await world.execute()
    assert world.phase is Phase.EXECUTING
    await world.pass_time(30)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.journal.count("effect") == 1


# --- Failures -------------------------------------------------------------------------------------


PERMANENT: dict[str, tuple[ApiError, str]] = {
    "a permission that was taken away": (forbidden(), "Forbidden"),
    "a target that is gone": (not_found(), "TargetNotFound"),
    "a refusal of an admission policy": (
        ApiError("denied request: at most 4 replicas", code=422, reason="Invalid"),
        "Blocked",
    ),
    "an error of no known kind": (ApiError("something went wrong"), "Invalid"),
    "a permanent word among transient ones": (
        ApiError("connection refused (not found)"),
        "Invalid",
    ),
}


@pytest.mark.parametrize("what", PERMANENT)
@in_virtual_time
async def test_a_permanent_error_ends_it_at_once(what: str) -> None:
    error, reason = PERMANENT[what]
    world = await approved(**UNWATCHED)
    world.cluster.faults["patch"].append(error)
    step = await world.execute()
    assert step.retry_after is None
    assert (world.phase, world.condition("Executed")) == (Phase.FAILED, f"False/{reason}")
    assert world.journal == ["knowledge", "event end"]
    assert world.events() == [("end", "Warning", "Failed")]
    assert world.request.status.result is not None
    assert not world.request.status.result.changed
    assert world.request.status.attempts[0].transient is False
    entry = await world.entry()
    assert entry is not None
    assert entry.tags[1] == "failure"
    assert world.meter.told[-1][:3] == ("finished", "Scale", "Failed")


@in_virtual_time
async def test_a_refusal_on_the_way_keeps_its_own_reason() -> None:
    world = await approved(**UNWATCHED)
    world.cluster.faults["patch"].extend([conflict()] * 9)
    step = await world.execute()
    assert step.retry_after is not None
    assert "keeps changing" in world.message


@in_virtual_time
async def test_a_plan_that_went_stale_asks_people_again() -> None:
    world = await approved(**UNWATCHED)
    world.cluster.change(world.path, lambda live: live["spec"].update(replicas=4))
    step = await world.execute()
    assert (world.phase, world.condition("Planned")) == (Phase.PENDING, "False/Stale")
    assert world.journal == []
    assert [(notice.step, notice.type, notice.reason) for notice in step.notices] == [
        ("stale-1", "Warning", "Stale")
    ]
    assert world.replicas == 4
    assert await world.entry() is None
    await world.advance()
    assert world.request.status.plan is not None
    assert world.request.status.plan.revision == 2
    assert world.request.status.signed == "0/1"
    assert (await world.advance()).status is None  # The old signatures are void.
    world.sign("carol")
    await world.advance()
    await world.execute()
    assert (world.phase, world.replicas) == (Phase.SUCCEEDED, 5)


@in_virtual_time
async def test_a_plan_that_went_stale_between_attempts_ends_in_a_failure() -> None:
    world = await approved(**UNWATCHED)
    world.cluster.faults["patch"].append(unavailable())
    await world.execute()
    await world.pass_time(30)
    world.cluster.change(world.path, lambda live: live["spec"].update(replicas=4))
    step = await world.execute()
    assert (world.phase, world.condition("Executed")) == (Phase.FAILED, "False/Stale")
    assert step.retry_after is None
    assert world.replicas == 4
    assert await world.entry() is not None


@in_virtual_time
async def test_a_status_that_the_crd_has_pruned_ends_with_what_to_do() -> None:
    for missing in ("plan", "approved_at"):
        world = await approved(**UNWATCHED)
        status = world.request.status.model_copy(update={missing: None})
        world.request = with_status(world.request, status)
        await world.execute()
        assert (world.phase, world.condition("Executed")) == (Phase.FAILED, "False/SchemaOutdated")
        assert "apply crds/ again" in world.message
        assert world.replicas == 3


@in_virtual_time
async def test_a_defect_of_our_own_ends_it_and_says_that_nobody_knows() -> None:
    world = await approved(**UNWATCHED)
    step = await world.workflow.broken(world.request, KeyError("spec"))
    assert step.status is not None
    assert step.status.phase is Phase.FAILED
    assert "may have been applied" in (step.status.message or "")
    assert await world.entry() is not None


# --- Writing it down ------------------------------------------------------------------------------


DOWN: dict[str, Exception] = {
    "the API server is down": unavailable(),
    "the disk is full": OSError("no space left on device"),
    "it has a defect": ValueError("a defect"),
}


@pytest.mark.parametrize("what", DOWN)
@in_virtual_time
async def test_a_store_that_is_down_changes_no_outcome(what: str) -> None:
    world = await approved(**UNWATCHED)
    world.store.error = DOWN[what]
    step = await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.condition("Executed") == "True/Applied"
    assert world.condition("Recorded") == "False/StoreUnavailable"
    assert step.wake_at == after(30)
    assert world.events() == [("end", "Normal", "Succeeded")]
    assert ("failed effect", "knowledge") in world.meter.told


@in_virtual_time
async def test_what_was_not_written_down_is_written_once_the_store_is_back() -> None:
    for fault in (None, forbidden()):
        world = await approved(**UNWATCHED)
        world.cluster.faults["patch"].append(fault)
        world.store.error = unavailable()
        await world.execute()
        outcome = world.request.status.result
        for _ in range(3):
            step = await world.advance()
            assert step.status is None
            assert step.wake_at is not None
            await world.pass_time(30)
        world.store.error = None
        step = await world.advance()
        assert world.condition("Recorded") == "True/Recorded"
        assert world.request.status.result == outcome
        assert step.wake_at is None
        entry = await world.entry()
        assert entry is not None
        assert entry.tags[1] == ("success" if fault is None else "failure")
        assert (await world.advance()).status is None


@pytest.mark.parametrize("what", DOWN)
@in_virtual_time
async def test_an_event_that_cannot_be_posted_changes_nothing(what: str) -> None:
    world = await approved(**UNWATCHED)
    world.desk.error = DOWN[what]
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.condition("Recorded") == "True/Recorded"
    assert ("failed effect", "event") in world.meter.told


@in_virtual_time
async def test_an_event_that_cannot_be_posted_stops_no_retry() -> None:
    world = await approved(**UNWATCHED)
    world.desk.error = unavailable()
    world.cluster.faults["patch"].append(unavailable())
    step = await world.execute()
    assert step.retry_after is not None
    assert world.phase is Phase.EXECUTING


# --- Watching the outcome -------------------------------------------------------------------------


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
    world = await approved()
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
    world = await approved(action="kubectl scale deployment/web --replicas=3")
    await world.execute()
    assert world.condition("Verified") == "True/Done"
    assert "watch" not in world.cluster.calls


@in_virtual_time
async def test_a_verification_that_takes_a_while_is_announced_once() -> None:
    world = await approved()
    in_time(world, 60, roll_out)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    [announced] = world.desk.saved
    assert announced.phase is Phase.EXECUTING
    assert world.journal == ["effect", "status Executing", "knowledge", "event end"]


@in_virtual_time
async def test_an_announcement_that_fails_changes_nothing() -> None:
    world = await approved()
    world.desk.error = unavailable()
    in_time(world, 60, roll_out)
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.SUCCEEDED, "True/Done")


@in_virtual_time
async def test_an_outcome_that_does_not_come_in_time_is_a_failure() -> None:
    world = await approved(verify={"timeout": "2m"})
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
    world = await approved()
    in_time(world, 10, degrade)
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.FAILED, "False/Degraded")
    assert "pull failed" in world.message
    assert world.clock.now() == after(12)


@in_virtual_time
async def test_signs_of_an_earlier_failure_that_pass_are_not_taken_for_one() -> None:
    world = await approved()
    world.cluster.change(world.path, degrade)  # Left from before; its controller is about to look.
    in_time(world, 1, roll_out)
    await world.execute()
    assert (world.phase, world.condition("Verified")) == (Phase.SUCCEEDED, "True/Done")


@in_virtual_time
async def test_a_target_that_is_deleted_meanwhile_is_a_failure() -> None:
    world = await approved()

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
    world = await approved()
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
    world = await approved()

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
    world = await approved(verify={"timeout": "1m"})
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
    world = await approved()
    break_silently(world)
    in_time(world, 20, roll_out)
    await world.execute()
    assert world.condition("Verified") == "True/Done"
    assert world.clock.now() <= after(60)


@in_virtual_time
async def test_a_watch_that_has_broken_silently_does_not_outlast_the_time_for_it() -> None:
    world = await approved(verify={"timeout": "2m"})
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
    world = await approved(verify={"timeout": "10s"})
    break_silently(world)
    in_time(world, 9, how)
    await world.execute()
    assert world.condition("Verified") == verified
    assert world.clock.now() == after(10)


@in_virtual_time
async def test_a_last_look_that_fails_leaves_it_at_the_time_being_up() -> None:
    world = await approved(verify={"timeout": "10s"})
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
    world = await approved()
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
