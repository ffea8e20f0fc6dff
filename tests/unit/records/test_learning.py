"""Trust: little evidence is little trust, and old evidence less."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.records.learning import HALF_LIFE, trust
from tests.support.fakes_time import START

DOCS = Path(__file__).parents[3] / "docs" / "learning.md"
ROW = re.compile(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d\.\d\d) \|$", re.MULTILINE)
NOISE = 1e-12
"""What sums of floats in another order may differ by."""

ages = st.timedeltas(timedelta(days=-3), timedelta(days=4000))
outcome = st.tuples(ages.map(lambda age: START - age), st.booleans())
history = st.lists(outcome, max_size=60)
Outcomes = list[tuple[datetime, bool]]


def times(successes: int, failures: int, days: float = 0) -> Outcomes:
    at = START - timedelta(days=days)
    return [(at, True)] * successes + [(at, False)] * failures


def test_nothing_known_is_no_trust() -> None:
    assert trust([], START) == 0


def test_failures_alone_are_no_trust() -> None:
    assert trust(times(0, 5), START) == 0


def test_one_success_is_little() -> None:
    assert trust(times(1, 0), START) == pytest.approx(0.2065, abs=1e-4)


def test_it_is_the_lower_end_of_wilsons_interval() -> None:
    # 81 of 263, a textbook's example: 0.2553 to 0.3662 (Newcombe 1998, method 3).
    assert trust(times(81, 182), START) == pytest.approx(0.2553, abs=5e-5)


def test_after_its_half_life_an_execution_counts_half() -> None:
    assert trust(times(8, 2, days=HALF_LIFE.days), START) == pytest.approx(
        trust(times(4, 1), START)
    )


def test_a_time_in_the_future_counts_as_now() -> None:
    assert trust(times(3, 1, days=-2), START) == trust(times(3, 1), START)


def test_a_failure_of_today_outweighs_a_success_of_long_ago() -> None:
    past = times(10, 0, days=90)
    assert trust([*past, *times(0, 1)], START) < trust([*past, *times(0, 1, days=90)], START)


@given(history)
def test_it_is_between_nothing_and_all(outcomes: Outcomes) -> None:
    assert 0 <= trust(outcomes, START) < 1


@given(history, ages)
def test_one_more_success_never_lowers_it(outcomes: Outcomes, age: timedelta) -> None:
    more = [*outcomes, (START - age, True)]
    assert trust(more, START) >= trust(outcomes, START) - NOISE


@given(history, ages)
def test_one_more_failure_never_raises_it(outcomes: Outcomes, age: timedelta) -> None:
    more = [*outcomes, (START - age, False)]
    assert trust(more, START) <= trust(outcomes, START) + NOISE


@given(st.lists(outcome, min_size=1, max_size=60), st.integers(min_value=0))
def test_a_success_in_place_of_a_failure_never_lowers_it(outcomes: Outcomes, which: int) -> None:
    at = which % len(outcomes)
    better = [*outcomes[:at], (outcomes[at][0], True), *outcomes[at + 1 :]]
    assert trust(better, START) >= trust(outcomes, START) - NOISE


@given(history, st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_time_alone_never_raises_it(outcomes: Outcomes, later: timedelta) -> None:
    past = [(min(at, START), success) for at, success in outcomes]
    assert trust(past, START + later) <= trust(past, START) + NOISE


@given(history)
def test_it_comes_to_nothing_in_time(outcomes: Outcomes) -> None:
    assert trust(outcomes, START + timedelta(days=3 * 365)) < 0.001


@given(history, st.randoms())
def test_the_order_does_not_matter(outcomes: Outcomes, random: object) -> None:
    mixed = list(outcomes)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert trust(mixed, START) == pytest.approx(trust(outcomes, START))


def test_the_values_in_the_documentation_are_those_of_the_code() -> None:
    rows = ROW.findall(DOCS.read_text(encoding="utf-8"))
    assert len(rows) >= 10
    for successes, failures, days, said in rows:
        outcomes = times(int(successes), int(failures), int(days))
        assert f"{trust(outcomes, START):.2f}" == said, (successes, failures, days)


@pytest.mark.parametrize(("least", "successes"), [(0.7, 9), (0.9, 35)])
def test_so_many_successes_the_documentation_says_it_takes(least: float, successes: int) -> None:
    assert trust(times(successes - 1, 0), START) < least <= trust(times(successes, 0), START)
    said = {0.7: "To get to 0.7 takes nine successes of today", 0.9: "0.9 takes 35."}[least]
    assert said in DOCS.read_text(encoding="utf-8")
