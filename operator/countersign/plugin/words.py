"""Small things said in the same way everywhere: ages, phases and their colours."""

from __future__ import annotations

from datetime import UTC, datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.api.risk import Risk
from countersign.plugin.screen import Span

PHASES: dict[Phase, str] = {
    Phase.PENDING: "yellow",
    Phase.APPROVED: "cyan",
    Phase.EXECUTING: "cyan",
    Phase.SUCCEEDED: "green",
    Phase.FAILED: "red",
    Phase.DENIED: "red",
    Phase.EXPIRED: "magenta",
    Phase.CANCELLED: "magenta",
}
RISKS: dict[Risk, str] = {
    Risk.LOW: "green",
    Risk.MEDIUM: "yellow",
    Risk.HIGH: "red",
    Risk.CRITICAL: "bold red",
}
_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_MANY = 10
"""Of the larger unit, from which on the smaller is not worth telling: 10h, not 10h3m."""


def phase(request: ApprovalRequest) -> Span:
    """Where it is in its life."""
    return request.phase.value, PHASES[request.phase]


def risk(request: ApprovalRequest) -> Span:
    """How much can go wrong; empty before there is a plan."""
    level = request.status.risk_level
    return ("", "") if level is None else (level.value, RISKS[level])


def age(moment: datetime, now: datetime) -> str:
    """As kubectl says it: 45s, 3m10s, 5h, 12d; the future too."""
    seconds = abs(int((now - moment).total_seconds()))
    for at, (unit, size) in enumerate(_UNITS):
        count, rest = divmod(seconds, size)
        if not count:
            continue
        if count >= _MANY or unit == "s":
            return f"{count}{unit}"
        smaller, smaller_size = _UNITS[at + 1]
        more = rest // smaller_size
        return f"{count}{unit}{more}{smaller}" if more else f"{count}{unit}"
    return "0s"


def clock(moment: datetime) -> str:
    """A time in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def at(request: ApprovalRequest) -> str:
    """How to name a request in a command that can be pasted."""
    return f"{request.metadata.name} -n {request.metadata.namespace}"
