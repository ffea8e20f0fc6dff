"""What a convergent operation has to say about itself: all of it pure."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change
from countersign.ports import JsonObject, PatchForm, Progress


class Recipe(Protocol):
    """One patch on one object. ``live`` is always the object as the API server has it.

    ``operation`` has its one target; its own name for it is ``operation.one``.
    """

    operation: OperationType
    form: PatchForm
    """STRATEGIC or MERGE."""
    needs_live: bool
    """Whether ``patch`` has to see the object; if not, one request less is made."""

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Raise ``RefusedError`` where the operation makes no sense on this object."""
        ...

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """What will change, from and to; empty where nothing would."""
        ...

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The patch: the same for the same approval and object, however often it is made.

        ``live`` is None unless ``needs_live``.
        """
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
