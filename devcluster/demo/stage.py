"""A cluster of the demo's own with the operator running, for as long as the story takes."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from devcluster import Cluster, OperatorProcess, Options, Source, start
from devcluster.demo.shop import open_shop, wait_for_shop
from devcluster.demo.terminal import Terminal
from devcluster.pins import KUBERNETES
from devcluster.progress import spinner


@contextmanager
def stage(terminal: Terminal) -> Generator[tuple[Cluster, OperatorProcess]]:
    """Start everything; stop everything at the end. DevclusterError if it cannot be started."""
    terminal.say(f"Starting Kubernetes {KUBERNETES} and the operator, about 20 s …")
    started = time.monotonic()
    # Never what KUBECONFIG or COUNTERSIGN_CLUSTER names: that is somebody's cluster.
    cluster = start(Options(source=Source.AUTO))
    try:
        operator = _furnished(cluster)
        seconds = time.monotonic() - started
        terminal.lines(f"Both run ({seconds:.0f} s).")
        yield cluster, operator
    finally:
        with spinner("Stopping everything", quiet=False):
            cluster.stop()


def _furnished(cluster: Cluster) -> OperatorProcess:
    with spinner("Starting the operator", quiet=False):
        operator = cluster.start_operator(wait=False)
        open_shop(cluster)
        wait_for_shop(cluster)
        operator.wait_until_ready()
    return operator
