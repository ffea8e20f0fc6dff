"""The operator's own watch of requests ends, or falls silent without a word."""

from __future__ import annotations

import pytest

from devcluster import Cluster
from tests.chaos.conftest import StartOperator
from tests.chaos.crowd import Crowd
from tests.support.fault_proxy import Asked, Fault, FaultProxy, Happening, end, silence

SETTINGS = {"COUNTERSIGN_SWEEP_SECONDS": "2"}
"""A watch may be silent for twice as long."""


def own_watch(request: Asked) -> bool:
    is_ours = request.path.endswith("/approvalrequests")
    return is_ours and request.query.get("watch") == "true"


@pytest.mark.parametrize("how", [end, silence])
def test_requests_are_seen_although_the_watch_fails(
    cluster: Cluster, start_operator: StartOperator, how: Happening
) -> None:
    with FaultProxy(cluster) as proxy, Crowd.gathered(cluster, ["unseen"]) as crowd:
        direct = cluster.service_account_kubeconfig("countersign-system", "countersign-operator")
        env = {**SETTINGS, "KUBECONFIG": str(proxy.kubeconfig(direct))}
        fault = proxy.inject(Fault(own_watch, how))
        operator = start_operator(f"deaf-{how.__name__}", env, wait=False)
        crowd.carried_out("unseen")
        crowd.assert_each_took_effect_once("unseen")
        assert fault.met == 1
        assert operator.terminate() == 0
