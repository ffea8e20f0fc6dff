"""A control plane without the operator, and a request on it as far as people have brought it.

The people are those of the test cluster: alice and bob may sign low and medium, carol and erin every
tier, dave low and medium (but propose nothing); agent only proposes, eve only reads, gitops records.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devcluster import Cluster, Options, start
from tests.support.admission import ACTION, Request, accepted, create
from tests.support.caller import Caller


@contextmanager
def new_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace, deleted at the end."""
    name, admin = f"admission-{uuid.uuid4().hex[:8]}", Caller(cluster)
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).accepted()
    yield name
    admin.delete("Namespace", "", name).accepted()


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """One of this folder's own: no operator may plan or decide what these tests leave undecided."""
    with start(Options(controllers=False)) as running:
        yield running


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    with new_namespace(cluster) as name:
        yield name


@pytest.fixture
def proposed(cluster: Cluster, namespace: str) -> Request:
    """A request of agent's that nobody has planned yet."""
    accepted(create(cluster, namespace, "agent", {"action": ACTION}))
    return Request(cluster, namespace, "fix")


@pytest.fixture
def planned(proposed: Request) -> Request:
    """A request of agent's, planned, of low risk."""
    return proposed.plan()


@pytest.fixture(scope="module")
def shared_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for tests that change nothing in it."""
    with new_namespace(cluster) as name:
        yield name
