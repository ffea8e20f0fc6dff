"""Playbook: a repair that has worked, to be proposed again for the same symptoms."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field

from countersign.api.base import LeanModel, Model, Time, rule, schema
from countersign.api.metadata import Metadata
from countersign.api.operation import Operation

PLAYBOOK_KIND = "Playbook"
PLAYBOOK_PLURAL = "playbooks"
MAX_STEPS = 8
MAX_SOURCES = 64
MAX_OUTCOMES = 50
_ATOMIC = schema(list_type="atomic")


class PlaybookState(StrEnum):
    """Whether people may rely on it."""

    DRAFT = "Draft"
    APPROVED = "Approved"
    RETIRED = "Retired"


def _schema_of_step(json_schema: dict[str, Any]) -> None:
    text = "Write exactly one of operation and ssh."
    json_schema.update(schema(validations=[rule("has(self.operation) != has(self.ssh)", text)]))


class PlaybookStep(LeanModel):
    """One step: an operation that can be proposed, or what a person does on a machine."""

    model_config = ConfigDict(json_schema_extra=_schema_of_step)

    operation: Operation | None = Field(default=None, description="What to do, typed.")
    ssh: str | None = Field(
        default=None,
        description="What people did over SSH, as text: to be read, never carried out.",
        max_length=4096,
    )


class PlaybookSpec(LeanModel):
    """What the repair is, and for what."""

    title: str = Field(default="", description="In one sentence.", max_length=256)
    description: str = Field(default="", description="What people should know.", max_length=4096)
    state: PlaybookState = Field(
        default=PlaybookState.DRAFT,
        description="Draft, Approved (verb approve on playbooks) or Retired. Policies trust no "
        "other than approved ones.",
    )
    category: str | None = Field(
        default=None, description="Alert category it is for.", max_length=128
    )
    symptoms: dict[str, str] = Field(
        default={},
        description="Labels of the alert it is for.",
        json_schema_extra={
            "additionalProperties": {"type": "string", "maxLength": 1024},
            "maxProperties": 64,
        },
    )
    steps: tuple[PlaybookStep, ...] = Field(
        description="What is done, in this order. Cannot be changed: trust is in these very steps.",
        min_length=1,
        max_length=MAX_STEPS,
        json_schema_extra=_ATOMIC,
    )
    source_incidents: tuple[str, ...] = Field(
        default=(),
        description="Names of the Incidents that it was learned from, the latest last.",
        max_length=MAX_SOURCES,
        json_schema_extra={"items": {"type": "string", "maxLength": 253}, **_ATOMIC},
    )


class PlaybookOutcome(Model):
    """One time that it was carried out."""

    uid: str = Field(description="UID of the ApprovalRequest: one entry each.", max_length=64)
    at: Time = Field(description="When it ended.")
    success: bool = Field(description="Whether it went well.")


class PlaybookStatus(Model):
    """How well it has worked. Only the operator writes it."""

    uid: str | None = Field(
        default=None, description="UID of the playbook that this is about.", max_length=64
    )
    executions: int = Field(default=0, description="How often it was carried out.", ge=0)
    successes: int = Field(default=0, description="How often it went well.", ge=0)
    last_used: Time | None = Field(default=None, description="When it was last carried out.")
    trust: float = Field(
        default=0.0,
        description="0 to 1, as of lastUsed: the lower bound of how often it works, where old "
        "executions count less.",
        ge=0,
        le=1,
    )
    outcomes: tuple[PlaybookOutcome, ...] = Field(
        default=(),
        description="The latest executions, oldest first; trust is computed from them.",
        max_length=MAX_OUTCOMES,
        json_schema_extra=_ATOMIC,
    )


def _schema_of_playbook(json_schema: dict[str, Any]) -> None:
    text = "The steps of a playbook cannot be changed; create a new one."
    same = rule("self.spec.steps == oldSelf.spec.steps", text)
    json_schema.update(schema(validations=[same]))


class Playbook(Model):
    """A repair that has worked, to be proposed again for the same symptoms."""

    model_config = ConfigDict(json_schema_extra=_schema_of_playbook)

    metadata: Metadata
    spec: PlaybookSpec
    status: PlaybookStatus = Field(default=PlaybookStatus())
