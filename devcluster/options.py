"""What can be asked of a cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum

from devcluster.errors import UnsupportedError


class Source(StrEnum):
    """Where the control plane comes from."""

    AUTO = "auto"  # KUBEBUILDER_ASSETS, then the cache, then a build
    CURRENT = "current"  # the kubeconfig in use: a cluster the person names
    KIND = "kind"  # a kind cluster, deleted at the end
    BUILD = "build"  # the pinned build, from the cache or made now; never KUBEBUILDER_ASSETS


def default_source() -> Source:
    """`$COUNTERSIGN_CLUSTER`, else auto; UnsupportedError where it names no source."""
    name = os.environ.get("COUNTERSIGN_CLUSTER") or Source.AUTO
    try:
        return Source(name)
    except ValueError:
        raise UnsupportedError(
            f"COUNTERSIGN_CLUSTER is {name!r}; it can be {', '.join(Source)}"
        ) from None


@dataclass(frozen=True)
class Options:
    """How to start a cluster.

    `controllers` runs kube-controller-manager, kube-scheduler and kwok with one Node; without
    them objects are stored and admitted, but nothing acts on them. `audit` writes a JSON audit
    log (Metadata level). `install` applies the project's `manifests/cluster`, if there are any,
    and the users' role bindings. `commands` lets commands in containers run on this machine, as
    this user: for tests of exec only. `apiserver_flags` are added to kube-apiserver's. `quiet`
    shows no progress.
    """

    source: Source = field(default_factory=default_source)
    controllers: bool = True
    audit: bool = False
    install: bool = True
    commands: bool = False
    apiserver_flags: tuple[str, ...] = ()
    quiet: bool = False
