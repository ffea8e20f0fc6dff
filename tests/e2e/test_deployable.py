"""What people apply, as they apply it: the whole of manifests/, on a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devcluster import Cluster, OperatorProcess
from tests.support.shop import Shop

MANIFESTS = Path(__file__).parents[2] / "manifests"
SYSTEM = ("--namespace", "countersign-system")


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
