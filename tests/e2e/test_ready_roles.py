"""`manifests/cluster/executors`: each ready role is enough for the operations it names, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from countersign.api.operation_type import OperationType
from devcluster import Cluster, OperatorProcess
from tests.support.every_operation import cleared, every_operation, laid_out
from tests.support.people import Person
from tests.support.requests_counted import AuditTrail
from tests.support.shop import condition
from tests.support.site import EXECUTOR, NAMESPACED_ROLES, JsonObject, Site

EXECUTORS = Path(__file__).parents[2] / "manifests" / "cluster" / "executors"
_PATCHES_OF_WORKLOADS = {
    "RestartRollout",
    "Scale",
    "PauseRollout",
    "ResumeRollout",
    "SetImage",
    "SetEnv",
    "SetResources",
}
"""One right, `patch`, for the API server: RBAC cannot tell a restart from another image."""
ENOUGH_FOR: dict[str, set[str]] = {
    "restart-and-scale": _PATCHES_OF_WORKLOADS,
    "rollouts": _PATCHES_OF_WORKLOADS | {"RollbackRollout"},
    "pods": {"DeletePod", "EvictPod"},
    "jobs": {"RunJob"},
    "exec": {"Exec"},
    "objects": {"Label", "Annotate", "Patch", "Apply", "DeleteResource", "DeletePod"}
    | _PATCHES_OF_WORKLOADS
    | {"RollbackRollout", "RunJob"},
    "nodes": {"CordonNode", "UncordonNode", "DrainNode", "TaintNode", "EvictPod"},
}
"""Whatever a role lets be planned, among all operations."""
NAMED: dict[str, set[str]] = {
    "restart-and-scale": {"RestartRollout", "Scale"},
    "rollouts": _PATCHES_OF_WORKLOADS | {"RollbackRollout"},
    "pods": {"DeletePod", "EvictPod"},
    "jobs": {"RunJob"},
    "exec": {"Exec"},
    "objects": {"Label", "Annotate", "Patch", "Apply", "DeleteResource"},
    "nodes": {"CordonNode", "UncordonNode", "DrainNode", "TaintNode"},
}
"""What each is there for."""


_WORKLOADS = ("deployments", "statefulsets", "daemonsets", "replicasets")
SEEN_ELSEWHERE = {
    # Asked for where others say that they are needed: what is lost, and why something went wrong.
    *(("list", what) for what in ("services", "poddisruptionbudgets", "pods", "events")),
    ("list", "controllerrevisions"),  # Of a StatefulSet or DaemonSet that is rolled back.
    ("patch", "cronjobs"),  # Set image of a CronJob.
    ("update", "cronjobs/finalizers"),  # By OwnerReferencesPermissionEnforcement.
    ("create", "pods/exec"),  # By the API server, beside the `get` of a WebSocket.
}
"""Rights that none of these requests uses, and other ones do."""
Right = tuple[str, str]


@pytest.fixture
def site(cluster: Cluster, operator: OperatorProcess) -> Iterator[Site]:
    """A namespace with everything to work on, and an executing account that may do nothing."""
    assert operator.alive(), operator.log_path.read_text()[-2000:]
    opened = Site.opened(cluster)
    for role in NAMESPACED_ROLES:
        opened.delete("RoleBinding", f"countersign-can-{role}")
    laid_out(opened)
    yield opened
    cleared(opened)
    opened.closed()


def given(site: Site, role: str) -> None:
    """Bind one ready role, as samples/executor.yaml does (nodes: in the whole cluster)."""
    kind = "ClusterRoleBinding" if role == "nodes" else "RoleBinding"
    site.create(site.binding(kind, f"countersign-can-{role}"))


def tried(site: Site, prefix: str, **spec: object) -> dict[str, str]:
    """Propose every operation at once; the names of the requests by operation."""
    agent, names = Person(site.cluster, site.namespace, "agent"), {}
    for type_, action in every_operation(site).items():
        names[type_] = f"{prefix}-{type_.lower()}"
        agent.propose(names[type_], **action, **spec).accepted()
    return names


def test_the_table_is_complete() -> None:
    assert set(ENOUGH_FOR) == {*NAMESPACED_ROLES, "nodes"} == set(NAMED)
    assert set.union(*NAMED.values()) == set(OperationType)


@pytest.mark.parametrize("role", ENOUGH_FOR)
def test_a_role_is_enough_for_what_it_names_and_refuses_the_rest_with_a_sentence(
    site: Site, role: str, audit: AuditTrail
) -> None:
    given(site, role)
    plans = tried(site, "plan", dryRun=True)
    ended = {type_: site.ended(name) for type_, name in plans.items()}
    allowed = {type_ for type_, status in ended.items() if status["phase"] == "Succeeded"}
    assert allowed == ENOUGH_FOR[role]
    for type_, status in ended.items():
        if type_ not in allowed:
            assert_told(site, status)
    for type_ in sorted(NAMED[role]):
        status = carried_out(site, type_)
        assert status["phase"] == "Succeeded", (type_, status["message"])
        assert condition(status, "Verified").get("status") in ("True", None), (type_, status)
    if role != "objects":
        assert granted(role) - used(site, audit) - SEEN_ELSEWHERE == set()


def assert_told(site: Site, status: JsonObject) -> None:
    """Who lacks what, and what to do about it."""
    planned = condition(status, "Planned")
    assert planned["reason"] == "Forbidden", planned
    assert f"service account {site.namespace}/{EXECUTOR}" in planned["message"].lower()
    assert "Bind " in planned["message"]
    assert "cannot " in planned["message"] or "may not " in planned["message"]


def carried_out(site: Site, type_: str) -> JsonObject:
    """Propose, sign, and see the end."""
    return site.carried_out(f"run-{type_.lower()}", **every_operation(site)[type_])


def granted(role: str) -> set[Right]:
    """Verb and resource of all that a role gives; of the kinds of workloads, one for all."""
    rules = yaml.safe_load((EXECUTORS / f"{role}.yaml").read_text("utf-8"))["rules"]
    return {
        (verb, _kind(resource))
        for rule in rules
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def used(site: Site, audit: AuditTrail) -> set[Right]:
    """What the account has asked for, and got."""
    account = f"system:serviceaccount:{site.namespace}:{EXECUTOR}"
    return {
        (asked.verb, _kind(asked.resource))
        for asked in audit.everything_by_operator()
        if asked.impersonated == account and asked.code < 400
    }


def _kind(resource: str) -> str:
    return "workloads" if resource in _WORKLOADS else resource


def test_with_no_role_nothing_is_planned(site: Site) -> None:
    for name in tried(site, "none").values():
        status = site.ended(name)
        assert status["phase"] == "Failed"
        assert_told(site, status)
