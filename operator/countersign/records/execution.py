"""What is kept of an execution besides the words about it: what lessons are drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from countersign.api.base import Model, Time

DispositionKind = Literal["human_approved", "auto_executed"]
SPANS = {
    "last_hour": timedelta(hours=1),
    "last_day": timedelta(days=1),
    "last_week": timedelta(days=7),
}
"""Of the fields of ``Frequency``."""


class Execution(Model):
    """How one request was carried out. Statistics are counted from these: each is there once."""

    id: str = Field(description="UID of the request.")
    request: str = Field(description="Its name.")
    namespace: str = Field(description="Its namespace.")
    operation: str
    targets: tuple[str, ...] = Field(
        description="Each as namespace/Kind/name; /Kind/name of nodes."
    )
    playbook: str | None = Field(default=None, description="Name in the request's namespace.")
    incident: str | None = None
    anomaly: str | None = Field(default=None, description="Key of the incident's anomaly.")
    success: bool
    error: str | None = None
    disposition: DispositionKind
    duration_seconds: float
    finished_at: Time


class Occurrence(Model):
    """That an anomaly was seen once more."""

    id: str = Field(description="UID of the incident.")
    anomaly: str
    namespace: str
    at: Time


@dataclass(frozen=True)
class Frequency:
    """How often an anomaly was seen until a moment."""

    last_hour: int = 0
    last_day: int = 0
    last_week: int = 0


@dataclass(frozen=True)
class Choice:
    """Which executions are asked for; what is left out matches all. The newest come first."""

    operation: str | None = None
    target: str | None = None
    """As in ``Execution.targets``."""
    anomaly: str | None = None
    playbook: tuple[str, str] | None = None
    """Namespace and name."""
    since: datetime | None = None
    limit: int = 200

    def admits(self, execution: Execution) -> bool:
        """Whether an execution is asked for."""
        playbook = (execution.namespace, execution.playbook)
        return (
            self.operation in (None, execution.operation)
            and (self.target is None or self.target in execution.targets)
            and self.anomaly in (None, execution.anomaly)
            and self.playbook in (None, playbook)
            and (self.since is None or self.since <= execution.finished_at)
        )


def chosen(executions: Iterable[Execution], choice: Choice) -> list[Execution]:
    """Those that are asked for, newest first."""
    newest = sorted(
        filter(choice.admits, executions),
        key=lambda each: (each.finished_at, each.id),
        reverse=True,
    )
    return newest[: max(0, choice.limit)]


def frequency_of(times: Iterable[datetime], now: datetime) -> Frequency:
    """How many of the times are within the last hour, day and week; none after ``now`` counts."""
    ages = [now - time for time in times if time <= now]
    return Frequency(**{name: sum(age < span for age in ages) for name, span in SPANS.items()})
