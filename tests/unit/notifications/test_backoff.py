"""Whether and when a delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from countersign.notifications.backoff import (
    ATTEMPTS,
    Again,
    Answer,
    GiveUp,
    after_failure,
    retry_after,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_wait_grows_up_to_a_bound_and_is_drawn_from_all_of_it() -> None:
    down = Answer(503)
    most = [after_failure(down, attempt, 1.0) for attempt in range(1, ATTEMPTS)]
    assert most == [Again(1), Again(2), Again(4), Again(8), Again(16)]
    assert after_failure(down, 3, 0.0) == Again(0)
    assert after_failure(down, 3, 0.5) == Again(2)


def test_attempts_are_bounded() -> None:
    assert isinstance(after_failure(Answer(503), ATTEMPTS, 0.5), GiveUp)


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, None])
def test_what_may_pass_is_tried_again(code: int | None) -> None:
    assert isinstance(after_failure(Answer(code, "no answer"), 1, 0.5), Again)


@pytest.mark.parametrize("code", [301, 302, 400, 401, 403, 404, 410, 413])
def test_what_will_not_pass_is_given_up_at_once(code: int) -> None:
    assert isinstance(after_failure(Answer(code), 1, 0.5), GiveUp)


def test_at_least_what_the_server_asks_for_is_waited() -> None:
    assert after_failure(Answer(429, retry_after=30), 1, 0.0) == Again(30)
    assert after_failure(Answer(429, retry_after=30), 1, 0.5) == Again(30.5)


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    answer = after_failure(Answer(429, retry_after=86_400), 1, 0.5)
    assert isinstance(answer, GiveUp)
    assert "asks to wait longer" in answer.why


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0.25", 0.25),
        ("-5", 0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("nan", None),
        ("", None),
        ("Sun, 01 Mar 2026 12:00:30", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds
