"""The pinned modules are the versions that we say."""

from __future__ import annotations

import re

import pytest

from devcluster.pins import (
    ARGOCD,
    ARGOCD_BUNDLE,
    COMPONENTS,
    CONTROL_PLANE,
    ETCD,
    KUBERNETES,
    KWOK,
    Component,
    cache_key,
)

VERSIONS = {
    "etcd": ("go.etcd.io/etcd/server/v3", ETCD),
    "kwok": ("sigs.k8s.io/kwok", KWOK),
    "kubernetes": ("k8s.io/kubernetes", KUBERNETES),
    "argocd": ("github.com/argoproj/argo-cd/v3", ARGOCD),
}
ALL = (*COMPONENTS, *ARGOCD_BUNDLE.components)


@pytest.mark.parametrize("component", ALL, ids=lambda component: component.name)
def test_each_go_mod_requires_the_version_that_is_announced(component: Component) -> None:
    module, version = VERSIONS[component.name]
    text = (component.folder / "go.mod").read_text("utf-8")
    assert re.search(
        rf"^\s*(require )?{re.escape(module)} v{re.escape(version)}\b", text, re.MULTILINE
    )


@pytest.mark.parametrize("component", ALL, ids=lambda component: component.name)
def test_each_program_is_a_tool_of_its_go_mod(component: Component) -> None:
    text = (component.folder / "go.mod").read_text("utf-8")
    for package in component.programs.values():
        assert re.search(rf"^(tool )?\s*{re.escape(package)}$", text, re.MULTILINE)


def test_all_staging_modules_of_kubernetes_are_replaced_by_the_same_release() -> None:
    go_mod = next(c for c in COMPONENTS if c.name == "kubernetes").folder / "go.mod"
    release = "v0." + KUBERNETES.partition(".")[2]
    replaced = re.findall(
        r"^replace (k8s\.io/\S+) => \1 (\S+)$", go_mod.read_text("utf-8"), re.MULTILINE
    )
    assert len(replaced) == 33
    assert {version for _, version in replaced} == {release}


def test_argocd_is_built_with_the_replacements_of_its_own_release() -> None:
    [component] = ARGOCD_BUNDLE.components
    text = (component.folder / "go.mod").read_text("utf-8")
    assert len(re.findall(r"^\s+k8s\.io/(\S+) => k8s\.io/\1 v0\.37\.0$", text, re.MULTILINE)) == 33
    assert f"github.com/argoproj/argo-cd/gitops-engine/v3 v{ARGOCD}" in text
    assert "=> ./" not in text, "a folder of its own source, which a module does not have here"


def test_each_bundle_has_a_folder_of_its_own() -> None:
    assert ARGOCD_BUNDLE.name != CONTROL_PLANE.name
    assert cache_key(ARGOCD_BUNDLE).startswith(f"argocd-{ARGOCD}_")
