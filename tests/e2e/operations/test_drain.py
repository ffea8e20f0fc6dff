"""Draining a node: what is left alone, what holds it up, and what it refuses to lose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.shop import condition
from tests.support.site import JsonObject, Site
from tests.support.workloads import disruption_budget, laid, node, on_node, pod, workload

REQUEST = "drain-it"
DRAIN = {"ignoreDaemonSets": True}


def operation(site: Site, **parameters: Any) -> JsonObject:
    target = {"kind": "Node", "name": site.node}
    return {"type": "DrainNode", "target": target, "drainNode": parameters}


def on_the_node(site: Site, kind: str, name: str, **spec: Any) -> JsonObject:
    body = workload(kind, name, **spec)
    body["spec"]["template"]["spec"] |= on_node(site.node)
    return body


@pytest.fixture
def busy(site: Site) -> Site:
    """A node with two pods of a Deployment and one of a DaemonSet."""
    laid(site, site.binding("ClusterRoleBinding", "countersign-can-nodes"), node(site.node))
    laid(
        site,
        on_the_node(site, "Deployment", "web", replicas=2),
        on_the_node(site, "DaemonSet", "agent"),
    )
    return site


def pods_there(site: Site, app: str) -> set[str]:
    """UIDs of the pods of an app that are on the node and are not on their way out."""
    return {
        each["metadata"]["uid"]
        for each in site.every("Pod", f"app={app}")
        if each["spec"].get("nodeName") == site.node and "deletionTimestamp" not in each["metadata"]
    }


def budgeted(site: Site) -> None:
    """One pod of the two may go; its replacement finds no place, so the other may not."""
    laid(site, disruption_budget("web"))

    def counted(live: JsonObject) -> bool:
        return (live.get("status") or {}).get("currentHealthy") == 2

    site.becomes("PodDisruptionBudget", "web", counted, "to count its pods")


def test_its_pods_go_and_those_of_a_daemon_set_stay(busy: Site) -> None:
    agents = pods_there(busy, "agent")
    busy.propose(REQUEST, operation=operation(busy, **DRAIN))
    status = busy.planned(REQUEST)
    assert status["plan"]["blastRadius"]["pods"] == 2
    assert "2 pods" in status["plan"]["summary"]
    busy.sign(REQUEST)
    status = busy.ended(REQUEST)
    assert status["phase"] == "Succeeded", status["message"]
    assert pods_there(busy, "web") == set()
    assert pods_there(busy, "agent") == agents
    assert busy.get("Node", busy.node)["spec"]["unschedulable"] is True


def test_a_pod_that_its_budget_holds_is_named_and_the_rest_has_gone(busy: Site) -> None:
    budgeted(busy)
    spec = {"operation": operation(busy, **DRAIN), "verify": {"timeout": "5s"}}
    status = busy.carried_out(REQUEST, **spec)
    assert status["phase"] == "Failed"
    assert condition(status, "Verified")["reason"] == "Timeout"
    [left] = [
        each["metadata"]["name"]
        for each in busy.every("Pod", "app=web")
        if each["spec"].get("nodeName") == busy.node
    ]
    assert left in status["message"]
    assert "PodDisruptionBudget" in status["message"]


def test_it_goes_on_once_the_budget_lets_the_pod_go(busy: Site) -> None:
    budgeted(busy)
    busy.propose(REQUEST, operation=operation(busy, **DRAIN))
    busy.planned(REQUEST)
    busy.sign(REQUEST)
    busy.when(REQUEST, lambda status: status.get("phase") == "Executing", "to be held up")
    assert len(pods_there(busy, "web")) == 1
    busy.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 0}})
    status = busy.ended(REQUEST)
    assert status["phase"] == "Succeeded", status["message"]
    assert pods_there(busy, "web") == set()


def test_what_kubectl_would_not_lose_stops_it_before_anybody_signs(busy: Site) -> None:
    busy.propose("no-flags", operation=operation(busy))
    daemon = condition(busy.ended("no-flags"), "Planned")
    assert "ignoreDaemonSets" in daemon["message"]
    busy.create(pod("lone", node=busy.node))
    busy.propose("lone", operation=operation(busy, **DRAIN))
    lone = condition(busy.ended("lone"), "Planned")
    assert "lone" in lone["message"]
    assert "force" in lone["message"]
    assert busy.get("Node", busy.node)["spec"].get("unschedulable") is None
    busy.propose("forced", operation=operation(busy, **DRAIN, force=True))
    assert busy.planned("forced")["riskLevel"] == "critical"
