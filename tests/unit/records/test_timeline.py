"""The latest things that happened."""

from __future__ import annotations

from countersign.api.status import TimelineEvent
from countersign.records.timeline import happened
from tests.support.fakes_objects import after
from tests.support.fakes_time import START


def test_an_event_says_what_who_and_when() -> None:
    [event] = happened((), "exec", "success", "Executed", "web @ shop", now=START)
    assert event == TimelineEvent(
        type="exec",
        status="success",
        title="Executed",
        description="web @ shop",
        actor="countersign",
        actor_role="executor",
        time=START,
    )


def test_the_timeline_keeps_the_latest_20_oldest_first() -> None:
    timeline: tuple[TimelineEvent, ...] = ()
    for number in range(25):
        timeline = happened(timeline, "exec", "warning", f"event {number}", now=after(number))
    assert [event.title for event in timeline] == [f"event {number}" for number in range(5, 25)]


def test_texts_are_shortened_to_what_the_fields_hold() -> None:
    [event] = happened((), "sign", "success", "t" * 999, "d" * 9999, now=START, actor="a" * 999)
    assert (len(event.title), len(event.description), len(event.actor)) == (256, 1024, 256)
    assert TimelineEvent.model_validate(event.to_json()) == event


def test_an_earlier_timeline_is_left_as_it_was() -> None:
    earlier = happened((), "plan", "success", "Planned", now=START)
    happened(earlier, "sign", "success", "Signed", now=START)
    assert len(earlier) == 1
