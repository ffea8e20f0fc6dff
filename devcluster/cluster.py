"""A running cluster: what tests, the demo and the benchmarks hold in their hands."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from devcluster import install as installation
from devcluster.access import Access
from devcluster.control_plane import ControlPlane
from devcluster.controllers import Controllers
from devcluster.errors import UnsupportedError
from devcluster.kubeconfig import render, write_private
from devcluster.operator_process import NAMESPACE, SERVICE_ACCOUNT, OperatorProcess
from devcluster.processes import Guard, Process

_LIFETIME = "24h"  # of a service account's token


class Cluster:
    """Made by `start`; a context manager that stops everything at the end."""

    def __init__(
        self,
        *,
        state: Path,
        guard: Guard,
        access: Access,
        plane: ControlPlane | None = None,
        controllers: Controllers | None = None,
    ) -> None:
        self.state = state
        self._guard = guard
        self._access = access
        self._plane = plane
        self._controllers = controllers
        self._operators: list[OperatorProcess] = []
        self._stopped = False
        self._kubectl, self._harness = access.write(state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def kubeconfig(self) -> Path:
        """One context for each user, named as the user; the current one is `admin`."""
        return self._kubectl.kubeconfig

    @property
    def env(self) -> dict[str, str]:
        """Our environment, plus what makes kubectl and client libraries use this cluster."""
        return self._kubectl.env()

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self._access.cluster["server"])

    @property
    def ca_file(self) -> Path:
        """The certificate (PEM) that vouches for the server; UnsupportedError if it needs none."""
        path = self.state / "ca.crt"
        if not path.exists():
            data = self._access.cluster.get("certificate-authority-data")
            if data is None:
                raise UnsupportedError(f"{self.server} has no certificate authority of its own")
            path.write_bytes(base64.b64decode(data))
        return path

    @property
    def audit_log(self) -> Path | None:
        """The JSON audit log, one event a line; None unless it was asked for."""
        return self._plane.audit_log if self._plane else None

    @property
    def users(self) -> tuple[str, ...]:
        """The people's names: contexts of the kubeconfig."""
        return tuple(self._access.people)

    def token(self, user: str) -> str:
        """A user's bearer token; KeyError for a stranger, UnsupportedError where it is borrowed."""
        token = self._access.people[user].get("token")
        if self._plane is None or token is None:
            raise UnsupportedError("only a cluster that was started here has tokens for its users")
        return str(token)

    def kubectl(
        self,
        *args: str | Path,
        user: str | None = None,
        input: str | None = None,  # noqa: A002 - subprocess.run's own name for it
        check: bool = True,
        timeout: float | None = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl (as `user`; else as admin) and capture what it says.

        With `check`, CommandError if it fails. After `timeout` seconds it is killed:
        subprocess.TimeoutExpired.
        """
        return self._kubectl.run(*args, user=user, input=input, check=check, timeout=timeout)

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """A kubeconfig with a token of a service account, good for 24 hours."""
        token = self._harness.run(
            "create", "token", name, "--namespace", namespace, "--duration", _LIFETIME
        ).stdout.strip()
        text = render(
            self._access.cluster, {name: {"token": token}}, current=name, namespace=namespace
        )
        return write_private(self.state / f"{namespace}.{name}.kubeconfig", text)

    def install(self, kustomization: Path) -> None:
        """`kubectl apply -k`; returns when CRDs are served and policies are enforced."""
        installation.install(self._harness, kustomization)

    def install_project(self, *, once_served: Callable[[], None] = lambda: None) -> None:
        """Install the project's `manifests/cluster` and the users' role bindings.

        `once_served` is called when the custom resources are served.
        """
        installation.install_project(self._harness, once_served=once_served)

    def process(self, name: str, argv: Sequence[str | Path], *, env: Mapping[str, str]) -> Process:
        """A program that ends with the cluster, not started yet. Its log is `<name>.log`."""
        log = self.state / f"{name}.log"
        return Process(argv, name=name, guard=self._guard, log=log, env=env)

    def start_operator(
        self, *, name: str = "operator", env: Mapping[str, str] | None = None, wait: bool = True
    ) -> OperatorProcess:
        """Run the operator as its service account; with `wait`, returns when it is ready.

        `name` names the log (`<state>/<name>.log`); give each of several its own.
        """
        operator = OperatorProcess(
            name,
            kubeconfig=self.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT),
            state=self.state,
            guard=self._guard,
            env=env or {},
        )
        operator.start()
        self._operators.append(operator)
        if wait:
            operator.wait_until_ready()
        return operator

    def stop_apiserver(self) -> None:
        """Stop the API server in an orderly way; etcd keeps the data."""
        self._own_plane().stop_apiserver()

    def kill_apiserver(self) -> None:
        """SIGKILL the API server; etcd keeps the data."""
        self._own_plane().kill_apiserver()

    def start_apiserver(self) -> None:
        """Start the API server again, on the same port; returns when it is ready."""
        self._own_plane().start_apiserver()

    def stop(self) -> None:
        """Stop every process, the last started first, and remove the state. May be repeated."""
        if self._stopped:
            return
        self._stopped = True
        try:
            for operator in reversed(self._operators):
                if operator.alive():
                    operator.terminate(grace=5.0)
            if self._controllers:
                self._controllers.stop()
            if self._plane:
                self._plane.stop()
        finally:
            self._guard.end()

    @property
    def process_group(self) -> int:
        """A process group that is killed at our end: `subprocess.Popen(process_group=…)`."""
        return self._guard.group

    @contextmanager
    def watched(self, pid: int) -> Generator[None]:
        """Have a child process of the caller's terminated if the caller dies meanwhile."""
        self._guard.watch(pid)
        try:
            yield
        finally:
            self._guard.forget(pid)

    def _own_plane(self) -> ControlPlane:
        if self._plane is None:
            raise UnsupportedError("this cluster was not started here: its server is not ours")
        return self._plane
