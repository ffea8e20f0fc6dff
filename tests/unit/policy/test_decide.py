"""What happens next to a request: every branch, as a table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.conditions import ConditionType, with_condition
from countersign.api.phase import Phase
from countersign.api.risk import Risk
from countersign.policy import transitions
from countersign.policy.bookkeeping import needs_record
from countersign.policy.decide import current_plan, decide, expiry, tally
from countersign.policy.decision import (
    Approve,
    Cancel,
    Decision,
    Deny,
    Done,
    Execute,
    Expire,
    FinishDryRun,
    MakePlan,
    Record,
    Refuse,
    Wait,
)
from tests.support.fakes_objects import (
    ALONE,
    OLD_DIGEST,
    after,
    approved,
    plan,
    planned,
    request,
    signature,
    signed,
    with_status,
)
from tests.support.fakes_time import START

PLAN = plan()
ALICE = signature("alice", plan=PLAN.digest)
BOB = signature("bob", plan=PLAN.digest)
BOBS_NO = signature("bob", "Deny", plan=PLAN.digest, comment="not on a Friday")
HOUR = timedelta(hours=1)


def in_phase(phase: Phase, *, recorded: str | None = None) -> ApprovalRequest:
    of = approved()
    conditions = of.status.conditions
    if recorded is not None:
        conditions = with_condition(
            conditions, ConditionType.RECORDED, recorded, "X", "", now=START, generation=1
        )
    return with_status(of, of.status.model_copy(update={"phase": phase, "conditions": conditions}))


def stale() -> ApprovalRequest:
    of = approved()
    return with_status(of, transitions.stale(of, "It has changed.", START))


def later(of: ApprovalRequest, *, seconds: float) -> ApprovalRequest:
    delay = timedelta(seconds=seconds)
    return with_status(of, transitions.planning_later(of, "no answer", delay, START))


def without_plan(of: ApprovalRequest) -> ApprovalRequest:
    return with_status(of, of.status.model_copy(update={"plan": None}))


def is_wait(decision: Decision, reason: str, until: object = None) -> bool:
    return isinstance(decision, Wait) and (decision.reason, decision.until) == (reason, until)


EXACT: dict[str, tuple[ApprovalRequest, Decision]] = {
    "a new request is planned": (request(), MakePlan(revision=1)),
    "after a stale plan a second is made": (stale(), MakePlan(revision=2)),
    "a new request that is called off is not even planned": (request(cancelled=True), Cancel()),
    "a signed request that is called off is called off": (
        signed(planned(request(cancelled=True), PLAN), ALICE),
        Cancel(),
    ),
    "one No is enough": (
        signed(planned(made=PLAN), BOBS_NO),
        Deny(by="bob", comment="not on a Friday"),
    ),
    "a No wins over a quorum": (
        signed(planned(made=PLAN), ALICE, BOBS_NO),
        Deny(by="bob", comment="not on a Friday"),
    ),
    "a dry run ends with its plan, signed or not": (
        signed(planned(request(dry_run=True), PLAN), ALICE),
        FinishDryRun(),
    ),
    "a dry run is planned first": (request(dry_run=True), MakePlan(revision=1)),
    "an approved request is carried out": (in_phase(Phase.APPROVED), Execute()),
    "an executing request is carried on": (in_phase(Phase.EXECUTING), Execute()),
    "an approved request that was called off too late is carried out": (
        approved(request(cancelled=True)),
        Execute(),
    ),
    "an approved request that is being deleted is carried out": (
        approved(request(deleted=START)),
        Execute(),
    ),
    "a new request that is being deleted is left alone": (request(deleted=START), Done()),
    "a signed request that is being deleted is left alone": (
        signed(planned(request(deleted=START), PLAN), ALICE),
        Done(),
    ),
    **{
        f"a request that is {phase} is done": (in_phase(phase, recorded="True"), Done())
        for phase in Phase
        if phase.terminal
    },
    **{
        f"a request that is {phase} and was never to be recorded is done": (in_phase(phase), Done())
        for phase in (Phase.DENIED, Phase.EXPIRED, Phase.CANCELLED, Phase.FAILED)
    },
    **{
        f"a request that is {phase} but not written down is written down": (
            in_phase(phase, recorded="False"),
            Record(),
        )
        for phase in (Phase.SUCCEEDED, Phase.FAILED)
    },
}


@pytest.mark.parametrize("what", EXACT)
def test_what_happens_next_follows_from_the_request(what: str) -> None:
    of, decision = EXACT[what]
    assert decide(of, ALONE, START) == decision


def test_a_quorum_approves() -> None:
    of = signed(planned(made=PLAN), ALICE)
    counted = tally(of, ALONE)
    assert isinstance(decide(of, ALONE, START), Approve)
    assert counted is not None
    assert [each.signer for each in counted.approvals] == ["alice"]


def test_a_no_on_an_old_plan_does_not_deny() -> None:
    old_no = signature("bob", "Deny", plan=OLD_DIGEST)
    assert isinstance(decide(signed(planned(made=PLAN), ALICE, old_no), ALONE, START), Approve)


def test_a_dropped_plan_is_refused_with_what_to_do() -> None:
    decision = decide(without_plan(planned()), ALONE, START)
    assert isinstance(decision, Refuse)
    assert decision.reason == "SchemaOutdated"
    assert "Apply crds/ again" in decision.message


MISSING = {
    "one of one": (Risk.MEDIUM, (), "Waits for 1 more signature of 1."),
    "two of two": (Risk.HIGH, (), "Waits for 2 more signatures of 2."),
    "one of two": (Risk.HIGH, (ALICE,), "Waits for 1 more signature of 2 (signed by alice)."),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_is_missing_is_said(what: str) -> None:
    risk, signatures, message = MISSING[what]
    decision = decide(signed(planned(made=PLAN, risk=risk), *signatures), ALONE, START)
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.message) == ("SignaturesMissing", message)
    assert decision.until is None


def test_high_risk_needs_a_second_person() -> None:
    high = planned(made=PLAN, risk=Risk.HIGH)
    assert is_wait(decide(signed(high, ALICE), ALONE, START), "SignaturesMissing")
    assert isinstance(decide(signed(high, ALICE, BOB), ALONE, START), Approve)


def test_a_request_of_unknown_risk_counts_as_critical() -> None:
    of = signed(planned(made=PLAN), ALICE)
    of = with_status(of, of.status.model_copy(update={"risk_level": None}))
    assert is_wait(decide(of, ALONE, START), "SignaturesMissing")


# --- Times ----------------------------------------------------------------------------------------


def test_a_request_expires_at_its_time_to_the_second_and_not_before() -> None:
    of = signed(planned(request(expires_after="1h"), PLAN), ALICE)
    assert isinstance(decide(of, ALONE, START + HOUR - timedelta(seconds=1)), Approve)
    assert decide(of, ALONE, START + HOUR) == Expire(at=START + HOUR)


def test_a_request_expires_unplanned_as_well() -> None:
    assert decide(request(expires_after="1h"), ALONE, START + HOUR) == Expire(at=START + HOUR)


def test_a_denied_request_that_has_expired_is_expired() -> None:
    of = signed(planned(request(expires_after="1h"), PLAN), BOBS_NO)
    assert decide(of, ALONE, START + HOUR) == Expire(at=START + HOUR)


def test_whoever_waits_for_signatures_wakes_at_the_expiry() -> None:
    of = planned(request(expires_after="1h"), PLAN)
    assert is_wait(decide(of, ALONE, START), "SignaturesMissing", START + HOUR)


def test_the_expiry_counts_from_the_creation() -> None:
    assert expiry(request(expires_after="90m", created=START)) == START + 1.5 * HOUR
    assert expiry(request()) is None


def test_a_signed_request_waits_for_its_time() -> None:
    of = signed(planned(request(not_before=START + HOUR), PLAN), ALICE)
    early = decide(of, ALONE, START)
    assert is_wait(early, "NotBefore", START + HOUR)
    assert isinstance(early, Wait)
    assert "2026-03-01T13:00:00" in early.message
    assert isinstance(decide(of, ALONE, START + HOUR), Approve)


def test_a_signed_request_whose_time_is_after_its_expiry_wakes_to_expire() -> None:
    of = signed(planned(request(not_before=START + HOUR, expires_after="30m"), PLAN), ALICE)
    assert is_wait(decide(of, ALONE, START), "NotBefore", START + HOUR / 2)
    assert decide(of, ALONE, START + HOUR / 2) == Expire(at=START + HOUR / 2)


def test_an_unsigned_request_waits_for_signatures_before_its_time() -> None:
    of = planned(request(not_before=START + HOUR), PLAN)
    assert is_wait(decide(of, ALONE, START), "SignaturesMissing")


def test_a_request_that_could_not_be_planned_is_tried_again_at_its_time_and_not_before() -> None:
    of = later(request(), seconds=30)
    assert is_wait(decide(of, ALONE, after(29)), "Retrying", after(30))
    assert decide(of, ALONE, after(30)) == MakePlan(revision=1)


def test_a_request_that_waits_to_be_planned_wakes_to_expire() -> None:
    of = later(request(expires_after="10s"), seconds=30)
    assert is_wait(decide(of, ALONE, START), "Retrying", after(10))


def test_a_second_plan_that_could_not_be_made_is_still_the_second() -> None:
    assert decide(later(stale(), seconds=30), ALONE, after(30)) == MakePlan(revision=2)


# --- The questions others ask ---------------------------------------------------------------------


def test_a_stale_plan_is_not_there_to_be_signed() -> None:
    assert current_plan(stale()) is None
    assert tally(stale(), ALONE) is None
    assert current_plan(planned(made=PLAN)) == PLAN
    assert current_plan(request()) is None


def test_only_an_execution_that_is_not_written_down_needs_a_record() -> None:
    assert not needs_record(request())
    assert not needs_record(in_phase(Phase.SUCCEEDED, recorded="True"))
    assert needs_record(in_phase(Phase.SUCCEEDED, recorded="False"))
    assert needs_record(in_phase(Phase.FAILED, recorded="Unknown"))
