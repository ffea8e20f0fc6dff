"""Messages that nobody knows to be delivered, made again from the object."""

from __future__ import annotations

from datetime import timedelta

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.api.risk import Risk
from countersign.api.status import Attempt
from countersign.policy import endings, transitions
from countersign.policy.decision import Cancel, Wait
from countersign.records.notification import NotificationStep, notifications
from countersign.records.retelling import retold
from tests.support.fakes_objects import (
    ALONE,
    UID,
    after,
    approved,
    plan,
    planned,
    request,
    with_status,
)
from tests.support.fakes_time import START

ATTEMPT = Attempt(started_at=START, finished_at=after(1.5))
AT = int(START.timestamp())
HELD_FOR = Wait("Suspended", "Suspended by policy p.")


def finished() -> ApprovalRequest:
    of = approved()
    end = endings.verified(endings.Told("Scaled", changed=True), "5 of 5", ATTEMPT)
    return with_status(of, transitions.finished(of, end, after(9)))


def stale() -> ApprovalRequest:
    return with_status(approved(), transitions.stale(approved(), "Changed.", after(2)))


def held() -> ApprovalRequest:
    return with_status(approved(), transitions.held_back(approved(), HELD_FOR, after(2)))


def cancelled() -> ApprovalRequest:
    of = planned()
    return with_status(of, transitions.ended_unapproved(of, Cancel(), after(2)))


def planned_again() -> ApprovalRequest:
    status = transitions.planned(stale(), plan(revision=2), Risk.LOW, ALONE, after(3))
    return with_status(stale(), status)


PATHS: dict[str, tuple[ApprovalRequest, ApprovalRequest]] = {
    "planned": (request(), planned()),
    "approved": (planned(), approved()),
    "stale": (approved(), stale()),
    "held back": (approved(), held()),
    "cancelled": (planned(), cancelled()),
    "finished": (approved(), finished()),
}


@pytest.mark.parametrize("what", PATHS)
def test_from_the_object_alone_the_same_message_is_made(what: str) -> None:
    before, after_ = PATHS[what]
    [message] = notifications(before, after_, "x", after(60))
    part = message.id.removeprefix(f"{UID}/")
    assert retold(after_, part, "x", after(60)) == message


def test_an_approval_is_told_as_it_was_also_after_the_end() -> None:
    [told] = notifications(planned(), approved(), "x", after(60))
    again = retold(finished(), f"approved-{AT}", "x", after(60))
    assert again is not None
    assert (again.id, again.phase, again.message) == (told.id, Phase.APPROVED, told.message)
    assert again.status is None
    assert again.step is NotificationStep.DECIDED


OVERTAKEN: dict[str, tuple[ApprovalRequest, str]] = {
    "a signature wanted of what is approved": (approved(), "signature-wanted-1"),
    "a signature wanted on an earlier plan": (planned_again(), "signature-wanted-1"),
    "a signature wanted on a stale plan": (stale(), "signature-wanted-1"),
    "a stale plan that was made again": (planned_again(), "stale-1"),
    "an approval that was held back": (held(), f"approved-{AT}"),
    "an earlier approval": (approved(), f"approved-{AT - 5}"),
    "held back, and approved since": (approved(), f"held-{AT}"),
    "an end that has not come": (approved(), "executed"),
    "a decision that has not come": (planned(), "decided"),
    "what no version of us has written": (finished(), "nonsense"),
    "nothing": (finished(), ""),
}


@pytest.mark.parametrize("what", OVERTAKEN)
def test_what_makes_no_sense_any_more_is_not_told(what: str) -> None:
    of, part = OVERTAKEN[what]
    assert retold(of, part, "x", START + timedelta(minutes=1)) is None


def test_a_plan_made_again_asks_for_signatures_of_its_own() -> None:
    message = retold(planned_again(), "signature-wanted-2", "x", after(60))
    assert message is not None
