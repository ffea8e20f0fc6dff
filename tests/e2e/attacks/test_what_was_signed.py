"""Attacks on what was signed: change it, lower it, replay it, turn its decision round."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime

import pytest

from devcluster import OperatorProcess
from tests.e2e.attacks.conftest import LABEL, People, Propose, counted
from tests.support.eventually import eventually
from tests.support.people import JsonObject
from tests.support.shop import condition
from tests.support.site import Site

OTHER = {**LABEL, "label": {"set": {"tier": "none"}}}


@pytest.fixture(scope="module")
def denied(people: People, site: Site, proposed: Propose) -> str:
    """A request that bob has denied, with alice's approval beside it."""
    name = proposed(requiredSignatures=2)
    people("alice").sign(name).accepted()
    people("bob").sign(name, decision="Deny").accepted()
    assert site.ended(name)["phase"] == "Denied"
    return name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requiredSignatures", 1),
        ("requiredSignatures", None),
        ("riskLevel", "low"),
        ("riskLevel", None),
        ("confidence", 1.0),
        ("operation", OTHER),
        ("serviceAccountName", "administrator"),
        ("requestedBy", "nobody"),
        ("expiresAfter", "9999h"),
        ("notBefore", "2020-01-01T00:00:00Z"),
        ("dryRun", True),
        ("verify", {"enabled": False}),
        ("retry", {"limit": 9}),
    ],
)
def test_nothing_is_changed_together_with_a_signature(
    people: People, site: Site, proposed: Propose, field: str, value: object
) -> None:
    name = proposed(
        riskLevel="high",
        confidence=0.4,
        requiredSignatures=3,
        expiresAfter="24h",
        notBefore="2040-01-01T00:00:00Z",
    )
    spec = {"signatures": [{"signer": "carol"}], field: value}
    sentence = f"spec.{field} cannot be changed after creation; create a new request."
    people("carol").merge(name, {"spec": spec}).refused(sentence, 422)
    assert "signatures" not in site.request(name)["spec"]


@pytest.mark.parametrize("user", ["agent", "alice", "carol", "admin"])
def test_an_action_is_not_edited_after_a_signature(
    people: People, site: Site, proposed: Propose, user: str
) -> None:
    name = proposed(requiredSignatures=2)
    people("bob").sign(name).accepted()
    counted(site, name, "1/2")
    answer = people(user).merge(name, {"spec": {"operation": OTHER}})
    answer.refused("spec.operation cannot be changed after creation", 422)
    body = people(user).get(name)
    body["spec"]["operation"] = OTHER
    answer = people(user).replace(body)
    answer.refused("spec.operation cannot be changed after creation", 422)


def test_confidence_is_not_raised_once_a_request_is_there(
    people: People, proposed: Propose
) -> None:
    """At creation it is only a claim: what may be approved on it is for a policy to say."""
    low, none = proposed(confidence=0.3), proposed()
    for name in (low, none):
        answer = people("agent").merge(name, {"spec": {"confidence": 1}})
        answer.refused("spec.confidence cannot be changed after creation", 422)


class TestReplay:
    def test_a_signature_is_not_copied_to_another_request(
        self, people: People, site: Site, proposed: Propose
    ) -> None:
        one, other = proposed(requiredSignatures=2), proposed(operation=OTHER)
        people("alice").sign(one).accepted()
        [entry] = site.request(one)["spec"]["signatures"]
        for user in ("agent", "bob", "admin", "gitops"):
            answer = people(user).merge(other, {"spec": {"signatures": [entry]}})
            answer.refused(f"You are {user} and cannot sign for alice.")
        renewed = people("alice").merge(other, {"spec": {"signatures": [entry]}})
        renewed.refused("The signature names another plan than the current one", 422)

    def test_a_request_is_not_created_with_a_signature_from_another(
        self, people: People, site: Site, proposed: Propose
    ) -> None:
        one = proposed(requiredSignatures=2)
        people("alice").sign(one).accepted()
        entries = site.request(one)["spec"]["signatures"]
        answer = people("agent").propose("copied", operation=LABEL, signatures=entries)
        answer.refused("You are agent and cannot sign for alice.")

    def test_a_signature_on_an_old_plan_is_not_renewed_by_others_and_does_not_count(
        self, people: People, site: Site, proposed: Propose
    ) -> None:
        name = proposed(operation={**LABEL, "label": {"set": {"once": "yes"}}})
        old = site.request(name)["status"]["plan"]["digest"]
        by_hand = {"metadata": {"labels": {"once": "yes"}}}
        site.patch("Deployment", "web", by_hand)
        people("alice").sign(name).accepted()  # Fills in the plan as it still is.
        site.planned(name, revision=2)
        answer = people("bob").sign(name, plan=old)
        answer.refused("The signature names another plan than the current one", 422)
        [entry] = site.request(name)["spec"]["signatures"]
        forged = {**entry, "plan": site.request(name)["status"]["plan"]["digest"]}
        for user in ("agent", "bob", "admin"):
            answer = people(user).merge(name, {"spec": {"signatures": [forged]}})
            answer.refused("would change or remove the signature of alice")
        status = site.request(name)["status"]
        assert status["phase"] == "Pending"
        assert status["signed"] == "0/1"


class TestDecisions:
    def test_a_denial_is_not_taken_back(self, people: People, denied: str) -> None:
        for answer in (
            people("bob").sign(denied, decision="Approve"),
            people("bob").apply(denied, {}),
            people("carol").sign(denied),
            people("agent").merge(denied, {"spec": {"cancelled": True}}),
        ):
            answer.refused("This request has been decided; nothing in its spec can be changed", 422)

    @pytest.mark.parametrize("phase", ["Pending", "Approved", "Executing", "Succeeded", None])
    def test_not_even_an_administrator_turns_a_decision_round(
        self, people: People, denied: str, phase: str | None
    ) -> None:
        answer = people("admin").merge(denied, {"status": {"phase": phase}}, "/status")
        answer.refused("A decision is final", 422)

    def test_an_end_stays_where_the_whole_status_is_removed(
        self, people: People, denied: str
    ) -> None:
        answer = people("admin").merge(denied, {"status": None}, "/status")
        answer.refused("A decision is final", 422)


class TestExpiry:
    def test_nobody_signs_what_has_expired(
        self, people: People, site: Site, proposed: Propose
    ) -> None:
        name = proposed(expiresAfter="2s")
        assert site.ended(name)["phase"] == "Expired"
        people("alice").sign(name).refused("This request has been decided", 422)

    def test_a_signature_that_comes_too_late_while_the_operator_is_away_is_of_no_use(
        self, people: People, site: Site, proposed: Propose, operator: OperatorProcess
    ) -> None:
        name = proposed(operation={**LABEL, "label": {"set": {"late": "yes"}}}, expiresAfter="3s")
        expires = datetime.fromisoformat(site.request(name)["status"]["expiresAt"])
        os.kill(operator.pid, signal.SIGSTOP)
        try:
            eventually(lambda: datetime.now(UTC) > expires, what="the request to expire")
            people("alice").sign(name).accepted()  # The API server knows no time to refuse it by.
        finally:
            os.kill(operator.pid, signal.SIGCONT)
        status: JsonObject = site.ended(name)
        assert status["phase"] == "Expired"
        assert condition(status, "Executed").get("status") != "True"
        assert "late" not in site.get("Deployment", "web")["metadata"]["labels"]
