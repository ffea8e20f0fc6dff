"""One request about several objects: in order, and no further than the first that fails."""

from __future__ import annotations

from typing import Any

from tests.support.cases.rollouts import RESTARTED_AT
from tests.support.requests_counted import AuditTrail
from tests.support.shop import condition
from tests.support.site import JsonObject, Site
from tests.support.workloads import config_map, laid, workload

REQUEST = "do-them"
RESTART_THREE = "kubectl rollout restart deployment/c deployment/a deployment/b"
NOWHERE = {"nodeSelector": {"no": "such-node"}}


def grouped(name: str, group: str = "one", **spec: Any) -> JsonObject:
    """A Deployment that a selector can find."""
    body = workload("Deployment", name, **spec)
    body["metadata"]["labels"]["group"] = group
    return body


def is_restarted(site: Site, name: str) -> bool:
    template = site.get("Deployment", name)["spec"]["template"]["metadata"]
    return RESTARTED_AT in (template.get("annotations") or {})


def outcomes(status: JsonObject) -> list[tuple[str, str]]:
    return [(each["target"], each["outcome"]) for each in status["result"]["steps"]]


def test_they_are_done_one_after_the_other_in_the_order_they_are_named(
    site: Site, audit: AuditTrail
) -> None:
    laid(site, *(grouped(name) for name in "abc"))
    status = site.carried_out(REQUEST, action=RESTART_THREE)
    assert status["phase"] == "Succeeded", status["message"]
    assert outcomes(status) == [(f"Deployment/{name}", "Succeeded") for name in "cab"]
    asked = [a for a in audit.by_operator(f"{site.namespace}/deployments") if a.verb != "get"]
    effects = [a for a in asked if a.verb == "patch" and "dryRun" not in a.uri]
    assert [a.uri.partition("?")[0][-1] for a in effects] == ["c", "a", "b"]
    # Each was seen to be done before the next began.
    watched = [a.verb for a in asked if "dryRun" not in a.uri]
    assert watched == ["patch", "watch"] * 3
    assert "undo" not in status


def test_one_that_fails_stops_the_rest_and_the_status_says_which_ran(site: Site) -> None:
    stuck = grouped("a", progressDeadlineSeconds=1)
    stuck["spec"]["template"]["spec"] |= NOWHERE
    laid(site, grouped("c"), grouped("b"))
    site.create(stuck)
    status = site.carried_out(REQUEST, action=RESTART_THREE)
    assert status["phase"] == "Failed"
    assert condition(status, "Verified")["reason"] == "Degraded"
    assert outcomes(status) == [
        ("Deployment/c", "Succeeded"),
        ("Deployment/a", "Failed"),
        ("Deployment/b", "NotRun"),
    ]
    told = "Done: Deployment/c. Failed: Deployment/a. Not run: Deployment/b."
    assert status["message"].endswith(told)
    assert {name: is_restarted(site, name) for name in "abc"} == {"a": True, "b": False, "c": True}


def test_one_that_is_gone_half_way_is_failed_and_not_planned_again(site: Site) -> None:
    laid(site, *(grouped(name) for name in "abc"))
    site.propose(REQUEST, action=RESTART_THREE)
    site.planned(REQUEST)
    site.delete("Deployment", "a")
    site.sign(REQUEST)
    status = site.ended(REQUEST)
    assert status["phase"] == "Failed"
    assert condition(status, "Executed")["reason"] == "TargetNotFound"
    assert outcomes(status)[1:] == [("Deployment/a", "Failed"), ("Deployment/b", "NotRun")]
    assert status["result"]["changed"] is True
    assert not is_restarted(site, "b")


def test_one_that_has_changed_before_the_first_effect_makes_the_whole_plan_stale(
    site: Site,
) -> None:
    laid(site, *(grouped(name) for name in "abc"))
    site.propose(REQUEST, action="kubectl scale deployment/a deployment/b --replicas=2")
    site.planned(REQUEST)
    site.patch("Deployment", "a", {"spec": {"replicas": 3}})
    site.sign(REQUEST)
    site.planned(REQUEST, revision=2)
    site.sign(REQUEST)
    assert site.ended(REQUEST)["phase"] == "Succeeded"


def test_a_selector_means_the_objects_that_were_there_when_it_was_planned(site: Site) -> None:
    laid(site, grouped("a"), grouped("b"), grouped("other", group="two"))
    site.propose(REQUEST, action="kubectl rollout restart deployment -l group=one")
    status = site.planned(REQUEST)
    named = [step["target"]["name"] for step in status["plan"]["steps"]]
    assert named == ["a", "b"]
    laid(site, grouped("late"))
    site.sign(REQUEST)
    assert site.ended(REQUEST)["phase"] == "Succeeded"
    restarted = {name for name in ("a", "b", "late", "other") if is_restarted(site, name)}
    assert restarted == {"a", "b"}


def test_a_selector_that_finds_nothing_is_said(site: Site) -> None:
    site.propose(REQUEST, action="kubectl rollout restart deployment -l group=none")
    planned = condition(site.ended(REQUEST), "Planned")
    assert planned["reason"] == "TargetNotFound"
    assert "group=none" in planned["message"]


def test_each_step_has_its_own_undo(site: Site) -> None:
    laid(site, config_map("one"), config_map("two", colour="green"))
    target = {"kind": "ConfigMap"}
    status = site.carried_out(
        REQUEST,
        operation={
            "type": "Patch",
            "targets": [{**target, "name": "one"}, {**target, "name": "two"}],
            "patch": {"type": "merge", "patch": '{"data": {"colour": "blue"}}'},
        },
    )
    assert status["phase"] == "Succeeded", status["message"]
    for number, step in enumerate(status["plan"]["steps"]):
        assert site.carried_out(f"undo-{number}", operation=step["undo"])["phase"] == "Succeeded"
    assert site.get("ConfigMap", "one")["data"] == {"colour": "red"}
    assert site.get("ConfigMap", "two")["data"] == {"colour": "green"}
