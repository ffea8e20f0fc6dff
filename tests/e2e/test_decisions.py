"""How requests are decided, by people and by time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.caller import RefusedError
from tests.support.shop import JsonObject, Shop, condition, request_object

RESTART = "kubectl rollout restart deployment/web"
OTHER_PLAN = "sha256:" + "0" * 64


@pytest.fixture
def web(shop: Shop) -> Shop:
    """A namespace with a Deployment at rest."""
    shop.deploy("web", replicas=1)
    shop.settled("web")
    return shop


def untouched(shop: Shop) -> bool:
    return bool(shop.get("deployment", "web")["metadata"]["generation"] == 1)


def withdraw(shop: Shop, name: str, user: str) -> None:
    """Server-side apply of no signature takes one's own back."""
    body = request_object(name, signatures=[])
    shop.by(user).apply(body, shop.namespace, manager=user).accepted()


def call_off(shop: Shop, name: str, user: str) -> None:
    change = {"spec": {"cancelled": True}}
    shop.by(user).merge("ApprovalRequest", shop.namespace, name, change).accepted()


# --- People ---------------------------------------------------------------------------------------


def test_one_deny_decides(web: Shop) -> None:
    web.propose("r", action=RESTART, requiredSignatures=2)
    web.planned("r")
    web.sign("r", user="alice")
    web.sign("r", user="bob", decision="Deny", comment="not on a Friday")
    status = web.ended("r")["status"]
    assert status["phase"] == "Denied"
    approved = condition(status, "Approved")
    assert (approved["status"], approved["reason"]) == ("False", "Denied")
    assert "bob" in approved["message"]
    assert "not on a Friday" in approved["message"]
    with pytest.raises(RefusedError, match="has been decided"):
        web.sign("r", user="dave")
    assert [event["reason"] for event in web.events("r")] == ["Denied"]
    assert untouched(web)


def test_the_requester_can_call_a_request_off(web: Shop) -> None:
    web.propose("r", action=RESTART)
    web.planned("r")
    with pytest.raises(RefusedError):
        call_off(web, "r", "eve")
    call_off(web, "r", "agent")
    status = web.ended("r")["status"]
    assert status["phase"] == "Cancelled"
    assert condition(status, "Approved")["reason"] == "Cancelled"
    assert "nothing was done" in status["message"]
    with pytest.raises(RefusedError, match="has been decided"):
        web.sign("r")
    assert untouched(web)


def test_a_signature_can_be_withdrawn_and_given_again(web: Shop) -> None:
    # Created, not applied: `kubectl apply --server-side` makes the fields of a client-side apply
    # its own at the first signature, and would take them away again with the second.
    web.propose("r", verb="create", action=RESTART, requiredSignatures=2)
    assert web.planned("r")["status"]["signed"] == "0/2"
    web.sign("r", user="alice")
    web.when("r", lambda status: status["signed"] == "1/2")
    withdraw(web, "r", "alice")
    web.when("r", lambda status: status["signed"] == "0/2")
    web.sign("r", user="bob")
    web.when("r", lambda status: status["signed"] == "1/2")
    assert untouched(web)
    web.sign("r", user="dave")
    status = web.ended("r")["status"]
    assert (status["phase"], status["signed"]) == ("Succeeded", "2/2")
    approved = condition(status, "Approved")["message"]
    assert "bob" in approved
    assert "dave" in approved
    assert "alice" not in approved


def test_a_request_of_high_risk_needs_two_signatures_of_those_who_may(web: Shop) -> None:
    web.propose("r", action="kubectl scale deployment/web --replicas=0")
    planned = web.planned("r")["status"]
    assert (planned["riskLevel"], planned["signed"]) == ("high", "0/2")
    with pytest.raises(RefusedError, match="of high risk; to sign it"):
        web.sign("r", user="alice")
    web.sign("r", user="carol")
    web.when("r", lambda status: status["signed"] == "1/2")
    assert untouched(web)
    web.sign("r", user="admin")
    assert web.ended("r")["status"]["phase"] == "Succeeded"
    assert web.get("deployment", "web")["spec"]["replicas"] == 0


def test_the_requester_can_raise_the_risk_and_not_lower_it(web: Shop) -> None:
    web.propose("raised", action=RESTART, riskLevel="critical")
    web.propose("lowered", action=RESTART, riskLevel="low")
    raised, lowered = web.planned("raised")["status"], web.planned("lowered")["status"]
    assert (raised["riskLevel"], raised["requiredSignatures"]) == ("critical", 2)
    assert (lowered["riskLevel"], lowered["requiredSignatures"]) == ("medium", 1)
    with pytest.raises(RefusedError, match="of critical risk; to sign it"):
        web.sign("raised", user="bob")


def test_the_requester_can_ask_for_more_signatures_and_not_for_fewer(web: Shop) -> None:
    web.propose("more", action=RESTART, requiredSignatures=3)
    web.propose("fewer", action=f"{RESTART} ", riskLevel="high", requiredSignatures=1)
    assert web.planned("more")["status"]["signed"] == "0/3"
    assert web.planned("fewer")["status"]["signed"] == "0/2"
    for user in ("alice", "bob"):
        web.sign("more", user=user)
    web.when("more", lambda status: status["signed"] == "2/3")
    web.sign("more", user="dave")
    assert web.ended("more")["status"]["phase"] == "Succeeded"


# --- Time -----------------------------------------------------------------------------------------


