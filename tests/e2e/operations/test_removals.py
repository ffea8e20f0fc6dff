"""Deleting and evicting: what holds a pod, and what comes back."""

from __future__ import annotations

import pytest

from tests.support.requests_counted import AuditTrail, assert_cost
from tests.support.shop import condition
from tests.support.site import JsonObject, Site
from tests.support.workloads import config_map, disruption_budget, laid, pod, settled, workload

REQUEST = "remove-it"
EVICT = "kubectl evict pod lone"


def held(site: Site) -> None:
    """A pod that its budget does not let go."""
    laid(site, pod("lone"), disruption_budget("lone"))

    def counted(live: JsonObject) -> bool:
        return (live.get("status") or {}).get("currentHealthy") == 1

    site.becomes("PodDisruptionBudget", "lone", counted, "to count its pod")


def test_an_eviction_waits_for_the_budget_and_goes_through_once_it_is_free(site: Site) -> None:
    held(site)
    site.propose(REQUEST, action=EVICT, retry={"limit": 9, "delay": "500ms"})
    status = site.planned(REQUEST)
    assert status["plan"]["blastRadius"]["disruptionBudgets"] == [f"{site.namespace}/lone"]
    assert status["riskLevel"] == "critical"
    site.sign(REQUEST)
    waiting = site.when(REQUEST, lambda status: status.get("attempts"), "to be refused")["status"]
    assert waiting["attempts"][0]["transient"] is True
    assert "disruption budget" in waiting["attempts"][0]["error"]
    assert site.find("Pod", "lone") is not None
    site.patch("PodDisruptionBudget", "lone", {"spec": {"minAvailable": 0}})
    status = site.ended(REQUEST)
    assert status["phase"] == "Succeeded", status["message"]
    assert "retr" in status["message"]
    assert site.find("Pod", "lone") is None


def test_an_eviction_that_the_budget_never_allows_fails_and_the_pod_stays(site: Site) -> None:
    held(site)
    uid = site.get("Pod", "lone")["metadata"]["uid"]
    status = site.carried_out(REQUEST, action=EVICT, retry={"limit": 1, "delay": "200ms"})
    assert status["phase"] == "Failed"
    executed = condition(status, "Executed")
    assert executed["reason"] == "RetriesExhausted"
    assert "disruption budget" in executed["message"]
    assert site.get("Pod", "lone")["metadata"]["uid"] == uid


def test_what_a_deletion_costs(site: Site, audit: AuditTrail) -> None:
    """Two lists tell by whom it is felt; a pod of its own needs two to sign, and the first is noted."""
    laid(site, pod("lone"))
    before = len(audit.by_operator())
    status = site.carried_out(REQUEST, action="kubectl delete pod lone")
    assert status["phase"] == "Succeeded", status["message"]
    assert_cost(audit.by_operator()[before:], 12 + 1)


def test_a_deletion_asks_no_budget_but_the_plan_names_it(site: Site) -> None:
    held(site)
    site.propose(REQUEST, action="kubectl delete pod lone")
    radius = site.planned(REQUEST)["plan"]["blastRadius"]
    assert radius["disruptionBudgets"] == [f"{site.namespace}/lone"]
    site.sign(REQUEST)
    assert site.ended(REQUEST)["phase"] == "Succeeded"
    assert site.find("Pod", "lone") is None


@pytest.mark.parametrize("verb", ["delete", "evict"])
def test_a_pod_of_a_stateful_set_is_replaced_by_another_of_its_name(site: Site, verb: str) -> None:
    laid(site, workload("StatefulSet"))
    uid = site.get("Pod", "web-0")["metadata"]["uid"]
    status = site.carried_out(REQUEST, action=f"kubectl {verb} pod web-0")
    assert status["phase"] == "Succeeded", status["message"]
    settled(site, "StatefulSet")
    assert site.get("Pod", "web-0")["metadata"]["uid"] != uid


def test_another_pod_of_the_same_name_is_not_the_one_that_was_signed(site: Site) -> None:
    laid(site, pod("lone"))
    site.propose(REQUEST, action="kubectl delete pod lone")
    site.planned(REQUEST)
    other = site.replace("Pod", "lone")["metadata"]["uid"]
    site.sign(REQUEST)
    status = site.ended(REQUEST)
    assert status["phase"] == "Succeeded"
    assert status["result"]["changed"] is False
    assert "is gone already" in status["message"]
    assert site.get("Pod", "lone")["metadata"]["uid"] == other


def test_an_object_that_has_changed_since_is_not_deleted_unseen(site: Site) -> None:
    laid(site, config_map())
    site.propose(REQUEST, action="kubectl delete configmap settings")
    site.planned(REQUEST)
    site.patch("ConfigMap", "settings", {"data": {"colour": "precious"}})
    site.sign(REQUEST)
    site.planned(REQUEST, revision=2)
    assert site.get("ConfigMap", "settings")["data"] == {"colour": "precious"}


def test_an_object_that_waits_for_its_finalizers_is_not_called_gone(site: Site) -> None:
    body = config_map()
    body["metadata"]["finalizers"] = ["example.com/hold"]
    laid(site, body)
    action = "kubectl delete configmap settings"
    status = site.carried_out(REQUEST, action=action, verify={"timeout": "2s"})
    assert status["phase"] == "Failed"
    assert condition(status, "Verified")["reason"] == "Timeout"
    assert "example.com/hold" in status["message"]
    site.patch("ConfigMap", "settings", {"metadata": {"finalizers": None}})


def test_what_a_deployment_owns_goes_with_it_or_stays_as_people_signed(site: Site) -> None:
    laid(site, workload("Deployment", "kept"), workload("Deployment", "gone"))
    orphan = "kubectl delete deployment kept --cascade=orphan"
    assert site.carried_out("orphan", action=orphan)["phase"] == "Succeeded"
    foreground = "kubectl delete deployment gone --cascade=foreground"
    assert site.carried_out("foreground", action=foreground)["phase"] == "Succeeded"
    assert len(site.every("ReplicaSet", "app=kept")) == 1
    assert site.every("ReplicaSet", "app=gone") == []
