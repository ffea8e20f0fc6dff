"""A new operator process finds what is unfinished and leaves alone what is finished."""

from __future__ import annotations

import pytest

from devcluster import Cluster
from tests.conftest import OPERATOR_ENV
from tests.support.requests_counted import AuditTrail
from tests.support.shop import Shop

pytestmark = pytest.mark.xdist_group("chaos")


def test_finished_requests_cost_nothing_at_a_restart(cluster: Cluster, audit: AuditTrail) -> None:
    shop = Shop.opened(cluster)
    first = cluster.start_operator(name="first", env=OPERATOR_ENV)
    shop.deploy("web", replicas=1)
    shop.settled("web")
    for number in range(3):
        done = shop.carried_out(f"r{number}", action="kubectl rollout restart deployment/web")
        assert done["status"]["phase"] == "Succeeded"
    shop.propose("refused", action="make it so")
    assert shop.ended("refused")["status"]["phase"] == "Failed"
    assert first.terminate() == 0
    before = len(audit.by_operator())
    second = cluster.start_operator(name="second", env=OPERATOR_ENV)
    # A new request goes through the same watch: once it is planned, all older ones were seen.
    shop.propose("marker", action="make it so", verb="create")
    assert shop.ended("marker")
    second.terminate()
    others = [a for a in audit.by_operator()[before:] if "marker" not in a.uri]
    assert [a for a in others if "/events" not in a.uri] == []
    assert len(others) <= 1  # The marker's own Event.
