"""The only wiring: real things from settings."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from countersign.clock import SystemClock
from countersign.cluster import (
    KubernetesCluster,
    KubernetesConfigMaps,
    KubernetesLease,
    KubernetesSchema,
    OperatorDesk,
)
from countersign.config import Settings
from countersign.connection import Connection, load_configuration
from countersign.executors import all_executors
from countersign.lease import Leadership
from countersign.metrics import PrometheusMeter
from countersign.policybook import PolicyBook
from countersign.records.catalogues import CATALOGUES
from countersign.remembering import Memory
from countersign.stores.configmap import ConfigMapStore
from countersign.workflow import Workflow

LEASE = "countersign-operator"


@dataclass(frozen=True)
class Parts:
    """Everything the handlers need."""

    settings: Settings
    connection: Connection
    desk: OperatorDesk
    meter: PrometheusMeter
    leadership: Leadership
    schema: KubernetesSchema
    book: PolicyBook
    workflow: Workflow


async def assemble(settings: Settings) -> Parts:
    """Wire the operator together. Raises ``ConfigException`` where there is no cluster."""
    clock, meter = SystemClock(), PrometheusMeter()
    connection = Connection(await load_configuration(), timeout=settings.request_timeout)
    cluster = KubernetesCluster(connection)
    desk = OperatorDesk(connection, clock, instance=settings.identity)
    store = ConfigMapStore(
        KubernetesConfigMaps(connection),
        namespace=settings.namespace,
        shards=settings.knowledge_shards,
        entries=settings.knowledge_entries,
    )
    book = PolicyBook(clock)
    workflow = Workflow(
        executors=all_executors(cluster, clock),
        cluster=cluster,
        desk=desk,
        memory=Memory(store, desk, clock, meter, CATALOGUES[settings.locale]),
        clock=clock,
        meter=meter,
        policies=book,
        parallel=settings.parallel,
    )
    leadership = Leadership(
        KubernetesLease(connection, namespace=settings.namespace, name=LEASE),
        clock,
        name=LEASE,
        holder=f"{settings.identity}_{uuid.uuid4().hex[:8]}",
        seconds=settings.lease_seconds,
    )
    schema = KubernetesSchema(connection)
    return Parts(settings, connection, desk, meter, leadership, schema, book, workflow)
