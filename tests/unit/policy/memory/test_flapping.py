"""A target that is acted on again and again is named before somebody signs the next action."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from countersign.api.risk import Risk
from countersign.api.status import Plan
from countersign.notifications.summary import rows
from countersign.policy import transitions
from countersign.policy.approval_policies.subject import Subject, subject_of
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.flapping import FLAPPING_FROM, FLAPPING_WITHIN, flapping
from countersign.policy.memory.history import Past
from countersign.records.notification import notifications
from tests.support.fakes_objects import (
    UID,
    after,
    operation,
    plan,
    plan_of,
    planned,
    request,
    step,
    with_status,
)
from tests.support.fakes_time import START

WITHIN = FLAPPING_WITHIN.total_seconds()


def subject(made: Plan | None = None, uid: str = UID) -> Subject:
    found = subject_of(planned(request(uid=uid), made or plan()))
    assert found is not None
    return found


def past(*seconds: float, made: Plan | None = None) -> list[Past]:
    return [
        Past(subject(made, f"other{ago}"), after(-ago), after(-ago), automatic=False)
        for ago in seconds
    ]


def said_of(before: Iterable[Past], made: Plan | None = None) -> str | None:
    return flapping(subject(made), before, START)


def test_three_times_in_two_hours_is_named() -> None:
    assert (FLAPPING_FROM, WITHIN) == (3, 7200)
    said = said_of(past(60, 600, 7199))
    assert said == "Flapping: acted on in the last 2 h: Deployment shop/web 3 times."


@pytest.mark.parametrize("seconds", [(), (60, 600), (60, 600, 7200), (60, 600, 9000)])
def test_less_often_is_not(seconds: tuple[float, ...]) -> None:
    assert said_of(past(*seconds)) is None


def test_what_is_done_to_other_objects_is_not_counted() -> None:
    assert said_of(past(1, 2, 3, made=plan(operation(name="db")))) is None
    assert said_of(past(1, 2, 3, made=plan(operation(namespace="billing")))) is None


def test_what_was_done_matters_not_only_to_what() -> None:
    others = [*past(1, made=plan(operation())), *past(2, 3, made=plan(operation(replicas=9)))]
    assert said_of(others) is not None


def test_each_target_is_counted_by_itself_and_the_worst_comes_first() -> None:
    both = plan_of(step(operation(name="web")), step(operation(name="db")))
    before = [*past(1, 2, 3, made=both), *past(4, made=plan(operation(name="db")))]
    said = said_of(before, both)
    assert said == (
        "Flapping: acted on in the last 2 h: Deployment shop/db 4 times, Deployment shop/web 3 "
        "times."
    )


def test_many_targets_stay_one_sentence() -> None:
    many = plan_of(*(step(operation(name=f"web-{number}")) for number in range(9)))
    said = said_of(past(1, 2, 3, made=many), many)
    assert said is not None
    assert said.endswith(", and 6 more.")


# --- In the plan ----------------------------------------------------------------------------------


def test_the_plan_says_so_where_people_look_and_its_digest_is_the_same() -> None:
    of, around = request(), Circumstances((), past=past(60, 600, 700, 800))
    status = transitions.planned(of, plan(), Risk.LOW, around, START)
    calm = transitions.planned(of, plan(), Risk.LOW, Circumstances(()), START)
    assert status.plan is not None
    assert calm.plan is not None
    assert status.plan.flapping is not None
    assert "Deployment shop/web 4 times" in status.plan.flapping
    assert status.plan.digest == calm.plan.digest
    assert calm.plan.flapping is None
    assert status.message == (
        "Scale Deployment shop/web from 3 to 5 replicas. Flapping: acted on in the last 2 h: "
        "Deployment shop/web 4 times. Waits for 1 more signature of 1."
    )
    assert calm.message == (
        "Scale Deployment shop/web from 3 to 5 replicas. Waits for 1 more signature of 1."
    )
    assert (status.timeline[-1].status, calm.timeline[-1].status) == ("warning", "success")


def test_a_request_is_not_among_what_was_done_before_it() -> None:
    me = Past(subject(), after(-1), after(-1), automatic=False)
    around = Circumstances((), past=[me, *past(60, 600)])
    status = transitions.planned(request(), plan(), Risk.LOW, around, START)
    assert status.plan is not None
    assert status.plan.flapping is None


def test_channels_are_told_of_it_with_the_signature_that_is_wanted() -> None:
    of, around = request(), Circumstances((), past=past(60, 600, 700))
    after_it = with_status(of, transitions.planned(of, plan(), Risk.LOW, around, START))
    [message] = notifications(of, after_it, "kubectl …", START)
    assert "Flapping: acted on in the last 2 h" in dict(rows(message))["What is going on"]
