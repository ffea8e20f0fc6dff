"""A site for each test, cleaned up behind it; one operator a worker, as everywhere in e2e."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devcluster import Cluster, OperatorProcess
from tests.support.cases import Case
from tests.support.site import Site
from tests.support.workloads import WIDGET_CRD


@pytest.fixture(scope="session")
def widgets(cluster: Cluster) -> None:
    """Somebody else's kind, served."""
    site = Site(cluster, "default")
    site.create(WIDGET_CRD)

    def served(crd: dict[str, dict[str, list[dict[str, str]]]]) -> bool:
        conditions = (crd.get("status") or {}).get("conditions") or []
        return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)

    name = WIDGET_CRD["metadata"]["name"]
    site.becomes("CustomResourceDefinition", name, served, "to be served")


@pytest.fixture
def site(cluster: Cluster, operator: OperatorProcess, widgets: None) -> Iterator[Site]:
    """A namespace of the test's own; what it has made outside goes with it."""
    assert operator.alive(), operator.log_path.read_text()[-2000:]
    opened = Site.opened(cluster)
    yield opened
    opened.closed()


def named(case: Case) -> str:
    """A case's id in the names of tests."""
    return case.name
