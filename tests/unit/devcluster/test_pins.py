"""The pinned modules are the versions that we say."""

from __future__ import annotations

import re

import pytest

from devcluster.pins import COMPONENTS, ETCD, KUBERNETES, KWOK, Component

VERSIONS = {
    "etcd": ("go.etcd.io/etcd/server/v3", ETCD),
    "kwok": ("sigs.k8s.io/kwok", KWOK),
    "kubernetes": ("k8s.io/kubernetes", KUBERNETES),
}


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_each_go_mod_requires_the_version_that_is_announced(component: Component) -> None:
    module, version = VERSIONS[component.name]
    text = (component.folder / "go.mod").read_text("utf-8")
    assert re.search(
        rf"^\s*(require )?{re.escape(module)} v{re.escape(version)}\b", text, re.MULTILINE
    )


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
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
