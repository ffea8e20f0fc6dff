"""Incidents and playbooks on a real API server: who may write what, and what the operator makes of it.

Of the people of the test cluster, alice and bob judge incidents, carol does that and approves
playbooks; agent reports incidents and drafts playbooks; eve only reads.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from countersign.api.incident import IncidentSpec
from devcluster import Cluster
from tests.support.caller import Answer, Caller
from tests.support.eventually import eventually
from tests.support.incidents import LABELS, incident, playbook
from tests.support.requests_counted import AuditTrail
from tests.support.shop import Shop, condition

JsonObject = dict[str, Any]
OPERATOR = "system:serviceaccount:countersign-system:countersign-operator"
JUDGED: dict[str, object] = {
    "effectivenessScore": 5,
    "learningNotes": "ssh node-7 systemctl restart kubelet",
    "closed": True,
}
DECIDED: dict[str, object] = {
    "title": "Another",
    "description": "Another",
    "category": "another",
    "symptoms": {"alertname": "Another"},
    "state": "Draft",
}
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "gone"}


@dataclass(frozen=True)
class Desk:
    """A namespace, and what people do to the incidents and playbooks in it."""

    cluster: Cluster
    namespace: str

    def create(self, user: str, kind: str, name: str, spec: JsonObject, **others: Any) -> Answer:
        body = {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": spec,
            **others,
        }
        return self.by(user).create(body, self.namespace)

    def patch(self, user: str, what: str, change: JsonObject, *, sub: str = "") -> Answer:
        """A merge patch."""
        kind, name = what.split("/")
        return self.by(user).merge(kind, self.namespace, name, change, sub=sub)

    def spec(self, user: str, what: str, **fields: object) -> Answer:
        return self.patch(user, what, {"spec": fields})

    def get(self, what: str) -> JsonObject:
        kind, name = what.split("/")
        return self.by("admin").get(kind, self.namespace, name)

    def reported(self, name: str = "inc-1", user: str = "agent", **spec: Any) -> str:
        accepted(self.create(user, "Incident", name, incident(**spec).spec.to_json()))
        return f"incident/{name}"

    def drafted(self, name: str = "restart-web", user: str = "agent", **spec: Any) -> str:
        usual: JsonObject = {
            "title": "Restart web",
            "symptoms": {"alertname": "A"},
            "category": "b",
        }
        usual |= {"description": "It helps."}
        made = playbook(**(usual | spec)).spec.to_json()
        accepted(self.create(user, "Playbook", name, made))
        return f"playbook/{name}"

    def approved(self, name: str = "restart-web", state: str = "Approved") -> str:
        what = self.drafted(name)
        accepted(self.spec("carol", what, state=state))
        return what

    def by(self, user: str) -> Caller:
        """One of the people; whom the cluster does not know, an administrator acts as."""
        known = user in self.cluster.users
        return Caller(self.cluster, user) if known else Caller(self.cluster).acting_as(user)


def accepted(answer: Answer) -> Answer:
    answer.accepted()
    return answer


def refused(answer: Answer, sentence: str) -> None:
    assert answer.is_refusal, f"this should have been refused: {answer.body}"
    assert sentence in answer.message, answer.message


@pytest.fixture
def desk(cluster: Cluster) -> Iterator[Desk]:
    """A namespace of the test's own; no operator is needed."""
    name = f"incidents-{uuid.uuid4().hex[:8]}"
    admin = Caller(cluster)
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).accepted()
    yield Desk(cluster, name)
    admin.delete("Namespace", "", name).accepted()


