"""What of the past counts for which policy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countersign.policy.circumstances import Circumstances
from countersign.policy.history import Past
from countersign.policy.subject import subject_of
from tests.support.fakes_objects import plan, planned, request
from tests.support.fakes_policies import policy
from tests.support.fakes_time import START

SELECTS = policy(match={"namespaceSelector": {"matchLabels": {"team": "a"}}}, cooldown="1h")
ALL = policy(cooldown="1h")


@pytest.mark.parametrize(
    ("namespaces", "of_selected"),
    [
        ({"shop": {"team": "a"}}, True),
        ({"shop": {"team": "b"}}, False),
        ({"other": {"team": "a"}}, False),
    ],
    ids=["selected", "not selected", "deleted since"],
)
def test_what_was_approved_in_a_namespace_counts_where_that_is_selected(
    namespaces: dict[str, dict[str, str]], *, of_selected: bool
) -> None:
    subject = subject_of(planned(request(), plan()))
    assert subject is not None
    earlier = Past(replace(subject, namespace="shop"), START, START)
    around = Circumstances((SELECTS, ALL), namespaces, (earlier,))
    assert around.counts(SELECTS, earlier) is of_selected
    assert around.counts(ALL, earlier)
