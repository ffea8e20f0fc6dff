"""Promise 7, from the audit log: whatever is read or done for a request, its account does it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from countersign.api.operation_type import OperationType
from devcluster import Cluster, OperatorProcess
from tests.support.every_operation import cleared, every_operation, laid_out
from tests.support.people import Person
from tests.support.requests_counted import Asked, AuditTrail
from tests.support.shop import condition
from tests.support.site import EXECUTOR, Site

OWN = (
    "/apis/countersign.dev/v1alpha1/",
    "/apis/events.k8s.io/v1/",
    "/api/v1/namespaces/countersign-system/configmaps",
    "/apis/coordination.k8s.io/v1/namespaces/countersign-system/leases",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/approvalrequests.countersign.dev",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/approvalpolicies.countersign.dev",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/incidents.countersign.dev",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/playbooks.countersign.dev",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
)
"""Its own kinds, Events, knowledge, Lease, type, and what it may."""
FORBIDDEN = 403
DISCOVERY = {"/readyz", "/version", "/api", "/apis", "/api/v1", "/api/v1/namespaces"}
"""What every authenticated account may read, and the names and labels of namespaces, which policies
select by."""


@pytest.fixture
def site(cluster: Cluster, operator: OperatorProcess) -> Iterator[Site]:
    """A namespace with everything to work on, and an account that may do all of it."""
    assert operator.alive(), operator.log_path.read_text()[-2000:]
    opened = Site.opened(cluster)
    opened.create(opened.binding("ClusterRoleBinding", "countersign-can-nodes"))
    laid_out(opened)
    yield opened
    cleared(opened)
    opened.closed()


def is_own(asked: Asked) -> bool:
    """Whether the operator may ask for this as itself."""
    path = urlsplit(asked.uri).path.rstrip("/")
    is_group = path.startswith("/apis/") and path.count("/") <= 3
    return (
        path in DISCOVERY
        or is_group
        or any(f"{path}/".startswith(own) for own in OWN)
        or (any(path.startswith(own) for own in OWN))
    )


def test_all_that_is_read_or_done_for_every_operation_is_done_as_the_account_of_its_request(
    site: Site, audit: AuditTrail
) -> None:
    agent = Person(site.cluster, site.namespace, "agent")
    specs = every_operation(site)
    assert set(specs) == set(OperationType)
    for type_, spec in specs.items():
        agent.propose(type_.lower(), **spec).accepted()
    for type_ in specs:
        site.planned(type_.lower())
        site.sign(type_.lower())
    for type_ in specs:
        status = site.ended(type_.lower())
        assert condition(status, "Executed")["status"] == "True", (type_, status["message"])
        assert "unknown" not in status["plan"]["blastRadius"], (type_, status["plan"])
    account = f"system:serviceaccount:{site.namespace}:{EXECUTOR}"
    asked = audit.everything_by_operator()
    strangers = [each for each in asked if each.impersonated is None and not is_own(each)]
    # An impersonation that is refused is logged without the account; so is what others tried here.
    assert [each for each in strangers if each.code != FORBIDDEN] == []
    ours = [each for each in asked if each.impersonated == account]
    seen = {(each.verb, each.resource) for each in ours}
    assert {("get", "deployments"), ("patch", "deployments"), ("create", "pods/eviction")} <= seen
    # The blast radius.
    assert {("list", "services"), ("list", "poddisruptionbudgets"), ("list", "pods")} <= seen
    foreign = [each for each in asked if each.impersonated not in (None, account)]
    assert not any(f"/namespaces/{site.namespace}/" in each.uri for each in foreign)


def test_as_itself_it_writes_nothing_but_statuses_events_knowledge_and_its_lease(
    site: Site, audit: AuditTrail
) -> None:
    site.carried_out("restart", action="kubectl rollout restart deployment/restart")
    verbs = {
        (each.verb, each.resource)
        for each in audit.everything_by_operator()
        if each.impersonated is None and each.verb not in ("get", "list", "watch")
    }
    assert verbs <= {
        ("patch", "approvalrequests/status"),
        ("patch", "approvalpolicies/status"),
        ("patch", "incidents/status"),
        ("create", "playbooks"),
        ("patch", "playbooks"),
        ("patch", "playbooks/status"),
        ("patch", "approvalrequests"),  # The annotation of an older CRD.
        ("create", "events"),
        ("create", "configmaps"),
        ("patch", "configmaps"),
        ("create", "leases"),
        ("update", "leases"),
        ("create", "selfsubjectaccessreviews"),
    }
    assert ("patch", "approvalrequests/status") in verbs
