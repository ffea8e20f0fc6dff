"""What every operation is tried on: one look shows what is covered."""

from tests.support.cases import nodes, objects, pods, rollouts, templates
from tests.support.cases.case import Case, state_of

CASES: tuple[Case, ...] = (
    *rollouts.CASES,
    *templates.CASES,
    *objects.CASES,
    *pods.CASES,
    *nodes.CASES,
)

__all__ = ["CASES", "Case", "state_of"]
