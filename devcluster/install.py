"""Putting the project's manifests and the people's rights into a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from devcluster.errors import CommandError
from devcluster.kubectl import Kubectl
from devcluster.policies import CustomResource, wait_until_enforced
from devcluster.waiting import KUBECTL_INTERVAL, wait_until

PROJECT_MANIFESTS = Path(__file__).parent.parent / "manifests" / "cluster"
USERS_MANIFEST = Path(__file__).parent / "users.yaml"
_SERVED_WITHIN = 30.0  # seconds after Established; 0.1 is usual

_APPLY = ("apply", "--server-side", "--field-manager=devcluster", "--output=name")
# How objects are refused whose kind the same kustomization has only just defined.
_TOO_EARLY = ("no matches for kind", "There can be a delay between")


def install_project(kubectl: Kubectl, *, once_served: Callable[[], None] = lambda: None) -> None:
    """Apply the users' RBAC and the project's `manifests/cluster`; see `install`."""
    kubectl.run(*_APPLY, "--filename", USERS_MANIFEST)
    install(kubectl, PROJECT_MANIFESTS, once_served=once_served)


def install(
    kubectl: Kubectl, kustomization: Path, *, once_served: Callable[[], None] = lambda: None
) -> None:
    """Apply a kustomization; returns when its CRDs are served and its policies are enforced.

    `once_served` is called between the two.
    """
    command = (*_APPLY, "--kustomize", kustomization)
    first = kubectl.run(*command, check=False)
    applied = first.stdout.split()
    too_early = any(text in first.stderr for text in _TOO_EARLY)
    if first.returncode and not too_early:
        raise CommandError(f"{kustomization} could not be applied:\n{first.stderr.strip()}")
    resources = _wait_until_served(kubectl, applied)
    once_served()
    wait_until_enforced(kubectl, applied, resources)
    if too_early:
        kubectl.run(*command)


def _wait_until_served(kubectl: Kubectl, applied: Iterable[str]) -> list[CustomResource]:
    """Wait for the CRDs among the applied objects, and read them.

    A list is what tells: the API server says Established a moment before it really serves a
    resource, and `kubectl wait` fails on a CRD that has no conditions yet.
    """
    crds = [name for name in applied if name.startswith("customresourcedefinition")]
    if not crds:
        return []
    resources = ",".join(crd.partition("/")[2] for crd in crds)
    listing = ("get", resources, "--all-namespaces", "--output=name")
    wait_until(
        lambda: kubectl.run(*listing, check=False).returncode == 0,
        timeout=_SERVED_WITHIN,
        what=f"{resources} to be served",
        interval=KUBECTL_INTERVAL,
    )
    answer = json.loads(kubectl.run("get", "--output=json", *crds).stdout)
    return [CustomResource.of_definition(item["spec"]) for item in answer.get("items", [answer])]
