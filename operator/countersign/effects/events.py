"""Kubernetes' Events about a request. None of them can change an outcome."""

from __future__ import annotations

import structlog

from countersign.api.approval_request import ApprovalRequest
from countersign.ports import Desk, Meter
from countersign.records.notice import Notice

log = structlog.get_logger()


class Events:
    """Posted while the process is there; one that could not be is logged, and not made up for."""

    def __init__(self, desk: Desk, meter: Meter) -> None:
        """Post through ``desk``."""
        self._desk = desk
        self._meter = meter

    async def post(self, request: ApprovalRequest, *notices: Notice) -> None:
        """Post them in order; one that fails does not stop the next."""
        for notice in notices:
            try:
                await self._desk.post(request, notice)
            except Exception as error:  # noqa: BLE001 - whatever it is, the outcome stands
                self._meter.failed_effect("event")
                log.warning("event could not be posted", step=notice.step, error=str(error))
