"""What the API server itself refuses, and what it lets through: CRD and admission policies.

The people are those of the test cluster: alice and bob may sign low and medium, carol and erin every
tier, dave low and medium (but propose nothing); agent only proposes, eve only reads, gitops records.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from devcluster import Cluster, Options, start
from tests.support.caller import Answer, Caller, place
from tests.support.eventually import eventually

ACTION = "kubectl rollout restart deployment/web"
OPERATION = {"type": "RestartRollout", "target": {"kind": "Deployment", "name": "web"}}
DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64

# Each field of the spec that is fixed at creation, with two values it may have.
FIXED: dict[str, tuple[object, object]] = {
    "action": (ACTION, "kubectl delete pod web-0"),
    "operation": (OPERATION, {**OPERATION, "target": {"kind": "Deployment", "name": "db"}}),
    "description": ("why", "why not"),
    "incident": ("INC-1", "INC-2"),
    "playbook": ("restart-web", "restart-db"),
    "requestedBy": ("agent", "alice"),
    "submittedBy": ("agent", "alice"),
    "riskLevel": ("high", "low"),
    "confidence": (0.5, 0.9),
    "requiredSignatures": (2, 1),
    "blastRadius": ({"affectedPods": 3}, {"affectedPods": 0}),
    "expiresAfter": ("24h", "999h"),
    "notBefore": ("2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    "retry": ({"limit": 1}, {"limit": 9}),
    "verify": ({"timeout": "1m"}, {"enabled": False}),
    "serviceAccountName": ("restarter", "administrator"),
    "dryRun": (True, False),
}

OPERATOR = "system:serviceaccount:countersign-system:countersign-operator"
FORBIDDEN, INVALID = 403, 422
Spec = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One ApprovalRequest on the cluster, and what people do to it. Any answer may be a refusal."""

    cluster: Cluster
    namespace: str
    name: str

    def merge(self, user: str | Caller, spec: Spec) -> Answer:
        """`kubectl patch --type=merge`: lists are replaced as a whole."""
        return self.patch(user, {"spec": spec})

    def sign(self, user: str | Caller, *, manager: str = "", **entry: object) -> Answer:
        """Server-side apply of one entry, the user's own unless `entry` has another signer."""
        own = {"signer": self.by(user).name, **entry}
        return self.apply(user, {"signatures": [own]}, manager=manager)

    def apply(self, user: str | Caller, spec: Spec, *, manager: str = "") -> Answer:
        """Server-side apply under the user's own field manager."""
        caller = self.by(user)
        body = manifest(self.namespace, self.name, spec)
        return caller.apply(body, self.namespace, manager or caller.name)

    def set_status(self, user: str | Caller = "admin", **status: object) -> Answer:
        """Write the status, as the operator would."""
        return self.patch(user, {"status": status}, sub="status")

    def plan(self, risk: str = "low", digest: str = DIGEST) -> Request:
        """Give it a plan; the request itself, for chaining."""
        accepted(self.set_status(phase="Pending", riskLevel=risk, plan=plan_of(digest)))
        return self

    def get(self) -> dict[str, Any]:
        """The object as it is now."""
        return self.by("admin").get("ApprovalRequest", self.namespace, self.name)

    def signatures(self) -> dict[str, dict[str, Any]]:
        """The entries by signer."""
        return {entry["signer"]: entry for entry in self.get()["spec"].get("signatures", [])}

    def delete(self, user: str | Caller) -> Answer:
        """Delete it, without waiting."""
        return self.by(user).delete("ApprovalRequest", self.namespace, self.name)

    def patch(self, user: str | Caller, change: dict[str, Any], *, sub: str = "") -> Answer:
        """A merge patch of whatever part."""
        caller = self.by(user)
        return caller.merge("ApprovalRequest", self.namespace, self.name, change, sub=sub)

    def labelled(self, user: str) -> None:
        """`kubectl label`."""
        self.patch(user, {"metadata": {"labels": {"team": "a"}}}).accepted()

    def by(self, user: str | Caller) -> Caller:
        """One of the people of the test cluster."""
        return user if isinstance(user, Caller) else Caller(self.cluster, user)

    def acting_as(self, user: str, *groups: str) -> Caller:
        """Somebody whom the test cluster does not know: an administrator acts as them."""
        return Caller(self.cluster).acting_as(user, *groups)


def manifest(namespace: str, name: str, spec: Spec) -> dict[str, Any]:
    """An ApprovalRequest as kubectl takes it."""
    return {
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ApprovalRequest",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def plan_of(digest: str) -> dict[str, Any]:
    """The least that a plan in the status has to say."""
    return {
        "digest": digest,
        "revision": 1,
        "summary": "Restart deployment/web",
        "steps": [
            {
                "operation": OPERATION,
                "target": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "web",
                    "uid": "uid-of-web",
                    "resourceVersion": "1",
                },
                "summary": "Restart deployment/web",
            }
        ],
        "plannedAt": "2026-01-01T00:00:00Z",
    }


