"""Whether a PodDisruptionBudget is violated."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.policy.reach.budgets import is_violated


def _budget(healthy: int, desired: int, expected: int, **spec: Any) -> dict[str, Any]:
    return {
        "spec": spec,
        "status": {
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "disruptionsAllowed": max(0, healthy - desired),
        },
    }


TWO_OF_FOUR = _budget(4, 2, 4, minAvailable=2)
HALF_OF_FOUR = _budget(4, 2, 4, minAvailable="50%")
ONE_MISSING = _budget(4, 3, 4, maxUnavailable=1)
CASES: dict[str, tuple[dict[str, Any], int, int, bool]] = {
    "as many as it allows do not violate it": (TWO_OF_FOUR, 2, 0, False),
    "one more violates it": (TWO_OF_FOUR, 3, 0, True),
    "nothing that is ready, nothing violated": (_budget(2, 2, 2, minAvailable=2), 0, 0, False),
    "a budget that is missed already allows nothing": (_budget(1, 2, 4), 1, 0, True),
    "a budget that nobody has looked at allows nothing": ({"spec": {}}, 1, 0, True),
    "scaling down to the least number is fine": (TWO_OF_FOUR, 2, 2, False),
    "scaling down below the least number violates it": (TWO_OF_FOUR, 3, 3, True),
    "a percentage counts from the new number": (HALF_OF_FOUR, 3, 3, False),
    "maxUnavailable counts from the new number": (ONE_MISSING, 3, 3, False),
    "a percentage is rounded up": (_budget(2, 2, 4, minAvailable="50%"), 1, 1, True),
    "maxUnavailable in percent is rounded up": (
        _budget(2, 2, 4, maxUnavailable="34%"),
        1,
        1,
        False,
    ),
    "a budget without words wants all": (_budget(3, 4, 4), 1, 1, True),
    "scaling down removes pods that were not ready": (
        _budget(2, 2, 4, minAvailable=2),
        0,
        2,
        False,
    ),
    "scaling to less than there is counts as if nothing were wanted less": (
        _budget(1, 1, 1, minAvailable="50%"),
        1,
        1,
        True,
    ),
    "disruptions that are under way count, where it says that it allows none": (
        {"spec": {}, "status": {"disruptionsAllowed": 0, "currentHealthy": 4, "expectedPods": 4}},
        1,
        0,
        True,
    ),
    "scaling down by unready pods violates no budget that is missed already": (
        _budget(1, 2, 4, minAvailable=2),
        0,
        1,
        False,
    ),
    "maxUnavailable is violated where too many are unready": (
        _budget(2, 3, 4, maxUnavailable=1),
        1,
        1,
        True,
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_a_budget(what: str) -> None:
    budget, gone, fewer, expected = CASES[what]
    assert is_violated(budget, gone, fewer) is expected
