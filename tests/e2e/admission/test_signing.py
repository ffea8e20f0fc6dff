"""Who may sign what, and what a signature binds to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from devcluster import Cluster
from tests.support.admission import (
    ACTION,
    DIGEST,
    FORBIDDEN,
    OTHER_DIGEST,
    Request,
    accepted,
    create,
    forbidden,
    invalid,
    refusal,
)


class TestSigning:
    def test_alice_signs_by_merge_patch_and_binds_to_the_current_plan(
        self, planned: Request
    ) -> None:
        accepted(planned.merge("alice", {"signatures": [{"signer": "alice"}]}))
        assert planned.signatures()["alice"] == {
            "signer": "alice",
            "decision": "Approve",
            "groups": ["sre"],
            "plan": DIGEST,
        }

    def test_alice_signs_by_server_side_apply_and_binds_to_the_current_plan(
        self, planned: Request
    ) -> None:
        accepted(planned.sign("alice", comment="ok"))
        assert planned.signatures()["alice"] == {
            "signer": "alice",
            "decision": "Approve",
            "comment": "ok",
            "groups": ["sre"],
            "plan": DIGEST,
        }

    def test_two_people_sign_at_once_and_both_entries_stay(self, planned: Request) -> None:
        with ThreadPoolExecutor() as people:
            for answer in people.map(planned.sign, ["alice", "bob", "carol", "dave"]):
                accepted(answer)
        signed = planned.signatures()
        assert set(signed) == {"alice", "bob", "carol", "dave"}
        assert {entry["plan"] for entry in signed.values()} == {DIGEST}
        assert signed["carol"]["groups"] == ["sre-leads"]

    def test_alice_can_name_plan_and_groups_herself(self, planned: Request) -> None:
        accepted(planned.sign("alice", plan=DIGEST, groups=["sre", "system:authenticated"]))
        assert planned.signatures()["alice"]["groups"] == ["sre", "system:authenticated"]

    def test_alice_can_decline_to_name_any_group(self, planned: Request) -> None:
        accepted(planned.sign("alice", groups=[]))
        assert planned.signatures()["alice"]["groups"] == []

    def test_alice_can_deny(self, planned: Request) -> None:
        accepted(planned.sign("alice", decision="Deny", comment="not during the sale"))

    def test_alice_cannot_sign_as_bob(self, planned: Request) -> None:
        said = forbidden(planned.sign("alice", signer="bob"))
        assert "You are alice and cannot sign for bob. Let them sign themselves" in said

    def test_alice_cannot_add_an_entry_of_bobs_beside_her_own(self, planned: Request) -> None:
        both = [{"signer": "alice"}, {"signer": "bob"}]
        assert "cannot sign for bob" in forbidden(planned.merge("alice", {"signatures": both}))

    def test_alice_cannot_have_two_entries(self, planned: Request) -> None:
        twice = [{"signer": "alice"}, {"signer": "alice", "comment": "again"}]
        assert "Duplicate value" in invalid(planned.merge("alice", {"signatures": twice}))

    def test_alice_cannot_name_a_group_that_she_is_not_in(self, planned: Request) -> None:
        said = forbidden(planned.sign("alice", groups=["sre", "owners"]))
        assert "You are not in owners. Leave groups out" in said

    def test_the_requester_cannot_sign(self, cluster: Cluster, namespace: str) -> None:
        accepted(create(cluster, namespace, "carol", {"action": ACTION}))
        request = Request(cluster, namespace, "fix").plan()
        said = forbidden(request.sign("carol"))
        assert "carol proposed this request and so cannot sign it. Somebody else has to." in said

    def test_the_requester_cannot_sign_what_gitops_proposed_for_them(
        self, cluster: Cluster, namespace: str
    ) -> None:
        accepted(create(cluster, namespace, "gitops", {"action": ACTION, "requestedBy": "alice"}))
        request = Request(cluster, namespace, "fix").plan()
        assert "alice proposed this request" in forbidden(request.sign("alice"))
        accepted(request.sign("bob"))

    def test_a_signature_cannot_name_an_old_plan(self, planned: Request) -> None:
        planned.plan(digest=OTHER_DIGEST)
        said = invalid(planned.sign("alice", plan=DIGEST))
        assert f"another plan than the current one, which is {OTHER_DIGEST}" in said

    def test_a_signature_cannot_name_a_plan_before_there_is_one(self, proposed: Request) -> None:
        said = invalid(proposed.sign("carol", plan=DIGEST))
        assert "There is no plan yet that a signature could name. Leave plan out of it" in said

    def test_signing_takes_a_change_of_the_spec_nowhere(self, planned: Request) -> None:
        spec = {"action": "kubectl delete namespace prod", "signatures": [{"signer": "alice"}]}
        said = invalid(planned.merge("alice", spec))
        assert "spec.action cannot be changed after creation" in said

    def test_labels_may_be_written_beside_the_signatures_of_others(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        before = planned.signatures()
        planned.labelled("agent")
        assert planned.signatures() == before

    def test_the_longest_list_of_the_largest_entries_can_still_be_signed(
        self, cluster: Cluster, namespace: str
    ) -> None:
        groups = [f"{n:0>256}" for n in range(64)]
        entries = [
            {"signer": f"p{n}", "recordedBy": "gitops", "groups": groups, "comment": "c" * 1024}
            for n in range(31)
        ]
        spec = {"action": ACTION, "requestedBy": "dave", "signatures": entries}
        accepted(create(cluster, namespace, "gitops", spec))
        accepted(Request(cluster, namespace, "fix").plan().sign("alice"))


class TestRisk:
    @pytest.mark.parametrize(
        ("user", "risk"),
        [("alice", "medium"), ("dave", "low"), ("carol", "high"), ("carol", "critical")],
    )
    def test_who_may_approve_a_tier_signs_it(self, proposed: Request, user: str, risk: str) -> None:
        accepted(proposed.plan(risk).sign(user))

    @pytest.mark.parametrize(("user", "risk"), [("alice", "high"), ("dave", "critical")])
    def test_who_may_not_approve_a_tier_is_told_what_is_missing(
        self, proposed: Request, user: str, risk: str
    ) -> None:
        said = forbidden(proposed.plan(risk).sign(user))
        assert f"of {risk} risk; to sign it, or to withdraw, takes the verb approve on" in said
        assert f"approvalrequests/{risk}, which {user} does not have in namespace" in said

    def test_agent_can_propose_and_not_sign(self, cluster: Cluster, namespace: str) -> None:
        accepted(create(cluster, namespace, "alice", {"action": ACTION}))
        said = forbidden(Request(cluster, namespace, "fix").plan().sign("agent"))
        assert "takes the verb approve on approvalrequests/low" in said

    def test_eve_cannot_sign(self, planned: Request) -> None:
        assert "cannot patch resource" in refusal(planned.sign("eve"), FORBIDDEN)

    def test_before_it_is_planned_a_request_is_taken_for_the_worst(self, proposed: Request) -> None:
        said = forbidden(proposed.sign("dave"))
        assert "has not been planned yet, so its risk is unknown. Sign it once it is" in said
        accepted(proposed.sign("carol"))
        assert "plan" not in proposed.signatures()["carol"]

    def test_what_the_proposer_says_of_the_risk_opens_no_door(
        self, cluster: Cluster, namespace: str
    ) -> None:
        accepted(create(cluster, namespace, "agent", {"action": ACTION, "riskLevel": "low"}))
        assert "has not been planned yet" in forbidden(
            Request(cluster, namespace, "fix").sign("alice")
        )
