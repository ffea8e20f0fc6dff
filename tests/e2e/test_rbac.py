"""Who may do what: the ClusterRoles of `manifests/cluster/rbac`, as the API server judges them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from devcluster import Cluster
from tests.support.caller import Caller
from tests.support.workloads import workload

SAMPLES = Path(__file__).parents[2] / "manifests" / "samples"
OPERATOR = "system:serviceaccount:countersign-system:countersign-operator"
RISKS = ("low", "medium", "high", "critical")


def may(
    cluster: Cluster,
    user: str,
    verb: str,
    resource: str,
    *,
    sub: str = "",
    namespace: str = "default",
) -> bool:
    """What `kubectl auth can-i` asks; `resource` is TYPE or TYPE/NAME, `namespace` "" everywhere.

    The sub-resource is apart: `can-i approve approvalrequests/high` asks about an object named high.
    """
    known = user in cluster.users
    caller = Caller(cluster, user) if known else Caller(cluster).acting_as(user)
    type_, _slash, name = resource.partition("/")
    return caller.may(verb, type_, sub=sub, name=name, namespace=namespace)


def until(condition: Callable[[], object], what: str) -> None:
    """Look until it holds, for at most 30 seconds."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"gave up waiting: {what}"
        time.sleep(0.1)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"rbac-{uuid.uuid4().hex[:8]}"
    admin = Caller(cluster)
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).accepted()
    yield name
    admin.delete("Namespace", "", name).accepted()


@pytest.fixture
def team(cluster: Cluster, namespace: str) -> str:
    """A namespace where a team has opted in: the sample executor, and a Deployment."""
    for body in yaml.safe_load_all((SAMPLES / "executor.yaml").read_text("utf-8")):
        Caller(cluster).create(body, namespace).accepted()
    Caller(cluster).create(workload("Deployment"), namespace).accepted()
    executor = f"system:serviceaccount:{namespace}:countersign-executor"
    until(
        lambda: may(cluster, executor, "patch", "deployments.apps", namespace=namespace),
        "the executor's Role to be in force",
    )
    return namespace


class TestPeople:
    @pytest.mark.parametrize(
        ("user", "tiers"),
        [
            ("alice", {"low", "medium"}),
            ("bob", {"low", "medium"}),
            ("carol", set(RISKS)),
            ("erin", set(RISKS)),
            ("dave", {"low", "medium"}),
            ("agent", set()),
            ("eve", set()),
            ("gitops", set()),
        ],
    )
    def test_can_i_tells_the_truth_about_approving(
        self, cluster: Cluster, user: str, tiers: set[str]
    ) -> None:
        assert {
            risk for risk in RISKS if may(cluster, user, "approve", "approvalrequests", sub=risk)
        } == tiers

    @pytest.mark.parametrize("user", ["alice", "carol", "agent", "gitops"])
    def test_proposers_propose(self, cluster: Cluster, user: str) -> None:
        assert may(cluster, user, "create", "approvalrequests")

    @pytest.mark.parametrize("user", ["dave", "eve"])
    def test_others_do_not(self, cluster: Cluster, user: str) -> None:
        assert not may(cluster, user, "create", "approvalrequests")

    @pytest.mark.parametrize("verb", ["create", "patch", "update", "delete"])
    def test_eve_can_only_read(self, cluster: Cluster, verb: str) -> None:
        assert may(cluster, "eve", "get", "approvalrequests")
        assert not may(cluster, "eve", verb, "approvalrequests")

    @pytest.mark.parametrize(
        "user", ["alice", "bob", "carol", "erin", "dave", "agent", "eve", "gitops"]
    )
    @pytest.mark.parametrize(
        ("verb", "sub"), [("delete", ""), ("patch", "status"), ("operate", "status")]
    )
    def test_nobody_deletes_or_writes_the_status(
        self, cluster: Cluster, user: str, verb: str, sub: str
    ) -> None:
        assert not may(cluster, user, verb, "approvalrequests", sub=sub)

    @pytest.mark.parametrize("verb", ["request-as", "sign-as"])
    def test_only_gitops_speaks_for_others(self, cluster: Cluster, verb: str) -> None:
        who = {user for user in cluster.users if may(cluster, user, verb, "approvalrequests")}
        assert who == {"gitops", "admin"}

    @pytest.mark.parametrize(
        ("verb", "resource", "who"),
        [
            (
                "get",
                "incidents",
                {"alice", "bob", "carol", "erin", "dave", "agent", "eve", "gitops"},
            ),
            (
                "get",
                "playbooks",
                {"alice", "bob", "carol", "erin", "dave", "agent", "eve", "gitops"},
            ),
            ("create", "incidents", {"alice", "bob", "carol", "erin", "agent", "gitops"}),
            ("patch", "playbooks", {"alice", "bob", "carol", "erin", "agent", "gitops"}),
            ("judge", "incidents", {"alice", "bob", "carol", "erin"}),
            ("approve", "playbooks", {"carol", "erin"}),
            ("delete", "incidents", set()),
            ("delete", "playbooks", set()),
        ],
    )
    def test_who_writes_judges_and_approves(
        self, cluster: Cluster, verb: str, resource: str, who: set[str]
    ) -> None:
        able = {user for user in cluster.users if may(cluster, user, verb, resource)}
        assert able - {"admin"} == who


