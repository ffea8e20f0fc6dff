"""What we aim at, as ratios to the other contestants of the same run. Never a condition to pass."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.figures import Score, Spread, latency_ratio, throughput_ratio


@dataclass(frozen=True)
class Aim:
    """One aim, and whether this run's median meets it."""

    text: str
    measured: Spread
    met: bool


def aims(floor: Score, plain: Score, ours: Score) -> tuple[Aim, ...]:
    """All of them."""
    to_floor, to_plain = latency_ratio(ours, floor), latency_ratio(ours, plain)
    together = throughput_ratio(ours, plain)
    return (
        Aim("one at a time: at most 3 x the floor", to_floor, to_floor.median <= 3),
        Aim("one at a time: at most half of plain Kopf", to_plain, to_plain.median <= 0.5),
        Aim("16 at once: at least plain Kopf's throughput", together, together.median >= 1),
    )