class TestIncidents:
    def test_a_proposer_reports_and_goes_on_reporting(self, desk: Desk) -> None:
        what = desk.reported()
        accepted(desk.spec("agent", what, summary="It is worse", affectedServices=["pay"]))
        accepted(desk.patch("agent", what, {"metadata": {"labels": {"team": "shop"}}}))

    def test_a_reader_does_not(self, desk: Desk) -> None:
        refused(desk.create("eve", "Incident", "inc-1", {}), "cannot create resource")

    @pytest.mark.parametrize("field", JUDGED)
    def test_a_proposer_cannot_judge(self, desk: Desk, field: str) -> None:
        sentence = "takes the verb judge on incidents, which agent does not have"
        refused(desk.create("agent", "Incident", "inc-0", {field: JUDGED[field]}), sentence)
        what = desk.reported()
        refused(desk.spec("agent", what, **{field: JUDGED[field]}), sentence)

    @pytest.mark.parametrize("field", JUDGED)
    def test_nor_take_a_judgement_back(self, desk: Desk, field: str) -> None:
        what = desk.reported()
        accepted(desk.spec("alice", what, **{field: JUDGED[field]}))
        refused(desk.spec("agent", what, **{field: None}), "takes the verb judge")
        accepted(desk.spec("agent", what, summary="This is not a judgement"))
        accepted(desk.spec("bob", what, **{field: None}))

    def test_the_judged_fields_are_those_of_the_type(self) -> None:
        assert {each.alias for each in IncidentSpec.model_fields.values()} >= set(JUDGED)

    @pytest.mark.parametrize("score", [0, 6])
    def test_a_score_is_one_to_five(self, desk: Desk, score: int) -> None:
        refused(desk.spec("alice", desk.reported(), effectivenessScore=score), "is invalid")

    def test_naming_an_owner_is_no_way_to_delete(self, desk: Desk) -> None:
        owned = {"metadata": {"ownerReferences": [OWNER]}}
        what = desk.reported()
        refused(desk.patch("agent", what, owned), "takes the verb delete on incidents")
        accepted(desk.patch("admin", what, owned))

    def test_what_is_resolved_or_closed_stays_so(self, desk: Desk) -> None:
        for name, phase in (("inc-1", "Resolved"), ("inc-2", "Closed")):
            what = desk.reported(name)
            accepted(desk.patch("admin", what, {"status": {"phase": "Open"}}, sub="status"))
            accepted(desk.patch("admin", what, {"status": {"phase": phase}}, sub="status"))
            for other in (
                {"status": {"phase": "Open"}},
                {"status": {"phase": None}},
                {"status": None},
            ):
                answer = desk.patch("admin", what, other, sub="status")
                refused(answer, "a new alert is a new Incident")


