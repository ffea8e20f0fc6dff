"""Prometheus metrics ``countersign_*``."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class PrometheusMeter:
    """The ``Meter`` port over one registry of its own."""

    def __init__(self) -> None:
        """Create every metric, so that they are all there from the start."""
        self.registry = CollectorRegistry()
        self._decisions = Counter(
            "countersign_decisions",
            "Decisions on requests, by what was decided.",
            ["decision"],
            registry=self.registry,
        )
        self._executions = Histogram(
            "countersign_execution_seconds",
            "Seconds from approval to the end, by operation and phase.",
            ["operation", "phase"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._retries = Counter(
            "countersign_retries",
            "Attempts made again after a transient error.",
            ["operation"],
            registry=self.registry,
        )
        self._failed_effects = Counter(
            "countersign_failed_effects",
            "Knowledge entries, Events, messages and other effects that were tried and not done.",
            ["effect"],
            registry=self.registry,
        )
        self._notifications = Counter(
            "countersign_notifications",
            "Attempts to tell a channel, by what came of them.",
            ["channel", "result"],
            registry=self.registry,
        )
        self._leading = Gauge(
            "countersign_leading", "Whether this replica holds the Lease.", registry=self.registry
        )

    def decided(self, decision: str) -> None:
        """A request was planned, approved, denied and so on."""
        self._decisions.labels(decision).inc()

    def finished(self, operation: str, phase: str, seconds: float) -> None:
        """An execution ended, this long after its approval."""
        self._executions.labels(operation, phase).observe(seconds)

    def retried(self, operation: str) -> None:
        """A transient error led to another attempt."""
        self._retries.labels(operation).inc()

    def failed_effect(self, effect: str) -> None:
        """An effect was tried and not done; all but Events are tried again."""
        self._failed_effects.labels(effect).inc()

    def notified(self, channel: str, result: str) -> None:
        """An attempt to tell a channel came to an end."""
        self._notifications.labels(channel, result).inc()

    def leads(self, leading: bool) -> None:  # noqa: FBT001 - a gauge has one value
        """Whether this replica holds the Lease now."""
        self._leading.set(1 if leading else 0)

    def page(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)
