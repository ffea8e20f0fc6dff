"""Durations as Go writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.api.approval_request_spec import Retry
from countersign.api.duration import format_duration, parse_duration

READ = {
    "0s": timedelta(0),
    "30s": timedelta(seconds=30),
    "5m": timedelta(minutes=5),
    "1h30m": timedelta(hours=1, minutes=30),
    "1.5h": timedelta(hours=1, minutes=30),
    "250ms": timedelta(milliseconds=250),
    "1m30s500ms": timedelta(minutes=1, seconds=30, milliseconds=500),
    "8784h": timedelta(days=366),
}
REFUSED = {
    "nothing": "",
    "a number without a unit": "30",
    "a unit without a number": "m",
    "a unit that Go does not know": "1d",
    "a sign": "-30s",
    "a space": "1h 30m",
    "a space in front": " 30s",
    "a line break at the end": "30s\n",
    "an ISO duration": "PT30S",
    "more than a year": "8785h",
    "more than a float can hold": "9" * 400 + "h",
    "a number that is no text": 30,
    "no value": None,
    "digits of another script": "３０s",
}


@pytest.mark.parametrize("text", READ)
def test_a_duration_is_read_as_go_reads_it(text: str) -> None:
    assert parse_duration(text) == READ[text]


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_no_duration_is_refused(why: str) -> None:
    with pytest.raises(ValueError, match=r"write (it like 30s, 5m or 1h30m|at most 8784h)"):
        parse_duration(REFUSED[why])


@given(st.integers(0, 366 * 24 * 3600 * 1000))
def test_a_duration_that_was_written_reads_the_same(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration


def test_a_duration_is_written_in_its_shortest_form() -> None:
    assert format_duration(timedelta(minutes=90)) == "1h30m"
    assert format_duration(timedelta(0)) == "0s"


def test_a_model_reads_and_writes_durations_as_text() -> None:
    retry = Retry.model_validate({"delay": "1m30s"})
    assert retry.delay == timedelta(seconds=90)
    assert retry.to_json() == {"limit": 2, "delay": "1m30s"}
