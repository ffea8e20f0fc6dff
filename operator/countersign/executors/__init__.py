"""How each operation is carried out: one operation a file.

An operation that is one patch on one object is a *recipe* (``recipe.py``): pure functions that
say what changes. ``convergent.py`` carries any recipe out exactly once.
"""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.convergent import Convergent
from countersign.executors.restart_rollout import RestartRollout
from countersign.executors.scale import Scale
from countersign.ports import Cluster, Executor


def all_executors(cluster: Cluster) -> dict[OperationType, Executor]:
    """Every executor there is, by its operation."""
    recipes = (RestartRollout(), Scale())
    return {recipe.operation: Convergent(recipe, cluster) for recipe in recipes}
