"""Rounds of laps: every contestant's turn comes once a round, and the order rotates."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.contestants import Actors, Contestant, settled
from benchmarks.cost import api_server, cpu_seconds, memory_bytes
from benchmarks.figures import Lap, Score
from benchmarks.requests import requests_so_far
from benchmarks.watching import Watch, ended, watching

AT_ONCE = 16
_BREATH = 0.05
"""Seconds between two approvals of the first kind, so that none pays for the one before."""


@dataclass(frozen=True)
class Sizes:
    """How much is run."""

    rounds: int
    one_by_one: int
    together: int

    def of(self, contestant: Contestant) -> tuple[int, int]:
        """How many approvals of a lap are one by one, and how many together."""
        share = contestant.share
        return max(1, self.one_by_one // share), max(AT_ONCE, self.together // share)

    def targets(self, contestant: Contestant) -> int:
        """How many Deployments a lap needs."""
        return sum(self.of(contestant))


async def race(
    entrants: Sequence[Contestant],
    actors: Actors,
    sizes: Sizes,
    tell: Callable[[str], None],
) -> list[Score]:
    """Run all rounds after one that does not count; the scores in the order of ``entrants``."""
    for entrant in entrants:
        tell(f"warming up: {entrant.name}")
        await lap(entrant, actors, 0, 1, AT_ONCE)
    scores = {entrant.name: Score(entrant.name) for entrant in entrants}
    for number in range(sizes.rounds):
        for entrant in rotated(entrants, number):
            tell(f"round {number + 1} of {sizes.rounds}: {entrant.name}")
            result = await lap(entrant, actors, number + 1, *sizes.of(entrant))
            scores[entrant.name].laps.append(result)
    return list(scores.values())


def rotated(entrants: Iterable[Contestant], by: int) -> list[Contestant]:
    """Another one begins."""
    order = deque(entrants)
    order.rotate(-by)
    return list(order)


async def lap(
    contestant: Contestant, actors: Actors, turn: int, one_by_one: int, together: int
) -> Lap:
    """Get everything ready, then sign: first one at a time, then 16 at once."""
    total = one_by_one + together
    names = [f"turn{turn}-{number}" for number in range(total)]
    pid, server = contestant.pid, api_server()
    async with watching(actors.admin, contestant.collection) as watch:
        await settled(actors.admin, contestant.namespace)
        await _propose_all(contestant, names, turn + 1, watch)
        own, common = _cpu(pid), _cpu(server)
        latencies = await _one_by_one(contestant, names[:one_by_one], watch)
        between = _cpu(server)
        before = await requests_so_far(actors.admin)
        resumed = _cpu(server)
        seconds = await _together(contestant, names[one_by_one:], watch)
        await settled(actors.admin, contestant.namespace)
        own_after, common_after = _cpu(pid), _cpu(server)
        after = await requests_so_far(actors.admin)
    return Lap(
        latencies=tuple(latencies),
        throughput=together / seconds,
        cpu=None if pid is None else (own_after - own) / total,
        # Without what counting the requests costs.
        server_cpu=None if server is None else (common_after - resumed + between - common) / total,
        memory=None if pid is None else memory_bytes(pid),
        # Signing is the people's; and where a rollout runs, its controller's requests are mixed in.
        requests=None if contestant.verified else (after - before) / together - 1,
    )


def _cpu(pid: int | None) -> float:
    return 0.0 if pid is None else cpu_seconds(pid)


async def _propose_all(
    contestant: Contestant, names: Sequence[str], turn: int, watch: Watch
) -> None:
    numbered = list(enumerate(names))

    async def work() -> None:
        while numbered:
            number, name = numbered.pop()
            await contestant.propose(name, number, turn, watch)

    await _all_of(work for _ in range(AT_ONCE))
    await asyncio.sleep(0.5)  # What the operators still have to read of it.


async def _one_by_one(contestant: Contestant, names: Sequence[str], watch: Watch) -> list[float]:
    latencies = []
    for name in names:
        latencies.append(await _approve(contestant, name, watch))
        await asyncio.sleep(_BREATH)
    return latencies


async def _together(contestant: Contestant, names: Sequence[str], watch: Watch) -> float:
    """As soon as one ends the next is signed, so that there are always 16."""
    waiting = list(names)

    async def work() -> None:
        while waiting:
            await _approve(contestant, waiting.pop(), watch)

    started = time.perf_counter()
    await _all_of(work for _ in range(AT_ONCE))
    return time.perf_counter() - started


async def _approve(contestant: Contestant, name: str, watch: Watch) -> float:
    """Seconds from before the signature is sent until the end is seen."""
    seen = watch.expect(name, ended)
    started = time.perf_counter()
    await contestant.sign(name)
    return await watch.seen(seen, name) - started


async def _all_of(workers: Iterable[Callable[[], object]]) -> None:
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker())  # type: ignore[arg-type]
