"""Kinds that are not Kubernetes' own, as requests to the API server."""

from __future__ import annotations

import copy

import pytest
from kmock import RawHandler

from countersign.api.kinds import BUILT_IN, Resource
from countersign.cluster import discovery
from countersign.cluster.targets import KubernetesCluster
from countersign.errors import RefusedError
from tests.support.fakes import EXECUTOR

pytestmark = [pytest.mark.kmock(cls=RawHandler), pytest.mark.usefixtures("plain_http")]


WIDGETS = {"name": "widgets", "kind": "Widget", "namespaced": True}
GROUPS = {
    "items": [
        {
            "metadata": {"name": group},
            "versions": [
                {
                    "version": version,
                    "resources": [
                        {
                            "resource": "widgets",
                            "scope": "Namespaced",
                            "responseKind": {"kind": kind},
                        }
                    ],
                }
                for version in ("v2", "v1")
            ],
        }
        for group, kind in (("a.example.com", "Widget"), ("b.example.com", "Gadget"))
    ]
}


async def test_kubernetes_own_kinds_are_known_without_asking(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    for resource in BUILT_IN:
        assert await cluster.resource(resource.kind, None, EXECUTOR) == resource
    assert list(kmock) == []


async def test_another_kind_is_asked_for_once_and_in_its_preferred_version(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock["get /apis"] << GROUPS
    for _ in range(2):
        found = await cluster.resource("Widget", None, EXECUTOR)
        assert found == Resource("Widget", "a.example.com/v2", "widgets", namespaced=True)
    [sent] = list(kmock)
    assert "APIGroupDiscoveryList" in sent.headers["Accept"]


async def test_after_a_while_a_kind_is_asked_for_again(
    kmock: RawHandler, cluster: KubernetesCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    kmock["get /apis"] << GROUPS
    await cluster.resource("Widget", None, EXECUTOR)
    monkeypatch.setattr(discovery, "REMEMBERED", -1.0)
    await cluster.resource("Widget", None, EXECUTOR)
    assert len(list(kmock)) == 2


async def test_a_kind_of_a_certain_version_is_asked_for_there(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    status = WIDGETS | {"name": "widgets/status"}
    kmock["get /apis/a.example.com/v1"] << {"resources": [status, WIDGETS]}
    found = await cluster.resource("Widget", "a.example.com/v1", EXECUTOR)
    assert found == Resource("Widget", "a.example.com/v1", "widgets", namespaced=True)


async def test_a_kind_that_there_is_not_is_refused(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock["get /apis"] << GROUPS
    kmock["get /apis/none.example.com/v1"] << 404 << {"message": "not found"}
    for version in (None, "none.example.com/v1"):
        with pytest.raises(RefusedError, match="no kind Thing") as caught:
            await cluster.resource("Thing", version, EXECUTOR)
        assert caught.value.reason == "TargetNotFound"


async def test_a_kind_of_several_groups_is_ambiguous(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    twice = copy.deepcopy(GROUPS)
    twice["items"][1]["versions"][0]["resources"][0]["responseKind"]["kind"] = "Widget"
    kmock["get /apis"] << twice
    with pytest.raises(RefusedError, match=r"a\.example\.com/v2, b\.example\.com/v2") as caught:
        await cluster.resource("Widget", None, EXECUTOR)
    assert caught.value.reason == "Ambiguous"