class TestPlaybooks:
    def test_a_proposer_drafts(self, desk: Desk) -> None:
        what = desk.drafted()
        assert desk.get(what)["spec"]["state"] == "Draft"
        accepted(desk.spec("agent", what, title="Restart it", symptoms={"alertname": "B"}))

    @pytest.mark.parametrize("user", ["agent", "bob"])
    def test_whoever_may_not_approve_does_not(self, desk: Desk, user: str) -> None:
        sentence = f"takes the verb approve on playbooks, which {user} does not have"
        spec = playbook(state="Approved").spec.to_json()
        refused(desk.create(user, "Playbook", "mine", spec), sentence)
        refused(desk.spec(user, desk.drafted(), state="Approved"), sentence)

    def test_an_approver_and_the_operator_do(self, desk: Desk) -> None:
        assert desk.get(desk.approved())["spec"]["state"] == "Approved"
        what = desk.drafted("another")
        accepted(desk.spec(OPERATOR, what, state="Approved"))

    @pytest.mark.parametrize("state", ["Approved", "Retired"])
    @pytest.mark.parametrize("field", DECIDED)
    def test_what_was_decided_is_changed_by_approvers_alone(
        self, desk: Desk, state: str, field: str
    ) -> None:
        what = desk.approved(state=state)
        sentence = f"This playbook is {state}; to change it takes the verb approve on playbooks"
        refused(desk.spec("agent", what, **{field: DECIDED[field]}), sentence)
        refused(desk.spec("agent", what, **{field: None}), sentence)
        accepted(desk.spec("carol", what, **{field: DECIDED[field]}))

    def test_a_proposer_neither_retires_nor_revives_one(self, desk: Desk) -> None:
        refused(desk.spec("agent", desk.approved(), state="Retired"), "This playbook is Approved")
        retired = desk.approved("another", state="Retired")
        refused(desk.spec("agent", retired, state="Approved"), "takes the verb approve")

    def test_its_incidents_and_labels_are_not_what_was_decided(self, desk: Desk) -> None:
        what = desk.approved()
        accepted(desk.spec("agent", what, sourceIncidents=["inc-1"]))
        accepted(desk.patch("agent", what, {"metadata": {"labels": {"team": "shop"}}}))

    def test_nobody_changes_its_steps(self, desk: Desk) -> None:
        what = desk.drafted()
        for steps in ([], [{"ssh": "ssh node-7"}], [desk.get(what)["spec"]["steps"][0]] * 2):
            answer = desk.spec("admin", what, steps=steps)
            refused(answer, "cannot be changed" if steps else "is invalid")

    @pytest.mark.parametrize(
        ("step", "sentence"),
        [
            ({}, "Write exactly one of operation and ssh."),
            ({"ssh": "ssh a", "operation": {}}, "Write exactly one of operation and ssh."),
            (
                {"operation": {"type": "Scale", "target": {"kind": "Deployment", "name": "web"}}},
                "scale belongs to type Scale",
            ),
        ],
    )
    def test_a_step_is_an_operation_as_a_request_has_it_or_a_text(
        self, desk: Desk, step: JsonObject, sentence: str
    ) -> None:
        if step.get("operation") == {}:
            step = step | {"operation": playbook().spec.to_json()["steps"][0]["operation"]}
        refused(desk.create("agent", "Playbook", "mine", {"steps": [step]}), sentence)

    def test_naming_an_owner_is_no_way_to_delete(self, desk: Desk) -> None:
        owned = {"metadata": {"ownerReferences": [OWNER]}}
        what = desk.approved()
        refused(desk.patch("agent", what, owned), "takes the verb delete on playbooks")
        accepted(desk.patch("admin", what, owned))

    def test_one_that_is_made_again_under_its_name_begins_without_trust(self, desk: Desk) -> None:
        what = desk.approved()
        status = {"status": {"executions": 9, "successes": 9, "trust": 0.7}}
        accepted(desk.patch("admin", what, status, sub="status"))
        old = desk.get(what)
        desk.by("admin").delete("Playbook", desk.namespace, "restart-web").accepted()
        spec = playbook().spec.to_json()
        accepted(desk.create("agent", "Playbook", "restart-web", spec, status=old["status"]))
        assert "status" not in desk.get(what)


class TestStatus:
    @pytest.mark.parametrize(
        ("kind", "an"), [("incident", "an incident"), ("playbook", "a playbook")]
    )
    def test_only_the_operator_writes_it_whatever_rbac_lets_through(
        self, desk: Desk, kind: str, an: str
    ) -> None:
        what = desk.reported() if kind == "incident" else desk.drafted()
        change = {"status": {"uid": desk.get(what)["metadata"]["uid"]}}
        role = ("--verb=get,patch", f"--resource={kind}s.countersign.dev/status")
        place = ("--namespace", desk.namespace)
        desk.cluster.kubectl("create", "role", "writes", *role, *place)
        desk.cluster.kubectl(
            "create", "rolebinding", "w", "--role=writes", "--user=mallory", *place
        )
        sentence = (
            f"Only the operator writes the status of {an}; mallory lacks the verb operate on "
            f"{kind}s/status"
        )

        def mallory() -> Answer:
            return desk.patch("mallory", what, change, sub="status")

        eventually(lambda: "cannot" not in mallory().message, what="mallory's Role to be in force")
        refused(mallory(), sentence)

    @pytest.mark.parametrize("kind", ["incident", "playbook"])
    def test_what_became_of_a_deleted_one_is_not_written_into_another(
        self, desk: Desk, kind: str
    ) -> None:
        what = desk.reported() if kind == "incident" else desk.drafted()
        answer = desk.patch("admin", what, {"status": {"uid": "old"}}, sub="status")
        refused(answer, "about an object that is gone")


