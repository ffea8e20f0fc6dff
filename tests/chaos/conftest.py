"""A control plane of this folder's own: its operators and servers are killed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Protocol

import pytest

from devcluster import Cluster, OperatorProcess, Options, start

SETTINGS = {"COUNTERSIGN_SWEEP_SECONDS": "5"}
"""With the Lease of 15 seconds that people have: told to stop, an operator gives it back."""
KILLED = {**SETTINGS, "COUNTERSIGN_LEASE_SECONDS": "4"}
"""For one that is killed, where the next is to wait until its Lease is over."""
_LEASE = ("lease", "countersign-operator", "-n", "countersign-system")


def kill_for_good(cluster: Cluster, operator: OperatorProcess) -> None:
    """SIGKILL, and its Lease taken away as if it were over: the next begins at once.

    Shorter Leases would do the same, but a busy machine loses those.
    """
    operator.kill()
    cluster.kubectl("delete", *_LEASE, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """A real API server that nobody else relies on; no operator."""
    with start(Options(audit=True)) as running:
        yield running


class StartOperator(Protocol):
    """Start one more operator."""

    def __call__(
        self, name: str, env: Mapping[str, str] = SETTINGS, *, wait: bool = True
    ) -> OperatorProcess: ...


@pytest.fixture
def start_operator(cluster: Cluster) -> Iterator[StartOperator]:
    """Whatever a test starts is gone when it ends, also if it fails: the next one leads alone."""
    with ExitStack() as stack:

        def start_one(
            name: str, env: Mapping[str, str] = SETTINGS, *, wait: bool = True
        ) -> OperatorProcess:
            operator = cluster.start_operator(name=name, env=env, wait=wait)
            stack.callback(lambda: operator.alive() and operator.terminate())
            return operator

        yield start_one
