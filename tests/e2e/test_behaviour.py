"""What follows an approval, row by row: outcome, timeline, message, knowledge, incident, playbook.

Every combination of success and failure, a person and ``auto_approve``, with an incident (named, or
only mentioned) and without, with a blast radius and without. All of them are carried out at once,
by one operator; then each is looked at by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from devcluster import Cluster, Options, start
from tests.support.caller import Caller
from tests.support.eventually import eventually
from tests.support.hook import KEY, Hook
from tests.support.shop import JsonObject, Shop, condition, request_object

RADIUS = {
    "affectedPods": 7,
    "estimatedDowntime": "30s",
    "relatedServices": ["checkout"],
    "dataImpact": "read-only",
}


@dataclass(frozen=True)
class Case:
    """One combination; ``incident``: none, named in the field, or mentioned in the description."""

    success: bool
    automatic: bool
    incident: str
    radius: bool

    @property
    def name(self) -> str:
        """The request's name, and its Deployment's."""
        words = (
            "good" if self.success else "bad",
            "auto" if self.automatic else "human",
            self.incident,
            "wide" if self.radius else "plain",
        )
        return "-".join(words)

    @property
    def incident_name(self) -> str:
        """The Incident's name in the cluster, where there is one."""
        return f"inc-{self.name}"

    @property
    def mode(self) -> str:
        """The tag that says who wanted it."""
        return "auto_executed" if self.automatic else "human_approved"

    @property
    def action(self) -> str:
        """What is proposed."""
        return f"kubectl rollout restart deployment/{self.name}"

    @property
    def description(self) -> str:
        """Why; it may mention an incident."""
        mentioned = f" See INC-{self.name.upper()}." if self.incident == "mentioned" else ""
        return f"Connections pile up.{mentioned}"

    def request(self) -> JsonObject:
        """The ApprovalRequest."""
        spec: JsonObject = {"action": self.action, "description": self.description}
        if self.incident == "named":
            spec["incident"] = self.incident_name
        if self.radius:
            spec["blastRadius"] = RADIUS
        if self.automatic:
            spec["requestedBy"] = "auto_approve"
        return request_object(self.name, **spec)

    def incident_object(self) -> JsonObject:
        """The Incident."""
        return {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "Incident",
            "metadata": {"name": self.incident_name},
            "spec": {
                "summary": "Connections pile up",
                "alertCategory": "saturation",
                "affectedServices": ["checkout", "cart"],
                "signals": [
                    {"labels": {"alertname": "TooManyConnections", "deployment": self.name}}
                ],
            },
        }


