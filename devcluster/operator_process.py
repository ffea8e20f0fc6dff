"""The operator as a child process, under its own service account."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from devcluster.ports import free_port
from devcluster.processes import Guard, Process
from devcluster.waiting import wait_until

NAMESPACE = "countersign-system"
SERVICE_ACCOUNT = "countersign-operator"
_READY_WITHIN = 60.0  # seconds


class OperatorProcess:
    """One `countersign run`; it ends with us, or when it is told to."""

    def __init__(
        self, name: str, *, kubeconfig: Path, state: Path, guard: Guard, env: Mapping[str, str]
    ) -> None:
        self.name = name
        self.probe_port = free_port()
        own = {
            "KUBECONFIG": str(kubeconfig),
            "COUNTERSIGN_PROBE_PORT": str(self.probe_port),
            "PYTHONUNBUFFERED": "1",
        }
        self._process = Process(
            [sys.executable, "-m", "countersign", "run"],
            name=name,
            guard=guard,
            log=state / f"{name}.log",
            env={**os.environ, **own, **env},
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """Where its output goes."""
        return self._process.log_path

    def start(self) -> None:
        """Start it; returns at once."""
        self._process.start()

    def wait_until_ready(self) -> None:
        """Wait for `/readyz`; StartError with the end of its log if it dies or takes too long."""
        url = f"http://127.0.0.1:{self.probe_port}/readyz"

        what = f"{url} of {self.name} (log: {self.log_path})"
        # One client for all looks: each makes a TLS context, which takes longer than the request.
        with httpx.Client(trust_env=False) as client:

            def ready() -> bool:
                self._process.check()
                try:
                    return client.get(url).status_code == httpx.codes.OK
                except httpx.TransportError:
                    return False

            wait_until(ready, timeout=_READY_WITHIN, what=what)

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.alive()

    def kill(self) -> None:
        """SIGKILL: what a crash looks like. Returns when it is gone."""
        self._process.kill()

    def terminate(self, grace: float = 30.0) -> int:
        """SIGTERM, and SIGKILL after `grace` seconds; the exit status (-n for signal n)."""
        return self._process.terminate(grace)
