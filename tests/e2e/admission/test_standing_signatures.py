"""What becomes of signatures that are there: withdrawn, sent again, filled in, left alone."""

from __future__ import annotations

from devcluster import Cluster
from tests.support.admission import (
    DIGEST,
    OTHER_DIGEST,
    Request,
    accepted,
    forbidden,
    invalid,
    warnings,
)
from tests.support.caller import Caller
from tests.support.people import request_object
from tests.support.rights import grant


class TestWithdrawing:
    def test_alice_withdraws_by_applying_nothing(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        accepted(planned.sign("bob"))
        accepted(planned.apply("alice", {}))
        assert set(planned.signatures()) == {"bob"}

    def test_alice_changes_her_mind(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        accepted(planned.sign("alice", decision="Deny"))
        assert planned.signatures()["alice"]["decision"] == "Deny"

    def test_withdrawing_takes_the_same_right_as_signing(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        planned.plan("high")
        assert "to sign it, or to withdraw" in forbidden(planned.apply("alice", {}))

    def test_bob_cannot_drop_alices_signature_by_a_merge_patch(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        said = forbidden(planned.merge("bob", {"signatures": [{"signer": "bob"}]}))
        assert "would change or remove the signature of alice, and you are bob." in said
        assert "kubectl apply --server-side" in said

    def test_bob_cannot_drop_alices_signature_by_using_her_field_manager(
        self, planned: Request
    ) -> None:
        accepted(planned.sign("alice", manager="kubectl"))
        said = forbidden(planned.sign("bob", manager="kubectl"))
        assert "would change or remove the signature of alice" in said

    def test_bob_cannot_turn_alices_signature_round(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        changed = [{**planned.signatures()["alice"], "decision": "Deny"}]
        said = forbidden(planned.merge("bob", {"signatures": changed}))
        assert "would change or remove the signature of alice" in said

    def test_not_even_an_administrator_can_remove_a_signature(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        said = forbidden(planned.merge("admin", {"signatures": []}))
        assert "would change or remove the signature of alice, and you are admin." in said


class TestFillingIn:
    def test_sending_ones_entry_back_without_what_was_filled_in_changes_nothing(
        self, planned: Request
    ) -> None:
        accepted(planned.merge("alice", {"signatures": [{"signer": "alice"}]}))
        before = planned.get()
        accepted(planned.merge("alice", {"signatures": [{"signer": "alice"}]}))
        assert planned.get()["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]

    def test_applying_again_changes_nothing(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        before = planned.get()
        accepted(planned.sign("alice"))
        assert planned.get()["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]

    def test_a_new_merge_patch_renews_a_signature_for_the_current_plan(
        self, planned: Request
    ) -> None:
        accepted(planned.merge("alice", {"signatures": [{"signer": "alice"}]}))
        planned.plan(digest=OTHER_DIGEST)
        accepted(planned.merge("alice", {"signatures": [{"signer": "alice"}]}))
        assert planned.signatures()["alice"]["plan"] == OTHER_DIGEST

    def test_applying_the_same_again_renews_nothing_and_says_so(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        planned.plan(digest=OTHER_DIGEST)
        said = warnings(planned.sign("alice"))
        assert planned.signatures()["alice"]["plan"] == DIGEST
        assert "Your signature is for another plan than the current one" in said
        assert f"add this to your entry: plan: {OTHER_DIGEST}" in said
        assert warnings(planned.sign("alice", plan=OTHER_DIGEST)) == ""
        assert planned.signatures()["alice"]["plan"] == OTHER_DIGEST

    def test_a_label_of_alices_does_not_renew_her_signature(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        planned.plan(digest=OTHER_DIGEST)
        planned.labelled("alice")
        assert planned.signatures()["alice"]["plan"] == DIGEST

    def test_a_label_of_carols_does_not_bind_her_early_signature_to_a_plan(
        self, proposed: Request
    ) -> None:
        accepted(proposed.sign("carol"))
        proposed.plan()
        proposed.labelled("carol")
        assert "plan" not in proposed.signatures()["carol"]

    def test_what_others_signed_is_left_alone(self, planned: Request) -> None:
        accepted(planned.sign("gitops", signer="dave", recordedBy="gitops"))
        accepted(planned.sign("alice"))
        assert planned.signatures()["dave"] == {
            "signer": "dave",
            "decision": "Approve",
            "recordedBy": "gitops",
        }

    def test_what_gitops_records_under_its_own_name_is_left_alone_too(
        self, planned: Request
    ) -> None:
        entry = {"signer": "gitops", "decision": "Approve", "recordedBy": "gitops"}
        accepted(planned.sign("gitops", **entry))
        assert planned.signatures()["gitops"] == entry

    def test_somebody_in_too_many_groups_is_asked_which_count(self, planned: Request) -> None:
        grant(planned.cluster, planned.namespace, "grace", "approvalrequests", "get,patch")
        grant(planned.cluster, planned.namespace, "grace", "approvalrequests", "approve", "low")
        grace = planned.acting_as("grace", *(f"g{n}" for n in range(70)))
        said = warnings(planned.sign(grace))
        assert "You are in more than 64 groups, so your signature names none" in said
        assert "groups" not in planned.signatures()["grace"]
        assert warnings(planned.sign(grace, groups=["g7"])) == ""
        assert planned.signatures()["grace"]["groups"] == ["g7"]

    def test_a_spec_left_out_is_explained_by_the_crd(
        self, cluster: Cluster, namespace: str
    ) -> None:
        body = request_object("fix", {})
        del body["spec"]
        answer = Caller(cluster, "agent").create(body, namespace)
        assert "spec: Required value" in invalid(answer)

    def test_a_signature_without_a_signer_is_explained_by_the_crd(self, planned: Request) -> None:
        said = invalid(planned.merge("alice", {"signatures": [{"comment": "ok"}]}))
        assert "spec.signatures[0].signer: Required value" in said
