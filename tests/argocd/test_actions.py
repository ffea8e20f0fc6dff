"""Argo CD's own Lua judges and changes live requests as its server would."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from devcluster.argocd import ArgoCD
from tests.support.gitops import request_in_git
from tests.support.shop import Shop

CONFIG_MAP = Path("manifests/argocd/argocd-cm.yaml").absolute()


class Overrides:
    """`argocd admin settings resource-overrides` on a live ApprovalRequest."""

    def __init__(self, argocd: ArgoCD, shop: Shop, folder: Path) -> None:
        self._argocd = argocd
        self._shop = shop
        self._folder = folder

    def run(self, command: str, name: str, *args: str) -> str:
        live = self._folder / f"{name}.json"
        live.write_text(json.dumps(self._shop.request(name)), "utf-8")
        overrides = [str(self._argocd.program), "admin", "settings", "resource-overrides"]
        argv = [*overrides, command, str(live), *args, "--argocd-cm-path", str(CONFIG_MAP)]
        env = {**os.environ, "HOME": str(self._folder)}
        return subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def overrides(argocd: ArgoCD, shop: Shop, tmp_path: Path) -> Overrides:
    return Overrides(argocd, shop, tmp_path)


def test_a_pending_request_can_be_cancelled_by_argocd(shop: Shop, overrides: Overrides) -> None:
    shop.send(request_in_git("restart-web"), user="gitops")
    shop.planned("restart-web")
    assert overrides.run("list-actions", "restart-web").split() == [
        "NAME",
        "DISABLED",
        "cancel",
        "false",
    ]
    changes = overrides.run("run-action", "restart-web", "cancel").splitlines()
    assert [line for line in changes if line.startswith((">", "<"))] == [
        "<   cancelled: false",
        ">   cancelled: true",
    ]
    # Argo CD sends the difference, as whom it deploys.
    patch = '{"spec":{"cancelled":true}}'
    shop.kubectl("patch", "approval", "restart-web", "--type=merge", "-p", patch, user="gitops")
    assert shop.ended("restart-web")["status"]["phase"] == "Cancelled"
    assert overrides.run("list-actions", "restart-web").split() == ["NAME", "DISABLED"]
    health = overrides.run("health", "restart-web")
    assert health.splitlines()[0] == "STATUS: Degraded"
