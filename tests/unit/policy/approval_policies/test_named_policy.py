"""Policies as the operator reads them: what cannot be applied closes."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.policy.approval_policies.matching import applies
from countersign.policy.approval_policies.named_policy import read_policies, read_policy
from countersign.policy.approval_policies.subject import Subject
from tests.support.fakes_policies import SUBJECT, absolute, policy, policy_body

DB_ONLY = {"targetNames": ["only-db"]}
WEEKLY = {"days": ["Friday"], "from": "18:00", "to": "24:00"}


def of_zone(zone: str) -> dict[str, Any]:
    return policy_body(freezeWindows=[{"name": "w", "timeZone": zone, "weekly": WEEKLY}])


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "Asia/Kolkata", "America/New_York"])
def test_a_time_zone_that_there_is_is_fine(zone: str) -> None:
    assert read_policy(of_zone(zone)).problem is None


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "Europe", "../../etc/passwd", "/etc/passwd", "x"]
)
def test_a_time_zone_that_there_is_not_is_a_problem(zone: str) -> None:
    problem = read_policy(of_zone(zone)).problem
    assert problem is not None
    assert "freezeWindows" in problem or "freeze window w" in problem


def test_a_window_of_neither_kind_is_a_problem() -> None:
    problem = read_policy(policy_body(freezeWindows=[{"name": "w"}])).problem
    assert problem is not None
    assert "exactly one" in problem


def test_demands_that_cannot_be_read_close_what_the_policy_matches() -> None:
    read = read_policy(policy_body(match=DB_ONLY, signatures="many"))
    assert read.problem is not None
    assert "spec.require.signatures" in read.problem
    assert not applies(read, SUBJECT, {})


@pytest.mark.parametrize(
    "spec",
    [
        {"match": {"operations": ["Explode"]}, "require": {"signatures": 1}},
        {"match": [], "require": {}, "x": 1},
    ],
)
def test_a_match_that_cannot_be_read_matches_everything(spec: dict[str, Any]) -> None:
    read = read_policy({"metadata": {"name": "p"}, "spec": {"match": {"operations": 1}, **spec}})
    if read.match is None:
        assert read.problem is not None
    assert applies(read, SUBJECT, {})


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"spec": "x"}, {"spec": {"require": 3}}])
def test_an_object_that_is_no_policy_closes_everything(body: dict[str, Any]) -> None:
    read = read_policy(body)
    assert read.problem is not None
    assert applies(read, Subject("u", "shop", "r", "", SUBJECT.risk, (), ()), {})


def test_the_digest_is_of_what_it_says_and_of_nothing_else() -> None:
    one, same = policy_body("one", signatures=2), policy_body("two", signatures=2)
    same["status"] = {"conditions": []}
    assert read_policy(one).digest == read_policy(same).digest
    assert read_policy(one).digest != read_policy(policy_body("one", signatures=3)).digest


def test_policies_stand_in_the_order_of_their_names() -> None:
    bodies = [policy_body("b", signatures=1), policy_body("a", signatures=1)]
    assert [each.name for each in read_policies(bodies)] == ["a", "b"]


LOOKS_BACK = {
    "a cooldown": ({"cooldown": "1h"}, True),
    "a rate": ({"rateLimit": {"count": 1, "per": "1h"}}, True),
    "an hourly limit": ({"autoApprove": {"riskAtMost": "low", "limitPerHour": 1}}, True),
    "no limit": ({"autoApprove": {"riskAtMost": "low"}}, False),
    "a window": ({"freezeWindows": [absolute(0, 1)]}, False),
}


@pytest.mark.parametrize("what", LOOKS_BACK)
def test_only_some_policies_need_to_know_what_was_before(what: str) -> None:
    require, looks_back = LOOKS_BACK[what]
    assert policy(**require).looks_back == looks_back
