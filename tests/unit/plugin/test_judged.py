"""What `explain` reads, and what it says where it may not."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.errors import ApiError
from countersign.plugin.acts.deciding import refuse_silence
from countersign.plugin.exits import PluginError
from countersign.plugin.policies import Judged, judge
from countersign.policy.decide import tally
from countersign.policybook import PolicyBook
from tests.support.fakes_time import FakeClock
from tests.support.requests_made import NOW, item, request
from tests.unit.plugin.test_asked import Server

FORBIDDEN = ApiError("forbidden", code=403, reason="Forbidden")
NO_SUCH_NAMESPACE = ApiError('namespaces "bank" not found', code=404, reason="NotFound")


def policy(*, selector: dict[str, str] | None = None, **require: Any) -> dict[str, Any]:
    """One policy, for all namespaces or for those with a label."""
    match = {"namespaceSelector": {"matchLabels": selector}} if selector else {}
    return {"metadata": {"name": "p"}, "spec": {"match": match, "require": require}}


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items)}


async def judged(*answers: Any, of: ApprovalRequest | None = None) -> tuple[Judged, list[str]]:
    """The judgement, and the paths that were asked for."""
    server = Server(*answers)
    found = await judge(server.session, of or request(), NOW)
    assert server.answers == []
    return found, [call.path for call in server.calls]


async def test_policies_are_one_question_where_they_depend_on_nothing_else() -> None:
    found, paths = await judged(listed(policy(signatures=3)))
    assert paths == ["/apis/countersign.dev/v1alpha1/approvalpolicies"]
    assert found.explanation.signed == "0/3"
    assert found.unseen == ()


@pytest.mark.parametrize(("label", "signed"), [("shop", "0/3"), ("other", "0/1")])
async def test_a_namespace_is_read_where_a_policy_selects_by_its_labels(
    label: str, signed: str
) -> None:
    namespace = {"metadata": {"name": "shop", "labels": {"team": "shop"}}}
    found, paths = await judged(listed(policy(selector={"team": label}, signatures=3)), namespace)
    assert paths[1:] == ["/api/v1/namespaces/shop"]
    assert found.explanation.signed == signed


async def test_a_namespace_that_a_request_reaches_into_is_read_as_well() -> None:
    made = item()
    made["status"]["plan"]["steps"][0]["target"]["namespace"] = "bank"
    of = ApprovalRequest.model_validate(made)
    spaces = [{"metadata": {"name": name, "labels": {"team": name}}} for name in ("shop", "bank")]
    body = listed(policy(selector={"team": "bank"}, signatures=3))
    found, paths = await judged(body, *spaces, of=of)
    assert paths[1:] == ["/api/v1/namespaces/shop", "/api/v1/namespaces/bank"]
    assert found.explanation.signed == "0/3"


def unlike(team: str, **require: Any) -> dict[str, Any]:
    """One policy, for all namespaces but those of a team."""
    made = policy(**require)
    other = {"key": "team", "operator": "NotIn", "values": [team]}
    made["spec"]["match"] = {"namespaceSelector": {"matchExpressions": [other]}}
    return made


@pytest.mark.parametrize("there", [True, False])
async def test_a_namespace_that_is_to_be_made_is_of_no_policy_as_for_the_operator(
    there: bool,
) -> None:
    made = item()
    target = {"apiVersion": "v1", "kind": "Namespace", "name": "bank"}
    made["status"]["plan"]["steps"][0]["target"] = target | ({"uid": "uid-1"} if there else {})
    of = ApprovalRequest.model_validate(made)
    shop = {"metadata": {"name": "shop", "labels": {"team": "shop"}}}
    bank = {"metadata": {"name": "bank"}} if there else NO_SUCH_NAMESPACE
    found, _ = await judged(listed(unlike("shop", signatures=3)), shop, bank, of=of)
    book = PolicyBook(FakeClock())
    book.policies_are([unlike("shop", signatures=3)])
    book.namespaces_are({"shop": {"team": "shop"}} | ({"bank": {}} if there else {}))
    operators = tally(of, book.now())
    assert operators is not None
    assert found.explanation.signed == operators.signed == ("0/3" if there else "0/1")
    assert found.unseen == ()


async def test_earlier_requests_are_read_where_a_policy_looks_back() -> None:
    status = {"approvedAt": "2026-11-27T11:59:00Z"}
    before = item(name="before", phase="Succeeded", status=status, metadata={"uid": "another"})
    found, paths = await judged(listed(policy(cooldown="1h")), listed(before))
    assert paths[1:] == ["/apis/countersign.dev/v1alpha1/approvalrequests"]
    assert [each.reason for each in found.explanation.obstructions] == ["Cooldown"]


async def test_what_may_not_be_read_is_said() -> None:
    found, _ = await judged(FORBIDDEN)
    assert "You may not read ApprovalPolicies" in found.unseen[0]
    found, _ = await judged(listed(policy(selector={"a": "b"}, signatures=3)), FORBIDDEN)
    assert "You may not read namespace shop" in found.unseen[0]
    found, paths = await judged(listed(policy(cooldown="1h")), FORBIDDEN, listed())
    assert "cooldowns and rates are told from this one's alone" in found.unseen[0]
    assert paths[-1] == "/apis/countersign.dev/v1alpha1/namespaces/shop/approvalrequests"


async def test_a_server_that_is_away_is_no_answer() -> None:
    with pytest.raises(ApiError, match="connection refused"):
        await judged(ApiError("connection refused"))


def _under(name: str) -> ApprovalRequest:
    made = item()
    made["status"]["policies"] = [{"name": name, "digest": "sha256:" + "0" * 64}]
    return ApprovalRequest.model_validate(made)


async def test_a_signature_that_says_nothing_is_refused_where_a_policy_demands_a_comment() -> None:
    server = Server(listed(policy(comment=True)))
    with pytest.raises(PluginError, match="add -m TEXT"):
        await refuse_silence(server.session, _under("p"))


async def test_it_is_not_refused_for_a_policy_that_only_might_apply() -> None:
    elsewhere = unlike("shop", comment=True)
    await refuse_silence(Server(listed(elsewhere), FORBIDDEN).session, _under("other"))
