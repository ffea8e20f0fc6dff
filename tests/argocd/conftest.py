"""One Argo CD for all tests here; a namespace, a repository and an Application for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devcluster import Cluster, OperatorProcess
from devcluster.argocd import ArgoCD
from tests.support.gitops import Application, Repository
from tests.support.shop import Shop

# What Argo CD may do in a team's namespace besides ApprovalRequests is for the team to say.
CONFIG_MAPS = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "gitops-deployer"},
    "rules": [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "verbs": ["get", "list", "watch", "create", "patch", "update"],
        }
    ],
}


@pytest.fixture(scope="session")
def argocd(cluster: Cluster) -> Iterator[ArgoCD]:
    """Argo CD, deploying as the user `gitops`."""
    with ArgoCD(cluster) as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def shop(cluster: Cluster, operator: OperatorProcess, argocd: ArgoCD) -> Shop:
    """A namespace with a Deployment that stands still."""
    assert operator.alive(), operator.log_path.read_text()[-2000:]
    argocd.check()
    shop = Shop.opened(cluster)
    shop.kubectl("apply", "-f", "-", input=json.dumps(CONFIG_MAPS))
    shop.kubectl(
        "create", "rolebinding", "gitops-deployer", "--role=gitops-deployer", "--group=gitops"
    )
    shop.deploy(replicas=1)
    shop.settled()
    return shop


@pytest.fixture
def follow(
    cluster: Cluster, shop: Shop, repository: Repository
) -> Iterator[Callable[..., Application]]:
    """Have an Application follow the repository from now on."""
    created: list[Application] = []

    def follow(*, server_side: bool = True, prune: bool = False) -> Application:
        application = Application(cluster, repository, shop.namespace, server_side, prune)
        application.create()
        created.append(application)
        return application

    yield follow
    for application in created:
        application.delete()
