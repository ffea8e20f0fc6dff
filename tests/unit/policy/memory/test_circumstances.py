"""What of the past counts for which policy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countersign.policy.approval_policies.subject import subject_of
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.history import Past
from tests.support.fakes_objects import plan, planned, request
from tests.support.fakes_policies import policy
from tests.support.fakes_time import START

SELECTS = policy(match={"namespaceSelector": {"matchLabels": {"team": "a"}}}, cooldown="1h")
ALL = policy(cooldown="1h")
A, B = {"team": "a"}, {"team": "b"}


@pytest.mark.parametrize(
    ("around", "of_selected"),
    [
        (Circumstances((), {"shop": A}), True),
        (Circumstances((), {"shop": B}), False),
        (Circumstances((), {"shop": B}, {"shop": A}), False),
        (Circumstances((), {}, {"shop": A}, complete=True), True),
        (Circumstances((), {}, {"shop": B}, complete=True), False),
        (Circumstances((), {"other": A}, complete=True), False),
        (Circumstances((), {"other": A}), True),
    ],
    ids=[
        "selected",
        "not selected",
        "made again, and not selected",
        "deleted since, and was selected",
        "deleted since, and was not",
        "deleted before anybody asked",
        "unknown",
    ],
)
def test_what_was_approved_in_a_namespace_counts_where_that_is_or_was_selected(
    around: Circumstances, *, of_selected: bool
) -> None:
    subject = subject_of(planned(request(), plan()))
    assert subject is not None
    earlier = Past(replace(subject, namespace="shop"), START, START)
    assert around.counts(SELECTS, earlier) is of_selected
    assert around.counts(ALL, earlier)
