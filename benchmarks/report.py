"""What a run says: tables for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.aims import Aim
from benchmarks.figures import Score, Spread, latency_ratio, throughput_ratio


def show(console: Console, scores: Sequence[Score], results: Sequence[Aim]) -> None:
    """Three tables and the aims."""
    floor, plain, *_ = scores
    console.print(_one_by_one(scores, floor, plain))
    console.print(_together(scores, floor, plain))
    console.print(_cost(scores))
    for aim in results:
        mark = "[green]holds[/]" if aim.met else "[yellow]does not hold[/]"
        console.print(f"{aim.text}: {mark} ({aim.measured.median:.2f} x)", highlight=False)
    console.print(
        "\nMedians of the rounds, lowest and highest in brackets. Ratios compare what ran on the "
        "same API server in the same round; the figures themselves tell of this machine only.",
        highlight=False,
    )


def as_json(scores: Sequence[Score], results: Sequence[Aim]) -> str:
    """The same, with every lap."""
    floor, plain, *_ = scores
    value = {
        "contestants": [_contestant(score, floor, plain) for score in scores],
        "aims": [
            {"aim": aim.text, "measured": _spread(aim.measured), "holds": aim.met}
            for aim in results
        ],
    }
    return json.dumps(value, indent=2)


def _one_by_one(scores: Sequence[Score], floor: Score, plain: Score) -> Table:
    table = _table(
        "One at a time: signature to end", "p50, ms", "p99, ms", "x floor", "x plain Kopf"
    )
    for score in scores:
        table.add_row(
            score.name,
            _text(score.p50, 1000),
            _number(score.p99 * 1000),
            _text(latency_ratio(score, floor)),
            _text(latency_ratio(score, plain)),
        )
    return table


def _together(scores: Sequence[Score], floor: Score, plain: Score) -> Table:
    table = _table("16 at once", "approvals/s", "x floor", "x plain Kopf")
    for score in scores:
        table.add_row(
            score.name,
            _text(score.throughput),
            _text(throughput_ratio(score, floor)),
            _text(throughput_ratio(score, plain)),
        )
    return table


def _cost(scores: Sequence[Score]) -> Table:
    columns = ("operator CPU", "memory", "API server CPU", "requests")
    table = _table("What one approval costs", *columns)
    for score in scores:
        table.add_row(
            score.name,
            _milliseconds(score.cpu),
            "-" if score.memory is None else f"{score.memory / 2**20:.0f} MiB",
            _milliseconds(score.server_cpu),
            "-" if score.requests is None else f"{score.requests:.1f}",
        )
    return table


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f} ms"


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _text(spread: Spread, factor: float = 1) -> str:
    """The median; the extremes too where there was more than one round."""
    median, low, high = (
        _number(each * factor) for each in (spread.median, spread.low, spread.high)
    )
    return median if low == high else f"{median} ({low}-{high})"


def _number(value: float) -> str:
    """Two digits that mean something, more only before the point."""
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _contestant(score: Score, floor: Score, plain: Score) -> dict[str, Any]:
    return {
        "name": score.name,
        "oneAtATime": {
            "p50Seconds": _spread(score.p50),
            "p99Seconds": score.p99,
            "timesFloor": _spread(latency_ratio(score, floor)),
            "timesPlainKopf": _spread(latency_ratio(score, plain)),
            "rounds": [list(lap.latencies) for lap in score.laps],
        },
        "sixteenAtOnce": {
            "approvalsPerSecond": _spread(score.throughput),
            "timesFloor": _spread(throughput_ratio(score, floor)),
            "timesPlainKopf": _spread(throughput_ratio(score, plain)),
            "rounds": [lap.throughput for lap in score.laps],
        },
        "operatorCpuSecondsPerApproval": score.cpu,
        "apiServerCpuSecondsPerApproval": score.server_cpu,
        "operatorMemoryBytes": score.memory,
        "requestsPerApproval": score.requests,
    }


def _spread(spread: Spread) -> dict[str, float]:
    return {"median": spread.median, "low": spread.low, "high": spread.high}