class TestOperator:
    @pytest.fixture
    def desk(self, shop: Shop) -> Desk:
        """Where the operator runs."""
        return Desk(shop.cluster, shop.namespace)

    def status(self, desk: Desk, what: str, phase: str) -> JsonObject:
        def look() -> JsonObject | None:
            status: JsonObject = desk.get(what).get("status") or {}
            return status if status.get("phase") == phase else None

        return eventually(look, what=f"{what} to be {phase}")

    def test_a_new_incident_is_open_and_counted_among_those_like_it(
        self, desk: Desk, audit: AuditTrail
    ) -> None:
        labels = LABELS | {"namespace": desk.namespace}
        first = self.status(desk, desk.reported("inc-1", labels=labels), "Open")
        again = labels | {"pod": "web-another", "instance": "10.0.0.9:8080"}
        second = self.status(desk, desk.reported("inc-2", labels=again), "Open")
        third = self.status(
            desk, desk.reported("inc-3", labels={"alertname": desk.namespace}), "Open"
        )
        keys = [each["anomaly"]["key"] for each in (first, second, third)]
        assert keys[0] == keys[1] != keys[2]
        assert keys[0].startswith("KubePodCrashLooping/")
        counts = [each["anomaly"]["lastHour"] for each in (first, second, third)]
        assert counts == [1, 2, 1]
        assert first["uid"] == desk.get("incident/inc-1")["metadata"]["uid"]
        lines = desk.cluster.kubectl("get", "inc", "--namespace", desk.namespace).stdout
        assert "Open" in lines
        assert "availability" in lines
        writes = audit.by_operator(f"/namespaces/{desk.namespace}/incidents/inc-1/status")
        assert [(each.verb, each.code) for each in writes] == [("patch", 200)]

    def test_people_close_one(self, desk: Desk) -> None:
        what = desk.reported()
        self.status(desk, what, "Open")
        accepted(desk.spec("alice", what, closed=True))
        status = self.status(desk, what, "Closed")
        assert "resolvedAt" not in status
        assert status["anomaly"]["lastHour"] >= 1

    def test_what_others_wrote_into_labels_is_shown_without_harm(self, desk: Desk) -> None:
        hostile = {"alertname": "\x1b[2J\u202eevil" + "x" * 900, "pod\u0007": "\x1b[31m"}
        status = self.status(desk, desk.reported(labels=hostile), "Open")
        assert status["anomaly"]["key"].isprintable()
        assert len(status["anomaly"]["key"]) <= 128


