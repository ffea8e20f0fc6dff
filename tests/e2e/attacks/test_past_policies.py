"""Ways past policies: an object taken along, another namespace, and a request that nobody can read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devcluster import Cluster, OperatorProcess
from tests.e2e.attacks.conftest import People
from tests.support.eventually import eventually
from tests.support.people import JsonObject
from tests.support.shop import condition
from tests.support.site import Site
from tests.support.workloads import laid, workload

RESTART = {"type": "RestartRollout"}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "ledger"},
    "spec": {"containers": [{"name": "ledger", "image": "ledger:1"}]},
}


@pytest.fixture(scope="module")
def bank(cluster: Cluster, operator: OperatorProcess) -> Iterator[Site]:
    """Another team's namespace."""
    assert operator.alive()
    opened = Site.opened(cluster)
    opened.create(POD)
    yield opened
    opened.closed()


def lay_down(site: Site, match: JsonObject, require: JsonObject) -> None:
    """A policy for a namespace, once the operator has read it."""
    selector = {"matchLabels": {"kubernetes.io/metadata.name": site.namespace}}
    site.create(
        {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "ApprovalPolicy",
            "metadata": {"name": site.namespace},
            "spec": {"match": {"namespaceSelector": selector, **match}, "require": require},
        }
    )

    def read() -> bool:
        found = site.get("ApprovalPolicy", site.namespace)
        return bool((found.get("status") or {}).get("conditions"))

    eventually(read, what="the policy to be read")


def waits(site: Site, name: str, reason: str) -> None:
    """Wait until a request waits for this; labels of a new namespace may come a moment later."""

    def is_so(status: JsonObject) -> bool:
        return condition(status, "Approved").get("reason") == reason

    site.when(name, is_so, f"to wait: {reason}")


def test_what_is_approved_automatically_takes_no_other_object_along(
    site: Site, people: People
) -> None:
    cache = workload("Deployment")
    cache["metadata"]["name"] = "cache-a"
    laid(site, cache)
    auto = {"riskAtMost": "high", "confidenceAtLeast": 0.5}
    lay_down(site, {"targetNames": ["cache-*"]}, {"autoApprove": auto})
    try:
        targets = [{"kind": "Deployment", "name": name} for name in ("cache-a", "web")]
        along = RESTART | {"targets": targets}
        people("agent").propose("along", operation=along, confidence=1).accepted()
        waits(site, "along", "SignaturesMissing")
        assert site.get("Deployment", "web")["metadata"]["generation"] == 1
        alone = RESTART | {"target": targets[0]}
        people("agent").propose("alone", operation=alone, confidence=1).accepted()
        approval = site.ended("alone")["approval"]
        assert approval["mode"] == "Automatic"
    finally:
        site.delete("ApprovalPolicy", site.namespace)


def test_what_is_done_in_a_namespace_comes_under_its_policies_from_anywhere(
    site: Site, bank: Site, people: People
) -> None:
    site.create(site.binding("ClusterRoleBinding", "countersign-can-nodes"))
    lay_down(bank, {}, {"suspend": True})
    try:
        target = {"kind": "Pod", "name": "ledger", "namespace": bank.namespace}
        people("agent").propose("evict", operation={"type": "EvictPod", "target": target})
        waits(site, "evict", "Suspended")
    finally:
        bank.delete("ApprovalPolicy", bank.namespace)


def test_a_request_that_nobody_can_read_ends_and_keeps_no_other_waiting(
    site: Site, people: People
) -> None:
    never = "0001-01-01T00:00:00+14:00"
    lay_down(site, {}, {"rateLimit": {"count": 100, "per": "1h"}})
    try:
        people("agent").propose("never", operation=RESTART_WEB, notBefore=never).accepted()
        status = site.when("never", lambda status: status.get("phase") == "Failed", "to end")
        assert "write a time within the years 1 to 9999" in status["status"]["message"]
        people("agent").propose("ever", operation=RESTART_WEB).accepted()
        waits(site, "ever", "SignaturesMissing")
    finally:
        site.delete("ApprovalPolicy", site.namespace)


RESTART_WEB = RESTART | {"target": {"kind": "Deployment", "name": "web"}}
