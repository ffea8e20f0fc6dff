"""The main job on the real control plane: propose, plan, sign, carry out once, verify, remember."""

from __future__ import annotations

import json

import pytest

from tests.support.requests_counted import AuditTrail, assert_cost
from tests.support.shop import Shop, condition


def test_a_signed_restart_runs_once_and_can_be_read_with_kubectl(shop: Shop) -> None:
    shop.deploy("web")
    shop.settled("web")
    shop.propose("restart", action="kubectl rollout restart deployment/web", description="leak")
    planned = shop.planned("restart")
    assert planned["spec"]["requestedBy"] == "agent"
    assert planned["status"]["phase"] == "Pending"
    assert planned["status"]["signed"] == "0/1"
    shop.sign("restart", user="alice")
    done = shop.ended("restart")
    status = done["status"]
    assert status["phase"] == "Succeeded", status
    for kind in ("Planned", "Approved", "Executed", "Verified", "Recorded"):
        assert condition(status, kind)["status"] == "True", kind
    assert status["result"]["changed"] is True
    assert "kopf" not in status
    [writer] = [of for of in done["metadata"]["managedFields"] if of.get("subresource") == "status"]
    assert writer["manager"] == "countersign"
    assert shop.revisions("web") == 2
    stamp = shop.get("deployment", "web")["metadata"]["annotations"]["countersign.dev/executed"]
    assert stamp == done["metadata"]["uid"]
    [event] = shop.events("restart")
    assert event["reason"] == "Succeeded"
    table = shop.kubectl("get", "approvals").stdout
    assert table.split("\n")[0].split() == [
        "NAME", "PHASE", "OPERATION", "TARGET", "RISK", "SIGNED", "REQUESTED-BY", "AGE",
    ]  # fmt: skip
    assert table.split("\n")[1].split()[:7] == [
        "restart", "Succeeded", "RestartRollout", "Deployment/web", "medium", "1/1", "agent",
    ]  # fmt: skip
    waited = shop.kubectl("wait", "approval/restart", "--for=condition=Executed", "--timeout=5s")
    assert "condition met" in waited.stdout


def test_the_knowledge_entry_is_in_a_config_map_under_the_requests_uid(shop: Shop) -> None:
    shop.deploy("web", replicas=1)
    shop.settled("web")
    done = shop.carried_out("r", action="kubectl rollout restart deployment/web")
    uid = done["metadata"]["uid"]
    assert done["status"]["knowledge"]["entry"] == uid
    where = ("-n", "countersign-system", "-l", "countersign.dev/store=knowledge")
    maps = json.loads(shop.cluster.kubectl("get", "cm", *where, "-o", "json").stdout)["items"]
    [text] = [cm["data"][uid] for cm in maps if uid in cm.get("data", {})]
    entry = json.loads(text)
    assert entry["tags"] == ["human_approved", "success", "general", "execution"]
    assert entry["request"] == "r"
    assert entry["namespace"] == shop.namespace


@pytest.mark.parametrize(
    ("action", "requests", "on_the_target"),
    [
        ("kubectl label deployment/web a=b", 9, ["get", "patch", "get", "patch"]),
        ("kubectl rollout restart deployment/web", 10, ["get", "patch", "patch", "watch"]),
    ],
    ids=["label", "restart"],
)
def test_what_a_happy_path_costs(
    shop: Shop, audit: AuditTrail, action: str, requests: int, on_the_target: list[str]
) -> None:
    shop.deploy("web")
    shop.settled("web")
    before = len(audit.by_operator())
    # Created, not applied: kubectl apply leaves an annotation for whose sake it would write the
    # signature in two requests, and the operator might see the object between them.
    shop.propose("one", verb="create", action=action)
    shop.planned("one")
    shop.sign("one")
    assert shop.ended("one")["status"]["phase"] == "Succeeded"
    asked = audit.by_operator()[before:]
    assert_cost(asked, requests)
    targets = [a for a in asked if "/deployments" in a.uri]
    executor = f"system:serviceaccount:{shop.namespace}:countersign-executor"
    assert {a.impersonated for a in targets} == {executor}
    assert [a.verb for a in targets] == on_the_target


def test_each_signature_below_the_quorum_costs_one_status_write(
    shop: Shop, audit: AuditTrail
) -> None:
    """It keeps the column Signed (1/2) and the timeline true: docs/decisions tells why."""
    shop.deploy("web", replicas=1)
    shop.settled("web")
    action = "kubectl rollout restart deployment/web"
    shop.propose("two", verb="create", action=action, requiredSignatures=2)
    assert shop.planned("two")["status"]["signed"] == "0/2"
    before = len(audit.by_operator(shop.namespace))
    shop.sign("two", user="alice")
    assert condition(shop.request("two")["status"], "Approved")["status"] == "False"
    half = shop.when("two", lambda status: status.get("signed") == "1/2")["status"]
    assert "signed by alice" in condition(half, "Approved")["message"]
    asked = audit.by_operator(shop.namespace)[before:]
    assert [(a.verb, a.uri.rsplit("/", 1)[1]) for a in asked] == [("patch", "status")]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_every_kind_of_workload_can_be_restarted(shop: Shop, kind: str) -> None:
    shop.deploy("web", kind=kind, replicas=2)
    shop.settled("web", kind.lower())
    shop.propose("r", operation={"type": "RestartRollout", "target": {"kind": kind, "name": "web"}})
    assert shop.planned("r")["status"]["riskLevel"] == "high"
    shop.sign("r", user="carol")
    shop.sign("r", user="admin")
    assert shop.ended("r")["status"]["phase"] == "Succeeded"
