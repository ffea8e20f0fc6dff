"""What happens to the target, and how its outcome is judged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.shop import JsonObject, Shop, condition

RESTART = "kubectl rollout restart deployment/web"


def deploy_stuck(shop: Shop, **spec: Any) -> None:
    """A Deployment of one ready pod, whose next pods fit on no node."""
    shop.deploy("web", replicas=1, **spec)
    shop.settled("web")
    nowhere = {"spec": {"template": {"spec": {"nodeSelector": {"no": "such-node"}}}}}
    shop.kubectl("patch", "deployment", "web", "-p", json.dumps(nowhere))


def signed(shop: Shop, **spec: Any) -> None:
    shop.propose("r", **spec)
    shop.planned("r")
    shop.sign("r")


def replicas(shop: Shop) -> int:
    return int(shop.get("deployment", "web")["spec"]["replicas"])


def undo_of(status: JsonObject) -> JsonObject:
    operation = status["undo"]
    assert operation["target"]["name"] == "web"
    found: JsonObject = operation["scale"]
    return found


def test_a_scale_can_be_taken_back_by_what_its_status_says(shop: Shop) -> None:
    shop.deploy("web", replicas=2)
    shop.settled("web")
    up = shop.carried_out("up", action="kubectl scale deployment/web --replicas=4")["status"]
    assert up["phase"] == "Succeeded", up
    assert replicas(shop) == 4
    assert undo_of(up) == {"replicas": 2}
    down = shop.carried_out("down", operation=up["undo"])["status"]
    assert down["phase"] == "Succeeded", down
    assert replicas(shop) == 2
    assert undo_of(down) == {"replicas": 4}
    assert shop.revisions("web") == 1
    change = {"field": "spec.replicas", "before": "4", "after": "2"}
    assert down["plan"]["steps"][0]["changes"] == [change]


def test_a_paused_deployment_is_not_restarted_and_the_plan_says_so(shop: Shop) -> None:
    shop.deploy("web", replicas=1, paused=True)
    shop.propose("r", action=RESTART)
    status = shop.ended("r")["status"]
    assert status["phase"] == "Failed"
    planned = condition(status, "Planned")
    assert planned["reason"] == "Invalid"
    assert "is paused; resume its rollout first." in planned["message"]
    assert shop.get("deployment", "web")["metadata"]["generation"] == 1


def test_a_rollout_that_does_not_end_in_time_has_failed(shop: Shop) -> None:
    deploy_stuck(shop)
    signed(shop, action=RESTART, verify={"timeout": "4s"})
    under_way = shop.when("r", lambda status: status.get("phase") == "Executing")["status"]
    assert condition(under_way, "Executed")["status"] == "True"
    assert condition(under_way, "Verified")["reason"] == "Verifying"
    status = shop.ended("r")["status"]
    assert status["phase"] == "Failed"
    assert condition(status, "Executed")["status"] == "True"
    verified = condition(status, "Verified")
    assert (verified["status"], verified["reason"]) == ("False", "Timeout")
    assert "4 s (spec.verify.timeout)" in verified["message"]
    assert condition(status, "Recorded")["status"] == "True"
    assert status["result"]["changed"] is True
    assert [event["reason"] for event in shop.events("r")] == ["Failed"]


def test_a_rollout_past_its_progress_deadline_is_degraded(shop: Shop) -> None:
    deploy_stuck(shop, progressDeadlineSeconds=1)
    signed(shop, action=RESTART)
    status = shop.ended("r", seconds=60)["status"]
    assert status["phase"] == "Failed"
    verified = condition(status, "Verified")
    assert (verified["status"], verified["reason"]) == ("False", "Degraded")
    assert "made no progress" in verified["message"]


def test_an_outcome_that_is_not_to_be_verified_is_not_waited_for(shop: Shop) -> None:
    deploy_stuck(shop)
    signed(shop, action=RESTART, verify={"enabled": False})
    status = shop.ended("r")["status"]
    assert status["phase"] == "Succeeded"
    assert condition(status, "Verified") == {}
    assert "Not verified." in status["message"]


@pytest.mark.parametrize("entitled", [False, True])
def test_another_namespace_is_reached_only_by_an_account_with_rights_there(
    shop: Shop, entitled: bool
) -> None:
    other = Shop.opened(shop.cluster, executor=False)
    other.deploy("web", replicas=1)
    other.settled("web")
    if entitled:
        role = (
            "create",
            "role",
            "restart",
            "--verb=get,patch,watch",
            "--resource=deployments.apps",
        )
        other.kubectl(*role)
        account = f"--serviceaccount={shop.namespace}:countersign-executor"
        other.kubectl("create", "rolebinding", "restart", "--role=restart", account)
        eventually(lambda: shop.is_empowered(other.namespace), what="its rights there")
    shop.propose("r", action=f"{RESTART} -n {other.namespace}")
    if not entitled:
        status = shop.ended("r")["status"]
        planned = condition(status, "Planned")
        assert (status["phase"], planned["reason"]) == ("Failed", "Forbidden")
        assert f'in the namespace "{other.namespace}"' in planned["message"]
        assert f"{shop.namespace}/countersign-executor a role" in planned["message"]
        assert other.revisions("web") == 1
        return
    shop.planned("r")
    shop.sign("r")
    assert shop.ended("r")["status"]["phase"] == "Succeeded"
    assert other.revisions("web") == 2


def test_two_requests_on_one_target_both_take_effect(shop: Shop) -> None:
    shop.deploy("web", replicas=1)
    shop.settled("web")
    first = shop.carried_out("first", action=RESTART)
    second = shop.carried_out("second", action="kubectl scale deployment/web --replicas=2")
    assert first["status"]["phase"] == second["status"]["phase"] == "Succeeded"
    stamps = shop.get("deployment", "web")["metadata"]["annotations"]["countersign.dev/executed"]
    assert stamps == f"{second['metadata']['uid']},{first['metadata']['uid']}"
