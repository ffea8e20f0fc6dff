"""Whether and when a delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from countersign.notifications.backoff import (
    LONGEST_WAIT,
    LONGEST_WISH,
    Answer,
    Waits,
    retry_after,
    waits,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DOWN = Answer(503)


def longest(failures: int) -> float:
    """The most that a channel pauses after so many failures in a row."""
    return waits(DOWN, in_a_row=failures, attempts=1, draw=1.0).channel


def test_the_wait_grows_up_to_a_bound() -> None:
    assert [longest(failures) for failures in range(1, 12)] == [
        *(1, 2, 4, 8, 16, 32, 64, 128, 256),
        *(LONGEST_WAIT, LONGEST_WAIT),
    ]
    assert longest(10_000) == LONGEST_WAIT


def test_the_wait_is_drawn_from_all_of_it() -> None:
    drawn = [waits(DOWN, in_a_row=3, attempts=1, draw=draw) for draw in (0.0, 0.5)]
    assert drawn == [Waits(0, 0), Waits(2, 0.5)]


def test_a_message_that_fails_while_others_arrive_waits_longer_than_they_do() -> None:
    assert waits(DOWN, in_a_row=1, attempts=9, draw=0.5) == Waits(0.5, 128)


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, None])
def test_what_may_pass_is_tried_again(code: int | None) -> None:
    assert Answer(code, "no answer").passing


@pytest.mark.parametrize("code", [301, 302, 400, 401, 403, 404, 410, 413])
def test_what_will_not_pass_is_given_up_at_once(code: int) -> None:
    assert not Answer(code).passing


@pytest.mark.parametrize(
    ("wish", "least"),
    [(30, 30), (0, 0), (None, 0), (86_400, LONGEST_WISH), (float("inf"), LONGEST_WISH)],
)
def test_at_least_what_the_server_asks_for_is_waited_within_bounds(
    wish: float | None, least: float
) -> None:
    answer = Answer(429, retry_after=wish)
    for draw in (0.0, 0.5):
        expected = least + draw
        assert waits(answer, in_a_row=1, attempts=1, draw=draw) == Waits(expected, expected)


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
