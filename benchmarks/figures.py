"""From what was measured to what is said about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Lap:
    """One contestant's turn in one round. Times are in seconds."""

    latencies: tuple[float, ...]
    throughput: float
    """Approvals a second, 16 at once."""
    cpu: float | None = None
    """Seconds of the operator's CPU for each approval."""
    server_cpu: float | None = None
    """Seconds of the API server's CPU for each approval."""
    memory: int | None = None
    """Bytes the operator's process holds (RSS) at the end."""
    requests: float | None = None
    """Requests to the API server for each approval, signing aside."""


@dataclass(frozen=True)
class Spread:
    """The median over the rounds, and the extremes."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(median(values), min(values), max(values))


@dataclass
class Score:
    """One contestant's laps, one a round."""

    name: str
    laps: list[Lap] = field(default_factory=list)

    @property
    def p50(self) -> Spread:
        """Of each round's median latency."""
        return Spread.of([median(lap.latencies) for lap in self.laps])

    @property
    def p99(self) -> float:
        """Of all rounds' latencies together: a round alone has too few."""
        return percentile([each for lap in self.laps for each in lap.latencies], 99)

    @property
    def throughput(self) -> Spread:
        """Approvals a second."""
        return Spread.of([lap.throughput for lap in self.laps])

    @property
    def cpu(self) -> float | None:
        """Median seconds of CPU an approval."""
        return _median([lap.cpu for lap in self.laps])

    @property
    def server_cpu(self) -> float | None:
        """Median seconds of the API server's CPU an approval."""
        return _median([lap.server_cpu for lap in self.laps])

    @property
    def memory(self) -> int | None:
        """Bytes after the last round."""
        return self.laps[-1].memory

    @property
    def requests(self) -> float | None:
        """Median requests an approval."""
        return _median([lap.requests for lap in self.laps])


def latency_ratio(score: Score, other: Score) -> Spread:
    """How many times as long: round by round, so that what slows a round down slows both."""
    pairs = zip(score.laps, other.laps, strict=True)
    return Spread.of([median(mine.latencies) / median(its.latencies) for mine, its in pairs])


def throughput_ratio(score: Score, other: Score) -> Spread:
    """How many times as many a second, round by round."""
    pairs = zip(score.laps, other.laps, strict=True)
    return Spread.of([mine.throughput / its.throughput for mine, its in pairs])


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest rank."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
