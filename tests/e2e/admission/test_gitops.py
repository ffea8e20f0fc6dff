"""What an account may record for others that applies what is in Git."""

from __future__ import annotations

from devcluster import Cluster
from tests.support.admission import (
    ACTION,
    OTHER_DIGEST,
    Request,
    accepted,
    create,
    forbidden,
    invalid,
)
from tests.support.eventually import eventually
from tests.support.rights import grant


class TestGitOps:
    def test_gitops_records_daves_signature(self, planned: Request) -> None:
        accepted(planned.sign("gitops", signer="dave", recordedBy="gitops"))

    def test_gitops_takes_back_what_it_recorded(self, planned: Request) -> None:
        accepted(planned.sign("gitops", signer="dave", recordedBy="gitops"))
        accepted(planned.apply("gitops", {}))
        assert planned.signatures() == {}

    def test_an_account_that_has_lost_sign_as_can_take_back_nothing(self, planned: Request) -> None:
        flux = planned.acting_as("flux")
        grant(planned.cluster, planned.namespace, "flux", "approvalrequests", "get,patch")
        may_sign_as = grant(
            planned.cluster, planned.namespace, "flux", "approvalrequests", "sign-as"
        )
        accepted(planned.sign(flux, signer="dave", recordedBy="flux"))
        accepted(planned.by("admin").delete("RoleBinding", planned.namespace, may_sign_as))
        eventually(
            lambda: not flux.may("sign-as", "approvalrequests", namespace=planned.namespace),
            what="flux to have lost sign-as",
        )
        said = forbidden(planned.apply(flux, {}))
        assert "takes the verb sign-as on approvalrequests, which flux does not have" in said

    def test_gitops_proposes_and_records_in_one_manifest(
        self, cluster: Cluster, namespace: str
    ) -> None:
        entry = {"signer": "dave", "recordedBy": "gitops"}
        spec = {"action": ACTION, "requestedBy": "alice", "signatures": [entry]}
        accepted(create(cluster, namespace, "gitops", spec))

    def test_gitops_cannot_sign_for_dave_without_saying_so(self, planned: Request) -> None:
        said = forbidden(planned.sign("gitops", signer="dave"))
        assert "cannot sign for dave" in said
        assert "with its own name in recordedBy" in said

    def test_gitops_cannot_change_alices_live_entry(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        turned = [{"signer": "alice", "decision": "Deny", "recordedBy": "gitops"}]
        said = forbidden(planned.merge("gitops", {"signatures": turned}))
        assert "would change or remove the signature of alice, and you are gitops." in said

    def test_gitops_cannot_drop_alices_live_entry(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        entry = [{"signer": "dave", "recordedBy": "gitops"}]
        said = forbidden(planned.merge("gitops", {"signatures": entry}))
        assert "ServerSideApply=true" in said

    def test_gitops_cannot_record_for_the_requester(self, planned: Request) -> None:
        said = forbidden(planned.sign("gitops", signer="agent", recordedBy="gitops"))
        assert "agent proposed this request and so cannot sign it" in said

    def test_gitops_cannot_record_on_what_it_proposed_itself(
        self, cluster: Cluster, namespace: str
    ) -> None:
        accepted(create(cluster, namespace, "gitops", {"action": ACTION}))
        request = Request(cluster, namespace, "fix").plan()
        said = forbidden(request.sign("gitops", signer="dave", recordedBy="gitops"))
        assert "You (gitops) proposed this request and so cannot record signatures on it." in said
        assert "put that in spec.requestedBy when it is created" in said

    def test_gitops_has_no_signature_of_its_own(self, planned: Request) -> None:
        assert "takes the verb approve" in forbidden(planned.sign("gitops"))

    def test_gitops_cannot_record_for_an_old_plan(self, planned: Request) -> None:
        answer = planned.sign("gitops", signer="dave", recordedBy="gitops", plan=OTHER_DIGEST)
        assert "another plan than the current one" in invalid(answer)

    def test_alice_cannot_forge_recorded_by(self, planned: Request) -> None:
        said = forbidden(planned.sign("alice", signer="bob", recordedBy="gitops"))
        assert "so here it can only be alice" in said

    def test_alice_cannot_record_for_bob(self, planned: Request) -> None:
        said = forbidden(planned.sign("alice", signer="bob", recordedBy="alice"))
        assert "takes the verb sign-as on approvalrequests, which alice does not have" in said

    def test_bob_cannot_remove_what_gitops_recorded_for_dave(self, planned: Request) -> None:
        accepted(planned.sign("gitops", signer="dave", recordedBy="gitops"))
        said = forbidden(planned.merge("bob", {"signatures": []}))
        assert "would change or remove the signature of dave" in said

    def test_dave_can_overrule_what_was_recorded_in_his_name(self, planned: Request) -> None:
        accepted(planned.sign("gitops", signer="dave", recordedBy="gitops"))
        accepted(planned.merge("dave", {"signatures": [{"signer": "dave", "decision": "Deny"}]}))
        assert "recordedBy" not in planned.signatures()["dave"]

    def test_dave_needs_the_right_to_overrule_what_was_recorded_in_his_name(
        self, proposed: Request
    ) -> None:
        accepted(proposed.plan("high").sign("gitops", signer="dave", recordedBy="gitops"))
        said = forbidden(proposed.merge("dave", {"signatures": []}))
        assert "to sign it, or to withdraw, takes the verb approve on approvalrequests/high" in said
