"""Cooldowns and rates, from what was approved before."""

from __future__ import annotations

from datetime import timedelta

from countersign.api.approval_request import ApprovalRequest
from countersign.api.risk import Risk
from countersign.api.status import Attempt
from countersign.policy.approval_policies.subject import Subject, Touched
from countersign.policy.memory.history import Past, below_rate_at, cooled_down_at, others, past_of
from tests.support.fakes_objects import UID, after, approved, planned, request, with_status
from tests.support.fakes_time import START

WEB, DB = Touched("Deployment", "shop", "web"), Touched("Deployment", "shop", "db")
HOUR = timedelta(hours=1)


def past(uid: str, seconds: float, *targets: Touched, latest: float | None = None) -> Past:
    subject = Subject(uid, "shop", uid, "agent", Risk.LOW, (), targets or (WEB,))
    return Past(subject, after(seconds), after(seconds if latest is None else latest))


def test_a_target_is_cool_once_it_has_been_left_alone_for_long_enough() -> None:
    subject = past("me", 0).subject
    before = [past("a", -100), past("b", -50), past("c", -1, DB)]
    assert cooled_down_at(subject, timedelta(seconds=60), before, START) == after(10)
    assert cooled_down_at(subject, timedelta(seconds=50), before, START) is None
    assert cooled_down_at(subject, HOUR, [], START) is None


def test_a_cooldown_begins_when_the_last_attempt_has_ended() -> None:
    subject = past("me", 0).subject
    assert cooled_down_at(subject, HOUR, [past("a", -100, latest=-10)], START) == after(3590)


def test_one_target_in_common_is_enough() -> None:
    subject = past("me", 0, DB, WEB).subject
    assert cooled_down_at(subject, HOUR, [past("a", -60)], START) == after(3540)


def test_a_rate_is_free_when_the_oldest_of_the_last_ones_is_out_of_it() -> None:
    before = [past("a", -3000), past("b", -2000), past("c", -1000)]
    assert below_rate_at(4, HOUR, before, START) is None
    assert below_rate_at(3, HOUR, before, START) == after(600)
    assert below_rate_at(2, HOUR, before, START) == after(1600)
    assert below_rate_at(1, HOUR, before, START) == after(2600)
    assert below_rate_at(3, HOUR, before, after(600)) is None


def test_what_is_kept_is_what_was_approved() -> None:
    assert past_of(request()) is None
    assert past_of(planned()) is None
    kept = past_of(approved())
    assert kept is not None
    assert (kept.approved_at, kept.latest, kept.automatic) == (START, START, False)
    attempt = Attempt(started_at=after(1), finished_at=after(9))
    of = approved()
    of = with_status(of, of.status.model_copy(update={"attempts": (attempt,)}))
    again = past_of(of)
    assert again is not None
    assert again.latest == after(9)


def at(of: ApprovalRequest, seconds: float) -> ApprovalRequest:
    return with_status(of, of.status.model_copy(update={"approved_at": after(seconds)}))


def test_a_request_is_not_its_own_past_and_what_came_later_is_none_either() -> None:
    before = [past(UID, 5), past("earlier", 4), past("later", 6)]
    assert [each.subject.uid for each in others(before, planned())] == ["earlier", "later"]
    assert [each.subject.uid for each in others(before, at(approved(), 5))] == ["earlier"]
