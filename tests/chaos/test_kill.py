"""kill -9 of the operator, again and again, while it carries approvals out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from devcluster import Cluster, OperatorProcess
from tests.chaos.conftest import SETTINGS, StartOperator, kill_for_good
from tests.chaos.crowd import Crowd, is_over, is_planned, numbered
from tests.chaos.history import APPROVALS, History, is_a_life
from tests.chaos.moments import CARRYING_OUT, PLANNING, Footsteps, chance, steps_to_next

KILLS, TOGETHER, HELD_BACK = 20, 50, 5


class Killer:
    """Kills one operator so many times, at random moments of its work, and starts it again."""

    def __init__(
        self, cluster: Cluster, operator: OperatorProcess, steps: Footsteps, dice: Random
    ) -> None:
        self.kills = 0
        self._cluster = cluster
        self._operator = operator
        self._steps = steps
        self._dice = dice

    def revive(self) -> None:
        """As a Deployment would, where it has left by itself: its Lease could not be renewed."""
        if not self._operator.alive():
            self._operator.start()

    def at_work(self, steps_left: Callable[[], int], *, later: int = 0) -> None:
        """Kill while there are steps left; ``later`` ones will follow, for some of the moments."""

        def done() -> bool:
            self.revive()
            return steps_left() == 0

        while self.kills < KILLS and (left := steps_left()) > 0:
            steps = steps_to_next(KILLS - self.kills, left + later, self._dice)
            if not self._steps.wait_for(steps, or_until=done):
                return
            kill_for_good(self._cluster, self._operator)
            self._operator.start()
            self.kills += 1


@pytest.fixture
def killer(cluster: Cluster, start_operator: StartOperator) -> Iterator[Killer]:
    assert cluster.audit_log is not None
    operator = start_operator("killed", SETTINGS)
    steps = Footsteps(cluster.audit_log)
    yield Killer(cluster, operator, steps, chance())
    steps.close()


@pytest.mark.timeout(900)  # Twenty starts of a process.
def test_every_effect_comes_once_through_twenty_kills(cluster: Cluster, killer: Killer) -> None:
    names = numbered(TOGETHER)
    with (
        Crowd.gathered(cluster, names) as crowd,
        History(cluster, APPROVALS.format(namespace=crowd.namespace)) as history,
    ):

        def left(among: tuple[str, ...], is_done: Callable[..., bool], each: int) -> int:
            statuses = crowd.statuses()
            return sum(each for name in among if not is_done(statuses.get(name, {})))

        crowd.propose(*names)
        later = CARRYING_OUT * TOGETHER
        killer.at_work(lambda: left(names, is_planned, PLANNING), later=later)
        crowd.when_all_planned(*names, meanwhile=killer.revive)
        # The last few are for those moments that are left when all the others are done.
        for signed in (names[:-HELD_BACK], *((name,) for name in names[-HELD_BACK:])):
            crowd.sign(*signed)
            killer.at_work(lambda signed=signed: left(signed, is_over, CARRYING_OUT))
        crowd.when_all_ended(*names, meanwhile=killer.revive)
        crowd.assert_each_took_effect_once(*names)
        crowd.assert_each_was_told_once(*names)
    assert killer.kills == KILLS
    assert [name for name in names if not is_a_life(history.phases(name))] == []
