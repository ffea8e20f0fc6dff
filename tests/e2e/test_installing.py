"""What `kubectl apply -k manifests/` makes of a cluster."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from devcluster import Cluster

MANIFESTS = Path(__file__).parents[2] / "manifests"


def test_applying_everything_again_changes_nothing(cluster: Cluster) -> None:
    apply = ("apply", "--kustomize", MANIFESTS)
    try:
        first = cluster.kubectl(*apply)
        again = cluster.kubectl(*apply)
    finally:
        cluster.kubectl("delete", "--kustomize", MANIFESTS / "operator", "--wait=false")
    assert "would violate PodSecurity" not in first.stderr
    assert [line for line in again.stdout.splitlines() if not line.endswith(" unchanged")] == []


@pytest.mark.parametrize(
    "name", ["signatures", "status", "deletion", "incidents", "playbooks", "hints"]
)
def test_the_api_server_finds_nothing_to_warn_about_in_a_policy(
    cluster: Cluster, name: str
) -> None:
    get = ("get", "validatingadmissionpolicy", f"countersign-{name}", "--output=json")

    def policy() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(cluster.kubectl(*get).stdout)
        return found

    deadline = time.monotonic() + 30
    while (
        policy().get("status", {}).get("observedGeneration") != policy()["metadata"]["generation"]
    ):
        assert time.monotonic() < deadline, "kube-controller-manager did not check the expressions"
        time.sleep(0.1)
    assert not policy()["status"].get("typeChecking")


@pytest.mark.parametrize("kind", ["approvalrequest", "incident", "playbook"])
def test_the_sample_is_accepted_from_a_proposer(cluster: Cluster, kind: str) -> None:
    sample = MANIFESTS / "samples" / f"{kind}.yaml"
    create = ("create", "--dry-run=server", "--filename", sample, "--namespace", "default")
    assert "created (server dry run)" in cluster.kubectl(*create, user="agent").stdout
