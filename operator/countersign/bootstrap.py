"""The only wiring: real things from settings."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.casework import Casework
from countersign.clock import SystemClock
from countersign.cluster.casebook import KubernetesCasebook
from countersign.cluster.desk import OperatorDesk
from countersign.cluster.own_objects import KubernetesConfigMaps, KubernetesLease, KubernetesSchema
from countersign.cluster.targets import KubernetesCluster
from countersign.config import Settings
from countersign.connection import Connection, load_configuration
from countersign.effects import Outbox, outbox_of
from countersign.errors import StoreError
from countersign.executors import all_executors
from countersign.kubeconfig import load_place
from countersign.lease import Leadership
from countersign.metrics import PrometheusMeter
from countersign.notifications import Courier, courier_from
from countersign.policybook import PolicyBook
from countersign.ports import Clock, Store
from countersign.records.catalogues import CATALOGUES
from countersign.reputation import Reputation
from countersign.stores.configmap import ConfigMapStore
from countersign.workflow import Workflow

if TYPE_CHECKING:
    from countersign.stores.sql.store import SqlStore

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
    store: Store
    workflow: Workflow
    outbox: Outbox
    casework: Casework
    courier: Courier | None


async def assemble(settings: Settings) -> Parts:
    """Wire the operator together.

    Raises ``StoreError`` where the settings of the store are wrong, ``ConfigError`` where there is
    no cluster or the file of notifications makes no sense.
    """
    clock, meter = SystemClock(), PrometheusMeter()
    told = settings.notifications
    courier = courier_from(told, clock, meter) if told is not None else None
    connection = Connection(await load_configuration(), timeout=settings.request_timeout)
    cluster = KubernetesCluster(connection)
    desk = OperatorDesk(connection, clock, instance=settings.identity)
    store = knowledge_store(settings, connection)
    book, casebook = PolicyBook(clock), KubernetesCasebook(connection)
    words = CATALOGUES[settings.locale]
    outbox = outbox_of(store, casebook, desk, clock, meter, notifier=courier, words=words)
    workflow = Workflow(
        executors=all_executors(cluster, clock),
        cluster=cluster,
        desk=desk,
        outbox=outbox,
        clock=clock,
        meter=meter,
        policies=Reputation(book, store, casebook, clock),
        parallel=settings.parallel,
    )
    return Parts(
        settings=settings,
        connection=connection,
        desk=desk,
        meter=meter,
        leadership=_leadership(settings, connection, clock),
        schema=KubernetesSchema(connection),
        book=book,
        store=store,
        workflow=workflow,
        outbox=outbox,
        casework=Casework(casebook, store, clock, words=words),
        courier=courier,
    )


def _leadership(settings: Settings, connection: Connection, clock: Clock) -> Leadership:
    return Leadership(
        KubernetesLease(connection, namespace=settings.namespace, name=LEASE),
        clock,
        name=LEASE,
        holder=f"{settings.identity}_{uuid.uuid4().hex[:8]}",
        seconds=settings.lease_seconds,
    )


def knowledge_store(settings: Settings, connection: Connection) -> Store:
    """The store that the settings name. Raises ``StoreError`` where they are wrong."""
    if settings.store_url is not None and settings.store == "sql":
        return sql_store(settings.store_url.get_secret_value())
    return ConfigMapStore(
        KubernetesConfigMaps(connection),
        namespace=settings.namespace,
        shards=settings.knowledge_shards,
        entries=settings.knowledge_entries,
    )


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """The store alone, for a command. Raises ``StoreError``, ``KubeconfigError``."""
    if settings.store == "sql" and settings.store_url is not None:
        store: Store = sql_store(settings.store_url.get_secret_value())
        try:
            yield store
        finally:
            await store.close()
        return
    place = await load_place()
    connection = Connection(place.configuration, timeout=settings.request_timeout)
    try:
        yield knowledge_store(settings, connection)
    finally:
        await connection.close()


def sql_store(url: str, *, migrates: bool = True) -> SqlStore:
    """The store behind an URL; no connection is opened. Raises ``StoreError``."""
    try:
        from countersign.stores.sql.store import SqlStore  # noqa: PLC0415 - an extra
        from countersign.stores.sql.urls import dialect_of  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StoreError(
            f"COUNTERSIGN_STORE=sql needs {error.name}: pip install '.[sql]' in the folder of "
            "Countersign's sources, or an image built with "
            "--build-arg REQUIREMENTS=requirements-extras.lock."
        ) from error
    return SqlStore(dialect_of(url), migrates=migrates)
