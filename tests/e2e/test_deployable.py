"""What people apply, as they apply it: the whole of manifests/, on a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devcluster import Cluster, OperatorProcess
from tests.support.caller import Caller, client
from tests.support.eventually import eventually
from tests.support.shop import Shop

MANIFESTS = Path(__file__).parents[2] / "manifests"
SYSTEM = ("--namespace", "countersign-system")
FLOW_SCHEMAS = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"


@pytest.fixture(scope="module")
def applied(cluster: Cluster) -> Iterator[str]:
    """`kubectl apply -k manifests/`, and what the API server had to say about it."""
    answer = cluster.kubectl("apply", "--kustomize", MANIFESTS)
    yield answer.stderr
    cluster.kubectl("delete", "--kustomize", MANIFESTS / "operator", "--wait=false")


def objects(cluster: Cluster, *what: str) -> list[dict[str, Any]]:
    answer = cluster.kubectl(*SYSTEM, "get", *what, "--output=json")
    return list(json.loads(answer.stdout)["items"])


def test_the_operators_pods_fit_the_restricted_pod_security_standard(
    cluster: Cluster, applied: str
) -> None:
    namespace = json.loads(cluster.kubectl("get", "ns", SYSTEM[1], "--output=json").stdout)
    for mode in ("enforce", "warn"):
        assert namespace["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"] == "restricted"
    # (What was installed by server-side apply lacks an annotation: that one is told of.)
    assert [line for line in applied.splitlines() if "last-applied" not in line] == []
    rollout = ("rollout", "status", "deployment/countersign-operator", "--timeout=60s")
    cluster.kubectl(*SYSTEM, *rollout)
    pods = objects(cluster, "pods", "--selector=app.kubernetes.io/component=operator")
    assert len(pods) == 2
    assert {pod["spec"]["serviceAccountName"] for pod in pods} == {"countersign-operator"}


def test_with_everything_applied_the_operator_does_the_main_job_under_its_own_account(
    applied: str, shop: Shop
) -> None:
    shop.deploy("web", replicas=1)
    shop.settled("web")
    status = shop.carried_out("r", action="kubectl rollout restart deployment/web")["status"]
    assert status["phase"] == "Succeeded", status
    assert shop.revisions("web") == 2


def test_the_ports_of_the_deployment_are_what_the_operator_serves(
    cluster: Cluster, applied: str, operator: OperatorProcess
) -> None:
    [deployment] = objects(cluster, "deployments")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    paths = {container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")}
    root = f"http://127.0.0.1:{operator.probe_port}"
    for path in paths:
        answer = httpx.get(root + path, trust_env=False)
        assert (answer.status_code, answer.text) == (200, "ok\n")
    page = httpx.get(f"{root}/metrics", trust_env=False)
    assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "countersign_leading 1.0" in page.text
    assert "countersign_decisions_total" in page.text


def test_the_renewal_of_the_lease_goes_before_the_operators_other_requests(
    cluster: Cluster,
) -> None:
    """What the API server says it took a request for: the Lease's are few and in no queue."""
    admin = Caller(cluster)
    own = admin.acting_as(f"system:serviceaccount:{SYSTEM[1]}:countersign-operator")
    first = admin.ask("GET", f"{FLOW_SCHEMAS}/countersign-lease").accepted()
    assert first["spec"]["priorityLevelConfiguration"]["name"] == "leader-election"
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{SYSTEM[1]}/leases/countersign-operator"

    def is_first(path: str, who: Caller = own) -> bool:
        return flow_schema(who, path) == first["metadata"]["uid"]

    eventually(lambda: is_first(leases), what="the API server to know its flow schemas")
    assert not is_first(leases, who=admin)
    assert not is_first(leases.replace(SYSTEM[1], "default"))
    assert not is_first("/apis/countersign.dev/v1alpha1/approvalrequests")


def flow_schema(who: Caller, path: str) -> str:
    """UID of the one that a request went by."""
    http = client(who.cluster.server, str(who.cluster.ca_file), who.cluster.token(who.user))
    answer = http.get(path, headers=list(who.acting))
    return str(answer.headers["X-Kubernetes-PF-FlowSchema-UID"])