def schema_of(cluster: Cluster) -> dict[str, Any]:
    """The type as the API server serves it."""
    crd = Caller(cluster).get("crd", "", "approvalrequests.countersign.dev")
    schema: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def create(cluster: Cluster, namespace: str, user: str, spec: Spec, **query: str) -> Answer:
    """`kubectl create` of a request named `fix`."""
    return Caller(cluster, user).create(manifest(namespace, "fix", spec), namespace, **query)


def accepted(answer: Answer) -> Answer:
    """The answer, which is no refusal."""
    answer.accepted()
    return answer


def warnings(answer: Answer) -> str:
    """What an accepted person is told."""
    return " ".join(accepted(answer).warnings)


def refusal(answer: Answer, code: int) -> str:
    """What a refused person reads; `code` is HTTP's for what it is refused for."""
    assert answer.refused, f"this should have been refused: {answer.body}"
    assert answer.code == code, answer.message
    return answer.message


def forbidden(answer: Answer) -> str:
    """The sentence of a refusal for want of a right, by a policy of ours."""
    assert "denied request" in answer.message, answer.body
    return refusal(answer, FORBIDDEN)


def invalid(answer: Answer) -> str:
    """The sentence of a refusal for what was written."""
    return refusal(answer, INVALID)


def grant(
    cluster: Cluster, namespace: str, user: str, resource: str, verbs: str, subresource: str = ""
) -> str:
    """Let a user do something in a namespace; the binding's name, once the API server knows it."""
    name = f"{user}-{uuid.uuid4().hex[:8]}"
    full = f"{resource}/{subresource}" if subresource else resource
    # Not by `kubectl create role`: it refuses verbs that it does not know for a kind.
    group = "" if resource == "serviceaccounts" else "countersign.dev"
    rule = {"apiGroups": [group], "resources": [full], "verbs": verbs.split(",")}
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace},
        "rules": [rule],
    }
    admin = Caller(cluster)
    admin.create(role, namespace).accepted()
    admin.create(binding(name, user), namespace).accepted()
    caller = admin.acting_as(user)
    verb, known = verbs.rpartition(",")[2], {"sub": subresource, "namespace": namespace}
    eventually(
        lambda: caller.may(verb, resource, **known), what=f"{user} to be allowed to {verbs} {full}"
    )
    return name


def binding(name: str, user: str) -> dict[str, Any]:
    """A user's binding to a Role of the same name."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }


@contextmanager
def new_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace, deleted at the end."""
    name, admin = f"admission-{uuid.uuid4().hex[:8]}", Caller(cluster)
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).accepted()
    yield name
    admin.delete("Namespace", "", name).accepted()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One of this module's own: no operator may plan or decide what these tests leave undecided."""
    with start(Options(controllers=False)) as running:
        yield running


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    with new_namespace(cluster) as name:
        yield name


@pytest.fixture
def proposed(cluster: Cluster, namespace: str) -> Request:
    """A request of agent's that nobody has planned yet."""
    accepted(create(cluster, namespace, "agent", {"action": ACTION}))
    return Request(cluster, namespace, "fix")


@pytest.fixture
def planned(proposed: Request) -> Request:
    """A request of agent's, planned, of low risk."""
    return proposed.plan()


