"""A place to attack: a site, a Deployment, and a request of the agent's that waits for signatures."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from devcluster import Cluster, OperatorProcess
from tests.support.eventually import eventually
from tests.support.people import JsonObject, Person
from tests.support.shop import TERMINAL
from tests.support.site import Site
from tests.support.workloads import workload

People = Callable[[str], Person]
LABEL: JsonObject = {
    "type": "Label",
    "target": {"kind": "Deployment", "name": "web"},
    "label": {"set": {"tier": "web"}},
}


@pytest.fixture
def site(cluster: Cluster, operator: OperatorProcess) -> Iterator[Site]:
    """A namespace of the test's own, with a Deployment and an executing account."""
    assert operator.alive(), operator.log_path.read_text()[-2000:]
    opened = Site.opened(cluster)
    opened.create(workload("Deployment"))
    yield opened
    opened.closed()


@pytest.fixture
def people(site: Site) -> People:
    """Somebody in that namespace, by name."""
    return lambda user: Person(site.cluster, site.namespace, user)


@pytest.fixture
def request_of(site: Site, people: People) -> Callable[..., str]:
    """Have somebody propose to label the Deployment, and wait for its plan; the request's name."""

    def propose(user: str = "agent", **spec: object) -> str:
        name = f"fix-{uuid.uuid4().hex[:8]}"
        people(user).propose(name, operation=LABEL, **spec).accepted()
        site.planned(name)
        return name

    return propose


def unchanged(site: Site, name: str) -> None:
    """Nothing has been decided, and nothing has happened to the Deployment."""
    assert site.request(name)["status"]["phase"] == "Pending"
    assert "tier" not in site.get("Deployment", "web")["metadata"]["labels"]


def refused_writes(site: Site, name: str) -> None:
    """A request ends, some time, and without an effect."""
    eventually(lambda: site.request(name)["status"].get("phase") in TERMINAL, what=f"{name} to end")
    assert "tier" not in site.get("Deployment", "web")["metadata"]["labels"]
