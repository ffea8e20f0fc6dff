"""The status is the operator's alone; what was decided stays decided, and what runs is not deleted."""

from __future__ import annotations

import pytest

from tests.support.admission import (
    FORBIDDEN,
    OTHER_DIGEST,
    Request,
    accepted,
    forbidden,
    invalid,
    refusal,
)
from tests.support.caller import place
from tests.support.eventually import eventually
from tests.support.rights import grant

OPERATOR = "system:serviceaccount:countersign-system:countersign-operator"


class TestDecided:
    @pytest.mark.parametrize("phase", ["Approved", "Denied", "Expired", "Cancelled", "Failed"])
    def test_a_decided_request_cannot_be_signed(self, planned: Request, phase: str) -> None:
        accepted(planned.set_status(phase=phase))
        assert "This request has been decided" in invalid(planned.sign("alice"))

    def test_a_decided_request_cannot_be_called_off(self, planned: Request) -> None:
        accepted(planned.set_status(phase="Approved"))
        said = invalid(planned.merge("agent", {"cancelled": True}))
        assert "This request has been decided" in said

    def test_a_signature_cannot_be_withdrawn_after_the_decision(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        accepted(planned.set_status(phase="Approved"))
        assert "This request has been decided" in invalid(planned.apply("alice", {}))

    def test_a_stale_plan_opens_it_again(self, planned: Request) -> None:
        accepted(planned.sign("alice"))
        accepted(planned.set_status(phase="Approved"))
        planned.plan(digest=OTHER_DIGEST)
        accepted(planned.sign("alice", plan=OTHER_DIGEST))

    @pytest.mark.parametrize("final", ["Succeeded", "Failed", "Denied", "Expired", "Cancelled"])
    def test_a_final_phase_never_changes(self, planned: Request, final: str) -> None:
        accepted(planned.set_status(phase=final))
        for phase in ("Pending", "Approved", "Executing", "Succeeded", "Failed", None):
            if phase != final:
                said = invalid(planned.set_status(phase=phase))
                why = (
                    "this phase cannot follow the old one"
                    if phase
                    else "the phase cannot be removed"
                )
                assert f"A decision is final: {why}." in said

    def test_a_status_cannot_be_removed_to_begin_again(self, planned: Request) -> None:
        accepted(planned.set_status(phase="Denied"))
        answer = planned.patch("admin", {"status": None}, sub="status")
        assert "A decision is final" in invalid(answer)

    @pytest.mark.parametrize("phase", ["Pending", "Denied", "Approved"])
    def test_an_execution_cannot_go_back(self, planned: Request, phase: str) -> None:
        accepted(planned.set_status(phase="Approved"))
        accepted(planned.set_status(phase="Executing"))
        assert "A decision is final" in invalid(planned.set_status(phase=phase))


class TestStatus:
    def test_alice_cannot_write_the_status(self, planned: Request) -> None:
        said = refusal(planned.set_status("alice", phase="Approved"), FORBIDDEN)
        assert 'User "alice" cannot' in said
        assert 'resource "approvalrequests/status"' in said

    def test_rbac_on_the_sub_resource_alone_does_not_let_one_write_it(
        self, planned: Request
    ) -> None:
        grant(
            planned.cluster, planned.namespace, "mallory", "approvalrequests", "get,patch", "status"
        )
        said = forbidden(planned.set_status(planned.acting_as("mallory"), phase="Approved"))
        assert "Only the operator writes the status of a request; mallory lacks the verb" in said
        assert "To approve, sign" in said

    def test_the_operator_writes_the_status(self, planned: Request) -> None:
        accepted(planned.set_status(planned.acting_as(OPERATOR), phase="Approved"))

    def test_the_operator_cannot_sign(self, planned: Request) -> None:
        operator = planned.acting_as(OPERATOR)
        answer = planned.merge(operator, {"signatures": [{"signer": OPERATOR}]})
        assert "takes the verb approve on approvalrequests/low" in forbidden(answer)

    def test_a_status_sent_with_the_main_resource_is_ignored(self, planned: Request) -> None:
        body = planned.get()
        body["status"]["phase"] = "Approved"
        path = place("ApprovalRequest", planned.namespace, "fix")
        accepted(planned.by("agent").ask("PUT", path, body))
        assert planned.get()["status"]["phase"] == "Pending"


class TestDeleting:
    @pytest.fixture
    def running(self, planned: Request) -> Request:
        """A request that is being carried out, and fred, who may delete requests."""
        accepted(planned.set_status(phase="Approved"))
        grant(planned.cluster, planned.namespace, "fred", "approvalrequests", "get,delete")
        return planned

    @pytest.mark.parametrize("user", ["alice", "carol", "agent", "gitops"])
    def test_proposers_and_approvers_cannot_delete(self, planned: Request, user: str) -> None:
        assert "cannot delete resource" in refusal(planned.delete(user), FORBIDDEN)

    def test_a_request_cannot_be_deleted_while_it_is_carried_out(self, running: Request) -> None:
        said = forbidden(running.delete(running.acting_as("fred")))
        assert "This request is Approved: it is being carried out and cannot be deleted." in said
        accepted(running.set_status(phase="Executing"))
        assert "This request is Executing" in forbidden(running.delete(running.acting_as("fred")))
        accepted(running.set_status(phase="Succeeded"))
        accepted(running.delete(running.acting_as("fred")))

    def test_deleting_the_whole_collection_is_no_way_round(self, running: Request) -> None:
        grant(
            running.cluster, running.namespace, "fred", "approvalrequests", "list,deletecollection"
        )
        path = place("ApprovalRequest", running.namespace)
        answer = running.acting_as("fred").ask("DELETE", path)
        assert "it is being carried out and cannot be deleted" in refusal(answer, FORBIDDEN)
        assert running.get()["status"]["phase"] == "Approved"

    def test_a_pending_request_can_be_deleted(self, planned: Request) -> None:
        grant(planned.cluster, planned.namespace, "fred", "approvalrequests", "get,delete")
        accepted(planned.delete(planned.acting_as("fred")))

    def test_whoever_may_operate_can_clear_up(self, running: Request) -> None:
        accepted(running.delete("admin"))

    def test_a_namespace_that_is_deleted_takes_it_along(self, running: Request) -> None:
        accepted(running.by("admin").delete("Namespace", "", running.namespace))

        def gone() -> bool:
            # Fred stands in for the namespace controller, which does not run here.
            answer = running.delete(running.acting_as("fred"))
            return not (answer.is_refusal and answer.there)

        eventually(gone, what="the request of a deleted namespace to be gone")
