"""What comes of one step in a request's life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.records.notice import Notice


@dataclass(frozen=True)
class Step:
    """What came of one step: a status to write, Events to post once it is written, a time to wake.

    ``retry_after`` asks for the same step again after that time.
    """

    status: ApprovalRequestStatus | None = None
    notices: tuple[Notice, ...] = ()
    wake_at: datetime | None = None
    retry_after: timedelta | None = None


def notice(step: str, reason: str, status: ApprovalRequestStatus, *, well: bool = False) -> Notice:
    """The Event that tells what a status says; ``step`` makes its name."""
    type_: Literal["Normal", "Warning"] = "Normal" if well else "Warning"
    return Notice(step=step, type=type_, reason=reason, note=status.message or reason)
