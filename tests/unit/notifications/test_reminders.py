"""Requests that expire soon, in virtual time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from countersign.notifications.reminders import Reminders, due_at
from countersign.records.notification import Notification
from tests.support.fakes_time import START, LoopClock, in_virtual_time
from tests.support.messages import message

HOUR = timedelta(hours=1)


def expiring(hours: float, **fields: object) -> Notification:
    return message(expires_at=START + timedelta(hours=hours), **fields)


def test_it_is_due_an_hour_before_or_with_a_quarter_of_the_time_left() -> None:
    assert due_at(expiring(24), HOUR) == START + timedelta(hours=23)
    assert due_at(expiring(1), HOUR) == START + timedelta(minutes=45)
    assert due_at(message(), HOUR) is None


@in_virtual_time
async def test_it_is_told_when_its_time_has_come_with_the_latest_that_is_known() -> None:
    told: list[Notification] = []
    reminders = Reminders(LoopClock(), HOUR, told.append)
    reminders.set(expiring(24, message="0/2"))
    reminders.set(expiring(24, message="1/2"))
    await asyncio.sleep(timedelta(hours=22.9).total_seconds())
    assert told == []
    await asyncio.sleep(timedelta(hours=1).total_seconds())
    assert [(each.message, each.time) for each in told] == [("1/2", START + timedelta(hours=23))]


@in_virtual_time
async def test_what_is_overdue_after_a_restart_is_told_at_once() -> None:
    told: list[Notification] = []
    Reminders(LoopClock(), HOUR, told.append).set(
        expiring(0.5, created_at=START - timedelta(hours=20))
    )
    await asyncio.sleep(1)
    assert len(told) == 1


@in_virtual_time
async def test_of_what_is_decided_or_gone_nobody_is_reminded() -> None:
    told: list[Notification] = []
    reminders = Reminders(LoopClock(), HOUR, told.append)
    reminders.set(expiring(24, approval_id="a"))
    reminders.set(expiring(24, approval_id="b"))
    reminders.forget("a")
    reminders.clear()
    await asyncio.sleep(timedelta(days=2).total_seconds())
    assert told == []
