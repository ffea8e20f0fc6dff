"""What is still to be written and told once a status has been written: one entry an effect."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from countersign.api.base import Model, Time
from countersign.api.status import VALUE_LIMIT

MAX_EFFECTS = 32


class EffectState(StrEnum):
    """How far an effect is."""

    PENDING = "Pending"
    DONE = "Done"
    SKIPPED = "Skipped"
    DEAD = "Dead"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done."""
        return self is not EffectState.PENDING


class EffectStatus(Model):
    """One effect of a request: the knowledge entry, the incident, a message and so on."""

    state: EffectState = Field(
        description="Pending (tried until it is done), Done, Skipped (there was nothing to do; the "
        "message says why) or Dead (given up; the message says why)."
    )
    message: str | None = Field(
        default=None,
        description="Why it is not done yet, or what came of it.",
        max_length=VALUE_LIMIT,
    )
    since: Time = Field(description="When it came to be in this state.")
