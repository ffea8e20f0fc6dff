"""Executions, events and occurrences, each as plain as it can be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from countersign.api.status import TimelineEvent
from countersign.records.execution import Execution, Occurrence
from tests.support.fakes_objects import after

WEB = "shop/Deployment/web"
ANOMALY = "KubePodCrashLooping shop/web"


def uid(number: int) -> str:
    """As ``tests.support.knowledge.entry`` has it."""
    return f"00000000-0000-4000-8000-{number:012d}"


def execution(number: int, **fields: Any) -> Execution:
    """An execution that ended ``number`` seconds after the start."""
    usual: dict[str, Any] = {
        "id": uid(number),
        "request": f"restart-{number}",
        "namespace": "shop",
        "operation": "RestartRollout",
        "targets": (WEB,),
        "success": True,
        "disposition": "human_approved",
        "duration_seconds": 1.5,
        "finished_at": after(number),
    }
    return Execution(**usual | fields)


def happening(number: int, title: str | None = None, **fields: Any) -> TimelineEvent:
    """An event ``number`` seconds after the start."""
    usual: dict[str, Any] = {
        "type": "exec",
        "status": "success",
        "title": f"event {number}" if title is None else title,
        "actor": "countersign",
        "actor_role": "executor",
        "time": after(number),
    }
    return TimelineEvent(**usual | fields)


def occurrence(number: int, at: datetime, anomaly: str = ANOMALY) -> Occurrence:
    """That an anomaly was seen."""
    return Occurrence(id=uid(number), anomaly=anomaly, namespace="shop", at=at)
