"""Reading the knowledge base. ``countersign search`` answers with the same."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import typer

from countersign.api.duration import parse_duration
from countersign.cluster.own_objects import KubernetesConfigMaps
from countersign.config import Settings
from countersign.errors import StoreError
from countersign.plugin import formats, knowledge
from countersign.plugin.commands.searching import Form, Library, Wanted
from countersign.plugin.details import timeline
from countersign.plugin.exits import Exit, PluginError, refused
from countersign.plugin.options import Where
from countersign.plugin.screen import Screen
from countersign.plugin.session import Session, run
from countersign.ports import Store
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.stores.configmap import ConfigMapStore

DATABASE = "COUNTERSIGN_STORE_URL"
_FAR = 1000
"""So many of the best and of the newest entries are looked through for the one that is meant."""
_LEAST = 4
"""Characters of an id that are no accident."""


def search(screen: Screen, wanted: Wanted, library: Library) -> None:
    """Answer, as the person whom the kubeconfig names. ``PluginError``, ``Exit``."""

    async def work(store: Store) -> None:
        await answer(screen, store, wanted)

    reading(screen, library, work)


def reading(screen: Screen, library: Library, work: Callable[[Store], Awaitable[None]]) -> None:
    """Do something with the store: the database that the environment names, or ConfigMaps."""
    url = os.environ.get(DATABASE)
    if url:
        asyncio.run(_in_database(url, work))
        return

    async def in_config_maps(session: Session) -> None:
        usual = Settings.model_fields
        await work(
            ConfigMapStore(
                KubernetesConfigMaps(session.connection),
                namespace=library.operator_namespace,
                # Only writing depends on these.
                shards=usual["knowledge_shards"].default,
                entries=usual["knowledge_entries"].default,
            )
        )

    run(Where(None, library.context, library.kubeconfig), screen, in_config_maps)


async def answer(screen: Screen, store: Store, wanted: Wanted) -> None:
    """Show what is found. ``Exit`` with 1 where nothing is; ``PluginError``."""
    now = datetime.now(UTC)
    if wanted.show is not None:
        await _show(screen, store, wanted.show, wanted.output)
        return
    found = await store.search(_query(wanted, now))
    if wanted.output is Form.JSON:
        screen.document(formats.dumped([each.to_json() for each in found]))
    elif found:
        screen.show(knowledge.table(found, now, wide=wanted.output is Form.WIDE))
    else:
        screen.tell(await _nothing(store))
    if not found:
        raise typer.Exit(Exit.NOT_SO)


async def picked(store: Store, name: str) -> KnowledgeEntry:
    """The entry that somebody means: by id, the beginning of one, or ``NAMESPACE/REQUEST``.

    Of several about one request it is the newest. Raises ``PluginError``.
    """
    entry = await store.get(name)
    if entry is not None:
        return entry
    # The text of most entries has their id in it: that finds old ones too.
    found = _meant(await store.search(Query(name, limit=_FAR)), name)
    found = found or _meant(await store.latest(_FAR), name)
    if not found:
        raise PluginError(
            f"There is no entry {name} in the knowledge base. kubectl countersign search shows "
            "those there are; their IDs come first.",
            Exit.MISSING,
        )
    if len(found) > 1 and "/" not in name:
        raise refused(f"{name} is the beginning of {len(found)} IDs. Give some more of it.")
    return max(found, key=lambda each: each.created_at)


def _meant(entries: list[KnowledgeEntry], name: str) -> list[KnowledgeEntry]:
    return [
        each
        for each in entries
        if name in (each.id, f"{each.namespace}/{each.request}")
        or (len(name) >= _LEAST and each.id.startswith(name.lower()))
    ]


def age(text: str) -> timedelta:
    """``7d`` or a Go duration. Raises ``PluginError``."""
    days = re.fullmatch(r"([0-9]{1,5})d", text)
    if days:
        return timedelta(days=int(days[1]))
    try:
        return parse_duration(text)
    except ValueError as error:
        raise refused(f"--since: {error}, or 7d.") from error


def _query(wanted: Wanted, now: datetime) -> Query:
    return Query(
        text=" ".join(wanted.text or ()),
        tags=tuple(wanted.tag or ()),
        category=wanted.category,
        outcome=wanted.outcome.value if wanted.outcome else None,
        namespace=wanted.namespace,
        since=now - age(wanted.since) if wanted.since else None,
        limit=wanted.limit,
    )


async def _show(screen: Screen, store: Store, name: str, form: Form) -> None:
    """One entry as a whole, and all that happened to its request."""
    entry = await picked(store, name)
    events = await store.timeline(entry.id)
    if form is Form.JSON:
        told = [each.to_json() for each in events]
        screen.document(formats.dumped({**entry.to_json(), "timeline": told}))
        return
    screen.show(knowledge.about(entry))
    screen.markdown(entry.content)
    screen.show(timeline(events))


async def _nothing(store: Store) -> str:
    if await store.latest(1):
        return "Nothing found."
    return (
        "Nothing found: the knowledge base is empty. Where the operator writes into a database, "
        f"{DATABASE} has to name it; where it runs in another namespace, --operator-namespace."
    )


async def _in_database(url: str, work: Callable[[Store], Awaitable[None]]) -> None:
    from countersign.bootstrap import sql_store  # noqa: PLC0415 - slow

    try:
        # Never by somebody's newer plugin: the operator would refuse to write on.
        store = sql_store(url, migrates=False)
        try:
            await work(store)
        finally:
            await store.close()
    except StoreError as error:
        raise PluginError(str(error), Exit.UNREACHABLE) from error
