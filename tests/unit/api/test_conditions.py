"""Conditions."""

from __future__ import annotations

from countersign.api.conditions import (
    Condition,
    ConditionType,
    Status,
    condition,
    with_condition,
)
from countersign.api.text import MESSAGE_LIMIT
from tests.support.fakes_objects import after

PLANNED, APPROVED = ConditionType.PLANNED, ConditionType.APPROVED


def set_to(
    status: Status,
    reason: str,
    before: tuple[Condition, ...] = (),
    *,
    at: float,
    kind: ConditionType = APPROVED,
) -> tuple[Condition, ...]:
    return with_condition(before, kind, status, reason, "why", now=after(at), generation=3)


def test_the_transition_time_stays_where_only_the_reason_changes() -> None:
    first = set_to("False", "SignaturesMissing", at=0)
    [second] = set_to("False", "NotBefore", first, at=60)
    assert second.last_transition_time == after(0)
    assert second.reason == "NotBefore"


def test_the_transition_time_moves_when_the_status_changes() -> None:
    first = set_to("False", "SignaturesMissing", at=0)
    [second] = set_to("True", "QuorumReached", first, at=60)
    assert second.last_transition_time == after(60)


def test_setting_one_condition_leaves_the_others_and_keeps_the_order_of_a_requests_life() -> None:
    both = set_to("True", "Planned", set_to("False", "Waits", at=0), at=1, kind=PLANNED)
    assert [each.type for each in both] == [PLANNED, APPROVED]
    assert condition(both, APPROVED) == set_to("False", "Waits", at=0)[0]


def test_a_condition_that_was_never_set_is_none() -> None:
    assert condition(set_to("True", "Planned", at=0, kind=PLANNED), APPROVED) is None


def test_a_condition_says_which_generation_it_was_computed_from() -> None:
    assert set_to("True", "Planned", at=0)[0].observed_generation == 3


def test_a_message_is_shortened_to_what_the_field_holds_and_shows_it() -> None:
    [long] = with_condition((), PLANNED, "True", "X", "é" * 5000, now=after(0), generation=1)
    assert len(long.message) == MESSAGE_LIMIT
    assert long.message.endswith("é…")
