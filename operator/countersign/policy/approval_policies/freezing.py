"""When a freeze window is in force, also where the clocks are changed.

A window that begins at 02:30 begins at the first moment at which the clock on the wall has got
that far: where 02:30 is skipped, at the jump; where it comes twice, at the first. It ends at the
last moment that its end can mean. So a change of the clocks never opens a gap in a window.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from countersign.api.freeze_window import FreezeWindow, Weekday

_SECOND = timedelta(seconds=1)
_DAYS_BACK = 2
_CHAINED = 64
"""Windows that follow one another without a gap, as the days of a long freeze do."""


def frozen_until(window: FreezeWindow, now: datetime) -> datetime | None:
    """When the window that is in force at ``now`` ends; None where none is.

    A window that begins where the last one ends goes on. In UTC.
    """
    end = _ends(window, now)
    for _ in range(_CHAINED):
        later = _ends(window, end) if end is not None else None
        if later is None:
            return end
        end = later
    return end


def freezes_at(window: FreezeWindow, now: datetime) -> datetime | None:
    """When the next window after ``now`` begins; None where there is none."""
    begins = (begin for begin, end in _intervals(window, now) if begin > now and begin < end)
    return min(begins, default=None)


def _ends(window: FreezeWindow, now: datetime) -> datetime | None:
    ends = (end for begin, end in _intervals(window, now) if begin <= now < end)
    return max(ends, default=None)


def _intervals(window: FreezeWindow, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """All that may be in force at ``now`` or begin within a week."""
    if window.absolute is not None:
        yield window.absolute.begins, window.absolute.ends
    if window.weekly is None:
        return
    zone = ZoneInfo(window.time_zone)
    weekly, (begins, ends) = window.weekly, window.weekly.clock
    today = now.astimezone(zone).date()
    for number in range(-_DAYS_BACK, 9):
        day = today + timedelta(days=number)
        if Weekday.of(day.weekday()) in weekly.days:
            last = day + timedelta(days=1) if weekly.past_midnight else day
            yield _moment(day, begins, zone), _moment(last, ends, zone, latest=True)


def _moment(day: date, clock: time, zone: ZoneInfo, *, latest: bool = False) -> datetime:
    """The moment at which the wall clock shows this; the jump over it where it never does."""
    wall = datetime.combine(day, clock, zone)
    first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if second >= first:  # Once, or twice where the clocks were put back.
        return second if latest else first
    return _jump(second, first, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between the two at which the clocks are put forward, to the second."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
