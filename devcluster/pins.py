"""The versions of what is built, and how: one component for each Go module in `build/`.

What is built together is a bundle: the control plane, and Argo CD for the tests beside it.
"""

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
ARGOCD = "3.6.1"

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


@dataclass(frozen=True)
class Extract:
    """YAML files that programs are run with, copied out of a module's source, which is not kept.

    The files of `folders`, which are in the module's folder `base`, end up in the folder `target`
    beside the programs.
    """

    module: str
    base: str
    folders: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Bundle:
    """What is built together, whole or not at all, and cached in a folder `name`.

    `title` is what people are told is built, `expected` how long that takes.
    """

    name: str
    title: str
    versions: dict[str, str]
    components: tuple[Component, ...]
    extract: Extract
    expected: str


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

# Without stages kwok exits with "no stages found". `general` pods would take seconds to become
# ready; `fast` ones take none.
KWOK_STAGES = ("node/fast", "node/heartbeat-with-lease", "pod/fast")


CONTROL_PLANE = Bundle(
    name="control-plane",
    title=f"Kubernetes {KUBERNETES}",
    versions={"kubernetes": KUBERNETES, "etcd": ETCD, "kwok": KWOK},
    components=COMPONENTS,
    extract=Extract("sigs.k8s.io/kwok", "kustomize/stage", KWOK_STAGES, target="stages"),
    expected="about 10 minutes on two cores, once",
)

ARGOCD_BUNDLE = Bundle(
    name="argocd",
    title=f"Argo CD {ARGOCD}",
    versions={"argocd": ARGOCD},
    # One program; which of Argo CD's it is, it is told by $ARGOCD_BINARY_NAME.
    components=(
        Component("argocd", {"argocd": "github.com/argoproj/argo-cd/v3/cmd"}, packages=2324),
    ),
    # Its CRDs, ConfigMaps and the controller's Role in its own namespace: what people install.
    extract=Extract(
        "github.com/argoproj/argo-cd/v3",
        "manifests",
        ("crds", "base/config", "base/application-controller-roles"),
        target="manifests",
    ),
    expected="about 6 minutes on two cores, once",
)


def cache_key(bundle: Bundle = CONTROL_PLANE) -> str:
    """Name of a bundle's folder: versions, platform, and a hash of all that shapes it."""
    digest = hashlib.sha256()
    for component in bundle.components:
        digest.update(repr((component.name, component.programs, component.ldflags)).encode())
        for name in ("go.mod", "go.sum"):
            digest.update((component.folder / name).read_bytes())
    digest.update(repr(bundle.extract.folders).encode())
    system = f"{sys.platform}-{platform.machine()}"
    versions = "_".join(f"{name}-{version}" for name, version in bundle.versions.items())
    return f"{versions}_{system}_{digest.hexdigest()[:10]}"
