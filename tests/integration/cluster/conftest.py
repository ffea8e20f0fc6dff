"""Each contract's two grounds: in memory, and on the API server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from countersign.api.kinds import Resource
from countersign.cluster.targets import KubernetesCluster
from countersign.connection import Connection
from countersign.kubeconfig import load_place
from countersign.ports import ServiceAccount
from devcluster import Cluster
from tests.support.caller import Caller
from tests.support.eventually import eventually
from tests.support.ground import CUSTOM, GROUP, Beside, Ground, InMemory, OnServer, Opener

OPERATOR = ("countersign-system", "countersign-operator")
"""Its own account: it impersonates, as it does in earnest."""
EXECUTOR = "countersign-executor"


@pytest.fixture(scope="session")
def kubeconfig(cluster: Cluster) -> str:
    """The operator's own account."""
    return str(cluster.service_account_kubeconfig(*OPERATOR))


@pytest.fixture(scope="session")
def almighty(cluster: Cluster) -> ServiceAccount:
    """Who may do everything."""
    admin, namespace = Caller(cluster), f"contract-{uuid.uuid4().hex[:8]}"
    _namespace(admin, namespace)
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": namespace},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [{"kind": "ServiceAccount", "name": EXECUTOR, "namespace": namespace}],
    }
    admin.create(binding).accepted()
    account = ServiceAccount(namespace, EXECUTOR)
    acting = admin.acting_as(account.user)
    eventually(lambda: acting.may("delete", "nodes"), what="the account's rights to be in force")
    return account


@pytest.fixture(scope="session")
def _custom_kinds(cluster: Cluster) -> Iterator[None]:
    admin = Caller(cluster)
    names = [_define(admin, each) for each in CUSTOM]
    eventually(lambda: all(_served(admin, each) for each in CUSTOM), what="our kinds to be served")
    yield
    for name in names:
        admin.delete("CustomResourceDefinition", "", name).accepted()


@pytest.fixture(params=["in memory", "on the API server"])
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    """A namespace of the test's own."""
    if request.param == "in memory":
        yield InMemory()
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    kubeconfig: str = request.getfixturevalue("kubeconfig")
    account: ServiceAccount = request.getfixturevalue("almighty")
    request.getfixturevalue("_custom_kinds")
    admin, namespace = Caller(cluster), f"contract-{uuid.uuid4().hex[:8]}"
    _namespace(admin, namespace)
    place = await load_place(kubeconfig)
    connection = Connection(place.configuration, timeout=30.0)
    yield OnServer(KubernetesCluster(connection), namespace, account, admin)
    await connection.close()


@pytest.fixture
def beside(request: pytest.FixtureRequest) -> Opener:
    """Opens a namespace on the API server, which is asked as the admin or as the operator."""

    @asynccontextmanager
    async def opened(*, operator: bool = False) -> AsyncIterator[Beside]:
        cluster: Cluster = request.getfixturevalue("cluster")
        admin, namespace = Caller(cluster), f"contract-{uuid.uuid4().hex[:8]}"
        _namespace(admin, namespace)
        if operator:
            place = await load_place(request.getfixturevalue("kubeconfig"))
        else:
            place = await load_place(str(cluster.kubeconfig), "admin")
        connection = Connection(place.configuration, timeout=30.0)
        yield Beside(connection, namespace, admin)
        await connection.close()

    return opened


def _namespace(admin: Caller, name: str) -> None:
    """With the accounts that its pods run as, and that actions may run as."""
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).accepted()
    for account in ("default", EXECUTOR):
        body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}
        admin.create(body, name)  # The controller may have been first.


def _define(admin: Caller, of: Resource) -> str:
    name = f"{of.plural}.{of.group}"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": of.api_version.rpartition("/")[2],
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": of.group,
            "scope": "Namespaced" if of.namespaced else "Cluster",
            "names": {"kind": of.kind, "plural": of.plural, "singular": of.kind.lower()},
            "versions": [version],
        },
    }
    assert of.group.endswith(GROUP)
    admin.create(body).accepted()
    return name


def _served(admin: Caller, of: Resource) -> bool:
    """Listed as well as found by whoever asks which kinds there are."""
    if not admin.ask("GET", f"/apis/{of.api_version}/{of.plural}").there:
        return False
    groups = admin.ask("GET", "/apis").accepted()["groups"]
    return any(each["name"] == of.group for each in groups)
