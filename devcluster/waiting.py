"""Waiting for conditions, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable

from devcluster.errors import StartError

INTERVAL = 0.05  # seconds between two looks
KUBECTL_INTERVAL = 0.25  # where a look starts a kubectl, whose start costs a server that starts too


def wait_until(
    condition: Callable[[], object], *, timeout: float, what: str, interval: float = INTERVAL
) -> None:
    """Look every `interval` seconds until `condition` holds; StartError after `timeout` seconds.

    `what` completes the sentence "gave up after 60 s: <what>".
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise StartError(f"gave up after {timeout:.0f} s: {what}")
        time.sleep(interval)
