"""How far a repair can be trusted: from how often it went well, and how long ago that was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import sqrt

HALF_LIFE = timedelta(days=30)
"""After which an execution counts half."""
Z = 1.96
"""Of a normal distribution, 95 % lie within so many standard deviations."""


def trust(outcomes: Iterable[tuple[datetime, bool]], now: datetime) -> float:
    """The lower bound of how often it works, 0 to 1; 0 where nothing is known.

    ``outcomes``: when it was carried out, and whether it went well. Wilson's score interval, over
    weights that halve every ``HALF_LIFE``. A time in the future (clocks differ) counts as now.
    """
    successes = failures = 0.0
    for at, success in outcomes:
        weight = _weight(now - at)
        if success:
            successes += weight
        else:
            failures += weight
    return _lower_bound(successes, failures)


def _weight(age: timedelta) -> float:
    return float(0.5 ** max(0.0, age / HALF_LIFE))


def _lower_bound(successes: float, failures: float) -> float:
    """Wilson's, as the quotient that loses no digits where there are few successes."""
    total = successes + failures
    if successes <= 0 or total <= 0:
        return 0.0
    share, half = successes / total, Z * Z / 2
    spread = Z * sqrt(share * failures + Z * Z / 4)
    return min(1.0, share * successes / (successes + half + spread))