class TestBuiltInRoles:
    @pytest.mark.parametrize(
        ("role", "proposes"), [("view", False), ("edit", True), ("admin", True)]
    )
    def test_they_include_ours_but_never_signing(
        self, cluster: Cluster, namespace: str, role: str, proposes: bool
    ) -> None:
        user = f"{role}er"
        binding = ("create", "rolebinding", user, f"--clusterrole={role}", f"--user={user}")
        cluster.kubectl(*binding, "--namespace", namespace)
        until(
            lambda: may(cluster, user, "get", "approvalrequests", namespace=namespace),
            f"{role} to include countersign-viewer",
        )
        assert may(cluster, user, "create", "approvalrequests", namespace=namespace) == proposes
        for sub in (*RISKS, "status"):
            for verb in ("approve", "operate", "patch"):
                assert not may(
                    cluster, user, verb, "approvalrequests", sub=sub, namespace=namespace
                )
        for verb in ("delete", "request-as", "sign-as"):
            assert not may(cluster, user, verb, "approvalrequests", namespace=namespace)
        for resource in ("incidents", "playbooks"):
            assert may(cluster, user, "create", resource, namespace=namespace) == proposes
        assert not may(cluster, user, "judge", "incidents", namespace=namespace)
        assert not may(cluster, user, "approve", "playbooks", namespace=namespace)

    def test_an_administrator_of_a_namespace_cannot_become_an_approver(
        self, cluster: Cluster, namespace: str
    ) -> None:
        bind = ("create", "rolebinding", "--user=ambitious", "--namespace", namespace)
        cluster.kubectl(*bind, "ambitious", "--clusterrole=admin")
        until(
            lambda: may(
                cluster,
                "ambitious",
                "create",
                "rolebindings.rbac.authorization.k8s.io",
                namespace=namespace,
            ),
            "the binding to admin to be in force",
        )
        for role in ("approver-low", "gitops-signer", "operator"):
            own = (*bind, role, f"--clusterrole=countersign-{role}", "--as=ambitious")
            answer = cluster.kubectl(*own, check=False)
            assert "attempting to grant RBAC permissions not currently held" in answer.stderr


class TestNamespaces:
    def test_a_tier_can_be_given_in_one_namespace_only(
        self, cluster: Cluster, namespace: str
    ) -> None:
        role = "countersign-approver-high"
        binding = ("create", "rolebinding", "dave", f"--clusterrole={role}", "--user=dave")
        cluster.kubectl(*binding, "--namespace", namespace)

        def there() -> bool:
            return may(
                cluster, "dave", "approve", "approvalrequests", sub="high", namespace=namespace
            )

        until(there, "dave's binding to be in force")
        assert not may(cluster, "dave", "approve", "approvalrequests", sub="high")