@pytest.fixture(scope="module")
def shared_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for tests that change nothing in it."""
    with new_namespace(cluster) as name:
        yield name


@pytest.fixture(scope="module")
def full(cluster: Cluster, shared_namespace: str) -> Request:
    """A request with every field set (of action and operation, the former)."""
    grant(cluster, shared_namespace, "agent", "serviceaccounts", "use")
    spec = {field: values[0] for field, values in FIXED.items() if field != "operation"}
    body = manifest(shared_namespace, "full", spec)
    Caller(cluster, "agent").create(body, shared_namespace).accepted()
    return Request(cluster, shared_namespace, "full")


@pytest.fixture(scope="module")
def bare(cluster: Cluster, shared_namespace: str) -> Request:
    """A request with the typed operation, and no other field set."""
    body = manifest(shared_namespace, "bare", {"operation": OPERATION})
    Caller(cluster, "agent").create(body, shared_namespace).accepted()
    return Request(cluster, shared_namespace, "bare")


class TestType:
    def test_every_field_of_the_spec_but_two_is_known_to_be_fixed(self, cluster: Cluster) -> None:
        spec = schema_of(cluster)["properties"]["spec"]
        assert set(FIXED) == set(spec["properties"]) - {"signatures", "cancelled"}

    @pytest.mark.parametrize("field", [field for field in FIXED if field != "operation"])
    def test_a_fixed_field_cannot_be_changed_or_removed(self, full: Request, field: str) -> None:
        for value in (FIXED[field][1], None):
            said = invalid(full.merge("admin", {field: value}))
            assert f"spec.{field} cannot be changed after creation; create a new request." in said

    @pytest.mark.parametrize("field", [field for field in FIXED if field != "operation"])
    def test_a_fixed_field_cannot_be_added_later(self, bare: Request, field: str) -> None:
        value = FIXED[field][0] if field != "requestedBy" else "alice"
        said = invalid(bare.merge("admin", {field: value}))
        assert f"spec.{field} cannot be changed after creation; create a new request." in said

    @pytest.mark.parametrize("value", [FIXED["operation"][1], None])
    def test_the_operation_cannot_be_changed_or_removed(self, bare: Request, value: object) -> None:
        said = invalid(bare.merge("admin", {"operation": value}))
        assert "spec.operation cannot be changed after creation" in said

    @pytest.mark.parametrize("spec", [{}, {"action": ACTION, "operation": OPERATION}])
    def test_it_takes_exactly_one_of_action_and_operation(
        self, cluster: Cluster, shared_namespace: str, spec: Spec
    ) -> None:
        said = invalid(create(cluster, shared_namespace, "agent", spec, dryRun="All"))
        assert "Write exactly one of action (text) and operation (typed)." in said

    @pytest.mark.parametrize(
        ("operation", "sentence"),
        [
            ({**OPERATION, "scale": {"replicas": 1}}, "scale belongs to type Scale"),
            ({**OPERATION, "type": "Scale"}, "scale belongs to type Scale"),
            (
                {**OPERATION, "target": {"kind": "ReplicaSet", "name": "web"}},
                "RestartRollout and RollbackRollout work on Deployment, StatefulSet, DaemonSet only.",
            ),
        ],
    )
    def test_an_operation_that_makes_no_sense_is_refused_with_a_reason(
        self, cluster: Cluster, shared_namespace: str, operation: Spec, sentence: str
    ) -> None:
        answer = create(cluster, shared_namespace, "agent", {"operation": operation}, dryRun="All")
        assert sentence in invalid(answer)

    def test_get_approvals_shows_what_people_look_for(self, planned: Request) -> None:
        accepted(
            planned.set_status(operation="RestartRollout", target="Deployment/web", signed="0/1")
        )
        get = ("get", "approvals", "--namespace", planned.namespace)
        header, row = planned.cluster.kubectl(*get, user="eve").stdout.splitlines()
        assert header.split() == [
            *("NAME", "PHASE", "OPERATION", "TARGET", "RISK", "SIGNED", "REQUESTED-BY", "AGE")
        ]
        assert row.split()[:-1] == [
            *("fix", "Pending", "RestartRollout", "Deployment/web", "low", "0/1", "agent")
        ]
        wide = planned.cluster.kubectl(*get, "--output=wide").stdout
        assert wide.split("\n", 1)[0].split()[-2:] == ["EXPIRES", "MESSAGE"]

    def test_explain_is_the_reference_manual(self, cluster: Cluster) -> None:
        said = cluster.kubectl("explain", "approvalrequests.spec.action").stdout
        assert "What to do, as text: a kubectl command or a plain sentence" in said

    def test_every_field_is_described(self, cluster: Cluster) -> None:
        def undescribed(schema: dict[str, Any], path: str) -> list[str]:
            below = [
                *((f"{path}.{name}", part) for name, part in schema.get("properties", {}).items()),
                *(
                    [(f"{path}[]", schema["items"])]
                    if "properties" in schema.get("items", {})
                    else []
                ),
            ]
            own = [] if schema.get("description") or path.endswith(".metadata") else [path]
            return own + [field for where, part in below for field in undescribed(part, where)]

        assert undescribed(schema_of(cluster), "approvalrequests") == []


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
        body = manifest(namespace, "fix", {"action": ACTION})
        body["status"] = {"phase": "Approved", "riskLevel": "low", "plan": plan_of(DIGEST)}
        accepted(Caller(cluster, "agent").create(body, namespace))
        assert "status" not in Request(cluster, namespace, "fix").get()

    def test_eve_can_read_and_not_propose(self, cluster: Cluster, namespace: str) -> None:
        cluster.kubectl("get", "approvals", "--namespace", namespace, user="eve")
        assert "cannot create resource" in refusal(
            create(cluster, namespace, "eve", {"action": ACTION}), FORBIDDEN
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
        body = manifest(namespace, "fix", {})
        del body["spec"]
        answer = Caller(cluster, "agent").create(body, namespace)
        assert "spec: Required value" in invalid(answer)

    def test_a_signature_without_a_signer_is_explained_by_the_crd(self, planned: Request) -> None:
        said = invalid(planned.merge("alice", {"signatures": [{"comment": "ok"}]}))
        assert "spec.signatures[0].signer: Required value" in said


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
            return not (answer.refused and answer.there)

        eventually(gone, what="the request of a deleted namespace to be gone")