class TestRepair:
    """From an alert to a playbook: what a success and a failure make of an incident."""

    ACTION = "kubectl rollout restart deployment/web"

    @pytest.fixture
    def desk(self, shop: Shop) -> Desk:
        """Where the operator runs, and a Deployment."""
        shop.deploy()
        shop.settled()
        return Desk(shop.cluster, shop.namespace)

    def recorded(self, shop: Shop, name: str, **spec: Any) -> JsonObject:
        """A request that is signed, carried out, and of which nothing is left to be written."""
        usual = {"action": self.ACTION, "verify": {"enabled": False}}
        shop.carried_out(name, **(usual | spec))
        done = shop.when(name, lambda status: condition(status, "Recorded").get("status") == "True")
        status: JsonObject = done["status"]
        return status

    def only_playbook(self, desk: Desk) -> JsonObject:
        [found] = desk.by("admin").every("Playbook", desk.namespace)
        one: JsonObject = found
        return one

    def test_a_success_resolves_the_incident_and_teaches_a_playbook(
        self, desk: Desk, shop: Shop
    ) -> None:
        desk.reported("inc-2031")
        effects = self.recorded(shop, "r", description="For INC-2031.")["effects"]
        names = ("knowledge", "incident", "playbook", "learning")
        assert {effects[name]["state"] for name in names} == {"Done"}
        status = desk.get("incident/inc-2031")["status"]
        assert (status["phase"], status["outcome"]) == (
            "Resolved",
            {"executionSuccess": True, "effectivenessScore": 4, "learningNotes": self.ACTION},
        )
        [disposition] = status["dispositions"]
        assert (disposition["request"], disposition["disposition"]) == ("r", "human_approved")
        assert status["resolvedAt"] == disposition["at"]
        assert status["knowledge"]["entry"] == status["uid"]
        drawn = self.only_playbook(desk)
        assert drawn["metadata"]["name"].startswith("kube-pod-crash-looping-restart-rollout-")
        assert (drawn["spec"]["state"], drawn["spec"]["sourceIncidents"]) == ("Draft", ["inc-2031"])
        assert drawn["spec"]["symptoms"]["alertname"] == "KubePodCrashLooping"
        assert "pod" not in drawn["spec"]["symptoms"]
        [step] = drawn["spec"]["steps"]
        assert (step["operation"]["type"], step["operation"]["target"]["name"]) == (
            "RestartRollout",
            "web",
        )
        counts = (drawn["status"]["executions"], drawn["status"]["successes"])
        assert counts == (1, 1)
        assert 0 < drawn["status"]["trust"] < 1

    def test_the_same_repair_again_grows_the_playbook_and_the_next_incident_knows(
        self, desk: Desk, shop: Shop
    ) -> None:
        labels = LABELS | {"namespace": desk.namespace}
        for number in (1, 2):
            pod = {"pod": f"web-{number}"}
            desk.reported(f"inc-{number}", labels=labels | pod)
            eventually(
                lambda name=f"inc-{number}": (
                    desk.get(f"incident/{name}").get("status", {}).get("anomaly")
                ),
                what="it to be counted",
            )
            self.recorded(shop, f"r{number}", incident=f"INC-{number}")
        drawn = self.only_playbook(desk)
        assert drawn["spec"]["sourceIncidents"] == ["inc-1", "inc-2"]
        assert drawn["status"]["successes"] == 2
        desk.reported("inc-3", labels=labels | {"pod": "web-3"})
        anomaly = eventually(
            lambda: desk.get("incident/inc-3").get("status", {}).get("anomaly"),
            what="the third to be counted",
        )
        assert (anomaly["lastHour"], anomaly["humanApproved"], anomaly["autoExecuted"]) == (3, 2, 0)

    def test_what_people_judged_best_is_approved_at_once(self, desk: Desk, shop: Shop) -> None:
        what = desk.reported("inc-5")
        accepted(desk.spec("alice", what, effectivenessScore=5, learningNotes="Restart it."))
        self.recorded(shop, "r", incident="inc-5")
        outcome = desk.get(what)["status"]["outcome"]
        assert (outcome["effectivenessScore"], outcome["learningNotes"]) == (5, "Restart it.")
        assert self.only_playbook(desk)["spec"]["state"] == "Approved"

    def test_what_people_judge_best_afterwards_is_approved_then(
        self, desk: Desk, shop: Shop
    ) -> None:
        what = desk.reported("inc-7")
        self.recorded(shop, "r", incident="inc-7")
        assert self.only_playbook(desk)["spec"]["state"] == "Draft"
        accepted(desk.spec("alice", what, effectivenessScore=5, learningNotes="It leaks, still."))
        eventually(
            lambda: desk.get(what)["status"]["outcome"]["effectivenessScore"] == 5,
            what="the score to be in the outcome",
        )
        assert self.only_playbook(desk)["spec"]["state"] == "Approved"
        place = desk.get(what)["status"]["knowledge"]["location"]  # ConfigMap NAMESPACE/NAME, key …
        namespace, name = place.split()[1].strip(",").split("/")
        shard = desk.by("admin").get("ConfigMap", namespace, name)
        entry = json.loads(shard["data"][desk.get(what)["metadata"]["uid"]])
        assert "It leaks, still." in entry["content"]

    def test_a_failure_leaves_the_incident_open(self, desk: Desk, shop: Shop) -> None:
        what = desk.reported("inc-6")
        action = "kubectl scale deployment/web --replicas=9 --current-replicas=3"
        shop.propose("r", action=action, incident="inc-6")
        shop.planned("r")
        shop.disempowered()
        shop.sign("r")
        assert shop.ended("r")["status"]["phase"] == "Failed"
        shop.when("r", lambda status: condition(status, "Recorded").get("status") == "True")
        status = desk.get(what)["status"]
        assert status["phase"] == "Open"
        assert "outcome" not in status
        assert shop.every("Playbook") == []
