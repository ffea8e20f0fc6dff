"""Who may talk to a cluster, and how: its address, and credentials for each person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devcluster import users
from devcluster.control_plane import ControlPlane
from devcluster.errors import UnsupportedError
from devcluster.kubeconfig import impersonating, own_cluster, render, write_private
from devcluster.kubectl import Kubectl


@dataclass(frozen=True)
class Access:
    """The stanzas of kubeconfig files: the cluster's, each person's, the harness's own."""

    cluster: Mapping[str, Any]
    people: Mapping[str, Mapping[str, Any]]
    harness: Mapping[str, Any]

    def write(self, state: Path) -> tuple[Kubectl, Kubectl]:
        """Write both kubeconfigs; kubectl for the people, and kubectl for the harness."""
        cache = state / "kubectl-cache"
        people = render(self.cluster, self.people, current="admin")
        name = users.HARNESS.name
        harness = render(self.cluster, {name: self.harness}, current=name)
        return (
            Kubectl(write_private(state / "kubeconfig", people), cache),
            Kubectl(write_private(state / "harness.kubeconfig", harness), cache),
        )


def own_access(plane: ControlPlane) -> Access:
    """Access to a control plane started here: a token for each user."""
    return Access(
        cluster=own_cluster(plane.server, plane.ca_file.read_bytes()),
        people={user.name: {"token": plane.tokens[user.name]} for user in users.PEOPLE},
        harness={"token": plane.tokens[users.HARNESS.name]},
    )


def borrowed_access(kubectl: Kubectl) -> Access:
    """Somebody else's cluster: `admin` is whoever its kubeconfig says, and acts as the others.

    kubectl impersonates from the kubeconfig; most libraries do not.
    """
    text = kubectl.run("config", "view", "--minify", "--raw", "--flatten", "--output=json").stdout
    config = json.loads(text)
    if not config.get("clusters") or not config.get("users"):
        raise UnsupportedError(
            "the kubeconfig in use has no current context: choose one with "
            "`kubectl config use-context`, or let --cluster auto start a cluster"
        )
    credentials = config["users"][0]["user"]
    return Access(
        cluster=config["clusters"][0]["cluster"],
        people={
            user.name: credentials if user.name == "admin" else impersonating(credentials, user)
            for user in users.PEOPLE
        },
        harness=credentials,
    )