CASES = [
    Case(*values)
    for values in product(
        (True, False), (False, True), ("none", "named", "mentioned"), (False, True)
    )
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
with_incident = pytest.mark.parametrize(
    "case", [case for case in CASES if case.incident != "none"], ids=lambda case: case.name
)


@dataclass
class Street:
    """Two namespaces: in ``bad`` the executing account loses its rights before people sign."""

    cluster: Cluster
    good: Shop
    bad: Shop
    hook: Hook

    def of(self, case: Case) -> Shop:
        """Where a case is carried out."""
        return self.good if case.success else self.bad

    def request(self, case: Case) -> JsonObject:
        """The request, once all there is to be written about it has been written."""

        def recorded() -> JsonObject | None:
            found = self.of(case).request(case.name)
            done = condition(found["status"], "Recorded").get("status") == "True"
            return found if done else None

        return eventually(recorded, what=f"{case.name} to be recorded")

    def entry(self, uid: str) -> JsonObject:
        """The knowledge entry under an id."""
        for shard in self._shards():
            if uid in (shard.get("data") or {}):
                found: JsonObject = json.loads(shard["data"][uid])
                return found
        raise AssertionError(f"no entry {uid}")

    def told(self, uid: str, step: str) -> JsonObject:
        """The message about one step of a request, once it has come."""
        return eventually(lambda: self.hook.message(uid, step), what=f"the message {step}")

    def _shards(self) -> list[JsonObject]:
        labels = "countersign.dev/store=knowledge"
        return Caller(self.cluster).every("ConfigMap", "countersign-system", labels)

    def playbooks(self, case: Case) -> list[JsonObject]:
        """The playbooks that were learned from the case's incident."""
        return [
            each
            for each in self.of(case).every("Playbook")
            if case.incident_name in each["spec"].get("sourceIncidents", [])
        ]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with Hook() as hook, start(Options()) as cluster:
        env = hook.environment(tmp_path_factory.mktemp("street"))
        env["COUNTERSIGN_SWEEP_SECONDS"] = "5"
        operator = cluster.start_operator(env=env)
        found = Street(cluster, Shop.opened(cluster), Shop.opened(cluster), hook)
        for shop, success in ((found.good, True), (found.bad, False)):
            carry_out(shop, [case for case in CASES if case.success is success])
        yield found
        assert operator.terminate() == 0


def carry_out(shop: Shop, cases: list[Case]) -> None:
    """Propose all, sign all, wait for all; without rights where they are to fail."""
    for case in cases:
        shop.deploy(case.name, replicas=1)
    for case in cases:
        shop.settled(case.name)  # How many pods a restart takes is measured when it is planned.
    incidents = [case.incident_object() for case in cases if case.incident != "none"]
    shop.send(*incidents)
    shop.send(*(case.request() for case in cases if case.automatic), user="gitops")
    shop.send(*(case.request() for case in cases if not case.automatic), user="agent")
    for case in cases:
        shop.planned(case.name)
    if not cases[0].success:
        shop.disempowered()
    for case in cases:
        shop.sign(case.name, comment="go ahead")
    shop.all_ended()


# --- The outcome and the timeline -----------------------------------------------------------------


@each_case
def test_the_outcome_is_on_the_request(street: Street, case: Case) -> None:
    status = street.request(case)["status"]
    assert status["phase"] == ("Succeeded" if case.success else "Failed")
    assert condition(status, "Executed")["status"] == ("True" if case.success else "False")


@each_case
def test_the_timeline_ends_with_the_execution(street: Street, case: Case) -> None:
    status = street.request(case)["status"]
    [event] = [each for each in status["timeline"] if each["type"] == "exec"]
    assert event["status"] == ("success" if case.success else "error")
    assert (event["actor"], event["actorRole"]) == ("countersign", "executor")
    if case.success:
        where = f"Deployment/{case.name} @ {street.of(case).namespace}"
        assert re.match(rf"{where}, \d+ ms\.", event["description"])
    else:
        assert "forbidden" in event["description"].lower()


# --- The message ----------------------------------------------------------------------------------


@each_case
def test_the_message_has_every_field(street: Street, case: Case) -> None:
    uid = street.request(case)["metadata"]["uid"]
    told = street.told(uid, "executed")
    assert told["status"] == ("SUCCESS" if case.success else "FAILED")
    assert told["actionTitle"] == case.action[:100]
    assert told["description"] == case.description[:200]
    assert told["approvalId"] == uid
    assert told["signers"] == [{"name": "alice", "comment": "go ahead"}]
    assert told["requiredSignatures"] == 1
    assert told["namespace"] == street.of(case).namespace
    assert told["operationType"] == "RestartRollout"
    assert isinstance(told["durationMs"], int)
    assert told["riskLevel"] == "medium"
    assert told["proposer"] == ("auto_approve" if case.automatic else "agent")
    assert ("forbidden" in (told["error"] or "").lower()) is not case.success
    said = (told["estimatedDowntime"], told["dataImpact"], told["relatedServices"])
    if case.radius:
        assert told["affectedPods"] == RADIUS["affectedPods"]
        assert said == ("30s", "read-only", ["checkout"])
    else:
        assert told["affectedPods"] == 1  # As measured.
        assert said == ("N/A", "none", [])


# --- The knowledge --------------------------------------------------------------------------------


@each_case
def test_there_is_a_knowledge_entry(street: Street, case: Case) -> None:
    request = street.request(case)
    uid = request["metadata"]["uid"]
    entry = street.entry(uid)
    alert, category, services = "unknown", "general", "not linked"
    if case.incident != "none":
        alert, category, services = "TooManyConnections", "saturation", "checkout, cart"
    mode = "Automatic" if case.automatic else "Human-approved"
    assert entry["title"] == f"[{mode} repair] {alert}: {case.action[:50]}"
    outcome = ["success"] if case.success else ["failure"]
    failed = [] if case.success else ["execution_failed"]
    assert entry["tags"] == [case.mode, *outcome, category, "execution", *failed]
    assert (entry["type"], entry["source"]) == ("INCIDENT_CASE", "AI_EXTRACTED")
    assert entry["category"] == category
    assert entry["createdBy"] == ("auto_execute" if case.automatic else "approval_execution")
    assert entry.get("relatedIncident") == (case.incident_name if alert != "unknown" else None)
    content = entry["content"]
    assert content.startswith(f"# {'✅' if case.success else '❌'} {mode} repair: {alert}\n")
    for label, value in (
        ("Alert name", alert),
        ("Category", category),
        ("Affected services", services),
        ("Command", f"`{case.action}`"),
        ("Risk level", "medium"),
        ("Path", "automatic: confidence >= 0.65" if case.automatic else "approved by people"),
        ("Incident ID", case.incident_name if alert != "unknown" else "none"),
    ):
        assert f"- **{label}**: {value}\n" in content
    assert uid in content
    assert (re.search(r"\*\*Result\*\*: failed: ", content) is None) is case.success
    assert content.endswith(case.description)


# --- The incident, its disposition and the playbook -----------------------------------------------


@with_incident
def test_success_resolves_the_incident_and_failure_does_not(street: Street, case: Case) -> None:
    request = street.request(case)
    incident = street.of(case).get("incident", case.incident_name)
    status = incident["status"]
    if not case.success:
        assert status["phase"] == "Open"
        assert "outcome" not in status
        return
    assert status["phase"] == "Resolved"
    assert status["resolvedAt"] >= request["status"]["attempts"][-1]["startedAt"][:19]
    assert status["outcome"] == {
        "executionSuccess": True,
        "effectivenessScore": 4,
        "learningNotes": case.action,
    }


@with_incident
def test_success_is_counted_by_its_disposition(street: Street, case: Case) -> None:
    request = street.request(case)
    status = street.of(case).get("incident", case.incident_name)["status"]
    found = [(each["uid"], each["disposition"]) for each in status.get("dispositions", [])]
    assert found == ([(request["metadata"]["uid"], case.mode)] if case.success else [])


@with_incident
def test_a_resolved_incident_is_knowledge_too(street: Street, case: Case) -> None:
    street.request(case)
    incident = street.of(case).get("incident", case.incident_name)
    if not case.success:
        assert "knowledge" not in incident["status"]
        return
    entry = street.entry(incident["metadata"]["uid"])
    assert "TooManyConnections" in entry["title"]
    assert entry["category"] == "saturation"


@with_incident
def test_success_becomes_a_playbook_and_failure_does_not(street: Street, case: Case) -> None:
    street.request(case)
    playbooks = street.playbooks(case)
    if not case.success:
        assert playbooks == []
        return
    [playbook] = playbooks
    spec = playbook["spec"]
    assert spec["state"] == "Draft"
    assert spec["symptoms"]["alertname"] == "TooManyConnections"
    [step] = spec["steps"]
    assert step["operation"]["type"] == "RestartRollout"
    assert step["operation"]["target"]["name"] == case.name
    assert (playbook["status"]["executions"], playbook["status"]["successes"]) == (1, 1)


@pytest.mark.parametrize("case", [c for c in CASES if c.incident == "none"], ids=lambda c: c.name)
def test_without_an_incident_it_is_said_why_there_is_no_playbook(
    street: Street, case: Case
) -> None:
    effects: dict[str, Any] = street.request(case)["status"]["effects"]
    assert {each["state"] for each in effects.values()} <= {"Done", "Skipped"}
    assert effects["knowledge"]["state"] == "Done"
    assert street.playbooks(case) == []


def test_what_nobody_can_parse_fails_is_told_and_is_not_carried_out(street: Street) -> None:
    shop = street.good
    shop.propose("prose", action="please make the shop faster")
    request = shop.ended("prose")
    uid, status = request["metadata"]["uid"], request["status"]
    assert status["phase"] == "Failed"
    assert [(e["type"], e["status"], e["title"]) for e in status["timeline"]][-1] == (
        "exec",
        "error",
        "Cannot parse the operation",
    )
    told = street.told(uid, "decided")
    assert (told["status"], told["operationType"]) == ("FAILED", "unknown")
    assert told["error"].startswith("Could not parse operation type")
    assert "attempts" not in status or status["attempts"] == []


def test_a_missing_target_is_told_as_blocked_by_the_dry_run(street: Street) -> None:
    shop = street.good
    shop.propose("missing", action="kubectl rollout restart deployment/nowhere")
    uid = shop.ended("missing")["metadata"]["uid"]
    told = street.told(uid, "decided")
    assert told["status"] == "DRY_RUN_BLOCKED"
    assert "not found" in told["error"]


def test_an_unknown_incident_is_skipped_with_the_reason(street: Street) -> None:
    shop = street.good
    shop.deploy("lonely", replicas=1)
    shop.carried_out(
        "lonely", action="kubectl rollout restart deployment/lonely", description="INC-404 it is"
    )
    recorded = shop.when("lonely", lambda s: condition(s, "Recorded").get("status") == "True")
    effects = recorded["status"]["effects"]
    for name in ("incident", "playbook"):
        assert effects[name]["state"] == "Skipped"
        assert "inc-404" in effects[name]["message"]


def test_the_same_repair_again_updates_the_playbook(street: Street) -> None:
    shop = street.good
    shop.deploy("again", replicas=1)
    first = Case(True, False, "named", False)
    for round_ in (1, 2):
        incident = first.incident_object()
        incident["metadata"]["name"] = f"inc-again-{round_}"
        incident["spec"]["signals"][0]["labels"]["deployment"] = "again"
        shop.send(incident)
        action = "kubectl rollout restart deployment/again"
        shop.carried_out(f"again-{round_}", action=action, incident=f"inc-again-{round_}")
        shop.when(f"again-{round_}", lambda s: condition(s, "Recorded").get("status") == "True")
    listed = shop.every("Playbook")
    [playbook] = [p for p in listed if "inc-again-1" in p["spec"].get("sourceIncidents", [])]
    assert playbook["spec"]["sourceIncidents"] == ["inc-again-1", "inc-again-2"]
    status = playbook["status"]
    assert (status["executions"], status["successes"]) == (2, 2)
    assert 0 < status["trust"] < 1


def test_a_repair_that_people_call_the_best_is_an_approved_playbook(street: Street) -> None:
    shop = street.good
    shop.deploy("best", replicas=1)
    incident = Case(True, False, "named", False).incident_object()
    incident["metadata"]["name"] = "inc-best"
    incident["spec"] |= {
        "effectivenessScore": 5,
        "learningNotes": "ssh web-1 sudo systemctl restart",
    }
    shop.send(incident, user="alice")
    action = "kubectl rollout restart deployment/best"
    shop.carried_out("best", action=action, incident="inc-best")
    shop.when("best", lambda s: condition(s, "Recorded").get("status") == "True")
    outcome = shop.get("incident", "inc-best")["status"]["outcome"]
    assert outcome["effectivenessScore"] == 5
    assert outcome["learningNotes"].startswith("ssh web-1")
    listed = shop.every("Playbook")
    [playbook] = [p for p in listed if "inc-best" in p["spec"].get("sourceIncidents", [])]
    assert playbook["spec"]["state"] == "Approved"
    assert playbook["spec"]["steps"] == [{"ssh": "ssh web-1 sudo systemctl restart"}]


def test_no_secret_is_written_anywhere(street: Street, tmp_path: Path) -> None:
    everything = "".join(
        street.cluster.kubectl("get", kind, "-A", "-o", "json").stdout
        for kind in ("approvals,incidents,playbooks,configmaps,events.events.k8s.io",)
    )
    (tmp_path / "all.json").write_text(everything)
    assert "s3cr3t" not in everything
    assert KEY not in everything
