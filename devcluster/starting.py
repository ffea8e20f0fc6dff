"""Starting a cluster from any of its sources."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from devcluster.access import borrowed_access, own_access
from devcluster.binaries import Binaries, find_binaries
from devcluster.builder import build
from devcluster.cluster import Cluster
from devcluster.control_plane import ControlPlane
from devcluster.controllers import Controllers
from devcluster.errors import AddressInUseError, MissingToolError
from devcluster.kind import KindCluster
from devcluster.kubectl import Kubectl
from devcluster.options import Options, Source
from devcluster.processes import Guard
from devcluster.progress import spinner

_ATTEMPTS = 5  # ports tried before giving up


def start(options: Options | None = None) -> Cluster:
    """Start a cluster and return it when it is ready to use; a DevclusterError if it cannot be.

    Whatever happens to this process, no other process and no file stays behind.
    """
    options = options or Options()
    match options.source:
        case Source.CURRENT:
            cluster = _start_on_current()
        case Source.KIND:
            cluster = _start_on_kind()
        case Source.AUTO | Source.BUILD:
            return _start_own(options)
    if options.install:
        _or_stop(cluster, cluster.install_project)
    return cluster


def _start_own(options: Options) -> Cluster:
    binaries = find_binaries(options.source, lambda: build(quiet=options.quiet))
    if options.controllers and not binaries.has_controllers:
        raise MissingToolError(
            f"{binaries.folder} has no controllers, so Deployments would not roll out: unset "
            "KUBEBUILDER_ASSETS, or ask for no controllers"
        )
    with spinner("Starting Kubernetes", quiet=options.quiet):
        for _ in range(_ATTEMPTS - 1):
            try:
                return _start_processes(binaries, options)
            except AddressInUseError:
                continue
        return _start_processes(binaries, options)


def _start_processes(binaries: Binaries, options: Options) -> Cluster:
    state, guard = _new_state()
    try:
        plane = ControlPlane(
            binaries,
            state,
            guard,
            audit=options.audit,
            apiserver_flags=options.apiserver_flags,
        )
        plane.start()
        controllers = None
        if options.controllers:
            controllers = Controllers(plane, binaries, exec_=options.commands)
        cluster = Cluster(
            state=state,
            guard=guard,
            access=own_access(plane),
            plane=plane,
            controllers=controllers,
        )
    except BaseException:
        guard.end()
        raise
    _or_stop(cluster, lambda: _bring_to_life(cluster, controllers, install=options.install))
    return cluster


def _bring_to_life(cluster: Cluster, controllers: Controllers | None, *, install: bool) -> None:
    """Controllers start by themselves while we install.

    They start once the custom resources are served: what the garbage collector does not find when
    it starts it looks for half a minute later.
    """
    if install:
        cluster.install_project(once_served=controllers.start if controllers else lambda: None)
    elif controllers:
        controllers.start()
    if controllers:
        controllers.wait_until_ready()


def _start_on_current() -> Cluster:
    state, guard = _new_state()
    kubeconfig = os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config"
    return _borrow(Path(kubeconfig), state, guard)


def _start_on_kind() -> Cluster:
    kind = KindCluster()
    state, guard = _new_state(on_end=kind.deletion())
    kubeconfig = state / "kind.kubeconfig"
    try:
        kind.create(kubeconfig)
    except BaseException:
        guard.end()
        raise
    return _borrow(kubeconfig, state, guard)


def _borrow(kubeconfig: Path, state: Path, guard: Guard) -> Cluster:
    try:
        access = borrowed_access(Kubectl(kubeconfig, state / "kubectl-cache"))
        return Cluster(state=state, guard=guard, access=access)
    except BaseException:
        guard.end()
        raise


def _new_state(on_end: list[str] | None = None) -> tuple[Path, Guard]:
    """A private temporary folder, and the guard that removes it."""
    state = Path(tempfile.mkdtemp(prefix="countersign-"))
    return state, Guard(state, on_end or ())


def _or_stop(cluster: Cluster, do: Callable[[], None]) -> None:
    """Do something to a new cluster; stop it if that fails, for nobody holds it yet."""
    try:
        do()
    except BaseException:
        cluster.stop()
        raise
