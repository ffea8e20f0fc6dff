"""Executions, events and occurrences, each as plain as it can be."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta, timezone
from typing import Any

from countersign.api.status import TimelineEvent
from countersign.ports import Store
from countersign.records.execution import Choice, Execution, Occurrence
from tests.support.fakes_objects import after

WEB = "shop/Deployment/web"
ANOMALY = "KubePodCrashLooping shop/web"
TAIPEI = timezone(timedelta(hours=8))
LONG = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))
"""No compression makes it fit into the page of an index."""
HOSTILE = [
    "",
    "\x00",
    "a\x00b",
    "a b",
    "\ud800",
    "😀 重啟",
    "\x1b[2J",
    "'; DROP TABLE countersign_execution; --",
    "%",
    "sha256:x",
    LONG,
    LONG + "x",
    "重" * 3000,
    f"sha256:{hashlib.sha256(LONG.encode()).hexdigest()}",
]


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


async def every_execution(store: Store) -> list[Execution]:
    """All executions."""
    return await store.executions(Choice())
