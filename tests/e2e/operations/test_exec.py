"""Exec: a command in a container of the real API server's, run once or never."""

from __future__ import annotations

import pytest

from tests.support.shop import condition
from tests.support.site import Site
from tests.support.workloads import pod

REQUEST = "do-it"
POD = {"kind": "Pod", "name": "lone"}


@pytest.fixture
def lone(site: Site) -> Site:
    """A site with one pod that runs."""
    site.create(pod("lone"))
    site.becomes("Pod", "lone", lambda live: live["status"].get("phase") == "Running", "to run")
    return site


def test_a_command_runs_once_and_what_it_has_written_is_kept(lone: Site) -> None:
    command = ["sh", "-c", "echo ran >> trace-$1; cat trace-$1", "sh", lone.namespace]
    status = lone.carried_out(
        REQUEST, operation={"type": "Exec", "target": POD, "exec": {"command": command}}
    )
    assert status["phase"] == "Succeeded", status["message"]
    assert "exit status 0" in status["message"]
    assert status["result"]["output"].split() == ["ran"]
    assert status["riskLevel"] in ("high", "critical")
    assert "undo" not in status


def test_text_and_typed_form_are_the_same_plan(lone: Site) -> None:
    lone.propose("text", action="kubectl exec lone -- date -u")
    lone.propose(
        "typed", operation={"type": "Exec", "target": POD, "exec": {"command": ["date", "-u"]}}
    )
    text, typed = lone.planned("text"), lone.planned("typed")
    assert text["plan"]["digest"] == typed["plan"]["digest"]
    [change] = typed["plan"]["steps"][0]["changes"]
    assert change["after"] == "date -u"


def test_a_command_that_does_not_end_well_is_a_failure_and_is_not_tried_again(lone: Site) -> None:
    command = ["sh", "-c", "echo ran >> trace-$1; exit 3", "sh", f"{lone.namespace}-bad"]
    status = lone.carried_out(
        REQUEST,
        operation={"type": "Exec", "target": POD, "exec": {"command": command}},
        retry={"limit": 2, "delay": "1s"},
    )
    assert status["phase"] == "Failed"
    # The kubelet's part is played by kwok, which does not pass exit statuses on: a real one ends
    # as CommandFailed.
    assert condition(status, "Executed")["reason"] in ("CommandFailed", "OutcomeUnknown")
    assert len(status["attempts"]) == 1


def test_a_pod_that_was_made_anew_is_another_pod(lone: Site) -> None:
    lone.propose(REQUEST, operation={"type": "Exec", "target": POD, "exec": {"command": ["true"]}})
    lone.planned(REQUEST)
    lone.delete("Pod", "lone", gracePeriodSeconds=0)
    lone.create(pod("lone"))
    lone.becomes("Pod", "lone", lambda live: live["status"].get("phase") == "Running", "to run")
    lone.sign(REQUEST)
    status = lone.ended(REQUEST)
    assert status["phase"] == "Failed"
    assert condition(status, "Executed")["reason"] == "Stale"


def test_a_container_that_is_not_there_is_refused_at_planning(lone: Site) -> None:
    spec = {"command": ["true"], "container": "other"}
    lone.propose(REQUEST, operation={"type": "Exec", "target": POD, "exec": spec})
    status = lone.ended(REQUEST)
    assert condition(status, "Planned")["reason"] == "Invalid"
    assert "no container other" in status["message"]
