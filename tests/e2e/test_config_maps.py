"""The store in ConfigMaps, on the real API server: what it takes as keys, texts and sizes."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from countersign.cluster.own_objects import KubernetesConfigMaps
from countersign.connection import Connection
from countersign.kubeconfig import load_place
from countersign.records.execution import Choice, Frequency
from countersign.records.query import Query
from countersign.stores.configmap import ConfigMapStore
from devcluster import Cluster
from tests.support.fakes_objects import after
from tests.support.knowledge import entry
from tests.support.lessons import ANOMALY, execution, happening, occurrence, uid


@pytest.fixture
async def connection(cluster: Cluster) -> AsyncIterator[Connection]:
    place = await load_place(str(cluster.kubeconfig), "admin")
    connection = Connection(place.configuration, timeout=30.0)
    yield connection
    await connection.close()


async def test_all_that_is_kept_is_there_for_the_next_operator(
    cluster: Cluster, connection: Connection
) -> None:
    namespace = f"store-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", namespace)

    def opened() -> ConfigMapStore:
        config_maps = KubernetesConfigMaps(connection)
        return ConfigMapStore(config_maps, namespace=namespace, shards=1, entries=31)

    store = opened()
    told = [happening(number, "\x00 😀 重啟", description="x" * 200) for number in range(20)]
    await store.note(uid(1), told[:2])
    for number in range(40):
        await store.save(entry(number, content="\x00 \x1b 重啟"), execution(number), told)
        await store.occurred(occurrence(number, after(number)))
    again = opened()
    assert await again.search(Query(limit=100)) == await store.latest(100)
    assert await again.executions(Choice()) == await store.executions(Choice())
    assert await again.timeline(uid(39)) == told
    assert await again.frequency(ANOMALY, after(40)) == Frequency(40, 40, 40)
    assert 27 <= len(await again.latest(100)) <= 31
    assert await again.timeline(uid(1)) == []