def test_a_request_expires_by_itself(web: Shop) -> None:
    web.propose("r", action=RESTART, expiresAfter="2s")
    status = web.ended("r")["status"]
    assert status["phase"] == "Expired"
    approved = condition(status, "Approved")
    assert (approved["status"], approved["reason"]) == ("False", "Expired")
    assert "create a new request" in approved["message"]
    with pytest.raises(RefusedError, match="has been decided"):
        web.sign("r")
    assert untouched(web)


def test_a_signed_request_waits_for_its_time_and_says_until_when(web: Shop) -> None:
    web.propose("r", action=RESTART, notBefore="2999-01-01T00:00:00Z")
    web.planned("r")
    web.sign("r")
    status = web.when("r", lambda s: condition(s, "Approved")["reason"] == "NotBefore")["status"]
    assert (status["phase"], status["signed"]) == ("Pending", "1/1")
    assert "2999-01-01T00:00:00" in status["message"]
    assert untouched(web)


def test_a_signed_request_runs_when_its_time_has_come(web: Shop) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=4)
    web.propose("r", action=RESTART, notBefore=moment.isoformat())
    web.planned("r")
    web.sign("r")
    status = web.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert datetime.fromisoformat(status["approvedAt"]) >= moment


def test_a_dry_run_is_planned_and_no_more(web: Shop) -> None:
    web.propose("r", action=RESTART, dryRun=True)
    status = web.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert condition(status, "Planned")["status"] == "True"
    assert condition(status, "Approved")["reason"] == "DryRun"
    assert condition(status, "Executed") == {}
    assert status["plan"]["steps"][0]["changes"]
    assert untouched(web)


# --- Plans ----------------------------------------------------------------------------------------


def test_a_signature_on_another_plan_is_refused(web: Shop) -> None:
    web.propose("r", action=RESTART)
    web.planned("r")
    with pytest.raises(RefusedError, match="names another plan than the current one"):
        web.sign("r", plan=OTHER_PLAN)
    assert untouched(web)


def planned_again(shop: Shop, name: str) -> JsonObject:
    """Wait for the second plan."""
    return shop.when(
        name,
        lambda status: (
            status["plan"]["revision"] == 2 and condition(status, "Planned")["status"] == "True"
        ),
    )


def test_a_target_that_changed_before_the_signature_makes_the_plan_stale(web: Shop) -> None:
    web.propose("r", verb="create", action=RESTART)
    first = web.planned("r")["status"]["plan"]["digest"]
    web.kubectl("rollout", "restart", "deployment/web")
    web.settled("web")
    web.sign("r")
    again = planned_again(web, "r")
    status = again["status"]
    assert status["phase"] == "Pending"
    assert status["signed"] == "0/1"
    assert status["plan"]["digest"] != first
    assert [entry["plan"] for entry in again["spec"]["signatures"]] == [first]
    assert condition(status, "Executed") == {}
    assert "stale" in json.dumps(status["timeline"])
    [event] = [event for event in web.events("r") if event["reason"] == "Stale"]
    assert "All signatures are void; sign the new plan." in event["note"]
    assert web.revisions("web") == 2  # The one that came in between.
    # The same entry once more would change nothing in server-side apply: name the new plan.
    web.sign("r", plan=status["plan"]["digest"])
    done = web.ended("r")
    assert done["status"]["phase"] == "Succeeded"
    stamp = web.get("deployment", "web")["metadata"]["annotations"]["countersign.dev/executed"]
    assert stamp == done["metadata"]["uid"]
    assert web.revisions("web") == 3


def test_a_target_that_was_deleted_and_made_anew_is_another_target(web: Shop) -> None:
    web.propose("r", action=RESTART)
    first = web.planned("r")["status"]["plan"]["steps"][0]["target"]["uid"]
    web.kubectl("delete", "deployment", "web", "--cascade=foreground")
    web.deploy("web", replicas=1)
    new = web.settled("web")["metadata"]["uid"]
    web.sign("r")
    status = planned_again(web, "r")["status"]
    assert status["phase"] == "Pending"
    assert status["plan"]["steps"][0]["target"]["uid"] == new != first
    assert untouched(web)
    web.sign("r", user="bob")
    assert web.ended("r")["status"]["phase"] == "Succeeded"
    assert web.revisions("web") == 2


def test_a_target_that_is_gone_when_it_is_to_be_changed_ends_with_a_reason(web: Shop) -> None:
    web.propose("r", action=RESTART)
    web.planned("r")
    web.kubectl("delete", "deployment", "web", "--cascade=foreground")
    web.sign("r")
    status = web.ended("r")["status"]
    assert status["phase"] == "Failed"
    assert condition(status, "Executed")["reason"] == "TargetNotFound"
    assert "/web was not found" in status["message"]


def test_a_change_that_the_signature_is_not_about_does_not_void_it(web: Shop) -> None:
    web.propose("r", action=RESTART)
    web.planned("r")
    web.kubectl("label", "deployment", "web", "team=a")
    web.sign("r")
    status = web.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert status["plan"]["revision"] == 1


def test_a_scale_to_what_there_is_changes_nothing(web: Shop) -> None:
    web.propose("r", action="kubectl scale deployment/web --replicas=1")
    assert condition(web.planned("r")["status"], "Planned")["reason"] == "NoChange"
    web.sign("r")
    status = web.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert condition(status, "Executed")["reason"] == "NoChange"
    assert status["result"]["changed"] is False
    assert "undo" not in status
    assert untouched(web)
