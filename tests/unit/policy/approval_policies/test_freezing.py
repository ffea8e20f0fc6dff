"""Freeze windows in local wall time, also in the nights in which the clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.api.freeze_window import FreezeWindow, Weekday
from countersign.policy.approval_policies.freezing import freezes_at, frozen_until
from tests.support.properties import examples

BERLIN = "Europe/Berlin"
EVERY_DAY = [str(day) for day in Weekday]


def weekly(begins: str, ends: str, *days: str, zone: str = BERLIN) -> FreezeWindow:
    hours = {"days": list(days) or EVERY_DAY, "from": begins, "to": ends}
    return FreezeWindow.model_validate({"name": "w", "timeZone": zone, "weekly": hours})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Each: window, a moment in UTC, when it ends (None: it is not in force). Friday is 2026-11-27.
CASES: dict[str, tuple[FreezeWindow, str, str | None]] = {
    "before it begins": (weekly("18:00", "20:00", "Friday"), "2026-11-27T16:59:59", None),
    "at its first second": (
        weekly("18:00", "20:00", "Friday"),
        "2026-11-27T17:00:00",
        "2026-11-27T19:00:00",
    ),
    "at its last second": (
        weekly("18:00", "20:00", "Friday"),
        "2026-11-27T18:59:59",
        "2026-11-27T19:00:00",
    ),
    "at its end it is over": (weekly("18:00", "20:00", "Friday"), "2026-11-27T19:00:00", None),
    "on another day": (weekly("18:00", "20:00", "Friday"), "2026-11-26T18:00:00", None),
    "past midnight": (
        weekly("22:00", "06:00", "Friday"),
        "2026-11-28T02:00:00",
        "2026-11-28T05:00:00",
    ),
    "past midnight, on a day that it does not begin on": (
        weekly("22:00", "06:00", "Friday"),
        "2026-11-27T02:00:00",
        None,
    ),
    "until the end of the day": (
        weekly("18:00", "24:00", "Friday"),
        "2026-11-27T20:00:00",
        "2026-11-27T23:00:00",
    ),
    "whole days follow one another": (
        weekly("00:00", "24:00", "Saturday", "Sunday"),
        "2026-11-28T12:00:00",
        "2026-11-29T23:00:00",
    ),
    "the day is the zone's, not UTC's": (
        weekly("00:00", "24:00", "Saturday", zone="Pacific/Auckland"),
        "2026-11-27T11:30:00",
        "2026-11-28T11:00:00",
    ),
    "in summer the hours are the summer's": (
        weekly("18:00", "20:00", "Friday"),
        "2026-07-03T16:30:00",
        "2026-07-03T18:00:00",
    ),
    # 2026-03-29, Berlin: 02:00 becomes 03:00 at 01:00 UTC.
    "a beginning that is skipped is at the jump": (
        weekly("02:30", "04:00", "Sunday"),
        "2026-03-29T01:00:00",
        "2026-03-29T02:00:00",
    ),
    "and not before": (weekly("02:30", "04:00", "Sunday"), "2026-03-29T00:59:59", None),
    "an end that is skipped is at the jump": (
        weekly("01:00", "02:30", "Sunday"),
        "2026-03-29T00:59:59",
        "2026-03-29T01:00:00",
    ),
    "a window that is skipped as a whole is none": (
        weekly("02:10", "02:50", "Sunday"),
        "2026-03-29T01:00:00",
        None,
    ),
    "over the jump a window is an hour shorter": (
        weekly("00:00", "12:00", "Sunday"),
        "2026-03-29T09:59:59",
        "2026-03-29T10:00:00",
    ),
    # 2026-10-25, Berlin: 03:00 becomes 02:00 at 01:00 UTC, so 02:30 is at 00:30 and at 01:30.
    "a beginning that comes twice is the first": (
        weekly("02:30", "04:00", "Sunday"),
        "2026-10-25T00:30:00",
        "2026-10-25T03:00:00",
    ),
    "an end that comes twice is the second": (
        weekly("01:00", "02:30", "Sunday"),
        "2026-10-25T01:29:59",
        "2026-10-25T01:30:00",
    ),
    "in between it does not pause": (
        weekly("01:00", "02:30", "Sunday"),
        "2026-10-25T00:45:00",
        "2026-10-25T01:30:00",
    ),
    # Lord Howe Island changes by half an hour; Beirut at midnight; Samoa once left out a day.
    "half an hour is skipped": (
        weekly("02:15", "03:00", "Sunday", zone="Australia/Lord_Howe"),
        "2026-10-03T15:30:00",
        "2026-10-03T16:00:00",
    ),
    "midnight is skipped": (
        weekly("00:00", "08:00", "Sunday", zone="Asia/Beirut"),
        "2026-03-28T22:00:00",
        "2026-03-29T05:00:00",
    ),
    "a day that never was has no window": (
        weekly("00:00", "24:00", "Friday", zone="Pacific/Apia"),
        "2011-12-30T10:00:00",
        None,
    ),
    "once, from one moment to another": (
        FreezeWindow.model_validate(
            {
                "name": "w",
                "absolute": {"from": "2026-12-24T18:00:00+01:00", "to": "2027-01-02T00:00:00Z"},
            }
        ),
        "2026-12-24T17:00:00",
        "2027-01-02T00:00:00",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_a_window_is_in_force_until(what: str) -> None:
    window, now, ends = CASES[what]
    assert frozen_until(window, utc(now)) == (utc(ends) if ends else None)


def test_a_freeze_that_never_ends_is_still_given_a_time() -> None:
    always = weekly("00:00", "24:00")
    now = utc("2026-11-27T12:00:00")
    until = frozen_until(always, now)
    assert until is not None
    assert until - now > timedelta(days=30)


def test_the_next_beginning_is_known() -> None:
    window = weekly("18:00", "20:00", "Friday")
    assert freezes_at(window, utc("2026-11-27T16:00:00")) == utc("2026-11-27T17:00:00")
    assert freezes_at(window, utc("2026-11-27T17:00:00")) == utc("2026-12-04T17:00:00")
    past = FreezeWindow.model_validate(
        {"name": "w", "absolute": {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}}
    )
    assert freezes_at(past, utc("2026-11-27T16:00:00")) is None


CLOCK = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
ZONES = st.sampled_from(
    [BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "Asia/Kathmandu", "UTC"]
)


@examples(300)
@given(
    begins=CLOCK,
    ends=CLOCK,
    zone=ZONES,
    days=st.sets(st.sampled_from(EVERY_DAY), min_size=1),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_whenever_the_wall_clock_is_within_a_window_it_is_in_force(
    begins: str, ends: str, zone: str, days: set[str], now: datetime
) -> None:
    if begins == ends:
        return
    moment = now.replace(tzinfo=UTC)
    wall = moment.astimezone(ZoneInfo(zone))
    clock, today = wall.strftime("%H:%M"), str(Weekday.of(wall.weekday()))
    yesterday = str(Weekday.of((wall.weekday() - 1) % 7))
    if begins < ends:
        within = today in days and begins <= clock < ends
    else:
        within = (today in days and clock >= begins) or (yesterday in days and clock < ends)
    until = frozen_until(weekly(begins, ends, *days, zone=zone), moment)
    if within:
        assert until is not None
        assert until > moment
    if until is not None and not within:  # Only where an hour comes twice.
        assert (
            wall.utcoffset() != (moment - timedelta(hours=2)).astimezone(ZoneInfo(zone)).utcoffset()
            or wall.utcoffset()
            != (moment + timedelta(hours=2)).astimezone(ZoneInfo(zone)).utcoffset()
        )
