"""``python -m benchmarks.search.main``: the knowledge base, its answers and its speed."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Annotated

import typer

from benchmarks.figures import percentile
from benchmarks.search import library, shelves
from benchmarks.search.quality import Answer, mark, misses
from benchmarks.search.shelves import MemoryConfigMaps, Shelves
from countersign.bootstrap import sql_store
from countersign.ports import Store
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.stores.configmap import ConfigMapStore
from countersign.stores.configmap.pruning import SHARD_BYTES

AIM = 50.0
"""Milliseconds for a search of 10,000 entries."""
_ROUTINE = 940
_SAVES = 50
_OF_CONFIG_MAPS = 1000
"""Entries that ConfigMaps keep unless they are told otherwise."""


def main(
    *,
    entries: Annotated[int, typer.Option(min=100, help="In each database.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="Each query so often.")] = 3,
    details: Annotated[bool, typer.Option(help="Say which queries are answered badly.")] = False,
) -> None:
    """Measure how well and how fast the knowledge base is searched.

    What is slower than aimed at is said, and is no failure.
    """
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with shelves.opened() as opened:
        asyncio.run(_measured(opened, entries, rounds, details=details))


async def _measured(opened: Shelves, entries: int, rounds: int, *, details: bool) -> None:
    await _quality(opened, details=details)
    await _speed(opened, entries, rounds)
    await _shards(entries)


async def _quality(opened: Shelves, *, details: bool) -> None:
    small = library.entries()
    routine = list(library.routine(_ROUTINE))
    print(
        f"\nRecall@5 and MRR: {len(small)} entries that are asked for among {_ROUTINE} that are not"
    )
    print(f"{'':12}{'en':>16}{'en held back':>16}{'zh':>16}{'zh held back':>16}")
    kinds: dict[str, Callable[[], Store]] = {
        "ConfigMap": lambda: opened.config_maps(100_000),
        "SQLite": lambda: sql_store(opened.sqlite()),
        "PostgreSQL": lambda: sql_store(opened.postgresql()),
    }
    for name, make in kinds.items():
        store = make()
        await _filled(store, [*small, *routine])
        answers = [await _answer(store, each) for each in library.questions()]
        await store.close()
        marks = [
            mark(answers, language, held=held)
            for language in ("en", "zh")
            for held in (False, True)
        ]
        print(
            f"{name:12}" + "".join(f"{f'{each.recall:.2f}  {each.mrr:.2f}':>16}" for each in marks)
        )
        if details:
            for each in misses(answers, held=False):
                print(f"    {each.text}")


async def _answer(store: Store, question: library.Question) -> Answer:
    found = await store.search(Query(question.text, limit=5))
    return Answer(question, tuple(each.id for each in found))


async def _speed(opened: Shelves, count: int, rounds: int) -> None:
    print(f"\nMilliseconds for a search (aim: {AIM:g})")
    print(f"{'':42}{'p50':>8}{'p99':>8}{'longest':>9}")
    for name, url in (("SQLite", opened.sqlite()), ("PostgreSQL", opened.postgresql())):
        await shelves.fill(url, library.varied(count))
        await _asked(f"{name}, {count:,} entries", sql_store(url), rounds)
    in_config_maps = opened.config_maps(_OF_CONFIG_MAPS * 2)
    await _filled(in_config_maps, library.varied(_OF_CONFIG_MAPS))
    await _asked(f"ConfigMap, {_OF_CONFIG_MAPS:,} entries", in_config_maps, rounds)


async def _asked(name: str, store: Store, rounds: int) -> None:
    """Time every query, then some saves, and close the store."""
    every: list[tuple[float, str]] = []
    await store.search(Query("warm up"))
    gc.collect()
    gc.freeze()  # What the benchmark itself has made is not searched for garbage meanwhile.
    for kind, queries in _mix().items():
        times = [(await _timed(store, each), each.text) for _ in range(rounds) for each in queries]
        every += times
        _line(f"{name}: {kind}", times)
    _line(f"{name}: all", every)
    began = time.perf_counter()
    await _filled(store, library.routine(_SAVES))
    saving = (time.perf_counter() - began) / _SAVES * 1000
    print(f"    longest: {max(every)[1]!r}; a save takes {saving:.1f}")
    await store.close()


def _line(name: str, times: Sequence[tuple[float, str]]) -> None:
    plain = [each for each, _ in times]
    print(f"{name:42}{median(plain):8.1f}{percentile(plain, 99):8.1f}{max(plain):9.1f}")


def _mix() -> dict[str, list[Query]]:
    texts = [each.text for each in library.questions()]
    return {
        "words": [Query(each) for each in texts],
        "filtered": [
            Query(each, outcome="failure", tags=("human_approved",)) for each in texts[::3]
        ],
        "misspelt": [
            Query(each)
            for each in ("chekcout crahs", "memroy leek", "certifcate expierd", "kafak lagg")
        ],
        "found nowhere": [Query(each) for each in ("zzyzx", "斑馬", "quux zebra")],
        "newest": [Query(), Query(category="memory"), Query(namespace="team-ares", limit=100)],
    }


async def _timed(store: Store, query: Query) -> float:
    began = time.perf_counter()
    await store.search(query)
    return (time.perf_counter() - began) * 1000


async def _filled(store: Store, entries: Iterable[KnowledgeEntry]) -> None:
    for each in entries:
        await store.save(each, library.execution_of(each), library.timeline_of(each))


async def _shards(count: int) -> None:
    config_maps = MemoryConfigMaps()
    store = ConfigMapStore(
        config_maps, namespace=shelves.NAMESPACE, shards=32, entries=_OF_CONFIG_MAPS
    )
    largest = 0
    began = time.perf_counter()
    for each in library.varied(count):
        await store.save(each, library.execution_of(each), library.timeline_of(each))
        largest = max(largest, *config_maps.sizes()) if each.id[0] == "0" else largest
    took = (time.perf_counter() - began) / count * 1000
    sizes = config_maps.sizes()
    print(f"\nConfigMaps after {count:,} entries, {took:.2f} ms each without the API server")
    print(
        f"{len(sizes)} shards of {min(sizes) // 1024} to {max(sizes) // 1024} KiB, never more than "
        f"{max(largest, *sizes) // 1024}; the bound is {SHARD_BYTES // 1024} KiB"
    )
    kept = len(await store.latest(count))
    print(
        f"{kept} entries kept of at most {_OF_CONFIG_MAPS}; "
        f"{config_maps.requests / count:.2f} requests a save"
    )


if __name__ == "__main__":
    typer.run(main)
