"""A new operator process finds what is unfinished and leaves alone what is finished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from devcluster import Cluster
from tests.chaos.conftest import SETTINGS, StartOperator, kill_for_good
from tests.chaos.crowd import Crowd
from tests.chaos.webhook import cut_off_writes, open_writes
from tests.support.eventually import eventually
from tests.support.requests_counted import AuditTrail
from tests.support.shop import Shop, condition

JsonObject = dict[str, Any]


def test_finished_requests_cost_nothing_at_a_restart(
    cluster: Cluster, start_operator: StartOperator, audit: AuditTrail
) -> None:
    shop = Shop.opened(cluster)
    first = start_operator("first")
    shop.deploy("web", replicas=1)
    shop.settled("web")
    for number in range(3):
        done = shop.carried_out(f"r{number}", action="kubectl rollout restart deployment/web")
        assert done["status"]["phase"] == "Succeeded"
    shop.propose("refused", action="make it so")
    assert shop.ended("refused")["status"]["phase"] == "Failed"
    assert first.terminate() == 0
    before = len(audit.by_operator())
    second = start_operator("second")
    # A new request goes through the same watch: once it is planned, all older ones were seen.
    shop.propose("marker", action="make it so", verb="create")
    assert shop.ended("marker")
    second.terminate()
    others = [a for a in audit.by_operator()[before:] if "marker" not in a.uri]
    # Once a start: its types, and the policies there are.
    started = [a for a in others if "/events" not in a.uri]
    assert sorted((a.verb, a.uri.partition("?")[0].rpartition("/")[2]) for a in started) == [
        ("get", "approvalpolicies.countersign.dev"),
        ("get", "approvalrequests.countersign.dev"),
        ("get", "incidents.countersign.dev"),
        ("get", "playbooks.countersign.dev"),
        ("list", "approvalpolicies"),
    ]
    assert len(others) <= 6  # Those, and the marker's own Event.


# --- Three requests that one crash met at different points ----------------------------------------


@dataclass(frozen=True)
class Crashed:
    """What became of them after the next start."""

    crowd: Crowd
    before: dict[str, JsonObject]

    def after(self, name: str) -> JsonObject:
        self.crowd.when_all_ended(name)
        status: JsonObject = self.crowd.request(name)["status"]
        return status


@pytest.fixture(scope="module")
def crashed(cluster: Cluster) -> Iterator[Crashed]:
    operator = cluster.start_operator(name="crashes", env=SETTINGS)
    with Crowd.gathered(cluster, ["retried", "expires"]) as crowd:
        crowd.deploy("changed", replicas=1, minReadySeconds=500)  # Its verification lasts.
        crowd.propose("changed", action="kubectl scale deployment/changed --replicas=3")
        crowd.propose("retried", retry={"limit": 1, "delay": "3s"})
        crowd.when_all_planned("changed", "retried")
        cut_off_writes(crowd.shop, "retried")
        crowd.sign("changed", "retried")
        eventually(lambda: crowd.statuses()["changed"]["phase"] == "Executing", what="Executing")
        eventually(lambda: crowd.statuses()["retried"].get("attempts"), what="a failed attempt")
        crowd.propose("expires", expiresAfter="6s")
        crowd.when_all_planned("expires")
        kill_for_good(cluster, operator)
        crowd.shop.kubectl("scale", "deployment/changed", "--replicas=5")
        expires = datetime.fromisoformat(crowd.statuses()["expires"]["expiresAt"])
        eventually(lambda: datetime.now(UTC) > expires, what="its time to be over")
        before = crowd.statuses()
        operator.start()
        yield Crashed(crowd, before)
        operator.terminate()
        open_writes(crowd.shop)


def test_what_expired_while_no_operator_ran_is_found(crashed: Crashed) -> None:
    assert crashed.before["expires"]["phase"] == "Pending"
    assert crashed.after("expires")["phase"] == "Expired"


def test_what_a_person_changed_since_is_not_overwritten(crashed: Crashed) -> None:
    assert crashed.before["changed"]["phase"] == "Executing"
    status = crashed.after("changed")
    assert crashed.crowd.deployments()["changed"]["spec"]["replicas"] == 5
    assert status["phase"] == "Succeeded"
    assert "somebody has scaled it to 5 since" in status["message"]


def test_a_crash_gives_nobody_more_attempts(crashed: Crashed) -> None:
    assert len(crashed.before["retried"]["attempts"]) == 1
    status = crashed.after("retried")
    assert status["phase"] == "Failed"
    assert condition(status, "Executed")["reason"] == "RetriesExhausted"
    assert len(status["attempts"]) == 2
    assert crashed.crowd.revisions()["retried"] == 1
