"""What is known of policies: nothing is decided before all of it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.policy import transitions
from countersign.policy.decision import Cancel
from countersign.policy.memory.flapping import FLAPPING_WITHIN
from countersign.policybook import PolicyBook
from tests.support.fakes_objects import (
    UID,
    after,
    approval_of,
    approved,
    operation,
    plan,
    planned,
    request,
    signature,
    signed,
    with_status,
)
from tests.support.fakes_policies import policy_body
from tests.support.fakes_time import START, FakeClock

SELECTS = {"namespaceSelector": {"matchLabels": {"tier": "prod"}}}
WEEK = 168 * 3600


def book(*bodies: dict[str, Any]) -> PolicyBook:
    made = PolicyBook(FakeClock())
    made.policies_are(bodies)
    return made


def of_version(of: ApprovalRequest, version: int) -> ApprovalRequest:
    metadata = of.metadata.model_copy(update={"resource_version": str(version)})
    return of.model_copy(update={"metadata": metadata})


async def is_answered(by: PolicyBook, of: ApprovalRequest) -> bool:
    asking = asyncio.create_task(by.around(of))
    for _ in range(5):
        await asyncio.sleep(0)
    answered = asking.done()
    asking.cancel()
    return answered


async def test_nothing_is_answered_before_the_policies_are_listed() -> None:
    made = PolicyBook(FakeClock())
    assert not await is_answered(made, planned())
    assert not await is_answered(made, approved())
    assert made.lacks == "policies"
    made.policies_are([])
    assert await is_answered(made, planned())


async def test_a_request_that_is_over_need_not_wait() -> None:
    of = planned()
    over = with_status(of, of.status.model_copy(update={"phase": Phase.DENIED}))
    assert await is_answered(PolicyBook(FakeClock()), over)


async def test_whoever_waits_is_answered_with_what_was_listed_then() -> None:
    made = PolicyBook(FakeClock())
    asking = asyncio.create_task(made.around(planned()))
    await asyncio.sleep(0)
    made.policies_are([policy_body("a", signatures=2)])
    assert [each.name for each in (await asking).policies] == ["a"]


async def test_nothing_is_answered_while_the_watch_is_lost() -> None:
    made = book(policy_body(signatures=1))
    made.policies_are_unknown()
    assert not await is_answered(made, planned())
    made.policies_are([policy_body(signatures=1)])
    assert await is_answered(made, planned())


async def test_where_a_policy_selects_namespaces_nothing_is_answered_before_those_are_listed() -> (
    None
):
    made = book(policy_body(match=SELECTS, signatures=1))
    assert not await is_answered(made, planned())
    made.namespaces_are({"shop": {"tier": "prod"}})
    assert await is_answered(made, planned())
    made.namespaces_are_unknown()
    assert not await is_answered(made, planned())
    made.policy_is_gone("p")
    assert await is_answered(made, planned())


async def test_where_a_policy_looks_back_nothing_is_answered_before_all_requests_are_seen() -> None:
    made = book(policy_body(cooldown="1h"))
    assert not await is_answered(made, planned())
    assert made.lacks == "earlier approvals"
    made.past_is_known()
    assert await is_answered(made, planned())


async def test_a_policy_that_begins_to_look_back_stops_answers_until_it_can() -> None:
    made = book()
    assert await is_answered(made, planned())
    made.policy_is(policy_body(cooldown="1h"))
    assert not await is_answered(made, planned())


# --- Whom a change concerns -----------------------------------------------------------------------


def names(waiting: list[Any]) -> list[str]:
    return sorted(each.name for each in waiting)


def waiting_in(made: PolicyBook) -> None:
    made.saw(planned(request(name="web", uid="1"), plan()))
    made.saw(approved(request(name="approved", uid="2"), plan()))
    made.saw(request(name="unplanned", uid="3"))
    over = planned(request(name="over", uid="4"))
    made.saw(with_status(over, over.status.model_copy(update={"phase": Phase.DENIED})))


def test_a_new_policy_concerns_what_it_matches_and_is_not_over() -> None:
    made = book()
    waiting_in(made)
    assert names(made.policy_is(policy_body(signatures=2))) == ["approved", "unplanned", "web"]
    other = policy_body("q", match={"targetNames": ["db"]}, signatures=2)
    assert names(made.policy_is(other)) == ["unplanned"]


def test_a_policy_that_does_not_change_concerns_nobody() -> None:
    made = book(policy_body(signatures=2))
    waiting_in(made)
    same = policy_body(signatures=2)
    same["status"] = {"conditions": []}
    assert made.policy_is(same) == []
    assert made.policies_are([same]) == []


def test_a_policy_that_no_longer_matches_concerns_what_it_did_match() -> None:
    made = book(policy_body(signatures=2))
    waiting_in(made)
    changed = policy_body(match={"targetNames": ["db"]}, signatures=2)
    assert "web" in names(made.policy_is(changed))
    assert names(made.policy_is_gone("p")) == ["unplanned"]
    assert made.policy_is_gone("p") == []


def test_policies_that_were_deleted_while_the_watch_was_away_are_noticed() -> None:
    made = book(policy_body("a", signatures=2), policy_body("b", signatures=2))
    waiting_in(made)
    made.policies_are_unknown()
    assert "web" in names(made.policies_are([policy_body("a", signatures=2)]))
    assert [each.name for each in made.now().policies] == ["a"]


@pytest.mark.parametrize("how", ["told", "listed again"])
def test_to_delete_a_namespace_makes_no_room_for_more(how: str) -> None:
    made = book(policy_body(match=SELECTS, rateLimit={"count": 1, "per": "1h"}))
    made.namespaces_are({"shop": {"tier": "prod"}, "calm": {"tier": "dev"}})
    made.saw(approved())
    if how == "told":
        made.namespace_is("shop", None)
    else:
        made.namespaces_are({"calm": {"tier": "dev"}})
    around = made.now()
    [policy], [earlier] = around.policies, around.past
    assert around.complete
    assert around.counts(policy, earlier)


def test_labels_of_deleted_namespaces_are_kept_no_longer_than_the_past() -> None:
    made = book(policy_body(match=SELECTS, cooldown="1h"))
    made.namespaces_are({"shop": {"tier": "prod"}, "calm": {"tier": "prod"}})
    made.saw(approved())
    made.namespaces_are({})
    for number in range(512):
        made.saw(approved(request(uid=f"other-{number}")))
    assert set(made.now().former) == {"shop"}


def test_labels_that_change_concern_their_namespace_where_a_policy_asks_for_some() -> None:
    made = book(policy_body(match=SELECTS, signatures=2))
    waiting_in(made)
    assert "web" in names(made.namespaces_are({"shop": {"tier": "dev"}}))
    assert made.namespace_is("shop", {"tier": "dev"}) == []
    assert made.namespace_is("other", {"tier": "prod"}) == []
    assert "web" in names(made.namespace_is("shop", {"tier": "prod"}))
    assert "web" in names(made.namespace_is("shop", None))


def test_a_request_is_concerned_by_what_it_reaches_into() -> None:
    made = book(policy_body(match=SELECTS, signatures=2))
    made.namespaces_are({"shop": {"tier": "dev"}, "bank": {"tier": "dev"}})
    made.saw(planned(request(), plan(operation(namespace="bank"))))
    assert names(made.namespace_is("bank", {"tier": "prod"})) == ["restart-web"]
    assert names(made.policy_is(policy_body(match=SELECTS, signatures=3))) == ["restart-web"]
    assert (
        made.policy_is(
            policy_body(
                "dev", match={"namespaceSelector": {"matchLabels": {"tier": "x"}}}, signatures=3
            )
        )
        == []
    )


def test_what_was_done_in_a_namespace_counts_for_its_policies_wherever_it_was_asked_for() -> None:
    made = book(policy_body(match=SELECTS, rateLimit={"count": 1, "per": "1h"}))
    made.namespaces_are({"shop": {"tier": "dev"}, "bank": {"tier": "prod"}})
    made.saw(approved(request(), plan(operation(namespace="bank"))))
    [policy], [earlier] = made.now().policies, made.now().past
    assert made.now().counts(policy, earlier)
    made.namespaces_are({"shop": {"tier": "dev"}, "bank": {"tier": "dev"}})
    assert not made.now().counts(policy, earlier)


def test_a_change_that_concerns_a_request_is_known_until_it_is_looked_at_again() -> None:
    made, of = book(), planned(request(), plan(operation()))
    made.saw(of)
    assert not made.has_stirred(of.metadata.uid)
    made.policy_is(policy_body(signatures=2))
    assert made.has_stirred(of.metadata.uid)
    made.is_looked_at(of.metadata.uid)
    made.policy_is(policy_body(signatures=2))
    assert not made.has_stirred(of.metadata.uid)
    made.policy_is_gone("p")
    assert made.has_stirred(of.metadata.uid)


def test_a_change_that_concerns_others_only_is_no_reason_to_look_again() -> None:
    made, of = book(policy_body(match=SELECTS)), planned(request(), plan(operation()))
    made.namespaces_are({"shop": {"tier": "prod"}, "bank": {"tier": "prod"}})
    made.saw(of)
    made.is_looked_at(of.metadata.uid)
    made.namespace_is("bank", None)
    made.policy_is(policy_body("exec", match={"operations": ["Exec"]}, signatures=3))
    assert not made.has_stirred(of.metadata.uid)
    made.namespace_is("shop", {"tier": "dev"})
    assert made.has_stirred(of.metadata.uid)


def test_nothing_is_kept_of_requests_that_are_over_or_gone() -> None:
    made, of = book(), planned(request(), plan(operation()))
    over = with_status(of, transitions.ended_unapproved(of, Cancel(), after(1)))
    for ending in (lambda: made.saw(over), lambda: made.forget(of.metadata.uid)):
        made.saw(of)
        made.policy_is(policy_body(signatures=2))
        ending()
        assert not made.has_stirred(of.metadata.uid)
        made.policy_is_gone("p")
        assert not made.has_stirred(of.metadata.uid)


# --- What was approved before ---------------------------------------------------------------------


def uids(made: PolicyBook) -> list[str]:
    return sorted(each.subject.uid for each in made.now().past)


def looking_back() -> PolicyBook:
    made = book(policy_body(cooldown="1h"))
    made.past_is_known()
    return made


def test_an_approval_counts_before_it_is_written() -> None:
    made, of = looking_back(), planned()
    of = signed(of, signature("alice", plan=of.status.plan.digest))  # type: ignore[union-attr]
    made.approved(of, transitions.approved(of, approval_of(of), START))
    assert uids(made) == [UID]


def test_an_approval_that_could_not_be_written_does_not_count() -> None:
    made, of = looking_back(), planned()
    of = signed(of, signature("alice", plan=of.status.plan.digest))  # type: ignore[union-attr]
    made.approved(of, transitions.approved(of, approval_of(of), START))
    made.saw(of_version(of, 101))
    assert uids(made) == []


def test_an_event_from_before_the_approval_does_not_undo_it() -> None:
    made = looking_back()
    made.saw(of_version(approved(), 105))
    made.saw(of_version(planned(), 104))
    assert uids(made) == [UID]


def test_a_plan_that_went_stale_was_not_an_execution() -> None:
    made, of = looking_back(), approved()
    made.saw(of)
    made.saw(of_version(with_status(of, transitions.stale(of, "Changed.", START)), 101))
    assert uids(made) == []


def test_what_is_deleted_was_executed_all_the_same() -> None:
    made = looking_back()
    made.saw(approved())
    made.forget(UID)
    assert uids(made) == [UID]
    assert made.policy_is(policy_body(signatures=2)) == []


@pytest.mark.parametrize(("seconds", "kept"), [(-WEEK + 1, [UID]), (-WEEK - 1, [])])
def test_a_week_is_remembered(seconds: float, kept: list[str]) -> None:
    made = looking_back()
    made.saw(approved(now=after(seconds)))
    assert uids(made) == kept


def test_what_is_older_than_a_week_is_let_go_in_time() -> None:
    clock = FakeClock()
    made = PolicyBook(clock)
    made.policies_are([policy_body(cooldown="1h")])
    made.saw(approved(request(uid="old")))
    clock.advance(seconds=2 * WEEK)
    for number in range(600):
        made.saw(approved(request(uid=f"new-{number}"), now=clock.now()))
    assert "old" not in uids(made)


HOURS = FLAPPING_WITHIN.total_seconds()


def test_where_no_policy_looks_back_the_last_hours_are_kept() -> None:
    made = book(policy_body(signatures=1))
    made.saw(approved(request(uid="lately"), now=after(1 - HOURS)))
    made.saw(approved(request(uid="before"), now=after(-1 - HOURS)))
    assert uids(made) == ["lately"]
    made.policy_is(policy_body(cooldown="1h"))
    assert made.lacks == "earlier approvals"  # All of it is read when it is first needed …
    made.past_is_known()
    made.policy_is(policy_body(signatures=1))
    made.saw(approved(request(uid="before"), now=after(-1 - HOURS)))
    assert uids(made) == ["before", "lately"]  # … and kept from then on.


def test_where_no_policy_looks_back_the_past_is_bounded_all_the_same() -> None:
    clock = FakeClock()
    made = PolicyBook(clock)
    made.policies_are([])
    for number in range(3000):
        clock.advance(seconds=60)
        made.saw(approved(request(uid=f"r{number}"), now=clock.now()))
    assert HOURS / 60 <= len(made.now().past) < HOURS / 60 + 600


def test_what_is_approved_while_a_decision_is_made_is_seen_by_it() -> None:
    made = book()
    around = made.now()
    made.saw(approved())
    assert [each.subject.uid for each in around.past] == [UID]
    assert next(iter(around.past)) in around.past
