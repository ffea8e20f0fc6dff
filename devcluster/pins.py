"""The versions of what is built, and how: one component for each Go module in `build/`."""

from __future__ import annotations

import hashlib
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

BUILD_FOLDER = Path(__file__).parent / "build"
LEAST_GO = (1, 26)

KUBERNETES = "1.37.2"
ETCD = "3.7.3"
KWOK = "0.8.0"

_VERSION_PACKAGE = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = KUBERNETES.split(".")


@dataclass(frozen=True)
class Component:
    """A Go module of pinned requirements, and the programs built from it.

    `packages` is how many packages a cold build compiles that the components before it have not
    (as `go list -deps tool` counts them); it only scales the progress bar.
    """

    name: str
    programs: dict[str, str]
    packages: int
    ldflags: str = "-s -w"

    @property
    def folder(self) -> Path:
        """Where its `go.mod` and `go.sum` are."""
        return BUILD_FOLDER / self.name


COMPONENTS = (
    Component("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}, packages=577),
    Component("kwok", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}, packages=741),
    Component(
        "kubernetes",
        {
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        },
        packages=2072,
        # Without these the server calls itself v0.0.0-master and clients misjudge it.
        ldflags=(
            f"-s -w -X {_VERSION_PACKAGE}.gitVersion=v{KUBERNETES}"
            f" -X {_VERSION_PACKAGE}.gitMajor={_MAJOR} -X {_VERSION_PACKAGE}.gitMinor={_MINOR}"
        ),
    ),
)

KWOK_MODULE = "sigs.k8s.io/kwok"
# Without stages kwok exits with "no stages found". `general` pods would take seconds to become
# ready; `fast` ones take none.
KWOK_STAGES = ("node/fast", "node/heartbeat-with-lease", "pod/fast")


def cache_key(components: tuple[Component, ...] = COMPONENTS) -> str:
    """Name of the binaries' folder: versions, platform, and a hash of all that shapes them."""
    digest = hashlib.sha256()
    for component in components:
        digest.update(repr((component.name, component.programs, component.ldflags)).encode())
        for name in ("go.mod", "go.sum"):
            digest.update((component.folder / name).read_bytes())
    digest.update(repr(KWOK_STAGES).encode())
    system = f"{sys.platform}-{platform.machine()}"
    versions = f"kubernetes-{KUBERNETES}_etcd-{ETCD}_kwok-{KWOK}"
    return f"{versions}_{system}_{digest.hexdigest()[:10]}"
