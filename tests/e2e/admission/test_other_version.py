"""By another version of the API, should the type ever have one, the same rules hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devcluster import Cluster
from tests.support.eventually import eventually
from tests.support.people import Person, request_object

OTHER = "v1alpha9"
_CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/approvalrequests.countersign.dev"
_MERGE = "application/merge-patch+json"


@pytest.fixture
def other_version(cluster: Cluster, namespace: str) -> Iterator[str]:
    """The path of the requests of a namespace in a second version of the same shape, served."""
    admin = Person(cluster, namespace, "admin")
    path = f"/apis/countersign.dev/{OTHER}/namespaces/{namespace}/approvalrequests"
    versions = admin.call("GET", _CRD).accepted()["spec"]["versions"]
    both = [*versions, {**versions[0], "name": OTHER, "storage": False}]
    admin.call("PATCH", _CRD, {"spec": {"versions": both}}, _MERGE).accepted()
    body = {**request_object("served", {"action": "x"}), "apiVersion": f"countersign.dev/{OTHER}"}
    eventually(
        lambda: admin.call("POST", path, body, dryRun="All").code == 201,
        what="the other version to be served, and known to the policies",
        seconds=60,
    )
    yield path
    admin.call("PATCH", _CRD, {"spec": {"versions": versions}}, _MERGE).accepted()
    eventually(
        lambda: admin.call("GET", path).code == 404 and admin.call("GET", "").code == 200,
        what="the first version alone to be served",
        seconds=60,
    )


def test_it_is_guarded_like_the_first(cluster: Cluster, namespace: str, other_version: str) -> None:
    agent, alice, admin = (Person(cluster, namespace, user) for user in ("agent", "alice", "admin"))
    agent.propose("fix", action="kubectl rollout restart deployment/web").accepted()
    admin.merge("fix", {"status": {"phase": "Pending", "riskLevel": "low"}}, "/status").accepted()
    path = f"{other_version}/fix"
    forged = {"spec": {"signatures": [{"signer": "bob"}]}}
    alice.call("PATCH", path, forged, _MERGE).refused("You are alice and cannot sign for bob.")
    own = {"spec": {"signatures": [{"signer": "agent"}]}}
    agent.call("PATCH", path, own, _MERGE).refused("agent proposed this request and so cannot sign")
    edited = {"spec": {"action": "kubectl delete namespace prod"}}
    alice.call("PATCH", path, edited, _MERGE).refused("spec.action cannot be changed", 422)
    status = {"status": {"phase": "Approved"}}
    alice.call("PATCH", f"{path}/status", status, _MERGE).refused("cannot patch resource")
    mine = {"spec": {"signatures": [{"signer": "alice"}]}}
    alice.call("PATCH", path, mine, _MERGE).accepted()
