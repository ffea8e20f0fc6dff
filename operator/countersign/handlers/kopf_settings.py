"""What Kopf is set to."""

from __future__ import annotations

import kopf

from countersign.config import Settings
from countersign.handlers.persistence import NoDiffBase, StatusProgress

_BACKOFFS = (0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, *(5.0,) * 8)
"""Seconds between attempts, for as long in all as Kopf's own, but never more than five: a server
that has come back, or has reloaded our type, is found soon."""


def kopf_settings(settings: Settings) -> kopf.OperatorSettings:
    """Kopf as it was measured to be right and fast for us; docs/kopf.md tells why, line by line."""
    result = kopf.OperatorSettings()
    result.persistence.progress_storage = StatusProgress()
    result.persistence.diffbase_storage = NoDiffBase()
    result.persistence.consistency_timeout = min(30.0, max(10.0, 2 * settings.sweep_seconds))
    result.queueing.idle_timeout = 0.2
    result.queueing.exit_timeout = 5.0
    result.watching.initial_streaming = True
    result.watching.inactivity_timeout = settings.sweep_seconds + min(10.0, settings.sweep_seconds)
    result.scanning.disabled = True
    result.posting.enabled = False
    result.posting.loggers = False
    result.networking.request_timeout = settings.request_timeout
    result.networking.error_backoffs = _BACKOFFS
    return result
