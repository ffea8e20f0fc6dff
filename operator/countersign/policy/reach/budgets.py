"""PodDisruptionBudgets: whether one would be violated.

A budget speaks of pods that are missing beside what their owner plans for. So it is violated

* by evictions and deletions of more ready pods than it allows now (the API server holds evictions
  up for that reason; a deletion does not ask);
* by what takes all ready replicas at once, or the workload away, if it allows fewer to be missing;
* by scaling down to a number that is less than the budget wants *then*: percentages and
  ``maxUnavailable`` count from the new number of replicas, ``minAvailable: 2`` does not.

It is not violated by a rollout that replaces pods little by little, even if it allows nothing:
rollouts evict nobody, and how many pods may be missing in one is the workload's own strategy.
"""

from __future__ import annotations

from countersign.policy.reading.fields import JsonObject, number, part, share


def is_violated(budget: JsonObject, gone: int, fewer: int = 0) -> bool:
    """Whether a budget is violated when ``gone`` of its ready pods are missing at the same time.

    ``fewer`` is by how many its pods were wanted to become fewer.
    """
    status = part(budget, "status")
    expected = number(status, "expectedPods") - fewer
    if fewer and expected > 0:
        return gone > 0 and number(status, "currentHealthy") - gone < _desired(budget, expected)
    # A budget that its controller has not seen yet allows nothing, to the eviction API as well.
    return gone > number(status, "disruptionsAllowed")


def _desired(budget: JsonObject, expected: int) -> int:
    """How many healthy pods the budget wants where ``expected`` pods are meant to be there."""
    spec = part(budget, "spec")
    least = share(spec.get("minAvailable"), expected, up=True)
    if least is not None:
        return least
    most = share(spec.get("maxUnavailable"), expected, up=True)
    return expected if most is None else max(0, expected - most)
