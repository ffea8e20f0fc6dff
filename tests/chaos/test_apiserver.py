"""The API server goes away in the middle of the work and comes back."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from devcluster import Cluster
from tests.chaos.conftest import StartOperator
from tests.chaos.crowd import Crowd, numbered
from tests.chaos.history import APPROVALS, History, is_a_life
from tests.chaos.moments import CARRYING_OUT, Footsteps, chance

TOGETHER = 20
PATIENT = {"limit": 10, "delay": "2s"}
SHORT = 5.0
"""Seconds without an API server that a Lease of 15 s must outlive: it is given up 10 s after the
last renewal, which may be 3 s old when the server goes, and a last try may just have begun."""


@pytest.mark.parametrize("end", [Cluster.stop_apiserver, Cluster.kill_apiserver])
def test_nothing_is_lost_or_done_twice_when_the_api_server_restarts(
    cluster: Cluster, start_operator: StartOperator, end: Callable[[Cluster], None]
) -> None:
    dice, names = chance(), numbered(TOGETHER)
    assert cluster.audit_log is not None
    operator = start_operator(f"left-alone-{end.__name__}")
    first = operator.pid
    with (
        Crowd.gathered(cluster, names) as crowd,
        History(cluster, APPROVALS.format(namespace=crowd.namespace)) as history,
    ):
        crowd.propose(*names, retry=PATIENT)
        crowd.when_all_planned(*names)
        steps = Footsteps(cluster.audit_log)
        crowd.sign(*names)
        moment = dice.randint(1, CARRYING_OUT * TOGETHER // 2)
        steps.wait_for(moment, or_until=lambda: False)
        steps.close()
        gone = time.monotonic()
        try:
            end(cluster)
        finally:
            cluster.start_apiserver()
        away = time.monotonic() - gone
        short = away < SHORT

        def revive() -> None:
            if not operator.alive():  # It has given its Lease up: a Deployment starts it again.
                assert not short, operator.log_path.read_text()[-2000:]
                operator.start()

        crowd.when_all_ended(*names, meanwhile=revive)
        crowd.assert_each_took_effect_once(*names)
    assert [name for name in names if not is_a_life(history.phases(name))] == []
    stayed = operator.pid == first
    print(f"The API server was away for {away:.1f} s; the operator stayed: {stayed}.")
    assert stayed or not short
    assert operator.terminate() == 0
