"""What Argo CD needs in a cluster: its own manifests, and access to where it deploys."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

import yaml

from devcluster.argocd.customization import LUA
from devcluster.cluster import Cluster
from devcluster.waiting import wait_until

NAMESPACE: Final = "argocd"
SERVICE_ACCOUNT: Final = "argocd-application-controller"
_SERVED_WITHIN = 60.0  # seconds; 1 is usual
_APPLY = ("apply", "--server-side", "--namespace", NAMESPACE)


def install(cluster: Cluster, manifests: Path, *, account: str) -> None:
    """Apply Argo CD's `manifests`, then ours as the guide says; `account` is who it deploys as."""
    cluster.kubectl("create", "namespace", NAMESPACE)
    cluster.kubectl(*_APPLY, "--filename", manifests)
    served = ("get", "applications.argoproj.io,appprojects.argoproj.io", "--all-namespaces")
    wait_until(
        lambda: cluster.kubectl(*served, check=False).returncode == 0,
        timeout=_SERVED_WITHIN,
        what="Argo CD's own kinds to be served",
    )
    own = [_settings(), _project(), _destination(cluster, account)]
    cluster.kubectl(*_APPLY, "--filename=-", input=yaml.safe_dump_all(own))
    cluster.kubectl("apply", "--server-side", "--field-manager=countersign", "--kustomize", LUA)


def _settings() -> dict[str, Any]:
    # Argo CD watches every kind there is, unless it is told to leave out what it may not read.
    return {**_object("v1", "ConfigMap", "argocd-cm"), "data": {"resource.respectRBAC": "normal"}}


def _project() -> dict[str, Any]:
    spec = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
    }
    return {**_object("argoproj.io/v1alpha1", "AppProject", "default"), "spec": spec}


def _destination(cluster: Cluster, account: str) -> dict[str, Any]:
    """The cluster as Argo CD knows it: an address and somebody's token."""
    ca = base64.b64encode(cluster.ca_file.read_bytes()).decode()
    config = {"bearerToken": cluster.token(account), "tlsClientConfig": {"caData": ca}}
    secret = _object("v1", "Secret", "destination")
    secret["metadata"]["labels"] = {"argocd.argoproj.io/secret-type": "cluster"}
    data = {"name": "destination", "server": cluster.server, "config": json.dumps(config)}
    return {**secret, "stringData": data}


def _object(api_version: str, kind: str, name: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
