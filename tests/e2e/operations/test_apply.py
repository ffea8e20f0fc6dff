"""Applying manifests: fields that others own, and several documents."""

from __future__ import annotations

from tests.support.cases.objects import apply
from tests.support.shop import condition
from tests.support.site import Site
from tests.support.workloads import config_map, laid, workload

REQUEST = "apply-it"


def owned_by_kubectl(site: Site) -> None:
    """As ``kubectl apply --server-side`` leaves it."""
    body = config_map("settings", colour="red")
    site.patch("ConfigMap", "settings", body, form="apply", manager="kubectl")


def test_a_field_of_somebody_else_s_is_a_conflict_that_names_the_owner(site: Site) -> None:
    owned_by_kubectl(site)
    site.propose(REQUEST, operation=apply(config_map("settings", colour="blue")))
    status = site.ended(REQUEST)
    assert status["phase"] == "Failed"
    planned = condition(status, "Planned")
    assert planned["status"] == "False"
    assert '"kubectl"' in planned["message"]
    assert ".data.colour" in planned["message"]
    assert "forceConflicts" in planned["message"]
    assert site.get("ConfigMap", "settings")["data"] == {"colour": "red"}


def test_it_is_taken_over_where_people_sign_that_at_a_higher_risk(site: Site) -> None:
    owned_by_kubectl(site)
    operation = apply(config_map("settings", colour="blue"), forceConflicts=True)
    site.propose(REQUEST, operation=operation)
    assert site.planned(REQUEST)["riskLevel"] == "high"
    site.sign(REQUEST)
    assert site.ended(REQUEST)["phase"] == "Succeeded"
    assert site.get("ConfigMap", "settings")["data"] == {"colour": "blue"}


def test_several_documents_are_several_steps(site: Site) -> None:
    laid(site, config_map("settings"))
    documents = (config_map("settings", size="big"), workload("Deployment"), config_map("fresh"))
    site.propose(REQUEST, operation=apply(*documents))
    steps = site.planned(REQUEST)["plan"]["steps"]
    assert [(step["target"]["kind"], step["target"]["name"]) for step in steps] == [
        ("ConfigMap", "settings"),
        ("Deployment", "web"),
        ("ConfigMap", "fresh"),
    ]
    assert site.find("Deployment", "web") is None
    site.sign(REQUEST)
    status = site.ended(REQUEST)
    assert status["phase"] == "Succeeded", status["message"]
    assert site.get("ConfigMap", "settings")["data"] == {"colour": "red", "size": "big"}
    assert site.get("Deployment", "web")["status"]["readyReplicas"] == 1
    assert site.get("ConfigMap", "fresh")["data"] == {"colour": "red"}


def test_somebody_who_makes_the_object_first_makes_the_plan_stale(site: Site) -> None:
    site.propose(REQUEST, operation=apply(config_map("fresh", colour="blue")))
    site.planned(REQUEST)
    laid(site, config_map("fresh", size="small"))
    site.sign(REQUEST)
    site.planned(REQUEST, revision=2)
    assert site.get("ConfigMap", "fresh")["data"] == {"size": "small"}
    site.sign(REQUEST)
    assert site.ended(REQUEST)["phase"] == "Succeeded"
    assert site.get("ConfigMap", "fresh")["data"] == {"colour": "blue", "size": "small"}


def test_a_document_that_the_server_would_refuse_is_refused_before_anybody_signs(
    site: Site,
) -> None:
    wrong = workload("Deployment")
    wrong["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    site.propose(REQUEST, operation=apply(wrong))
    planned = condition(site.ended(REQUEST), "Planned")
    assert planned["reason"] == "DryRunBlocked"
    assert "selector" in planned["message"]
