"""ApprovalPolicies on the real control plane: who has to sign what, and when it may run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devcluster import Cluster, OperatorProcess
from tests.support.caller import Caller, RefusedError
from tests.support.eventually import eventually
from tests.support.policies import drop_policies, lay_down, name_of, policy_object, verdict
from tests.support.requests_counted import AuditTrail
from tests.support.shop import JsonObject, Shop, condition, request_object

RESTART = "kubectl rollout restart deployment/web"
LABEL = "kubectl label deployment/web team=a"


@pytest.fixture
def web(shop: Shop) -> Iterator[Shop]:
    """A namespace with a Deployment; its policies go with the test."""
    shop.deploy("web", replicas=1)
    shop.settled("web")
    yield shop
    drop_policies(shop)


def propose(shop: Shop, name: str = "r", **spec: Any) -> JsonObject:
    shop.propose(name, verb="create", **{"action": RESTART, **spec})
    return shop.planned(name)["status"]


def waits_for(shop: Shop, reason: str, name: str = "r") -> JsonObject:
    """Wait until the operator has read what was written last, and waits for such a reason."""

    def look() -> JsonObject | None:
        found = shop.request(name)
        approved = condition(found["status"], "Approved")
        read = approved.get("observedGeneration") == found["metadata"]["generation"]
        return found["status"] if read and approved.get("reason") == reason else None

    status = eventually(look, what=f"{name} to wait for {reason}")
    assert status["phase"] == "Pending"
    return status


def untouched(shop: Shop) -> bool:
    return bool(shop.get("deployment", "web")["metadata"]["generation"] == 1)


def in_(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- Who has to sign ------------------------------------------------------------------------------


def test_a_policy_says_how_many_sign_and_is_recorded_with_its_digest(web: Shop) -> None:
    name = lay_down(web, signatures=2)
    assert propose(web)["signed"] == "0/2"
    web.sign("r", user="alice")
    web.when("r", lambda status: status["signed"] == "1/2")
    assert untouched(web)
    web.sign("r", user="bob")
    status = web.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert status["approval"] == {"mode": "Signatures", "signers": ["alice", "bob"]}
    recorded = {policy["name"]: policy["digest"] for policy in status["policies"]}
    assert recorded.keys() == {"default", name}
    assert all(digest.startswith("sha256:") for digest in recorded.values())


def test_one_sre_and_one_owner_have_to_sign(web: Shop) -> None:
    lay_down(
        web, from_=[{"name": "SRE", "groups": ["sre"]}, {"name": "owner", "groups": ["owners"]}]
    )
    assert propose(web)["signed"] == "0/2"
    web.sign("r", user="alice")
    web.sign("r", user="bob")
    status = web.when("r", lambda status: status["signed"] == "2/2")["status"]
    assert "1 for owner (group owners)" in status["message"]
    assert status["phase"] == "Pending"
    web.sign("r", user="dave")
    assert web.ended("r")["status"]["approval"]["signers"] == ["alice", "bob", "dave"]


def test_an_approval_without_a_comment_does_not_count_where_one_is_demanded(web: Shop) -> None:
    lay_down(web, comment=True)
    propose(web)
    web.sign("r", user="alice")
    web.when("r", lambda status: "alice's does not count" in status["message"])
    assert untouched(web)
    web.sign("r", user="bob", comment="Seen the graphs.")
    assert web.ended("r")["status"]["approval"]["signers"] == ["bob"]


def test_of_two_policies_the_stricter_wins_in_each_thing(web: Shop) -> None:
    one = lay_down(web, "one", signatures=3, expiresAfter="24h")
    two = lay_down(web, "two", signatures=1, expiresAfter="1h")
    created = moment(propose(web)["timeline"][0]["time"])
    status = web.request("r")["status"]
    assert status["signed"] == "0/3"
    assert moment(status["expiresAt"]) == created + timedelta(hours=1)
    assert {policy["name"] for policy in status["policies"]} >= {one, two}


def test_a_policy_that_says_one_signature_makes_high_risk_need_one(web: Shop) -> None:
    lay_down(web, signatures=1)
    status = propose(web, action="kubectl scale deployment/web --replicas=0")
    assert (status["riskLevel"], status["signed"]) == ("high", "0/1")


def test_a_policy_matches_by_operation_kind_name_risk_and_requester(web: Shop) -> None:
    fitting = {
        "operations": ["RestartRollout"],
        "targetKinds": ["Deployment"],
        "targetNames": ["we*"],
        "riskLevels": ["medium"],
        "requesters": {"users": ["ag*"]},
    }
    lay_down(web, "fits", match=fitting, signatures=3)
    lay_down(web, "other", match=fitting | {"targetNames": ["db*"]}, signatures=4)
    assert propose(web)["signed"] == "0/3"
    assert propose(web, "other", action=LABEL)["signed"] == "0/1"


def test_a_signature_that_was_withdrawn_while_a_window_is_closed_does_not_count(web: Shop) -> None:
    lay_down(web, freezeWindows=[window(in_(-60), in_(3600))])
    propose(web)
    web.sign("r", user="alice")
    waits_for(web, "FreezeWindow")
    body = request_object("r", signatures=[])
    web.by("alice").apply(body, web.namespace, manager="alice").accepted()
    assert waits_for(web, "SignaturesMissing")["signed"] == "0/1"


# --- When it may run ------------------------------------------------------------------------------


def window(begins: str, ends: str, **more: Any) -> JsonObject:
    return {"name": "release", "absolute": {"from": begins, "to": ends}, **more}


def test_a_policy_lets_requests_expire(web: Shop) -> None:
    lay_down(web, expiresAfter="2s")
    web.propose("r", action=RESTART)
    assert web.ended("r")["status"]["phase"] == "Expired"
    assert untouched(web)


def test_in_a_freeze_window_a_signed_request_waits_and_says_until_when(web: Shop) -> None:
    ends = in_(6)
    lay_down(web, freezeWindows=[window(in_(-60), ends, timeZone="Europe/Berlin")])
    propose(web)
    web.sign("r")
    status = waits_for(web, "FreezeWindow")
    assert ends[:19] in status["message"]
    assert "in Europe/Berlin" in status["message"]
    assert untouched(web)
    status = web.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert moment(status["approvedAt"]) >= moment(ends)


def test_a_signature_of_the_override_group_lifts_a_freeze_window(web: Shop) -> None:
    lay_down(web, freezeWindows=[window(in_(-60), in_(3600), overrideGroups=["owners"])])
    propose(web)
    web.sign("r", user="alice")
    assert "a signature of owners lifts it" in waits_for(web, "FreezeWindow")["message"]
    web.sign("r", user="dave")
    assert web.ended("r")["status"]["phase"] == "Succeeded"


def test_a_target_is_left_alone_for_the_cooldown(web: Shop) -> None:
    name = lay_down(web, cooldown="6s")
    first = (propose(web, "first") and web.sign("first")) or web.ended("first")["status"]
    assert first["phase"] == "Succeeded"
    propose(web, "second", action=LABEL)
    web.sign("second")
    status = waits_for(web, "Cooldown", "second")
    assert name in status["message"]
    second = web.ended("second")["status"]
    gap = moment(second["approvedAt"]) - moment(first["attempts"][-1]["finishedAt"])
    assert gap >= timedelta(seconds=6)


def test_no_more_than_the_rate_are_approved_however_many_sign_at_once(web: Shop) -> None:
    lay_down(web, rateLimit={"count": 1, "per": "4s"})
    for name in ("one", "two"):
        propose(web, name, action=f"kubectl label deployment/web {name}=x")
    for name in ("one", "two"):
        web.sign(name)
    web.when("two", lambda status: status["phase"] == "Succeeded")
    times = sorted(moment(web.ended(name)["status"]["approvedAt"]) for name in ("one", "two"))
    assert times[1] - times[0] >= timedelta(seconds=4)
    reasons = [
        event["title"]
        for name in ("one", "two")
        for event in web.request(name)["status"]["timeline"]
    ]
    assert "Approved" in reasons


# --- Nobody, or nobody ever -----------------------------------------------------------------------


def test_what_a_policy_approves_automatically_is_marked_so_everywhere(web: Shop) -> None:
    auto = {"riskAtMost": "medium", "limitPerHour": 1}
    name = lay_down(web, autoApprove=auto)
    web.propose("r", action=RESTART, confidence=0.9)
    status = web.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert condition(status, "Approved")["reason"] == "AutoApproved"
    assert status["approval"]["mode"] == "Automatic"
    assert name in status["approval"]["reason"]
    assert "AutoApproved" in [event["reason"] for event in web.events("r")]
    propose(web, "second", confidence=0.9)
    waits_for(web, "SignaturesMissing", "second")


@pytest.mark.parametrize("spec", [{"confidence": 0.6}, {}, {"riskLevel": "high", "confidence": 1}])
def test_what_is_not_sure_or_not_harmless_enough_needs_people(web: Shop, spec: JsonObject) -> None:
    lay_down(web, autoApprove={"riskAtMost": "medium"})
    propose(web, **spec)
    waits_for(web, "SignaturesMissing")
    assert untouched(web)


def test_a_policy_denies_with_its_own_words(web: Shop) -> None:
    name = lay_down(web, deny={"message": "Use the release pipeline."})
    web.propose("r", action=RESTART)
    status = web.ended("r")["status"]
    assert status["phase"] == "Denied"
    assert status["message"] == f"Denied by policy {name}: Use the release pipeline."
    assert [policy["name"] for policy in status["policies"]] == ["default", name]
    assert untouched(web)


# --- The kill switch ------------------------------------------------------------------------------


def test_nothing_begins_while_a_policy_suspends_and_all_goes_on_afterwards(web: Shop) -> None:
    name = lay_down(web, suspend=True, suspendMessage="Incident 42.")
    propose(web)
    web.sign("r")
    status = waits_for(web, "Suspended")
    assert status["message"] == f"Suspended by policy {name}: Incident 42."
    assert status["signed"] == "1/1"
    assert untouched(web)
    lay_down(web, suspend=False)
    assert web.ended("r")["status"]["phase"] == "Succeeded"


def test_what_was_approved_but_has_not_begun_is_held_back_by_the_kill_switch(web: Shop) -> None:
    lay_down(web, suspend=True)
    propose(web)
    web.sign("r")
    status = waits_for(web, "Suspended")
    # As an operator leaves it that is stopped between the claim and the effect.
    claimed = [
        {**each, "status": "True", "reason": "QuorumReached"}
        if each["type"] == "Approved"
        else each
        for each in status["conditions"]
    ]
    claim = {"phase": "Approved", "approvedAt": in_(0), "conditions": claimed}
    change = {"status": claim}
    web.by("admin").merge("ApprovalRequest", web.namespace, "r", change, sub="status").accepted()
    status = waits_for(web, "Suspended")
    assert "approvedAt" not in status
    eventually(
        lambda: "HeldBack" in [event["reason"] for event in web.events("r")], what="its Event"
    )
    assert untouched(web)
    lay_down(web, suspend=False)
    assert web.ended("r")["status"]["phase"] == "Succeeded"
    assert web.revisions("web") == 2


# --- Break-glass ----------------------------------------------------------------------------------


def let_break_glass(shop: Shop, user: str) -> None:
    role = ("--clusterrole=countersign-break-glass", f"--user={user}")
    shop.kubectl("create", "rolebinding", f"break-glass-{user}", *role)
    what = {"sub": "medium", "namespace": shop.namespace}
    eventually(
        lambda: shop.by(user).may("break-glass", "approvalrequests", **what),
        what="the binding to be in force",
    )


def test_in_an_emergency_one_signature_with_a_reason_stands_for_the_quorum(web: Shop) -> None:
    lay_down(web, signatures=3, breakGlass={"groups": ["sre"]})
    propose(web)
    with pytest.raises(RefusedError, match="To break the glass takes the verb break-glass"):
        web.sign("r", breakGlass=True, comment="Site is down.")
    let_break_glass(web, "alice")
    with pytest.raises(RefusedError, match="breakGlass takes a comment"):
        web.sign("r", breakGlass=True)
    web.sign("r", breakGlass=True, comment="Site is down.")
    done = web.ended("r")
    status = done["status"]
    assert status["phase"] == "Succeeded"
    assert status["approval"] == {
        "mode": "BreakGlass",
        "signers": ["alice"],
        "reason": "Site is down.",
    }
    assert condition(status, "Approved")["reason"] == "BreakGlass"
    [event] = [event for event in web.events("r") if event["reason"] == "BreakGlass"]
    assert event["type"] == "Warning"
    assert "Site is down." in event["note"]
    assert "break_glass" in knowledge_of(web, done)["tags"]


def test_nobody_breaks_the_glass_in_the_name_of_somebody_else(web: Shop) -> None:
    lay_down(web, signatures=3, breakGlass={"groups": ["sre"]})
    propose(web, requestedBy="agent")
    entry = {"signer": "alice", "groups": ["sre"], "recordedBy": "gitops", "comment": "Down."}
    with pytest.raises(RefusedError, match="is one's own to write"):
        web.sign("r", user="gitops", breakGlass=True, **entry)
    assert untouched(web)


def knowledge_of(shop: Shop, request: JsonObject) -> JsonObject:
    labels = "countersign.dev/store=knowledge"
    maps = shop.by("admin").every("ConfigMap", "countersign-system", labels)
    uid = request["metadata"]["uid"]
    [text] = [cm["data"][uid] for cm in maps if uid in cm.get("data", {})]
    entry: JsonObject = json.loads(text)
    return entry


def test_break_glass_does_not_get_past_the_kill_switch(web: Shop) -> None:
    lay_down(web, signatures=3, breakGlass={"groups": ["sre"]}, suspend=True)
    let_break_glass(web, "alice")
    propose(web)
    web.sign("r", breakGlass=True, comment="Site is down.")
    waits_for(web, "Suspended")
    assert untouched(web)


def test_break_glass_is_of_no_use_to_a_group_that_no_policy_names(web: Shop) -> None:
    lay_down(web, signatures=2, breakGlass={"groups": ["sre-leads"]})
    let_break_glass(web, "alice")
    propose(web)
    web.sign("r", breakGlass=True, comment="Site is down.")
    assert web.when("r", lambda s: s["signed"] == "1/2")["status"]["phase"] == "Pending"


# --- Policies that change, and policies that are wrong --------------------------------------------


def test_a_policy_that_has_become_stricter_since_the_signature_is_the_one_that_counts(
    web: Shop,
) -> None:
    lay_down(web, signatures=1)
    start = in_(5)
    propose(web, notBefore=start)
    web.sign("r")
    waits_for(web, "NotBefore")
    lay_down(web, signatures=2)
    assert waits_for(web, "SignaturesMissing")["signed"] == "1/2"
    web.sign("r", user="bob")
    status = web.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert moment(status["approvedAt"]) >= moment(start)


def test_a_policy_that_is_deleted_holds_nothing_back(web: Shop) -> None:
    name = lay_down(web, signatures=2)
    propose(web)
    web.sign("r")
    web.when("r", lambda status: status["signed"] == "1/2")
    web.delete("ApprovalPolicy", name)
    assert web.ended("r")["status"]["phase"] == "Succeeded"


def test_a_namespace_that_gets_a_label_comes_under_the_policies_for_it(web: Shop) -> None:
    tier = f"tier-{web.namespace}"
    selector = {"matchLabels": {tier: "prod"}}
    lay_down(web, match={"namespaceSelector": selector}, signatures=4)
    assert propose(web, requiredSignatures=2)["signed"] == "0/2"
    web.cluster.kubectl("label", "namespace", web.namespace, f"{tier}=prod")
    web.when("r", lambda status: status["signed"] == "0/4")


def test_a_time_zone_that_there_is_not_closes_and_is_said_on_the_policy(web: Shop) -> None:
    broken = [window(in_(-9), in_(-5), timeZone="Europe/Atlantis")]
    name = lay_down(web, freezeWindows=broken)
    found = verdict(web, name)
    assert (found["status"], found["reason"]) == ("False", "Invalid")
    assert "there is no time zone Europe/Atlantis" in found["message"]
    propose(web)
    web.sign("r")
    assert "Europe/Atlantis" in waits_for(web, "PolicyInvalid")["message"]
    assert untouched(web)
    lay_down(web, freezeWindows=[window(in_(-9), in_(-5), timeZone="Europe/Athens")])
    assert verdict(web, name)["status"] == "True"
    assert web.ended("r")["status"]["phase"] == "Succeeded"


WEEKLY = {"days": ["Friday"], "from": "18:00", "to": "24:00"}
REFUSED: dict[str, tuple[JsonObject, str]] = {
    "nothing demanded": ({}, "an empty one would do nothing"),
    "no signature": ({"signatures": 0}, "greater than or equal to 1"),
    "a threshold of nobody": ({"from": [{"name": "SRE"}]}, "Name users or groups"),
    "two thresholds of one name": (
        {"from": [{"name": "a", "users": ["x"]}, {"name": "a", "users": ["y"]}]},
        "Duplicate value",
    ),
    "no expiry at all": ({"expiresAfter": "0s"}, "more than nothing"),
    "an expiry of years": ({"expiresAfter": "99999h"}, "at most 8784h"),
    "a duration that is none": ({"cooldown": "a while"}, "should match"),
    "a long cooldown": ({"cooldown": "200h"}, "at most 168h"),
    "a rate for ever": ({"rateLimit": {"count": 1, "per": "999h"}}, "at most 168h"),
    "a window of nothing": ({"freezeWindows": [{"name": "w"}]}, "exactly one of weekly"),
    "a window of both": (
        {
            "freezeWindows": [
                {
                    **window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
                    "weekly": WEEKLY,
                }
            ]
        },
        "exactly one of weekly",
    ),
    "a window that ends first": (
        {"freezeWindows": [window("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")]},
        "from has to be before to",
    ),
    "a window of no length": (
        {"freezeWindows": [{"name": "w", "weekly": WEEKLY | {"to": "18:00"}}]},
        "from and to are the same",
    ),
    "a window that begins at 24:00": (
        {"freezeWindows": [{"name": "w", "weekly": WEEKLY | {"from": "24:00", "to": "01:00"}}]},
        "begins at 00:00",
    ),
    "an hour that there is not": (
        {"freezeWindows": [{"name": "w", "weekly": WEEKLY | {"from": "25:00"}}]},
        "should match",
    ),
    "a zone with a path": (
        {"freezeWindows": [{"name": "w", "weekly": WEEKLY, "timeZone": "../etc"}]},
        "should match",
    ),
    "critical without people": ({"autoApprove": {"riskAtMost": "critical"}}, "Unsupported value"),
    "more than sure": (
        {"autoApprove": {"riskAtMost": "low", "confidenceAtLeast": 1.5}},
        "less than or equal to 1",
    ),
    "deny and approve": (
        {"deny": {"message": "No."}, "autoApprove": {"riskAtMost": "low"}},
        "exclude each other",
    ),
    "an emergency for nobody": ({"breakGlass": {"groups": []}}, "at least 1 item"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_api_server_refuses_a_policy_that_makes_no_sense(cluster: Cluster, what: str) -> None:
    require, said = REFUSED[what]
    body = policy_object("refused", "nowhere", **require)
    answer = Caller(cluster).create(body, dryRun="All")
    assert answer.is_refusal
    assert said in answer.message


def test_no_policy_can_be_called_as_the_built_in_one(cluster: Cluster) -> None:
    body = policy_object("default", "nowhere", signatures=1)
    assert "choose another" in Caller(cluster).create(body, dryRun="All").message


def test_the_sample_policy_is_accepted(cluster: Cluster) -> None:
    create = ("create", "--dry-run=server", "-f", "manifests/samples/approvalpolicy.yaml")
    assert "created (server dry run)" in cluster.kubectl(*create).stdout


@pytest.mark.parametrize("user", ["alice", "carol", "dave", "agent", "gitops"])
def test_whoever_proposes_or_signs_cannot_change_policies(cluster: Cluster, user: str) -> None:
    for verb, may in (("get", True), ("update", False), ("create", False), ("delete", False)):
        assert Caller(cluster, user).may(verb, "approvalpolicies") == may, verb


# --- What it costs, and what survives -------------------------------------------------------------


def test_policies_cost_no_request_of_the_operator_to_the_api_server(
    web: Shop, audit: AuditTrail
) -> None:
    lay_down(
        web,
        signatures=1,
        cooldown="1s",
        rateLimit={"count": 9, "per": "1h"},
        freezeWindows=[window(in_(-9), in_(-5))],
    )
    before = len(audit.by_operator(web.namespace))
    propose(web)
    web.sign("r")
    assert web.ended("r")["status"]["phase"] == "Succeeded"
    asked = audit.by_operator(web.namespace)[before:]
    assert len(asked) <= 9, "\n".join(f"{a.at} {a.verb} {a.uri} {a.code}" for a in asked)


def test_deadlines_and_limits_are_found_again_after_a_restart(
    web: Shop, operator: OperatorProcess
) -> None:
    restarts, labels = {"operations": ["RestartRollout"]}, {"operations": ["Label"]}
    lay_down(web, "cooldown", match=labels, cooldown="1h")
    propose(web, "first", action="kubectl label deployment/web first=x")
    web.sign("first")
    assert web.ended("first")["status"]["phase"] == "Succeeded"
    ends = in_(8)
    lay_down(web, "freeze", match=restarts, freezeWindows=[window(in_(-60), ends)])
    propose(web, "frozen")
    propose(web, "cooling", action=LABEL)
    for name, reason in (("frozen", "FreezeWindow"), ("cooling", "Cooldown")):
        web.sign(name)
        waits_for(web, reason, name)
    operator.kill()
    operator.start()
    operator.wait_until_ready()
    frozen = web.ended("frozen", seconds=60)["status"]
    assert frozen["phase"] == "Succeeded"
    assert moment(frozen["approvedAt"]) >= moment(ends)
    # It was executed just now, by this process; `first` by the one before.
    assert web.request("cooling")["status"]["phase"] == "Pending"
    lay_down(web, "freeze", match=restarts, signatures=1)
    propose(web, "another", action="kubectl label deployment/web another=x")
    web.sign("another")
    waits_for(web, "Cooldown", "another")
    lay_down(web, "cooldown", match=labels, cooldown="1ms")
    for name in ("cooling", "another"):
        assert web.ended(name)["status"]["phase"] == "Succeeded"


def test_a_policy_is_read_with_kubectl_get(web: Shop) -> None:
    name = lay_down(web, signatures=2, suspend=True)
    lines = web.cluster.kubectl("get", "approvalpolicies", name).stdout.splitlines()
    assert lines[0].split() == ["NAME", "ACCEPTED", "SIGNATURES", "SUSPEND", "AGE"]
    assert lines[1].split()[:4] == [name_of(web, "policy"), "True", "2", "true"]
