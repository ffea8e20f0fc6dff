"""What processes use: an operator, and the API server on everybody's behalf."""

from __future__ import annotations

import psutil

_API_SERVER = "kube-apiserver"


def cpu_seconds(pid: int) -> float:
    """CPU that a process has used so far."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def memory_bytes(pid: int) -> int:
    """Memory it holds (RSS)."""
    return int(psutil.Process(pid).memory_info().rss)


def api_server() -> int | None:
    """The process id of the API server started for this run; None where it is elsewhere."""
    children = psutil.Process().children()
    return next((child.pid for child in children if child.name() == _API_SERVER), None)
