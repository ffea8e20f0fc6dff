"""Policies as people write them."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from pydantic import ValidationError

from countersign.api.approval_policy import ApprovalPolicySpec
from countersign.api.freeze_window import Weekday, WeeklyWindow
from countersign.api.policy_require import PolicyRequire


def test_what_is_written_is_what_is_read_and_written_again() -> None:
    spec = {
        "match": {"namespaceSelector": {"matchLabels": {"tier": "prod"}}, "operations": ["Scale"]},
        "require": {
            "from": [{"name": "SRE", "groups": ["sre"]}],
            "cooldown": "10m",
            "freezeWindows": [
                {"name": "w", "weekly": {"days": ["Friday"], "from": "18:00", "to": "24:00"}}
            ],
            "autoApprove": {"riskAtMost": "low"},
        },
    }
    assert ApprovalPolicySpec.model_validate(spec).to_json() == spec


def test_what_is_left_out_says_nothing() -> None:
    require = PolicyRequire()
    assert {name for name in type(require).model_fields if getattr(require, name)} == set()


def test_confidence_is_065_where_nothing_is_said() -> None:
    require = PolicyRequire.model_validate({"autoApprove": {"riskAtMost": "low"}})
    assert require.auto_approve is not None
    assert require.auto_approve.confidence_at_least == 0.65
    assert require.auto_approve.trust_at_least is None


def test_durations_are_gos() -> None:
    require = PolicyRequire.model_validate({"rateLimit": {"count": 2, "per": "1h30m"}})
    assert require.rate_limit is not None
    assert require.rate_limit.per == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("begins", "ends", "past_midnight", "last"),
    [
        ("18:00", "20:00", False, time(20)),
        ("22:00", "06:00", True, time(6)),
        ("18:00", "24:00", True, time(0)),
        ("00:00", "24:00", True, time(0)),
    ],
)
def test_a_window_that_ends_before_it_begins_ends_the_next_day(
    begins: str, ends: str, past_midnight: bool, last: time
) -> None:
    window = WeeklyWindow.model_validate({"days": ["Monday"], "from": begins, "to": ends})
    assert window.past_midnight == past_midnight
    assert window.clock == (time.fromisoformat(begins), last)


def test_weeks_begin_on_monday() -> None:
    assert [Weekday.of(number) for number in (0, 6)] == [Weekday.MONDAY, Weekday.SUNDAY]


@pytest.mark.parametrize(
    "require",
    [
        {"signatures": 0},
        {"autoApprove": {"riskAtMost": "critical"}},
        {"autoApprove": {"riskAtMost": "low", "confidenceAtLeast": float("nan")}},
        {"cooldown": "soon"},
        {"freezeWindows": [{"name": "w", "weekly": {"days": ["Caturday"]}}]},
    ],
)
def test_nonsense_is_refused_here_too(require: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PolicyRequire.model_validate(require)
