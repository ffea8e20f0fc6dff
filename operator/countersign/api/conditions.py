"""Kubernetes conditions: the truth about a request, from which its phase is derived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from countersign.api.base import Model, Time
from countersign.api.text import MESSAGE_LIMIT, clip

Status = Literal["True", "False", "Unknown"]


class ConditionType(StrEnum):
    """The steps of a request's life that people and tools can wait for."""

    PLANNED = "Planned"
    APPROVED = "Approved"
    EXECUTED = "Executed"
    VERIFIED = "Verified"
    RECORDED = "Recorded"


class TypelessCondition(Model):
    """What conditions of all kinds share; as in ``metav1.Condition``."""

    status: Status = Field(description="True, False or Unknown.")
    reason: str = Field(
        description="CamelCase word for machines that says why.",
        max_length=64,
        pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
    )
    message: str = Field(default="", description="Sentence for people.", max_length=MESSAGE_LIMIT)
    last_transition_time: Time = Field(description="When the status last changed.")
    observed_generation: int | None = Field(
        default=None, description="metadata.generation that this was computed from.", ge=0
    )


class Condition(TypelessCondition):
    """One condition of a request."""

    type: ConditionType = Field(description="Planned, Approved, Executed, Verified or Recorded.")


def with_condition(
    conditions: Sequence[Condition],
    kind: ConditionType,
    status: Status,
    reason: str,
    message: str,
    *,
    now: datetime,
    generation: int | None,
) -> tuple[Condition, ...]:
    """The conditions with one set; its transition time moves only if its status changes."""
    previous = condition(conditions, kind)
    since = previous.last_transition_time if previous and previous.status == status else now
    new = Condition(
        type=kind,
        status=status,
        reason=reason,
        message=clip(message),
        last_transition_time=since,
        observed_generation=generation,
    )
    kept = {item.type: item for item in conditions} | {kind: new}
    return tuple(kept[each] for each in ConditionType if each in kept)


def condition(conditions: Sequence[Condition], kind: ConditionType) -> Condition | None:
    """The condition of one type, if it has been set."""
    return next((item for item in conditions if item.type == kind), None)
