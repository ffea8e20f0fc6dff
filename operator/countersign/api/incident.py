"""Incident: what went wrong, as alerts tell it, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import ConfigDict, Field

from countersign.api.base import LeanModel, Model, Time, rule, schema
from countersign.api.metadata import Metadata
from countersign.api.status import KnowledgeReference

INCIDENT_KIND = "Incident"
INCIDENT_PLURAL = "incidents"
MAX_SIGNALS = 32
MAX_LABELS = 64
MAX_DISPOSITIONS = 64
_LABELS: dict[str, Any] = {
    "additionalProperties": {"type": "string", "maxLength": 1024},
    "maxProperties": MAX_LABELS,
}


class Signal(LeanModel):
    """One alert, as a monitoring system sent it."""

    labels: dict[str, str] = Field(
        default={},
        description="Labels of the alert; alertname names it.",
        json_schema_extra=_LABELS,
    )
    summary: str = Field(default="", description="What the alert says.", max_length=1024)
    starts_at: Time | None = Field(default=None, description="Since when it fires.")


class IncidentSpec(LeanModel):
    """What went wrong."""

    summary: str = Field(default="", description="In one sentence.", max_length=1024)
    signals: tuple[Signal, ...] = Field(
        default=(), description="The alerts, the first one first.", max_length=MAX_SIGNALS
    )
    alert_category: str | None = Field(
        default=None, description="For example network, storage, memory.", max_length=128
    )
    affected_services: tuple[str, ...] = Field(
        default=(),
        description="Services that suffer.",
        max_length=64,
        json_schema_extra={"items": {"type": "string", "maxLength": 253}},
    )
    effectiveness_score: int | None = Field(
        default=None,
        description="How well the repair worked, 1 to 5, as people judge it (verb judge on "
        "incidents). At 5 the playbook that is made of it is approved at once.",
        ge=1,
        le=5,
    )
    learning_notes: str | None = Field(
        default=None,
        description="What repaired it, in people's words (verb judge on incidents). A text that "
        "begins with ssh becomes an SSH step of the playbook.",
        max_length=4096,
    )
    closed: bool = Field(
        default=False,
        description="Set to true to close it without a repair (verb judge on incidents).",
    )


class IncidentPhase(StrEnum):
    """Where an incident is in its life."""

    OPEN = "Open"
    RESOLVED = "Resolved"
    CLOSED = "Closed"


class IncidentOutcome(Model):
    """What came of the repair."""

    execution_success: bool = Field(description="Whether a repair was carried out and held.")
    effectiveness_score: int = Field(description="How well it worked, 1 to 5.", ge=1, le=5)
    learning_notes: str = Field(description="What repaired it.", max_length=4096)


class Disposition(Model):
    """One repair that was carried out, and who wanted it."""

    request: str = Field(description="Name of the ApprovalRequest.", max_length=253)
    uid: str = Field(description="Its UID: one entry each.", max_length=64)
    disposition: Literal["human_approved", "auto_executed"] = Field(
        description="human_approved or auto_executed."
    )
    at: Time = Field(description="When it had been carried out.")


class Anomaly(Model):
    """How often the same thing happens."""

    key: str = Field(
        description="Alert name and a hash of the labels that identify what is wrong: the same for "
        "the same thing.",
        max_length=128,
    )
    last_hour: int = Field(description="Incidents with this key in the last hour.", ge=0)
    last_day: int = Field(description="In the last 24 hours.", ge=0)
    last_week: int = Field(description="In the last seven days.", ge=0)
    human_approved: int = Field(default=0, description="Repairs that people approved.", ge=0)
    auto_executed: int = Field(default=0, description="Repairs that nobody had to approve.", ge=0)
    counted_at: Time = Field(description="When this was counted.")


class IncidentStatus(Model):
    """What became of an incident. Only the operator writes it."""

    uid: str | None = Field(
        default=None, description="UID of the incident that this is about.", max_length=64
    )
    phase: IncidentPhase | None = Field(default=None, description="Open, Resolved or Closed.")
    resolved_at: Time | None = Field(default=None, description="When it was resolved.")
    outcome: IncidentOutcome | None = Field(default=None, description="What came of the repair.")
    dispositions: tuple[Disposition, ...] = Field(
        default=(),
        description="The repairs that succeeded, oldest first.",
        max_length=MAX_DISPOSITIONS,
        json_schema_extra=schema(list_type="map", list_map_keys=["uid"]),
    )
    anomaly: Anomaly | None = Field(default=None, description="How often this happens.")
    knowledge: KnowledgeReference | None = Field(
        default=None, description="Where its own knowledge entry is."
    )


def _schema_of_incident(json_schema: dict[str, Any]) -> None:
    over = "has(oldSelf.status) && has(oldSelf.status.phase) && oldSelf.status.phase != 'Open'"
    stays = (
        "has(self.status) && has(self.status.phase) && self.status.phase == oldSelf.status.phase"
    )
    text = "What is resolved or closed stays so; a new alert is a new Incident."
    json_schema.update(schema(validations=[rule(f"!({over}) || ({stays})", text)]))


class Incident(Model):
    """What went wrong, as alerts tell it, and what became of it."""

    model_config = ConfigDict(json_schema_extra=_schema_of_incident)

    metadata: Metadata
    spec: IncidentSpec
    status: IncidentStatus = Field(default=IncidentStatus())

    @property
    def phase(self) -> IncidentPhase:
        """Open where nothing has been written yet."""
        return self.status.phase or IncidentPhase.OPEN
