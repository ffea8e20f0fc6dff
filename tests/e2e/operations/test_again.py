"""The same thing asked for twice."""

from __future__ import annotations

import pytest

from tests.support.cases import CASES, Case, state_of
from tests.support.shop import TERMINAL, condition
from tests.support.site import JsonObject, Site

TYPED, WRITTEN = "typed", "written"


def signed_until_it_ends(site: Site, name: str) -> JsonObject:
    """Sign, and sign once more where the plan turns out to be stale."""
    site.sign(name)

    def decided(status: JsonObject) -> bool:
        made_again = condition(status, "Planned").get("status") == "True"
        stale = made_again and status["plan"]["revision"] == 2 and status["phase"] == "Pending"
        return stale or status.get("phase") in TERMINAL

    status: JsonObject = site.when(name, decided, "to end or to be planned again")["status"]
    if status["phase"] in TERMINAL:
        return site.ended(name)
    site.sign(name)
    return site.ended(name)


@pytest.mark.parametrize("case", [case for case in CASES if case.text], ids=lambda case: case.name)
def test_text_and_type_are_one_plan_and_the_second_finds_the_first_one_s_work(
    site: Site, case: Case
) -> None:
    case.prepared(site)
    site.propose(TYPED, operation=case.typed(site))
    site.propose(WRITTEN, action=case.written(site))
    typed, written = site.planned(TYPED), site.planned(WRITTEN)
    assert typed["plan"]["digest"] == written["plan"]["digest"]
    site.sign(TYPED)
    case.assert_done(site, site.ended(TYPED))
    after = case.seen(site)
    second = signed_until_it_ends(site, WRITTEN)
    if case.again == "Failed":
        assert second["phase"] == "Failed", second["message"]
    else:
        assert second["phase"] == "Succeeded", second["message"]
        assert second["result"]["changed"] is (case.again == "repeats")
    if case.again != "repeats":
        assert state_of(case.seen(site)) == state_of(after)
        assert "undo" not in second
