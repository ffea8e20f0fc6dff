"""Argo CD's controller and repo server, and their Redis, as processes on the loopback interface."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from devcluster.argocd import installation
from devcluster.argocd.redis import redis_command
from devcluster.builder import build
from devcluster.cluster import Cluster
from devcluster.errors import MissingToolError
from devcluster.pins import ARGOCD_BUNDLE
from devcluster.ports import free_port
from devcluster.processes import Process, terminate_all
from devcluster.waiting import wait_until

NAMESPACE: Final = installation.NAMESPACE
_BIN: Final = "bin"
_READY_WITHIN = 90.0  # seconds; 3 on an idle machine


class ArgoCD:
    """A context manager: on entry it is installed and started, at the end stopped.

    It talks to the cluster that it deploys to as the user `account`, and has no other right there
    than that user. In its own namespace it has the Role that its own manifests give it.
    """

    def __init__(self, cluster: Cluster, *, account: str = "gitops", quiet: bool = False) -> None:
        self._cluster = cluster
        self._account = account
        self._binaries = build(ARGOCD_BUNDLE, quiet=quiet)
        self._home = cluster.state / "argocd"
        self._ports = {name: free_port() for name in ("redis", "repo", "repo-metrics", "metrics")}
        self._processes: list[Process] = []

    def __enter__(self) -> Self:
        self._home.mkdir()
        self._write_verifier()
        manifests = self._binaries / ARGOCD_BUNDLE.extract.target
        installation.install(self._cluster, manifests, account=self._account)
        self._processes = [self._redis(), self._repo_server(), self._controller()]
        try:
            for process in self._processes:
                process.start()
            self._wait_until_ready()
        except BaseException:
            terminate_all(self._processes)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        terminate_all(list(reversed(self._processes)))
        remove_credentials(self._cluster.server)
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def program(self) -> Path:
        """The `argocd` command."""
        return self._binaries / "argocd"

    @property
    def logs(self) -> tuple[Path, ...]:
        """Where the output of its processes goes."""
        return tuple(process.log_path for process in self._processes)

    def check(self) -> None:
        """Raise StartError with the end of the log of a process that has died."""
        for process in self._processes:
            process.check()

    def _redis(self) -> Process:
        command = redis_command(self._ports["redis"], self._home)
        return self._cluster.process("argocd-redis", command, env=self._env())

    def _repo_server(self) -> Process:
        return self._component(
            "argocd-repo-server",
            "--address=127.0.0.1",
            f"--port={self._ports['repo']}",
            "--metrics-address=127.0.0.1",
            f"--metrics-port={self._ports['repo-metrics']}",
            "--disable-tls",
            "--client-ca-path=",
        )

    def _controller(self) -> Process:
        return self._component(
            "argocd-application-controller",
            f"--repo-server=127.0.0.1:{self._ports['repo']}",
            "--repo-server-plaintext",
            f"--metrics-port={self._ports['metrics']}",
            "--persist-resource-health",  # so that each object's can be read from its Application
        )

    def _component(self, name: str, *flags: str) -> Process:
        kubeconfig = self._cluster.service_account_kubeconfig(
            NAMESPACE, installation.SERVICE_ACCOUNT
        )
        common = ("--logformat=text", f"--redis=127.0.0.1:{self._ports['redis']}")
        env = self._env(
            ARGOCD_BINARY_NAME=name,
            ARGOCD_CONTROLLER_SHARD="0",  # else it reads its number off the host's name
            ARGOCD_GPG_ENABLED="false",  # no keyring to set up
            KUBECONFIG=str(kubeconfig),
        )
        return self._cluster.process(name, [self.program, *flags, *common], env=env)

    def _env(self, **own: str) -> Mapping[str, str]:
        git = shutil.which("git")
        if git is None:
            raise MissingToolError("git was not found, and Argo CD reads manifests with it")
        folders = {name: str(self._home / name) for name in ("ssh", "tls", "gpg", "plugins")}
        return {
            "PATH": os.pathsep.join([str(self._home / _BIN), str(Path(git).parent), os.defpath]),
            "HOME": str(self._home),
            "TMPDIR": str(self._home),
            "ARGOCD_SSH_DATA_PATH": folders["ssh"],
            "ARGOCD_TLS_DATA_PATH": folders["tls"],
            "ARGOCD_GNUPGHOME": folders["gpg"],
            "ARGOCD_PLUGINSOCKFILEPATH": folders["plugins"],
            **own,
        }

    def _write_verifier(self) -> None:
        """Write what the repo server asks for a commit's signature; no output means unsigned."""
        verifier = self._home / _BIN / "git-verify-wrapper.sh"
        verifier.parent.mkdir()
        verifier.write_text("#!/bin/sh\n", "utf-8")
        verifier.chmod(0o755)

    def _wait_until_ready(self) -> None:
        urls = [
            f"http://127.0.0.1:{self._ports[name]}/healthz" for name in ("repo-metrics", "metrics")
        ]

        def ready() -> bool:
            self.check()
            return all(_healthy(url) for url in urls)

        wait_until(ready, timeout=_READY_WITHIN, what="Argo CD to be healthy")


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def remove_credentials(server: str, folder: Path = Path("/dev/shm")) -> None:  # noqa: S108 - theirs
    """Remove kubeconfigs for `server` that Argo CD left where it ended in the midst of a request.

    It writes them to /dev/shm, where there is one, whatever TMPDIR says; their names are numbers.
    """
    for file in folder.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if file.name.isdigit() and f"server: {server}\n".encode() in file.read_bytes():
                file.unlink()
