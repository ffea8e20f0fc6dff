"""What an effect is: something that is written besides the status, once for each request."""

from __future__ import annotations

from typing import Protocol

from countersign.api.effects import EffectState
from countersign.effects.dossier import Dossier
from countersign.policy.bookkeeping import Result


class Effect(Protocol):
    """An effect of a finished request."""

    async def carry_out(self, dossier: Dossier) -> Result:
        """Do it; where it was done before, only say so.

        What it raises means that it is not done, and is tried again.
        """
        ...


def done(message: str | None = None) -> Result:
    """It is done; ``message`` says what came of it."""
    return Result(EffectState.DONE, message)


def skipped(message: str) -> Result:
    """There was nothing to do, and this is why."""
    return Result(EffectState.SKIPPED, message)
