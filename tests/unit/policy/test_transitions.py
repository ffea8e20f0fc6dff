"""What each step writes into the status."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.conditions import ConditionType
from countersign.api.effects import EffectState
from countersign.api.operation import Kind
from countersign.api.phase import Phase, may_follow
from countersign.api.risk import Risk
from countersign.api.status import Attempt, KnowledgeReference
from countersign.policy import bookkeeping, transitions
from countersign.policy.bookkeeping import Result
from countersign.policy.decide import decide, tally
from countersign.policy.decision import Cancel, Deny, Expire, FinishDryRun, Wait
from countersign.policy.endings import Ending
from countersign.policy.retry import Again
from countersign.policy.transitions.executing import milliseconds
from tests.support.fakes_objects import (
    ALONE,
    after,
    approval_of,
    approved,
    operation,
    plan,
    plan_of,
    planned,
    request,
    signature,
    signed,
    step,
    with_status,
)
from tests.support.fakes_time import START
from tests.support.properties import examples

PLAN = plan()
LOCATION = KnowledgeReference(store="memory", entry="7d1f", location="memory")
ATTEMPT = Attempt(started_at=START, finished_at=after(1.5), error="timeout", transient=True)
NEXT = Again(number=2, retry=1, limit=2, delay=timedelta(seconds=30))
LONG = "é" * 5000


def told(status: ApprovalRequestStatus) -> tuple[str, ...]:
    """The last thing in the timeline, without its words."""
    last = status.timeline[-1]
    return (last.type, last.status, last.actor, last.actor_role)


def late(of: ApprovalRequest, seconds: float) -> ApprovalRequestStatus:
    """The entry of a finished request is written in the end."""
    entry = Result(EffectState.DONE, knowledge=LOCATION)
    status = bookkeeping.recorded_late(of, {bookkeeping.KNOWLEDGE: entry}, after(seconds))
    assert status is not None
    return status


def conditions(status: ApprovalRequestStatus) -> dict[str, str]:
    return {str(each.type): f"{each.status}/{each.reason}" for each in status.conditions}


def ending(**how: Any) -> Ending:
    fine: dict[str, Any] = {
        "executed": True,
        "reason": "Applied",
        "message": "Scaled. 5 of 5 replicas are available.",
        "attempt": Attempt(started_at=START, finished_at=after(1.5)),
        "changed": True,
        "verified": True,
        "verified_reason": "Done",
    }
    return Ending(**(fine | how))


FAILED = ending(executed=False, reason="Forbidden", message="No.", changed=False, verified=None)


def executing() -> ApprovalRequest:
    of = approved()
    return with_status(of, transitions.retrying(of, ATTEMPT, NEXT, after(2)))


def verifying() -> ApprovalRequest:
    of = approved()
    return with_status(of, transitions.verifying(of, after(2)))


# --- Step by step ---------------------------------------------------------------------------------


def test_a_plan_is_written_with_everything_that_people_need_to_sign_it() -> None:
    of = request(expires_after="1h")
    undo = operation(replicas=3)
    made = plan(undo=undo)
    status = transitions.planned(of, made, Risk.HIGH, ALONE, after(1))
    assert status.phase is Phase.PENDING
    assert conditions(status) == {
        "Planned": "True/Planned",
        "Approved": "False/SignaturesMissing",
    }
    assert status.plan == made
    assert (status.risk_level, status.required_signatures, status.signed) == (Risk.HIGH, 2, "0/2")
    assert status.target is not None
    assert "web" in status.target
    assert status.expires_at == START + timedelta(hours=1)
    assert status.undo == undo
    assert told(status) == ("plan", "success", "countersign", "planner")
    assert status.message is not None
    assert PLAN.summary in status.message
    assert "signatures" in status.message


def test_the_timeline_begins_with_the_proposal_and_tells_of_it_once() -> None:
    of = planned(request(description="Memory leak.", created=after(-60)), PLAN)
    first = of.status.timeline[0]
    assert (first.type, first.actor, first.actor_role) == ("propose", "agent", "requester")
    assert (first.description, first.time) == ("Memory leak.", after(-60))
    again = transitions.planned(of, plan(revision=2), Risk.LOW, ALONE, START)
    assert [each.type for each in again.timeline] == ["propose", "plan", "plan"]


def test_a_plan_that_changes_nothing_says_so() -> None:
    status = transitions.planned(request(), plan(changes=()), Risk.LOW, ALONE, START)
    assert conditions(status)["Planned"] == "True/NoChange"
    assert status.phase is Phase.PENDING


def test_a_second_plan_forgets_that_the_first_was_to_be_tried_again() -> None:
    of = request()
    of = with_status(of, transitions.planning_later(of, "timeout", timedelta(seconds=30), START))
    status = transitions.planned(of, PLAN, Risk.LOW, ALONE, after(30))
    assert status.next_attempt_at is None


def test_a_request_that_cannot_be_planned_fails_with_a_reason() -> None:
    status = transitions.refused(request(), "TargetNotFound", "No such thing.", None, START)
    assert status.phase is Phase.FAILED
    assert conditions(status) == {"Planned": "False/TargetNotFound"}
    assert status.message == "No such thing."
    assert told(status)[:2] == ("plan", "error")


def test_a_plan_of_several_steps_names_its_objects_and_leaves_undo_to_each() -> None:
    steps = [
        step(operation(name=name, replicas=5), undo=operation(name=name, replicas=3))
        for name in "ab"
    ]
    status = transitions.planned(request(), plan_of(*steps), Risk.LOW, ALONE, START)
    assert (status.target, status.undo) == ("Deployment/a, b", None)
    mixed = [step(), step(operation(Kind.STATEFUL_SET, "db", replicas=5))]
    status = transitions.planned(request(), plan_of(*mixed), Risk.LOW, ALONE, START)
    assert status.target == "Deployment/web, StatefulSet/db"


def test_an_action_that_cannot_be_parsed_is_an_error_of_type_exec() -> None:
    status = transitions.refused(request(), "Unparseable", "Write a command.", None, START)
    assert told(status)[:2] == ("exec", "error")
    assert status.timeline[-1].title.lower() == "cannot parse the operation"
    assert status.phase is Phase.FAILED


def test_planning_that_is_tried_again_keeps_the_request_pending() -> None:
    status = transitions.planning_later(request(), "timeout", timedelta(seconds=30), START)
    assert status.phase is Phase.PENDING
    assert conditions(status) == {"Planned": "Unknown/Retrying"}
    assert status.next_attempt_at == after(30)
    assert status.message is not None
    assert "timeout" in status.message


def test_a_signature_is_written_with_its_signer() -> None:
    of = signed(planned(made=PLAN, risk=Risk.HIGH), signature("alice", plan=PLAN.digest))
    decision = decide(of, ALONE, after(5))
    assert isinstance(decision, Wait)
    status = transitions.waiting(of, decision, after(5))
    assert status is not None
    assert status.signed == "1/2"
    assert told(status) == ("sign", "success", "alice", "signer")
    assert status.phase is Phase.PENDING
    approved_condition = status.condition(ConditionType.APPROVED)
    assert approved_condition is not None
    assert approved_condition.last_transition_time == START


def test_nothing_is_written_while_nothing_has_changed() -> None:
    of = signed(planned(made=PLAN, risk=Risk.HIGH), signature("alice", plan=PLAN.digest))
    decision = decide(of, ALONE, START)
    assert isinstance(decision, Wait)
    first = transitions.waiting(of, decision, START)
    assert transitions.waiting(with_status(of, first), decision, after(60)) is None
    assert transitions.waiting(request(), Wait("Retrying", "later"), START) is None


def test_a_signature_that_does_not_count_writes_nothing() -> None:
    of = signed(planned(made=PLAN), signature("agent", plan=PLAN.digest))
    decision = decide(of, ALONE, START)
    assert isinstance(decision, Wait)
    assert transitions.waiting(of, decision, START) is None


def test_a_signature_that_was_taken_back_is_written_too() -> None:
    of = signed(planned(made=PLAN, risk=Risk.HIGH), signature("alice", plan=PLAN.digest))
    decision = decide(of, ALONE, START)
    assert isinstance(decision, Wait)
    of = signed(with_status(of, transitions.waiting(of, decision, START)))
    decision = decide(of, ALONE, START)
    assert isinstance(decision, Wait)
    status = transitions.waiting(of, decision, START)
    assert status is not None
    assert status.signed == "0/2"


def test_waiting_for_a_time_is_told_once() -> None:
    of = signed(
        planned(request(not_before=after(3600)), PLAN), signature("alice", plan=PLAN.digest)
    )
    decision = decide(of, ALONE, START)
    assert isinstance(decision, Wait)
    status = transitions.waiting(of, decision, START)
    assert status is not None
    assert conditions(status)["Approved"] == "False/NotBefore"
    assert transitions.waiting(with_status(of, status), decision, after(1)) is None


def test_the_message_follows_when_one_signer_takes_anothers_place() -> None:
    of = planned(made=PLAN, risk=Risk.HIGH)
    for signer in ("alice", "bob"):
        of = signed(of, signature(signer, plan=PLAN.digest))
        decision = decide(of, ALONE, START)
        assert isinstance(decision, Wait)
        of = with_status(of, transitions.waiting(of, decision, START) or of.status)
    assert of.status.message is not None
    assert "bob" in of.status.message


def test_the_approval_names_the_signers_and_the_policy_and_fixes_the_time() -> None:
    of = approved(now=after(9))
    assert of.phase is Phase.APPROVED
    assert conditions(of.status)["Approved"] == "True/QuorumReached"
    assert of.status.approved_at == after(9)
    assert of.status.signed == "1/1"
    assert [policy.name for policy in of.status.policies] == ["default"]
    assert told(of.status) == ("sign", "success", "alice", "signer")


ENDS: dict[str, tuple[Deny | Expire | Cancel | FinishDryRun, Phase, str, str]] = {
    "denied": (Deny("bob", "not on a Friday"), Phase.DENIED, "Denied", "not on a Friday"),
    "denied without a word": (Deny("bob", None), Phase.DENIED, "Denied", "Denied by bob."),
    "expired": (Expire(after(3600)), Phase.EXPIRED, "Expired", "2026-03-01T13:00:00"),
    "called off": (Cancel(), Phase.CANCELLED, "Cancelled", "nothing was done"),
    "planned only": (FinishDryRun(), Phase.SUCCEEDED, "DryRun", "nothing was done"),
}


@pytest.mark.parametrize("what", ENDS)
def test_an_end_without_an_execution_says_why(what: str) -> None:
    decision, phase, reason, words = ENDS[what]
    status = transitions.ended_unapproved(planned(made=PLAN), decision, after(5))
    assert status.phase is phase
    assert conditions(status)["Approved"] == f"False/{reason}"
    assert words in (status.message or "")
    assert told(status)[:2] == ("decide", "success")
    assert "Recorded" not in conditions(status)
    assert status.approved_at is None


def test_a_denial_is_the_signers_own_deed() -> None:
    status = transitions.ended_unapproved(planned(made=PLAN), Deny("bob", None), START)
    assert told(status)[2:] == ("bob", "signer")


def test_a_stale_plan_voids_the_approval_and_asks_people_again() -> None:
    of = approved()
    status = transitions.stale(of, "Deployment shop/web has changed.", after(9))
    assert status.phase is Phase.PENDING
    assert conditions(status) == {"Planned": "False/Stale", "Approved": "False/Stale"}
    assert (status.approved_at, status.attempts, status.next_attempt_at) == (None, (), None)
    assert status.plan == of.status.plan  # Its revision is what the next one counts up from.
    assert told(status)[:2] == ("plan", "warning")
    assert "signatures are void" in (status.message or "")


def test_a_retry_says_which_of_how_many_when_and_why() -> None:
    of = executing()
    assert of.phase is Phase.EXECUTING
    assert conditions(of.status)["Executed"] == "Unknown/Retrying"
    assert of.status.next_attempt_at == after(32)
    assert of.status.attempts == (ATTEMPT,)
    assert told(of.status)[:2] == ("exec", "warning")
    for words in ("1/2", "30 s", "timeout"):
        assert words in of.status.timeline[-1].description


def test_a_verification_is_announced_as_executing() -> None:
    of = verifying()
    assert of.phase is Phase.EXECUTING
    assert conditions(of.status)["Executed"] == "True/Applied"
    assert conditions(of.status)["Verified"] == "Unknown/Verifying"


def _recorded_at_once(of: ApprovalRequest, end: Ending, now: datetime) -> ApprovalRequestStatus:
    """An end whose knowledge entry was written before it."""
    ended = with_status(of, transitions.finished(of, end, now))
    entry = Result(EffectState.DONE, knowledge=LOCATION)
    status = bookkeeping.recorded(ended, {bookkeeping.KNOWLEDGE: entry}, now)
    assert status is not None
    return status


def test_a_good_end_is_written_with_its_duration_target_and_place_of_record() -> None:
    status = _recorded_at_once(executing(), ending(), after(40))
    assert status.phase is Phase.SUCCEEDED
    assert conditions(status) == {
        "Planned": "True/Planned",
        "Approved": "True/QuorumReached",
        "Executed": "True/Applied",
        "Verified": "True/Done",
        "Recorded": "True/Recorded",
    }
    assert status.result is not None
    assert (status.result.duration_milliseconds, status.result.changed) == (1500, True)
    assert status.knowledge == LOCATION
    assert status.next_attempt_at is None
    assert len(status.attempts) == 2
    assert told(status) == ("exec", "success", "countersign", "executor")
    for words in ("web", "@ shop", "1500 ms"):
        assert words in status.timeline[-1].description


def test_a_bad_end_is_written_with_its_error() -> None:
    status = transitions.finished(approved(), FAILED, after(5))
    assert status.phase is Phase.FAILED
    assert conditions(status)["Executed"] == "False/Forbidden"
    assert "Verified" not in conditions(status)
    assert told(status)[:2] == ("exec", "error")
    assert status.timeline[-1].description == "No."
    assert status.message == "No."


def test_an_effect_that_was_not_seen_to_work_has_failed_though_it_was_applied() -> None:
    bad = ending(verified=False, verified_reason="Timeout", message="Applied, but.")
    status = transitions.finished(approved(), bad, after(300))
    assert status.phase is Phase.FAILED
    assert conditions(status)["Executed"] == "True/Applied"
    assert conditions(status)["Verified"] == "False/Timeout"
    assert told(status)[:2] == ("exec", "error")


def test_an_end_with_nothing_to_change_says_so() -> None:
    status = transitions.finished(approved(), ending(changed=False), after(5))
    assert conditions(status)["Executed"] == "True/NoChange"


def test_an_end_leaves_no_condition_that_still_waits() -> None:
    status = transitions.finished(verifying(), FAILED, after(60))
    assert status.phase is Phase.FAILED
    assert [each.type for each in status.conditions if each.status == "Unknown"] == []


def test_what_could_not_be_written_down_is_still_to_be() -> None:
    status = transitions.finished(approved(), ending(), after(5))
    assert status.phase is Phase.SUCCEEDED
    assert conditions(status)["Recorded"] == "False/StoreUnavailable"
    assert status.knowledge is None


@pytest.mark.parametrize("end", [ending(), FAILED])
def test_a_late_record_changes_nothing_but_that(end: Ending) -> None:
    of = with_status(approved(), transitions.finished(approved(), end, after(5)))
    status = late(of, 35)
    assert conditions(status)["Recorded"] == "True/Recorded"
    assert (status.phase, status.message, status.result) == (
        of.phase,
        of.status.message,
        of.status.result,
    )
    assert status.knowledge == LOCATION
    assert told(status)[:2] == ("record", "success")
    assert bookkeeping.succeeded(of) == end.success


DURATIONS = {
    "a second and a half": (after(1.5), 1500),
    "no end": (None, 0),
    "a clock that was set back": (after(-5), 0),
    "next to nothing": (after(0.0004), 0),
}


@pytest.mark.parametrize("what", DURATIONS)
def test_the_duration_of_an_attempt_is_in_whole_milliseconds(what: str) -> None:
    finished, expected = DURATIONS[what]
    assert milliseconds(Attempt(started_at=START, finished_at=finished)) == expected


# --- What holds for all of them -------------------------------------------------------------------

Write = Callable[[ApprovalRequest, str], ApprovalRequestStatus | None]


def _approve(of: ApprovalRequest, text: str) -> ApprovalRequestStatus | None:
    many = [signature(f"{text[:200]}-{n}", plan=PLAN.digest) for n in range(32)]
    return (
        transitions.approved(of, approval_of(signed(of, *many)), after(5))
        if of.status.plan
        else None
    )


def _wait(of: ApprovalRequest, text: str) -> ApprovalRequestStatus | None:
    counted = tally(signed(of, signature("alice", plan=PLAN.digest)), ALONE)
    return transitions.waiting(of, Wait("NotBefore", text, None, counted), after(5))


PENDING = {"a new request": request(), "a planned request": planned(made=PLAN)}
PENDING["a request whose plan went stale"] = with_status(
    approved(), transitions.stale(approved(), "Changed.", START)
)
PENDING["a request to be planned later"] = with_status(
    request(), transitions.planning_later(request(), "timeout", timedelta(seconds=30), START)
)
MOVING = {
    "an approved request": approved(),
    "a request to be tried again": executing(),
    "a request that is being watched": verifying(),
}
ENDED = {
    "a good end": with_status(approved(), transitions.finished(approved(), ending(), START)),
    "a bad end": with_status(approved(), transitions.finished(approved(), FAILED, START)),
}
WRITES: dict[str, tuple[dict[str, ApprovalRequest], Write]] = {
    "planned": (
        PENDING,
        lambda of, text: transitions.planned(
            of, plan(revision=2, summary=text[:1024]), Risk.LOW, ALONE, after(5)
        ),
    ),
    "refused": (
        PENDING,
        lambda of, text: transitions.refused(of, "Invalid", text, operation(), after(5)),
    ),
    "planning later": (
        PENDING,
        lambda of, text: transitions.planning_later(of, text, timedelta(seconds=30), after(5)),
    ),
    "waiting": (PENDING, _wait),
    "approved": ({"a planned request": PENDING["a planned request"]}, _approve),
    "denied": (
        PENDING,
        lambda of, text: transitions.ended_unapproved(of, Deny("bob", text), after(5)),
    ),
    "expired": (
        PENDING,
        lambda of, _: transitions.ended_unapproved(of, Expire(START), after(5)),
    ),
    "cancelled": (PENDING, lambda of, _: transitions.ended_unapproved(of, Cancel(), after(5))),
    "dry run": (PENDING, lambda of, _: transitions.ended_unapproved(of, FinishDryRun(), after(5))),
    "stale": (
        {"an approved request": MOVING["an approved request"]},
        lambda of, text: transitions.stale(of, text, after(5)),
    ),
    "retrying": (
        MOVING,
        lambda of, text: transitions.retrying(
            of, ATTEMPT.model_copy(update={"error": text[:1024]}), NEXT, after(5)
        ),
    ),
    "verifying": (MOVING, lambda of, _: transitions.verifying(of, after(5))),
    "finished well": (
        MOVING,
        lambda of, text: _recorded_at_once(of, ending(message=text), after(5)),
    ),
    "finished badly": (
        MOVING,
        lambda of, text: transitions.finished(
            of, ending(verified=False, verified_reason="Timeout", message=text), after(5)
        ),
    ),
    "failed": (
        MOVING,
        lambda of, text: transitions.finished(
            of,
            ending(executed=False, reason="X", message=text, changed=False, verified=None),
            after(5),
        ),
    ),
    "recorded": (ENDED, lambda of, _: late(of, 5)),
}
STEPS = [(name, of) for name, (froms, _) in WRITES.items() for of in froms]


@pytest.mark.parametrize(("name", "of"), STEPS)
def test_the_phase_that_a_step_leads_to_may_follow(name: str, of: str) -> None:
    froms, write = WRITES[name]
    before = froms[of]
    status = write(before, "why")
    if status is not None:
        assert status.phase is not None
        assert may_follow(before.status.phase, status.phase)


@pytest.mark.parametrize(("name", "of"), STEPS)
def test_whatever_a_step_writes_is_within_the_bounds_of_the_crd(name: str, of: str) -> None:
    froms, write = WRITES[name]
    status = write(froms[of], LONG)
    if status is not None:
        read = ApprovalRequestStatus.model_validate(status.to_json())
        assert read == status


@examples(20)
@given(
    st.lists(st.sampled_from(["retrying", "verifying"]), min_size=25, max_size=60),
    st.sampled_from(sorted(MOVING)),
)
def test_a_long_history_stays_bounded_and_keeps_the_latest(names: list[str], start: str) -> None:
    of = MOVING[start]
    for number, name in enumerate(["retrying"] * 20 + names):
        status = WRITES[name][1](of, f"attempt {number}")
        of = with_status(of, status)
    assert len(of.status.timeline) == 20
    assert len(of.status.attempts) == 16
    assert ApprovalRequestStatus.model_validate(of.status.to_json()) == of.status
