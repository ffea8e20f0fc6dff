"""A control plane of this folder's own: its operators and servers are killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devcluster import Cluster, Options, start


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """A real API server that nobody else relies on; no operator."""
    with start(Options(audit=True)) as running:
        yield running
