"""The stage: a namespace with a Deployment, and the account that actions run as."""

from __future__ import annotations

from typing import Final

import yaml

from devcluster.cluster import Cluster
from devcluster.install import PROJECT_MANIFESTS
from devcluster.kubeconfig import write_private

NAMESPACE: Final = "shop"
EXECUTOR: Final = PROJECT_MANIFESTS.parent / "samples" / "executor.yaml"


def open_shop(cluster: Cluster) -> None:
    """Create everything, and make the namespace the default of every context."""
    cluster.kubectl("create", "namespace", NAMESPACE)
    _make_default(cluster)
    cluster.kubectl("apply", "--filename", EXECUTOR)
    cluster.kubectl("create", "deployment", "web", "--image=example/web:1", "--replicas=3")


def wait_for_shop(cluster: Cluster) -> None:
    """Wait until the Deployment's pods run."""
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")


def _make_default(cluster: Cluster) -> None:
    config = yaml.safe_load(cluster.kubeconfig.read_text("utf-8"))
    for item in config["contexts"]:
        item["context"]["namespace"] = NAMESPACE
    write_private(cluster.kubeconfig, yaml.safe_dump(config, sort_keys=False))
