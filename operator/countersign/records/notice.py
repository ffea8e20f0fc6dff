"""What people read in ``kubectl get events``: one line for each thing worth telling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from countersign.api.approval_request import API_VERSION, KIND, ApprovalRequest
from countersign.api.base import format_time
from countersign.api.text import clip

_NOTE_LIMIT = 1024  # The API server refuses longer ones.
_NAME_LIMIT = 253


@dataclass(frozen=True)
class Notice:
    """One Event to be: ``step`` makes its name, so that posting it twice posts it once."""

    step: str
    type: Literal["Normal", "Warning"]
    reason: str
    note: str


def event_name(request: ApprovalRequest, notice: Notice) -> str:
    """``<request>-<uid8>-<step>``: the same for the same thing, whoever posts it."""
    suffix = f"-{request.metadata.uid[:8]}-{notice.step}"
    return request.metadata.name[: _NAME_LIMIT - len(suffix)].rstrip("-.") + suffix


def event_object(
    request: ApprovalRequest, notice: Notice, *, now: datetime, instance: str
) -> dict[str, Any]:
    """The Event in ``events.k8s.io/v1``."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": event_name(request, notice),
            "namespace": request.metadata.namespace,
        },
        "eventTime": format_time(now),
        "type": notice.type,
        "reason": notice.reason,
        "action": notice.reason,
        "note": clip(notice.note, _NOTE_LIMIT),
        "regarding": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "namespace": request.metadata.namespace,
            "name": request.metadata.name,
            "uid": request.metadata.uid,
        },
        "reportingController": "countersign.dev/operator",
        "reportingInstance": instance[:128],
    }
