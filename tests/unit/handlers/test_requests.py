"""From Kopf's events to the workflow and back."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import kopf
import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.effects import EffectState, EffectStatus
from countersign.api.phase import Phase
from countersign.api.status import Attempt, KnowledgeReference
from countersign.api.text import MESSAGE_LIMIT
from countersign.errors import ApiError
from countersign.handlers.kept_plans import KeptPlans
from countersign.handlers.registration import register_requests
from countersign.handlers.requests import Requests
from countersign.policy import bookkeeping, endings, transitions
from countersign.policy.bookkeeping import Result
from countersign.policy.decision import Cancel
from countersign.policy.retry import Again
from countersign.policy.step import Step
from countersign.policybook import PolicyBook
from countersign.records.notice import Notice
from tests.support.fakes_objects import (
    UID,
    after,
    approved,
    planned,
    request,
    with_status,
)
from tests.support.fakes_policies import policy_body
from tests.support.fakes_time import START, FakeClock, in_virtual_time, settle

SWEEP = 60.0
ATTEMPT = Attempt(started_at=START, finished_at=after(1), error="timeout", transient=True)
NOTICE = Notice(step="end", type="Warning", reason="Denied", note="No.")


class FakeWorkflow:
    """Answers what it is told to; an exception is raised, an event is waited for."""

    def __init__(self) -> None:
        self.steps: list[Step | Exception] = []
        self.asked: list[str] = []
        self.seen: list[ApprovalRequest] = []
        self.told: list[Notice] = []
        self.announced: list[tuple[Phase, Phase]] = []
        self.expected: list[str] = []
        self.forgotten: list[str] = []
        self.inherited: list[ApprovalRequest] = []
        self.watched: list[ApprovalRequest] = []
        self.saved: list[tuple[str, ApprovalRequestStatus]] = []
        self.save_error: ApiError | None = None
        self.save_fails_at = 0
        self.lost = False
        self.hangs: asyncio.Event | None = None
        self.hangs_at = ""

    async def advance(self, request: ApprovalRequest) -> Step:
        return await self._answer("advance", request)

    async def execute(self, request: ApprovalRequest) -> Step:
        return await self._answer("execute", request)

    async def broken(self, request: ApprovalRequest, error: Exception) -> Step:
        return await self._answer(f"broken by {error}", request)

    def abandoned(self, request: ApprovalRequest) -> ApprovalRequest:
        self.asked.append("abandoned")
        return with_status(request, finished(request))

    def stumbled(self, request: ApprovalRequest, error: Exception) -> Step:
        self.asked.append(f"stumbled over {error}")
        return self.steps.pop(0) if self.steps else Step()  # type: ignore[return-value]

    async def save(self, request: ApprovalRequest, step: Step) -> ApprovalRequest | None:
        return None if self.lost else self._write(request, step)

    async def finish(self, request: ApprovalRequest, step: Step) -> ApprovalRequest:
        return self._write(request, step)

    def _write(self, request: ApprovalRequest, step: Step) -> ApprovalRequest:
        error, self.save_error = self.save_error, None
        if error is not None and self.save_fails_at == len(self.saved):
            raise error
        self.save_error = error
        if step.status is None:
            return request
        self.saved.append((request.metadata.resource_version, step.status))
        version = str(int(request.metadata.resource_version) + 1)
        return of_version(with_status(request, step.status), version)

    async def written(
        self, before: ApprovalRequest, after: ApprovalRequest, notices: tuple[Notice, ...]
    ) -> None:
        self.announced.append((before.phase, after.phase))
        self.expected += [n for n in after.status.effects if n.startswith(bookkeeping.MESSAGE)]
        self.told += notices

    def saw(self, request: ApprovalRequest) -> None:
        self.watched.append(request)

    def inherit(self, request: ApprovalRequest) -> None:
        self.inherited.append(request)

    def forget(self, uid: str) -> None:
        self.forgotten.append(uid)

    async def _answer(self, what: str, request: ApprovalRequest) -> Step:
        self.asked.append(what)
        self.seen.append(request)
        if self.hangs is not None:
            await self.hangs.wait()
        if self.hangs_at == what:
            await asyncio.Event().wait()
        step = self.steps.pop(0) if self.steps else Step()
        if isinstance(step, Exception):
            raise step
        return step


class FakeWakeups:
    """The appointment of each request."""

    def __init__(self) -> None:
        self.book: dict[str, Any] = {}

    def at(self, uid: str, namespace: str, name: str, moment: Any) -> None:
        self.book[uid] = (namespace, name, moment)

    def forget(self, uid: str) -> None:
        self.book.pop(uid, None)


class World:
    def __init__(self, *steps: Step | Exception) -> None:
        self.workflow = FakeWorkflow()
        self.workflow.steps = list(steps)
        self.wakeups = FakeWakeups()
        self.book = PolicyBook(FakeClock())
        self.live: dict[str, Any] | ApiError = {}
        self.reads = 0
        self.requests = Requests(
            self.workflow,  # type: ignore[arg-type]
            self.workflow,  # type: ignore[arg-type]
            self.wakeups,  # type: ignore[arg-type]
            self.book,
            FakeClock(),
            KeptPlans(self.read),
            sweep=SWEEP,
        )

    async def read(self, namespace: str, name: str) -> dict[str, Any]:
        assert (namespace, name) == ("shop", "restart-web")
        self.reads += 1
        if isinstance(self.live, ApiError):
            raise self.live
        return self.live

    async def observe(
        self, of: ApprovalRequest | dict[str, Any], kind: str | None = "MODIFIED"
    ) -> kopf.Patch:
        patch = kopf.Patch()
        await self.requests.observe(kind, of if isinstance(of, dict) else as_body(of), patch)
        return patch

    async def execute(self, of: ApprovalRequest | dict[str, Any]) -> kopf.Patch:
        patch = kopf.Patch()
        await self.requests.execute(of if isinstance(of, dict) else as_body(of), patch)
        return patch

    @property
    def wakes_at(self) -> Any:
        return self.wakeups.book[UID][2] if UID in self.wakeups.book else None


def as_body(of: ApprovalRequest) -> dict[str, Any]:
    body = of.to_json()
    return {"apiVersion": "countersign.dev/v1alpha1", "kind": "ApprovalRequest", **body}


def written(patch: kopf.Patch, live: ApprovalRequest | dict[str, Any]) -> dict[str, Any]:
    """The status after Kopf has applied a patch to the object as it is then."""
    body = copy.deepcopy(live if isinstance(live, dict) else as_body(live))
    status = body.setdefault("status", {})
    for key, value in (patch.get("status") or {}).items():
        status.pop(key, None) if value is None else status.update({key: value})
    for write in patch.fns:
        write(body)  # type: ignore[arg-type]
    return body["status"]  # type: ignore[no-any-return]


def of_version(of: ApprovalRequest, version: str) -> ApprovalRequest:
    metadata = of.metadata.model_copy(update={"resource_version": version})
    return of.model_copy(update={"metadata": metadata})


def claimed(of: ApprovalRequest) -> ApprovalRequestStatus:
    return approved(of).status


def cancelled(of: ApprovalRequest) -> ApprovalRequestStatus:
    return transitions.ended_unapproved(of, Cancel(), after(1))


def finished(of: ApprovalRequest) -> ApprovalRequestStatus:
    end = endings.verified(endings.Told("Scaled", changed=True), "5 of 5", ATTEMPT)
    return transitions.finished(of, end, None, after(9))


def written_down(of: ApprovalRequest) -> ApprovalRequestStatus:
    entry = KnowledgeReference(store="memory", entry=UID, location="here")
    result = Result(EffectState.DONE, knowledge=entry)
    status = bookkeeping.recorded(of, {bookkeeping.KNOWLEDGE: result}, after(9))
    assert status is not None
    return status


def retried(of: ApprovalRequest) -> ApprovalRequestStatus:
    next_ = Again(number=2, retry=1, limit=2, delay=timedelta(seconds=30))
    return transitions.retrying(of, ATTEMPT, next_, after(1))


# --- Deciding -------------------------------------------------------------------------------------


async def test_a_new_request_is_advanced_and_its_status_written() -> None:
    of = planned()
    world = World(Step(status=cancelled(of)))
    patch = await world.observe(of)
    assert world.workflow.asked == ["advance"]
    assert world.workflow.seen == [of]
    assert world.workflow.saved == [("100", cancelled(of))]
    assert not patch  # Kopf would call no handler while it keeps a patch that failed.
    assert patch.fns == []


async def test_a_status_that_cannot_be_written_just_now_is_decided_anew_soon() -> None:
    of = planned()
    world = World(Step(status=cancelled(of)))
    world.workflow.save_error = ApiError("connection reset")
    await world.observe(of)
    assert world.wakes_at == after(2)


async def test_a_status_that_the_server_will_have_none_of_is_not_sent_every_two_seconds() -> None:
    of = planned()
    world = World(Step(status=cancelled(of)))
    world.workflow.save_error = ApiError("Request entity too large", code=413)
    await world.observe(of)
    assert world.wakes_at == after(SWEEP)


async def test_a_request_that_has_nothing_to_do_is_left_alone() -> None:
    world = World(Step())
    patch = await world.observe(planned())
    assert not patch
    assert world.wakes_at is None


async def test_a_request_that_waits_for_a_time_is_looked_at_then() -> None:
    world = World(Step(wake_at=after(3600)))
    await world.observe(planned())
    assert world.wakeups.book[UID] == ("shop", "restart-web", after(3600))


async def test_a_status_that_may_get_lost_is_looked_after() -> None:
    of = planned()
    world = World(Step(status=cancelled(of)))
    await world.observe(of)
    assert world.wakes_at == after(SWEEP)


async def test_a_status_and_a_time_go_together() -> None:
    of = request()
    world = World(Step(status=cancelled(of), wake_at=after(30)))
    await world.observe(of)
    assert world.wakes_at == after(30)


async def test_a_request_that_breaks_the_workflow_is_looked_at_again() -> None:
    world = World(ValueError("a defect"))
    patch = await world.observe(planned())
    assert not patch
    assert world.workflow.asked == ["advance", "stumbled over a defect"]
    assert world.wakes_at == after(SWEEP)


async def test_what_the_workflow_says_of_its_own_defect_is_written() -> None:
    of = request()
    world = World(ValueError("a defect"), Step(status=cancelled(of), wake_at=after(30)))
    await world.observe(of)
    assert world.workflow.saved == [("100", cancelled(of))]
    assert world.wakes_at == after(30)


@pytest.mark.parametrize("phase", ["Approved", "Executing"])
async def test_a_request_that_moves_is_left_to_its_execution_and_looked_after(phase: str) -> None:
    of = approved()
    of = with_status(of, of.status.model_copy(update={"phase": Phase(phase)}))
    world = World()
    patch = await world.observe(of)
    assert world.workflow.asked == []
    assert not patch
    assert world.wakes_at == after(SWEEP)


async def test_a_finished_request_is_forgotten() -> None:
    of = planned()
    done = with_status(of, cancelled(of))
    world = World()
    world.wakeups.at(UID, "shop", "restart-web", after(5))
    assert not await world.observe(done)
    assert world.workflow.asked == []
    assert world.wakes_at is None


async def test_a_finished_request_that_is_not_written_down_is_advanced() -> None:
    of = approved()
    world = World(Step(wake_at=after(30)))
    await world.observe(with_status(of, finished(of)))
    assert world.workflow.asked == ["advance"]
    assert world.wakes_at == after(30)


@pytest.mark.parametrize("phase", ["Pending", "Approved", "Succeeded"])
async def test_whatever_its_phase_what_was_left_untold_about_it_is_told(phase: str) -> None:
    of = approved()
    of = with_status(of, of.status.model_copy(update={"phase": Phase(phase)}))
    world = World()
    await world.observe(of, None)
    assert world.workflow.watched == [of]


async def test_of_old_events_and_while_it_leaves_nothing_is_told() -> None:
    of = planned()
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), Step(status=done))
    await world.observe(of)
    world.workflow.watched.clear()
    await world.observe(of)
    assert world.workflow.watched == []
    await world.requests.drain(0)
    await world.observe(of_version(with_status(of, done), "102"))
    assert world.workflow.watched == []


async def test_a_finished_request_with_a_message_undelivered_is_advanced() -> None:
    of = planned()
    entry = EffectStatus(state=EffectState.PENDING, since=START)
    status = cancelled(of).model_copy(update={"effects": {"message-decided": entry}})
    world = World(Step())
    await world.observe(with_status(of, status))
    assert world.workflow.asked == ["advance"]
    assert world.wakes_at is None


async def test_a_request_that_is_gone_is_forgotten() -> None:
    world = World()
    world.wakeups.at(UID, "shop", "restart-web", after(5))
    assert not await world.observe(planned(), "DELETED")
    assert world.workflow.asked == []
    assert world.wakes_at is None


async def test_a_request_that_was_listed_at_the_start_is_looked_at_like_any_other() -> None:
    world = World()
    await world.observe(planned(), None)
    assert world.workflow.asked == ["advance"]


# --- Plans that an event lacks --------------------------------------------------------------------


def without_plan(of: ApprovalRequest) -> dict[str, Any]:
    """As a watch of an older type shows it."""
    body = as_body(of)
    del body["status"]["plan"]
    return body


async def test_a_plan_that_the_server_has_kept_and_an_old_watch_does_not_show_is_waited_for() -> (
    None
):
    plan = planned()
    world = World(Step(status=plan.status))
    await world.observe(request())
    assert world.workflow.asked == ["advance"]
    await world.observe(without_plan(plan))
    assert world.workflow.asked == ["advance"]
    assert world.wakeups.book[UID][2] == after(SWEEP)
    await world.observe(plan)
    assert world.workflow.asked == ["advance", "advance"]


@pytest.mark.parametrize("there", [True, False])
async def test_a_plan_that_is_missing_in_two_events_is_looked_up(there: bool) -> None:
    plan = planned()
    world = World(Step(status=plan.status))
    await world.observe(request())
    world.live = as_body(plan) if there else without_plan(plan)
    await world.observe(without_plan(plan))
    assert (world.workflow.asked, world.reads) == (["advance"], 0)
    await world.observe(without_plan(plan))
    assert (world.workflow.asked, world.reads) == (["advance", "advance"], 1)
    assert (world.workflow.seen[-1].status.plan is not None) is there


def another() -> dict[str, Any]:
    body = as_body(planned())
    return {**body, "metadata": {**body["metadata"], "uid": "another"}}


LATER: dict[str, dict[str, Any] | ApiError] = {
    "it cannot be read": ApiError("connection refused"),
    "another one bears its name": another(),
}


@pytest.mark.parametrize("what", LATER)
async def test_a_request_whose_plan_is_missing_is_looked_at_later_where(what: str) -> None:
    plan = planned()
    world = World(Step(status=plan.status))
    await world.observe(request())
    world.live = LATER[what]
    for _ in range(2):
        await world.observe(without_plan(plan))
    assert (world.workflow.asked, world.reads) == (["advance"], 1)
    assert world.wakeups.book[UID][2] == after(SWEEP)


async def test_a_plan_that_the_server_has_not_kept_is_told_of_as_missing() -> None:
    plan = planned()
    world = World(Step(status=plan.status.model_copy(update={"plan": None})))
    await world.observe(request())
    await world.observe(without_plan(plan))
    assert world.workflow.asked == ["advance", "advance"]


# --- Policies -------------------------------------------------------------------------------------


async def test_a_request_that_waits_is_one_that_a_change_of_policy_may_concern() -> None:
    world = World()
    await world.observe(planned())
    assert [each.uid for each in world.book.policy_is(policy_body(signatures=2))] == [UID]
    await world.observe(planned(), "DELETED")
    assert world.book.policy_is(policy_body(signatures=3)) == []


async def test_a_policy_that_changes_while_a_decision_is_written_has_it_made_anew_at_once() -> None:
    of = planned()
    world = World(Step(wake_at=after(900)))
    world.workflow.hangs = asyncio.Event()
    observing = asyncio.create_task(world.observe(of))
    await settle()
    world.book.policy_is(policy_body(signatures=2))
    world.workflow.hangs.set()
    await observing
    assert world.wakes_at == START


# --- Straight from the claim to the execution -----------------------------------------------------


async def test_an_approval_is_carried_out_from_the_answer_to_its_claim() -> None:
    of = planned()
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), Step(status=done))
    await world.observe(of)
    assert world.workflow.asked == ["advance", "execute"]
    assert world.workflow.saved == [("100", claimed(of)), ("101", done)]
    assert world.workflow.seen[1].metadata.resource_version == "101"


async def test_a_claim_that_was_lost_is_not_carried_out() -> None:
    of = planned()
    world = World(Step(status=claimed(of)))
    world.workflow.lost = True
    await world.observe(of)
    assert world.workflow.asked == ["advance"]


async def test_events_from_before_what_was_written_start_nothing() -> None:
    of = planned()
    of_claim = of_version(with_status(of, claimed(of)), "101")
    done = written_down(with_status(of_claim, finished(of_claim)))
    world = World(Step(status=claimed(of)), Step(status=done))
    await world.observe(of)
    world.workflow.asked.clear()
    for behind in (of, of_claim):
        await world.observe(behind)
        assert world.requests.is_ahead_of(UID)
    await world.observe(of_version(with_status(of, done), "102"))
    assert not world.requests.is_ahead_of(UID)
    assert world.workflow.asked == []
    assert world.wakes_at is None


async def test_another_attempt_after_the_first_is_left_to_kopf() -> None:
    of = planned()
    of_claim = of_version(with_status(of, claimed(of)), "101")
    world = World(
        Step(status=claimed(of)),
        Step(status=retried(of_claim), retry_after=timedelta(seconds=30)),
    )
    await world.observe(of)
    assert world.workflow.saved[1][1].phase is Phase.EXECUTING
    await world.observe(of_version(with_status(of, retried(of_claim)), "102"))
    assert not world.requests.is_ahead_of(UID)


async def test_an_outcome_that_cannot_be_written_is_found_again_soon() -> None:
    of = planned()
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), Step(status=done))
    world.workflow.save_error, world.workflow.save_fails_at = ApiError("connection reset"), 1
    await world.observe(of)
    assert world.wakes_at == after(2)
    assert not world.requests.is_ahead_of(UID)  # Its next event may carry it out once more.


async def test_a_defect_in_an_execution_at_once_is_an_end_with_a_name() -> None:
    of = planned()
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), ValueError("oops"), Step(status=done))
    await world.observe(of)
    assert world.workflow.asked == ["advance", "execute", "broken by oops"]


async def test_an_execution_at_once_that_is_broken_off_leaves_the_request_to_its_events() -> None:
    of = planned()
    world = World(Step(status=claimed(of)))
    world.workflow.hangs_at = "execute"
    observing = asyncio.create_task(world.observe(of))
    await settle()
    assert world.requests.is_ahead_of(UID)
    observing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await observing
    assert not world.requests.is_ahead_of(UID)


async def test_a_version_that_is_no_number_never_keeps_a_request_waiting() -> None:
    of = of_version(planned(), "100")
    done = finished(with_status(of, claimed(of)))
    world = World(Step(status=claimed(of)), Step(status=done))
    await world.observe(of)
    world.requests._ahead[UID] = 0
    await world.observe(of_version(with_status(of, done), "abc"))
    assert not world.requests.is_ahead_of(UID)


# --- Events ---------------------------------------------------------------------------------------


async def test_events_of_an_execution_are_posted_once_their_status_is_seen_and_not_before() -> None:
    of = approved()
    stale = transitions.stale(of, "Changed.", after(1))
    world = World(Step(status=stale, notices=(NOTICE,)))
    await world.execute(of)
    assert world.workflow.told == []
    await world.observe(with_status(of, stale))
    assert world.workflow.told == [NOTICE]
    await world.observe(with_status(of, stale))
    assert world.workflow.told == [NOTICE]


async def test_channels_are_told_of_it_at_the_same_moment_and_once() -> None:
    of = approved()
    stale = transitions.stale(of, "Changed.", after(1))
    world = World(Step(status=stale))
    await world.execute(of)
    assert world.workflow.announced == []
    for _ in range(2):
        await world.observe(with_status(of, stale))
    assert world.workflow.announced == [(Phase.APPROVED, Phase.PENDING)]


async def test_a_request_that_is_gone_is_forgotten_by_who_tells_as_well() -> None:
    world = World()
    await world.observe(approved(), "DELETED")
    assert world.workflow.forgotten == [UID]


async def test_an_event_from_before_the_write_does_not_lose_what_is_to_be_told() -> None:
    of = approved()
    stale = transitions.stale(of, "Changed.", after(1))
    world = World(Step(status=stale, notices=(NOTICE,)))
    await world.execute(of)
    await world.observe(of)  # An annotation, say: it was on its way before the status.
    await world.observe(with_status(of, stale))
    assert world.workflow.told == [NOTICE]


async def test_events_of_a_request_that_is_gone_are_not_posted() -> None:
    of = approved()
    stale = transitions.stale(of, "Changed.", after(1))
    world = World(Step(status=stale, notices=(NOTICE,)))
    await world.execute(of)
    await world.observe(of, "DELETED")
    await world.observe(with_status(of, stale))
    assert world.workflow.told == []


# --- Deleted before all was done ------------------------------------------------------------------


async def test_what_a_deleted_request_has_left_undone_is_inherited() -> None:
    of = approved()
    world = World()
    await world.observe(with_status(of, finished(of)), "DELETED")
    [inherited] = world.workflow.inherited
    assert inherited.status == finished(of)
    assert world.workflow.announced == []  # That was done when it was written.


async def test_a_request_leaves_nothing_that_has_not_ended_or_is_done_with() -> None:
    of = approved()
    world = World()
    for status in (planned().status, of.status, written_down(with_status(of, finished(of)))):
        await world.observe(with_status(of, status), "DELETED")
    assert world.workflow.inherited == []


@pytest.mark.parametrize("straight", [True, False])
async def test_what_came_of_a_request_that_was_deleted_meanwhile_is_told_and_inherited(
    straight: bool,
) -> None:
    of = planned()
    claim = with_status(of, claimed(of))
    done = bookkeeping.with_messages(claim, finished(claim), ["message-executed"], START)
    if straight:  # From the claim on; its end finds no object to be written into.
        world = World(Step(status=claim.status), Step(status=done, notices=(NOTICE,)))
        world.workflow.save_error = ApiError("not found", code=404, reason="NotFound")
        world.workflow.save_fails_at = 1
        await world.observe(of)
    else:
        world = World(Step(status=done, notices=(NOTICE,)))
        await world.execute(claim)
    assert world.workflow.announced == []
    await world.observe(claim, "DELETED")
    assert world.workflow.announced == [(Phase.APPROVED, Phase.SUCCEEDED)]
    assert world.workflow.told == [NOTICE]
    assert world.workflow.expected == []  # There is nothing to write into that it was delivered.
    assert [each.status for each in world.workflow.inherited] == [done]


@pytest.mark.parametrize("seen", [True, False])
async def test_one_that_is_deleted_between_two_attempts_ends_there_is_told_and_inherited(
    seen: bool,
) -> None:
    of = approved()
    later = Again(2, 1, 2, timedelta(seconds=30))
    status = transitions.retrying(of, ATTEMPT, later, after(1))
    world = World(Step(status=status, retry_after=later.delay))
    with pytest.raises(kopf.TemporaryError):
        await world.execute(of)
    waiting = with_status(of, status)
    if seen:
        await world.observe(waiting)
    world.workflow.announced.clear()
    await world.observe(waiting if seen else of, "DELETED")
    assert "abandoned" in world.workflow.asked
    began = Phase.EXECUTING if seen else Phase.APPROVED
    assert world.workflow.announced == [(began, Phase.SUCCEEDED)]
    assert len(world.workflow.inherited) == 1


async def test_of_an_end_that_was_written_before_the_deletion_that_is_inherited() -> None:
    of = approved()
    world = World(Step(status=finished(of), notices=(NOTICE,)))
    await world.execute(of)
    live = written_down(with_status(of, finished(of)))
    await world.observe(with_status(of, live), "DELETED")
    assert world.workflow.told == [NOTICE]
    assert world.workflow.inherited == []


# --- Executing ------------------------------------------------------------------------------------


async def test_an_execution_writes_only_what_has_changed() -> None:
    of = approved()
    world = World(Step(status=finished(of)))
    patch = await world.execute(of)
    assert world.workflow.asked == ["execute"]
    assert patch.fns == []
    assert patch["status"]["phase"] == "Succeeded"
    assert "plan" not in patch["status"]
    assert "riskLevel" not in patch["status"]
    assert written(patch, of) == {**finished(of).to_json(), "uid": of.metadata.uid}
    assert world.wakes_at == after(SWEEP)


async def test_another_attempt_is_kopfs_to_make_after_the_delay() -> None:
    of = approved()
    world = World(Step(status=retried(of), retry_after=timedelta(seconds=30)))
    patch = kopf.Patch()
    with pytest.raises(kopf.TemporaryError) as caught:
        await world.requests.execute(as_body(of), patch)
    assert caught.value.delay == 30
    assert patch["status"]["phase"] == "Executing"
    assert len(patch["status"]["attempts"]) == 1
    assert patch["status"]["uid"] == of.metadata.uid
    assert world.wakes_at == after(30 + SWEEP)


async def test_an_execution_that_came_too_early_is_made_again_and_writes_no_outcome() -> None:
    of = with_status(approved(), retried(approved()))
    patch = kopf.Patch()
    with pytest.raises(kopf.TemporaryError) as caught:
        await World(Step(retry_after=timedelta(seconds=12))).requests.execute(as_body(of), patch)
    assert caught.value.delay == 12
    # Kopf writes its progress along: not into another request of this name either.
    assert patch.get("status") == {"uid": of.metadata.uid}


async def test_a_defect_during_an_execution_is_an_end_with_a_name() -> None:
    of = approved()
    world = World(ValueError("oops"), Step(status=finished(of)))
    patch = await world.execute(of)
    assert world.workflow.asked == ["execute", "broken by oops"]
    assert patch["status"]["phase"] == "Succeeded"


async def test_a_status_field_that_goes_is_taken_away() -> None:
    of = approved()
    of = with_status(of, retried(of))
    patch = await World(Step(status=finished(of))).execute(of)
    assert patch["status"]["nextAttemptAt"] is None


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed", "Denied"])
async def test_a_request_that_is_not_approved_is_never_executed(phase: str) -> None:
    of = approved()
    of = with_status(of, of.status.model_copy(update={"phase": Phase(phase)}))
    world = World()
    assert not await world.execute(of)
    assert world.workflow.asked == []


async def test_a_request_that_is_being_executed_is_not_touched_meanwhile() -> None:
    of = approved()
    world = World(Step(status=finished(of)))
    await world.observe(of)
    world.workflow.hangs = asyncio.Event()
    executing = asyncio.create_task(world.execute(of))
    await settle()
    assert world.wakes_at is None
    world.workflow.hangs.set()
    await executing


# --- Objects that the models cannot read ----------------------------------------------------------


def unreadable(of: ApprovalRequest) -> dict[str, Any]:
    body = as_body(of)
    body["spec"]["riskLevel"] = "harmless"
    return body


UNREADABLE: dict[str, tuple[Callable[[], ApprovalRequest], str]] = {
    "a new request": (request, "Planned"),
    "a planned request": (planned, "Planned"),
    "an approved request": (approved, "Executed"),
}


@pytest.mark.parametrize("what", UNREADABLE)
async def test_an_object_that_cannot_be_read_fails_with_a_reason(what: str) -> None:
    make, kind = UNREADABLE[what]
    body = unreadable(make())
    world = World()
    status = written(await world.observe(body), body)
    assert world.workflow.asked == []
    assert status["phase"] == "Failed"
    [condition] = [each for each in status["conditions"] if each["type"] == kind]
    assert (condition["status"], condition["reason"]) == ("False", "Invalid")
    assert "spec.riskLevel" in condition["message"]
    assert "apply the crds/" in status["message"]
    assert condition["lastTransitionTime"] == "2026-03-01T12:00:00.000000Z"


async def test_what_was_approved_and_cannot_be_read_is_not_said_to_be_undone() -> None:
    body = unreadable(approved())
    status = written(await World().observe(body), body)
    assert "may have been carried out: look at its target first" in status["message"]
    body = unreadable(request())
    status = written(await World().observe(body), body)
    assert "may have been" not in status["message"]


async def test_what_people_are_to_do_survives_however_long_the_problem_is() -> None:
    body = as_body(approved())
    of = {"type": "SetEnv", "target": {"kind": "Deployment", "name": "web"}}
    body["spec"] = {"operation": of | {"setEnv": {"set": {"A" * 2000: {}}}}}
    message = written(await World().observe(body), body)["message"]
    assert message.startswith("spec.operation.setEnv.set.AAA")
    assert "apply the crds/ of its version" in message
    assert message.endswith("may have been carried out: look at its target first.")
    assert len(message) <= MESSAGE_LIMIT


async def test_what_was_applied_and_cannot_be_read_stays_applied() -> None:
    before = approved()
    body = unreadable(with_status(before, transitions.verifying(before, after(3))))
    status = written(await World().observe(body), body)
    assert status["phase"] == "Failed"
    said = {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}
    assert said["Executed"] == ("True", "Applied")
    assert said["Verified"] == ("False", "Invalid")


async def test_an_object_that_cannot_be_read_keeps_its_other_conditions() -> None:
    body = unreadable(planned())
    status = written(await World().observe(body), body)
    assert [each["type"] for each in status["conditions"]] == ["Approved", "Planned"]
    assert status["plan"] == body["status"]["plan"]


async def test_the_failure_of_an_object_that_cannot_be_read_is_written_onto_that_version_only() -> (
    None
):
    body = unreadable(request())
    patch = await World().observe(body)
    newer = copy.deepcopy(body)
    newer["metadata"]["resourceVersion"] = "101"
    assert written(patch, newer) == newer["status"]


async def test_an_object_that_cannot_be_read_is_not_executed_but_ended() -> None:
    body = unreadable(approved())
    world = World()
    status = written(await world.execute(body), body)
    assert world.workflow.asked == []
    assert status["phase"] == "Failed"


async def test_a_finished_object_that_cannot_be_read_is_left_alone() -> None:
    of = planned()
    assert not await World().observe(unreadable(with_status(of, cancelled(of))))


async def test_the_message_about_an_object_that_cannot_be_read_is_bounded() -> None:
    body = as_body(request())
    body["spec"]["signatures"] = [{"signer": "x" * 10_000, "plan": "y" * 10_000}]
    status = written(await World().observe(body), body)
    assert len(status["message"]) <= 1024


# --- Leaving --------------------------------------------------------------------------------------


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


# --- Kopf -----------------------------------------------------------------------------------------


async def test_kopf_is_told_of_an_event_handler_and_an_execution_for_approved_requests_only() -> (
    None
):
    registry = kopf.OperatorRegistry()
    world = World()
    register_requests(registry, world.requests, ("countersign.dev", "v1alpha1", "approvalrequests"))
    [observe] = registry._watching.get_all_handlers()
    [execute] = registry._changing.get_all_handlers()
    assert execute.id == "execute/status.phase"
    assert execute.errors is kopf.ErrorsMode.PERMANENT
    assert execute.when is not None
    for phase, runs in (("Approved", True), ("Executing", True), ("Pending", False), (None, False)):
        assert bool(execute.when(body={"status": {"phase": phase}})) == runs
    assert not execute.when(body={})
    world.requests._ahead[UID] = None
    assert not execute.when(body={"metadata": {"uid": UID}, "status": {"phase": "Approved"}})
    world.requests._ahead.clear()
    await observe.fn(type="ADDED", body=as_body(planned()), patch=kopf.Patch(), extra=1)
    await execute.fn(body=as_body(planned()), patch=kopf.Patch(), extra=1)
    assert world.workflow.asked == ["advance"]
