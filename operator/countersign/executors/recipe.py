"""What a convergent operation has to say about itself: all of it pure."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change
from countersign.ports import JsonObject, Progress


class Recipe(Protocol):
    """One patch on one object. ``live`` is always the object as the API server has it."""

    operation: OperationType

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Raise ``RefusedError`` where the operation makes no sense on this object."""
        ...

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """What will change, from and to; empty where nothing would."""
        ...

    def patch(self, operation: Operation, approved_at: datetime) -> JsonObject:
        """The strategic merge patch: the same for the same approval, however often it is made."""
        ...

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """The operation that takes it back, given the object as it was before."""
        ...

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence, without a full stop."""
        ...

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """How far the object has come since."""
        ...
