"""Every operation from its proposal to its undo, on the real control plane."""

from __future__ import annotations

import pytest

from tests.support.cases import CASES, Case, state_of
from tests.support.shop import condition
from tests.support.site import JsonObject, Site

REQUEST, UNDO = "do-it", "undo-it"


def changes_of(status: JsonObject) -> set[tuple[str, str | None, str | None]]:
    """What the plan of a one-object request says."""
    [step] = status["plan"]["steps"]
    return {(c["field"], c.get("before"), c.get("after")) for c in step.get("changes") or []}


def assert_readable(case: Case, site: Site, status: JsonObject) -> None:
    """People can tell from the plan what they sign."""
    plan = status["plan"]
    [step] = plan["steps"]
    assert set(case.changes) <= changes_of(status)
    assert (step["target"]["kind"], step["target"]["name"]) == case.target(site)
    assert case.target(site)[1] in plan["summary"]
    assert ("unknown" not in plan["blastRadius"]) is case.measurable, plan["blastRadius"]
    assert status["riskLevel"] == case.risk
    assert status["operation"] == case.operation["type"]
    assert condition(status, "Planned")["reason"] == "Planned"


def assert_remembered(site: Site, request: str) -> None:
    """One Event, and one knowledge entry that can be found."""
    assert site.events(request) == ["Succeeded"]
    uid = site.request(request)["metadata"]["uid"]
    entry = site.knowledge(uid)
    assert entry is not None
    assert entry["request"] == request
    assert {"human_approved", "success"} <= set(entry["tags"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_operation_is_planned_signed_done_remembered_and_undone(site: Site, case: Case) -> None:
    case.prepared(site)
    before = state_of(case.seen(site))
    site.propose(REQUEST, operation=case.typed(site))
    assert_readable(case, site, site.planned(REQUEST))
    assert state_of(case.seen(site)) == before  # Nothing happens before anybody has signed.
    site.sign(REQUEST)
    status = site.ended(REQUEST)
    case.assert_done(site, status)
    assert status["result"]["changed"] is True
    assert_remembered(site, REQUEST)
    undo = status.get("undo")
    assert (undo or {}).get("type") == case.undo
    if undo is not None:
        undone = site.carried_out(UNDO, operation=undo)
        assert undone["phase"] == "Succeeded", undone["message"]
        assert state_of(case.seen(site)) == before
