"""A place to attack: a site, a Deployment, and requests of the agent's that wait for signatures."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from devcluster import Cluster, OperatorProcess
from tests.support.people import JsonObject, Person
from tests.support.site import Site
from tests.support.workloads import laid, workload

People = Callable[[str], Person]
Propose = Callable[..., str]
LABEL: JsonObject = {
    "type": "Label",
    "target": {"kind": "Deployment", "name": "web"},
    "label": {"set": {"tier": "web"}},
}


@pytest.fixture(scope="module")
def site(cluster: Cluster, operator: OperatorProcess) -> Iterator[Site]:
    """A namespace with a Deployment and an executing account, for the attacks of a file."""
    assert operator.alive(), operator.log_path.read_text()[-2000:]
    opened = Site.opened(cluster)
    laid(opened, workload("Deployment"))
    yield opened
    opened.closed()


@pytest.fixture(scope="module")
def people(site: Site) -> People:
    """Somebody in that namespace, by name."""
    return lambda user: Person(site.cluster, site.namespace, user)


@pytest.fixture(scope="module")
def proposed(site: Site, people: People) -> Propose:
    """Have somebody propose to label the Deployment, and wait for the plan; the request's name.

    Its risk is low, or what `riskLevel` says.
    """

    def propose(by: str = "agent", **spec: object) -> str:
        name = f"fix-{uuid.uuid4().hex[:8]}"
        given = {"operation": LABEL} | spec
        people(by).propose(name, **given).accepted()
        site.planned(name)
        return name

    return propose


def counted(site: Site, name: str, signed: str) -> None:
    """Wait until the operator has counted signatures, and so writes nothing more."""
    site.when(name, lambda status: status.get("signed") == signed, f"to be signed {signed}")


@pytest.fixture(scope="module")
def waiting(proposed: Propose) -> str:
    """One request that waits for two signatures, for attacks that come to nothing."""
    return proposed(requiredSignatures=2)