class TestOperator:
    def test_it_has_these_rights_in_the_cluster_and_no_other(
        self, cluster: Cluster, namespace: str
    ) -> None:
        anybody = f"system:serviceaccount:{namespace}:default"
        assert self.rights(cluster, OPERATOR, namespace) - self.rights(
            cluster, anybody, namespace
        ) == {
            ("countersign.dev", "approvalrequests", "", "get,list,patch,watch"),
            ("countersign.dev", "approvalrequests/status", "", "get,operate,patch,update"),
            ("countersign.dev", "approvalpolicies", "", "get,list,watch"),
            ("countersign.dev", "approvalpolicies/status", "", "patch"),
            ("countersign.dev", "incidents", "", "get,list,watch"),
            ("countersign.dev", "incidents/status", "", "operate,patch"),
            ("countersign.dev", "playbooks", "", "approve,create,get,list,patch"),
            ("countersign.dev", "playbooks/status", "", "operate,patch"),
            ("", "namespaces", "", "list,watch"),
            ("events.k8s.io", "events", "", "create"),
            ("", "serviceaccounts", "countersign-executor", "impersonate"),
            *(
                (
                    "apiextensions.k8s.io",
                    "customresourcedefinitions",
                    f"{plural}.countersign.dev",
                    "get",
                )
                for plural in ("approvalrequests", "approvalpolicies", "incidents", "playbooks")
            ),
        }

    def test_it_has_these_rights_in_its_own_namespace_and_no_other(
        self, cluster: Cluster, namespace: str
    ) -> None:
        assert self.rights(cluster, OPERATOR, "countersign-system") - self.rights(
            cluster, OPERATOR, namespace
        ) == {
            ("", "configmaps", "", "create,get,list,patch,update,watch"),
            ("coordination.k8s.io", "leases", "", "create"),
            ("coordination.k8s.io", "leases", "countersign-operator", "get,patch,update"),
        }

    @staticmethod
    def rights(cluster: Cluster, user: str, namespace: str) -> set[tuple[str, str, str, str]]:
        """All that a user may do in a namespace: (group, resource, name, verbs)."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        status = Caller(cluster).acting_as(user).ask("POST", path, review).accepted()["status"]
        assert not status["incomplete"]
        return {
            (group, resource, name, ",".join(sorted(rule["verbs"])))
            for rule in status["resourceRules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for name in rule.get("resourceNames", [""])
        }

    @pytest.mark.parametrize(
        ("verb", "resource"),
        [
            ("patch", "deployments.apps"),
            ("get", "deployments.apps"),
            ("delete", "pods"),
            ("create", "pods"),
            ("get", "secrets"),
            ("list", "secrets"),
            ("create", "approvalrequests"),
            ("delete", "approvalrequests"),
            ("sign-as", "approvalrequests"),
            ("request-as", "approvalrequests"),
            ("create", "incidents"),
            ("patch", "incidents"),
            ("judge", "incidents"),
            ("delete", "incidents"),
            ("delete", "playbooks"),
            ("impersonate", "users"),
            ("impersonate", "groups"),
            ("impersonate", "serviceaccounts/default"),
            ("escalate", "clusterroles.rbac.authorization.k8s.io"),
            ("patch", "validatingadmissionpolicies.admissionregistration.k8s.io"),
        ],
    )
    def test_it_has_no_power_of_its_own(self, cluster: Cluster, verb: str, resource: str) -> None:
        assert not may(cluster, OPERATOR, verb, resource)

    @pytest.mark.parametrize("risk", RISKS)
    def test_it_cannot_approve(self, cluster: Cluster, risk: str) -> None:
        assert not may(cluster, OPERATOR, "approve", "approvalrequests", sub=risk)

    def test_it_acts_as_the_account_that_a_team_made_for_it(
        self, cluster: Cluster, team: str
    ) -> None:
        own = cluster.service_account_kubeconfig("countersign-system", "countersign-operator")
        patch = (
            *("patch", "deployment", "web", "--namespace", team),
            '--patch={"spec":{"replicas":2}}',
            f"--kubeconfig={own}",
        )
        executor = f"--as=system:serviceaccount:{team}:countersign-executor"
        assert cluster.kubectl(*patch, executor).returncode == 0
        for other in ([], [f"--as=system:serviceaccount:{team}:default"], ["--as=admin"]):
            answer = cluster.kubectl(*patch, *other, check=False)
            assert "Forbidden" in answer.stderr

    def test_a_team_opens_another_account_to_it_in_its_own_namespace(
        self, cluster: Cluster, namespace: str
    ) -> None:
        account = "serviceaccounts/restarter"
        assert not may(cluster, OPERATOR, "impersonate", account, namespace=namespace)
        other = SAMPLES / "other-executor.yaml"
        cluster.kubectl("apply", "--filename", other, "--namespace", namespace)
        until(
            lambda: may(cluster, OPERATOR, "impersonate", account, namespace=namespace),
            "the team's Role to be in force",
        )
        assert not may(cluster, OPERATOR, "impersonate", account)


class TestExecutor:
    @pytest.mark.parametrize(
        ("verb", "resource", "allowed"),
        [
            ("get", "deployments.apps", True),
            ("patch", "deployments.apps", True),
            ("watch", "deployments.apps", True),
            ("patch", "statefulsets.apps", True),
            ("delete", "deployments.apps", False),
            ("create", "deployments.apps", False),
            ("get", "secrets", False),
            ("create", "pods", False),
            ("patch", "approvalrequests", False),
        ],
    )
    def test_the_sample_can_restart_and_scale_and_no_more(
        self, cluster: Cluster, team: str, verb: str, resource: str, allowed: bool
    ) -> None:
        executor = f"system:serviceaccount:{team}:countersign-executor"
        assert may(cluster, executor, verb, resource, namespace=team) == allowed
