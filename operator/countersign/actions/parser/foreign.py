"""What is understood exactly, but cannot be carried out here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from countersign.actions.parser.refusal import MAX_MESSAGE


@dataclass(frozen=True)
class Foreign:
    """An action of another tool, file or cluster: for people to see, never carried out.

    ``described`` is the flat JSON of :func:`flat.describe`; ``message`` says why it is not carried
    out and what to write instead (at most 400 characters).
    """

    described: dict[str, Any]
    message: str

    def __post_init__(self) -> None:
        """Hold the message to what a status can take."""
        if not 0 < len(self.message) <= MAX_MESSAGE:
            raise ValueError("a message has 1 to 400 characters")
