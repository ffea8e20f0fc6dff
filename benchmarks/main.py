"""``python -m benchmarks.main``: from the signature to the end, beside two others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import arena, report
from benchmarks.aims import aims
from benchmarks.api import BenchError
from benchmarks.figures import Score
from benchmarks.race import AT_ONCE, Sizes, race
from devcluster import Cluster, DevclusterError, Options, start

QUICK = Sizes(rounds=1, one_by_one=8, together=AT_ONCE)
Tell = Callable[[str], None]


class Output(StrEnum):
    """How the result is written to standard output."""

    TEXT = "text"
    JSON = "json"


def main(
    *,
    quick: Annotated[bool, typer.Option(help="One short round: does it run?")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are over these.")] = 3,
    one_by_one: Annotated[int, typer.Option(min=1, help="Approvals one at a time, a lap.")] = 32,
    together: Annotated[int, typer.Option(min=AT_ONCE, help="Approvals 16 at once, a lap.")] = 64,
    output: Annotated[Output, typer.Option(help="text or json.")] = Output.TEXT,
) -> None:
    """Measure the time from a signature to the end of what was signed.

    Three contestants on one API server: a bare client (the floor), a plain Kopf operator, and
    Countersign. What is slower than aimed at is said, and is no failure.
    """
    sizes = QUICK if quick else Sizes(rounds, one_by_one, together)
    errors = Console(stderr=True)
    try:
        scores = _measured(sizes, errors)
    except (DevclusterError, BenchError) as error:
        errors.print(f"The benchmark could not be run: {error}", markup=False, highlight=False)
        raise typer.Exit(1) from None
    results = aims(*scores[:3])
    if output is Output.JSON:
        print(report.as_json(scores, results))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=100)
    report.show(console, scores, results)


def _measured(sizes: Sizes, errors: Console) -> list[Score]:
    steps = 4 + 4 + 4 * sizes.rounds  # Deployments, warming up, rounds
    with start(Options()) as cluster, _progress(errors, steps) as tell:
        kubeconfig = arena.prepare(cluster)
        operator = cluster.start_operator()
        with arena.plain_operator(cluster, kubeconfig) as plain:
            try:
                pids = plain.pid, operator.pid
                return asyncio.run(_raced(cluster, kubeconfig, sizes, tell, pids))
            except BaseExceptionGroup as group:
                raise _first(group) from group


async def _raced(
    cluster: Cluster, kubeconfig: Path, sizes: Sizes, tell: Tell, pids: tuple[int, int]
) -> list[Score]:
    async with arena.actors(cluster, kubeconfig) as actors:
        entrants = arena.contestants(actors, *pids)
        for entrant in entrants:
            tell(f"creating Deployments: {entrant.name}")
            await arena.deploy(actors.admin, entrant, sizes.targets(entrant))
        return await race(entrants, actors, sizes, tell)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first of several errors at once: the others follow from it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@contextmanager
def _progress(errors: Console, steps: int) -> Iterator[Tell]:
    """A bar on a terminal, redrawn seldom because it is drawn while we measure; else nothing."""
    if not errors.is_terminal:
        yield lambda _: None
        return
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=errors, refresh_per_second=2, transient=True) as progress:
        task = progress.add_task("starting the operators", total=steps)

        def tell(text: str) -> None:
            progress.update(task, advance=1, description=text)

        yield tell


if __name__ == "__main__":
    typer.run(main)
