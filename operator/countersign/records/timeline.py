"""The latest things that happened to a request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from countersign.api.status import VALUE_LIMIT, TimelineEvent
from countersign.api.text import clip

LATEST = 20
OPERATOR = "countersign"


def happened(
    timeline: Sequence[TimelineEvent],
    type_: Literal["propose", "plan", "sign", "decide", "exec", "verify", "record"],
    status: Literal["success", "warning", "error"],
    title: str,
    description: str = "",
    *,
    now: datetime,
    actor: str = OPERATOR,
    role: Literal["executor", "planner", "signer", "requester", "policy"] = "executor",
) -> tuple[TimelineEvent, ...]:
    """The timeline with one more event, without the oldest beyond the latest 20."""
    event = TimelineEvent(
        type=type_,
        status=status,
        title=clip(title, 256),
        description=clip(description, VALUE_LIMIT),
        actor=clip(actor, 256),
        actor_role=role,
        time=now,
    )
    return (*timeline, event)[-LATEST:]
