"""Who may propose, in whose name, and who may call a request off."""

from __future__ import annotations

from devcluster import Cluster
from tests.support.admission import (
    ACTION,
    DIGEST,
    FORBIDDEN,
    Request,
    accepted,
    create,
    forbidden,
    invalid,
    plan_of,
    refusal,
)
from tests.support.caller import Caller
from tests.support.people import request_object


class TestProposing:
    def test_requested_by_is_filled_in_with_the_caller(self, proposed: Request) -> None:
        assert proposed.get()["spec"]["requestedBy"] == "agent"

    def test_requested_by_is_filled_in_for_server_side_apply_as_well(
        self, cluster: Cluster, namespace: str
    ) -> None:
        request = Request(cluster, namespace, "fix")
        accepted(request.apply("agent", {"action": ACTION}))
        assert request.get()["spec"]["requestedBy"] == "agent"

    def test_one_may_name_oneself(self, cluster: Cluster, namespace: str) -> None:
        accepted(create(cluster, namespace, "agent", {"action": ACTION, "requestedBy": "agent"}))

    def test_nobody_can_propose_in_the_name_of_another(
        self, cluster: Cluster, namespace: str
    ) -> None:
        said = forbidden(
            create(cluster, namespace, "agent", {"action": ACTION, "requestedBy": "alice"})
        )
        assert "spec.requestedBy is alice, and you are agent. Leave it out" in said

    def test_gitops_can_propose_in_the_name_of_an_author(
        self, cluster: Cluster, namespace: str
    ) -> None:
        accepted(create(cluster, namespace, "gitops", {"action": ACTION, "requestedBy": "alice"}))

    def test_not_even_gitops_can_propose_in_no_name(self, cluster: Cluster, namespace: str) -> None:
        said = invalid(create(cluster, namespace, "gitops", {"action": ACTION, "requestedBy": ""}))
        assert "spec.requestedBy is empty. Put your own user name there" in said

    def test_a_request_cannot_be_created_with_a_signature_of_another(
        self, cluster: Cluster, namespace: str
    ) -> None:
        spec = {"action": ACTION, "signatures": [{"signer": "alice"}]}
        assert "You are agent and cannot sign for alice." in forbidden(
            create(cluster, namespace, "agent", spec)
        )

    def test_a_request_cannot_be_created_with_a_signature_of_ones_own(
        self, cluster: Cluster, namespace: str
    ) -> None:
        spec = {"action": ACTION, "signatures": [{"signer": "carol"}]}
        assert "carol proposed this request and so cannot sign it" in forbidden(
            create(cluster, namespace, "carol", spec)
        )

    def test_a_status_sent_along_is_dropped_and_binds_no_signature(
        self, cluster: Cluster, namespace: str
    ) -> None:
        body = request_object("fix", {"action": ACTION})
        body["status"] = {"phase": "Approved", "riskLevel": "low", "plan": plan_of(DIGEST)}
        accepted(Caller(cluster, "agent").create(body, namespace))
        assert "status" not in Request(cluster, namespace, "fix").get()

    def test_eve_can_read_and_not_propose(self, cluster: Cluster, namespace: str) -> None:
        cluster.kubectl("get", "approvals", "--namespace", namespace, user="eve")
        assert "cannot create resource" in refusal(
            create(cluster, namespace, "eve", {"action": ACTION}), FORBIDDEN
        )


class TestCallingOff:
    def test_the_requester_calls_a_request_off(self, planned: Request) -> None:
        accepted(planned.merge("agent", {"cancelled": True}))

    def test_an_approver_of_its_risk_calls_a_request_off(self, planned: Request) -> None:
        accepted(planned.merge("bob", {"cancelled": True}))

    def test_gitops_calls_off_what_an_author_proposed_through_it(
        self, cluster: Cluster, namespace: str
    ) -> None:
        accepted(create(cluster, namespace, "gitops", {"action": ACTION, "requestedBy": "alice"}))
        accepted(Request(cluster, namespace, "fix").plan().merge("gitops", {"cancelled": True}))

    def test_gitops_calls_off_nothing_else(self, planned: Request) -> None:
        said = forbidden(planned.merge("gitops", {"cancelled": True}))
        assert "Only agent, who proposed this request" in said

    def test_nobody_else_calls_a_request_off(self, proposed: Request) -> None:
        said = forbidden(proposed.plan("high").merge("alice", {"cancelled": True}))
        assert "Only agent, who proposed this request, or somebody with the verb approve on" in said
        assert "approvalrequests/high can call it off" in said

    def test_calling_off_cannot_be_taken_back(self, planned: Request) -> None:
        accepted(planned.merge("agent", {"cancelled": True}))
        said = invalid(planned.merge("agent", {"cancelled": False}))
        assert "spec.cancelled cannot be taken back" in said
