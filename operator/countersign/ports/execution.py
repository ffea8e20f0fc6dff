"""How one operation is planned, carried out and seen to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Literal, Protocol, runtime_checkable

from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change, ObjectReference, PlanStep
from countersign.api.text import clip
from countersign.ports.cluster import JsonObject, ObjectPath, ServiceAccount


@dataclass(frozen=True)
class Draft:
    """What an executor found out about an action on one object: a step of a plan.

    ``live`` is the object as it is now, None where it does not exist yet.
    """

    target: ObjectReference
    changes: tuple[Change, ...]
    summary: str
    live: JsonObject | None
    undo: Operation | None = None

    def step(self, operation: Operation) -> PlanStep:
        """The step itself; ``operation`` is the one that this was found out about."""
        return PlanStep(
            operation=operation,
            target=self.target,
            summary=clip(self.summary),
            changes=self.changes,
            undo=self.undo,
        )


@dataclass(frozen=True)
class Stamp:
    """What is left on a target so that a second run finds it: whose effect, and when approved.

    ``applied``: that the change was made is in the request's status already. A target that does
    not bear it has been changed or removed by somebody since, and is left alone.
    """

    request_uid: str
    approved_at: datetime
    applied: bool = False


class Trace(Enum):
    """What an earlier run has left of a step."""

    NONE = auto()
    DONE = auto()
    """Its effect is there, or the beginning of it."""
    GONE = auto()
    """The object is no longer there, or is going, or another one bears its name: who has done that
    is not known."""


@dataclass(frozen=True)
class Effect:
    """What an execution did.

    ``watched`` is the object whose state tells how the effect ends, ``live`` that object now;
    both None where there is nothing to watch. ``earlier`` says that the effect was found, done by
    a run that was cut off. ``output`` is what a command has written.
    """

    changed: bool
    live: JsonObject | None = None
    watched: ObjectPath | None = None
    earlier: bool = False
    message: str = ""
    output: str = ""


@dataclass(frozen=True)
class Progress:
    """How far an effect has come; ``output`` is what it has written by its end."""

    state: Literal["done", "underway", "degraded"]
    message: str
    output: str = ""


class Executor(Protocol):
    """One operation on one object.

    Raises ``ApiError``, ``RefusedError`` and (``execute``) ``StaleError``. Every ``operation`` has
    its one ``target``, whose namespace is filled in.
    """

    operation: OperationType
    repeatable: bool
    """Whether a run that was cut off may be made again. If not, that it begins is written down
    first, and a run that finds it written ends as ``OutcomeUnknown``."""

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the target and do it as a server-side dry run. No dry run if nothing would change.

        Costs two requests where it can.
        """
        ...

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Do it, once: where an earlier run has done it, only say so."""
        ...

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        """What an earlier run has left; nothing is written, and little read."""
        ...

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """How far the watched object has come, from the object alone."""
        ...

    def gone(self, step: PlanStep) -> Progress:
        """What it means that the watched object is no longer there."""
        ...


@runtime_checkable
class Patient(Protocol):
    """An executor whose end no watch of one object can tell: it is asked round by round."""

    async def another_round(
        self, step: PlanStep, effect: Effect, stamp: Stamp, account: ServiceAccount
    ) -> Progress:
        """Look, do what is left to be done, and say how far it has come."""
        ...
