"""The ports over a server that answers as it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from kmock import RawHandler
from kubernetes.aio.client import Configuration

from countersign.cluster.desk import OperatorDesk
from countersign.cluster.targets import KubernetesCluster
from countersign.connection import Connection
from tests.support.fakes_time import FakeClock


@pytest.fixture
async def connection(kmock: RawHandler) -> AsyncIterator[Connection]:
    connection = Connection(Configuration(host=str(kmock.url).rstrip("/")), timeout=5)
    yield connection
    await connection.close()


@pytest.fixture
def cluster(connection: Connection) -> KubernetesCluster:
    return KubernetesCluster(connection)


@pytest.fixture
def desk(connection: Connection) -> OperatorDesk:
    return OperatorDesk(connection, FakeClock(), instance="operator-0")
