"""A status in the making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.conditions import Condition, ConditionType, Status, with_condition
from countersign.api.text import clip
from countersign.policy.phases import phase_of
from countersign.records.timeline import happened


@dataclass
class StatusDraft:
    """A status in the making: conditions first, the phase is derived from them at the end."""

    request: ApprovalRequest
    now: datetime
    conditions: Sequence[Condition] = ()
    fields: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.conditions = self.request.status.conditions
        self.fields["timeline"] = self.request.status.timeline

    def set(self, kind: ConditionType, status: Status, reason: str, message: str) -> None:
        """Set a condition."""
        self.conditions = with_condition(
            self.conditions,
            kind,
            status,
            reason,
            message,
            now=self.now,
            generation=self.request.metadata.generation,
        )

    def drop(self, kind: ConditionType) -> None:
        """Take a condition away."""
        self.conditions = tuple(each for each in self.conditions if each.type is not kind)

    def tell(self, *args: Any, **kwargs: Any) -> None:
        """Add to the timeline."""
        self.fields["timeline"] = happened(self.fields["timeline"], *args, now=self.now, **kwargs)

    def done(self, message: str) -> ApprovalRequestStatus:
        """The status, its phase derived."""
        update = {
            "conditions": tuple(self.conditions),
            "phase": phase_of(self.conditions),
            "message": clip(message),
            **self.fields,
        }
        return self.request.status.model_copy(update=update)
