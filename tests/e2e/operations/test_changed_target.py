"""What was signed is what runs: a target that is no longer so, or no longer there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.cases import CASES, Case
from tests.support.shop import TERMINAL, condition
from tests.support.site import JsonObject, Site

REQUEST = "do-it"


def is_stale(status: JsonObject) -> bool:
    """Whether it has been planned again since it was signed."""
    assert status.get("phase") not in TERMINAL, status.get("message")
    return status["plan"]["revision"] == 2 and condition(status, "Planned")["status"] == "True"


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.meddling], ids=lambda case: case.name
)
def test_signatures_on_what_has_changed_are_void_and_new_ones_carry_it_out(
    site: Site, case: Case
) -> None:
    case.prepared(site)
    site.propose(REQUEST, operation=case.typed(site))
    first = site.planned(REQUEST)
    case.meddle(site)
    site.sign(REQUEST)
    again = site.when(REQUEST, is_stale, "to be planned again")["status"]
    assert again["phase"] == "Pending"
    assert again["signed"].startswith("0/")
    assert again["plan"]["digest"] != first["plan"]["digest"]
    assert [event["title"] for event in again["timeline"]].count("The plan went stale") == 1
    site.assert_told(REQUEST, "Stale")
    site.sign(REQUEST)
    if case.done_after_meddling is not None:
        case = replace(case, done=case.done_after_meddling)
    case.assert_done(site, site.ended(REQUEST))


@pytest.mark.parametrize(
    "case", [case for case in CASES if "target" in case.operation], ids=lambda case: case.name
)
def test_a_target_that_is_not_there_is_said_before_anybody_signs(site: Site, case: Case) -> None:
    case.entitled(site)
    site.propose(REQUEST, operation=case.typed(site))
    status = site.ended(REQUEST)
    assert status["phase"] == "Failed"
    planned = condition(status, "Planned")
    assert planned["reason"] == "TargetNotFound", planned
    assert case.target(site)[1] in planned["message"]
    assert "Check" in planned["message"]
    site.assert_told(REQUEST, "TargetNotFound")


@pytest.mark.parametrize(
    "case", [case for case in CASES if "target" in case.operation], ids=lambda case: case.name
)
def test_a_target_that_goes_after_the_plan_ends_as_it_should(site: Site, case: Case) -> None:
    case.prepared(site)
    site.propose(REQUEST, operation=case.typed(site))
    site.planned(REQUEST)
    site.delete(*case.target(site), gracePeriodSeconds=0)
    site.sign(REQUEST)
    status = site.ended(REQUEST)
    assert status["phase"] == case.gone, status["message"]
    assert status["result"]["changed"] is False
    if case.gone == "Failed":
        assert condition(status, "Executed")["reason"] == "TargetNotFound"
        assert case.target(site)[1] in status["message"]
    else:
        assert "is gone already" in status["message"]
