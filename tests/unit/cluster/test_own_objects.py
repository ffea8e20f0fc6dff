"""Knowledge and Lease, as requests to the API server."""

from __future__ import annotations

import kmock as kmock_module
import pytest
from kmock import RawHandler

from countersign.cluster.own_objects import KubernetesConfigMaps, KubernetesLease
from countersign.connection import Connection

pytestmark = [pytest.mark.kmock(cls=RawHandler), pytest.mark.usefixtures("plain_http")]
CONFIG_MAPS = "/api/v1/namespaces/system/configmaps"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/system/leases"


async def test_config_maps_are_patched_created_and_listed(
    kmock: RawHandler, connection: Connection
) -> None:
    maps = KubernetesConfigMaps(connection)
    kmock[f"patch {CONFIG_MAPS}/k"] << {"n": 1}
    kmock[f"post {CONFIG_MAPS}"] << 201 << {"n": 2}
    kmock[f"get {CONFIG_MAPS}"] << {"items": [{"n": 4}]}
    assert await maps.patch_config_map("system", "k", {"data": {"a": None}}) == {"n": 1}
    assert await maps.create_config_map("system", {"data": {}}) == {"n": 2}
    assert await maps.list_config_maps("system", "a=b,c=d") == [{"n": 4}]
    patch, _, listed = list(kmock)
    assert patch.headers["Content-Type"] == "application/merge-patch+json"
    assert patch.data == {"data": {"a": None}}
    assert listed.params == {"labelSelector": "a=b,c=d"}


async def test_a_list_without_items_is_empty(kmock: RawHandler, connection: Connection) -> None:
    kmock[f"get {CONFIG_MAPS}"] << {"items": None}
    assert await KubernetesConfigMaps(connection).list_config_maps("system", "a=b") == []


async def test_the_lease_is_read_created_and_replaced(
    kmock: RawHandler, connection: Connection
) -> None:
    lease = KubernetesLease(connection, namespace="system", name="operator")
    kmock[f"get {LEASES}/operator"] << {"n": 1}
    kmock[f"post {LEASES}"] << 201 << {"n": 2}
    kmock[f"put {LEASES}/operator"] << {"n": 3}
    assert await lease.read() == {"n": 1}
    assert await lease.create({"spec": {}}) == {"n": 2}
    assert await lease.replace({"metadata": {"resourceVersion": "7"}}) == {"n": 3}
    assert kmock[2].data == {"metadata": {"resourceVersion": "7"}}


async def test_a_name_cannot_lead_elsewhere(kmock: RawHandler, connection: Connection) -> None:
    kmock[kmock_module.method.PATCH] << {"seen": True}
    maps = KubernetesConfigMaps(connection)
    await maps.patch_config_map("system", "../secrets/token?x=1", {"data": {}})
    [sent] = list(kmock)
    assert sent.url.raw_path_qs == f"{CONFIG_MAPS}/..%2Fsecrets%2Ftoken%3Fx=1"
