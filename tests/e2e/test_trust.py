"""Trust on the real control plane: earned by what went well, and lent to nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.caller import OWN, RefusedError
from tests.support.eventually import eventually
from tests.support.policies import drop_policies, lay_down
from tests.support.shop import JsonObject, Shop, condition
from tests.support.terminal_people import People

RESTART = "kubectl rollout restart deployment/web"
SURE = {"confidence": 0.9, "verify": {"enabled": False}}
ENOUGH = 0.4
"""Three that went well: 0.44; two: 0.34."""


@pytest.fixture
def web(shop: Shop) -> Iterator[Shop]:
    """A namespace with a Deployment; its policies go with the test."""
    shop.deploy("web", replicas=1)
    shop.settled("web")
    yield shop
    drop_policies(shop)


def case(kind: str, name: str, **spec: Any) -> JsonObject:
    """An Incident or Playbook, as it is sent."""
    return {"apiVersion": OWN, "kind": kind, "metadata": {"name": name}, "spec": spec}


def playbook(shop: Shop, *, user: str = "carol", state: str = "Approved") -> None:
    step = {"type": "RestartRollout", "target": {"kind": "Deployment", "name": "web"}}
    symptoms = {"alertname": "KubePodCrashLooping"}
    spec = {"title": "Restart web", "symptoms": symptoms, "steps": [{"operation": step}]}
    body = case("Playbook", "restart-web", state=state, **spec)
    shop.send(body, user=user)


def incident(shop: Shop, alert: str = "KubePodCrashLooping") -> None:
    body = case(
        "Incident", "inc-42", summary="web crash-loops", signals=[{"labels": {"alertname": alert}}]
    )
    shop.send(body, user="agent")


def trusting(shop: Shop) -> None:
    auto = {"riskAtMost": "medium", "trustAtLeast": ENOUGH}
    lay_down(shop, autoApprove=auto)


def proposed(shop: Shop, name: str, **spec: Any) -> JsonObject:
    """A request that has come as far as it does by itself."""
    shop.propose(name, verb="create", **{"action": RESTART, **SURE, **spec})
    found = shop.when(
        name,
        lambda status: (
            status.get("phase") == "Succeeded" or "Not approved without people" in _said(status)
        ),
    )
    status: JsonObject = found["status"]
    return status


def _said(status: JsonObject) -> str:
    return str(status.get("message") or "")


def signed(shop: Shop, name: str, **spec: Any) -> None:
    """One that a person approves, and that went well and is all written down."""
    shop.propose(name, verb="create", **{"action": RESTART, **SURE, **spec})
    shop.planned(name)
    shop.sign(name)
    shop.when(name, lambda status: condition(status, "Recorded").get("status") == "True")


def test_a_playbook_earns_its_trust_and_then_nobody_has_to_sign(web: Shop) -> None:
    playbook(web)
    trusting(web)
    first = proposed(web, "r0", playbook="restart-web")
    assert "the trust in playbook restart-web is 0.00, less than 0.4" in first["message"]
    web.sign("r0")
    web.ended("r0")
    for number in (1, 2):
        signed(web, f"r{number}", playbook="restart-web")

    def counted() -> bool:
        return bool(web.get("playbook", "restart-web")["status"].get("successes") == 3)

    eventually(counted, what="three executions to be counted")
    last = proposed(web, "r3", playbook="restart-web")
    assert (last["phase"], last["approval"]["mode"]) == ("Succeeded", "Automatic")


def test_a_playbook_lends_its_trust_to_nothing_but_its_own_steps(web: Shop) -> None:
    playbook(web)
    trusting(web)
    other = proposed(
        web, "other", playbook="restart-web", action="kubectl scale deployment/web --replicas=2"
    )
    assert "no step of playbook restart-web is what the plan does" in other["message"]
    missing = proposed(web, "missing", playbook="of-another-namespace")
    assert "there is no playbook of-another-namespace in namespace" in missing["message"]


def test_an_agents_own_draft_is_not_trusted_and_an_agent_cannot_approve_it(web: Shop) -> None:
    with pytest.raises(RefusedError, match="takes the verb approve"):
        playbook(web, user="agent")
    playbook(web, user="agent", state="Draft")
    trusting(web)
    status = proposed(web, "r", playbook="restart-web")
    assert "playbook restart-web is Draft, not Approved" in status["message"]


def test_without_a_playbook_the_same_on_the_same_target_counts_and_a_target_that_flaps_is_named(
    web: Shop,
) -> None:
    trusting(web)
    for number in range(3):
        signed(web, f"r{number}")
    last = proposed(web, "again")
    assert (last["phase"], last["approval"]["mode"]) == ("Succeeded", "Automatic")
    said = f"Flapping: acted on in the last 2 h: Deployment {web.namespace}/web 3 times."
    assert last["plan"]["flapping"] == said
    lay_down(web, "cooldown", cooldown="1h")
    web.propose("held", verb="create", **{"action": RESTART, **SURE})
    held = web.when(
        "held", lambda status: condition(status, "Approved").get("reason") == "Cooldown"
    )["status"]
    assert held["phase"] == "Pending"
    assert "4 times" in held["plan"]["flapping"]
    shown = People(web).run("eve", "show", "held")
    assert "Deployment" in shown.out
    assert "4 times" in shown.out


def test_people_propose_a_playbook_for_an_incident_and_see_both(web: Shop) -> None:
    playbook(web)
    incident(web)
    people = People(web)
    made = people.run(
        "alice", "propose", "--playbook", "restart-web", "--for", "INC-42", "--name", "repair"
    )
    assert made.status == 0, made.err
    web.planned("repair")
    spec = web.request("repair")["spec"]
    assert (spec["playbook"], spec["incident"]) == ("restart-web", "inc-42")
    assert spec["requestedBy"] == "alice"
    shown = people.run("eve", "show", "repair").out
    assert "restart-web (Approved, trust 0.00: never carried out)" in shown
    assert "inc-42 (Open: web crash-loops)" in shown
    explained = people.run("eve", "explain", "repair").out
    assert "restart-web (Approved, trust 0.00: never carried out)" in explained


def test_a_playbook_for_another_alert_is_not_proposed(web: Shop) -> None:
    playbook(web)
    incident(web, "KubeNodeNotReady")
    refused = People(web).run("alice", "propose", "--playbook", "restart-web", "--for", "inc-42")
    assert refused.status == 2
    assert "alertname is KubeNodeNotReady, not KubePodCrashLooping" in refused.err
