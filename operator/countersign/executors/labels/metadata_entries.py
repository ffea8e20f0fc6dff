"""Labels and annotations of an object: entries of ``metadata``, never those of a pod template."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from countersign.actions.manifests import LAST_APPLIED, is_our_group, is_our_key
from countersign.actions.secrecy import HIDDEN
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import AnnotateParameters, LabelParameters
from countersign.api.status import Change
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.executors.wording.differences import entry_field
from countersign.executors.wording.values import FIELD_LIMIT, bounded, holds_secrets, shown
from countersign.ports import JsonObject, PatchForm, Progress

_LONGEST_KEY = 64
_LONGEST_VALUE = 4096
Parameters = LabelParameters | AnnotateParameters


class MetadataEntries:
    """One merge patch on ``metadata.labels`` or ``metadata.annotations``."""

    form = PatchForm.MERGE
    needs_live = True  # Only what changes is written: removing what is not there is no change.

    def __init__(self, operation: OperationType, field: str, what: str) -> None:
        """``what`` is one entry's name in sentences."""
        self.operation = operation
        self._field = field
        self._what = what

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Keys must be somebody else's than ours, and values that differ need ``overwrite``."""
        parameters, where = self._parameters(operation), operation.one.described
        if is_our_group(str(live.get("apiVersion", "")).rpartition("/")[0]):
            raise RefusedError("Invalid", f"{where} is this program's own; change it directly.")
        self._refuse_odd_keys(parameters, operation.one.kind)
        now = self._entries(live)
        for key, value in sorted(parameters.put.items()):
            if not parameters.overwrite and now.get(key, value) != value:
                message = (
                    f"{where} has the {self._what} {clip(key, _LONGEST_KEY)} with another value; "
                    "set overwrite: true (--overwrite) to change it."
                )
                raise RefusedError("Invalid", message)

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """Each entry that will be another one, or gone."""
        now, kind = self._entries(live), operation.one.kind
        return bounded(
            [
                Change(
                    field=shown(entry_field(f"metadata.{self._field}", key), FIELD_LIMIT),
                    before=_shown(kind, key, now.get(key)),
                    after=_shown(kind, key, value),
                )
                for key, value in self._edits(operation, live).items()
            ]
        )

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The entries that change, and nothing else."""
        del approved_at
        return {"metadata": {self._field: self._edits(operation, live or {})}}

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """The entries that were; None where one holds a Secret's data or cannot be said."""
        now, edits = self._entries(live), self._edits(operation, live)
        if not edits or any(_is_secret(operation.one.kind, key) for key in edits):
            return None
        put = {key: now[key] for key in edits if key in now}
        removed = tuple(key for key in edits if key not in now)
        if any(len(value) > _LONGEST_VALUE for value in put.values()):
            return None
        back = {"set": put, "remove": removed, "overwrite": True}
        name = str(self.operation.parameters)
        try:
            return Operation.model_validate(
                {"type": self.operation, "target": operation.target, name: back}
            )
        except ValidationError:  # More entries than one operation has, or a key that none can name.
            return None

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence, without values."""
        where, now, edits = (
            operation.one.described,
            self._entries(live),
            self._edits(operation, live),
        )
        if not edits:
            return f"{where} has its {self._field} like this already"
        put = [clip(key, _LONGEST_KEY) for key, value in edits.items() if value is not None]
        gone = [clip(key, _LONGEST_KEY) for key, value in edits.items() if value is None]
        verb = "change" if any(key in now for key in put) else "set"
        told = [f"{verb} {', '.join(put)}"] if put else []
        told += [f"remove {', '.join(gone)}"] if gone else []
        return f"{self._what.capitalize()}s of {where}: {'; '.join(told)}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """There is nothing to wait for."""
        del live
        return Progress("done", f"{operation.one.described} has them")

    def _parameters(self, operation: Operation) -> Parameters:
        found: Parameters | None = getattr(operation, str(self.operation.parameters))
        if found is None:  # The model refuses this; here it is for the type checker.
            message = f"{self.operation} without {self._field}; write set: {{key: value}}."
            raise RefusedError("Invalid", message)
        return found

    def _refuse_odd_keys(self, parameters: Parameters, kind: str) -> None:
        keys = [*parameters.put, *parameters.remove]
        if not keys:
            message = f"{self.operation} without {self._field}; write set or remove."
            raise RefusedError("Invalid", message)
        for key in keys:
            name = clip(key, _LONGEST_KEY)
            if is_our_key(key):
                raise RefusedError("Invalid", f"{name} is this program's own; leave it out.")
            if key in parameters.put and key in parameters.remove:
                message = f"{name} cannot be set and removed at once; write one of both."
                raise RefusedError("Invalid", message)
            if key in parameters.put and _is_secret(kind, key):
                message = f"{name} holds the Secret's data, which every reader of this would see."
                raise RefusedError("Invalid", f"{message} Leave it out.")

    def _entries(self, live: JsonObject) -> dict[str, str]:
        return dict((live.get("metadata") or {}).get(self._field) or {})

    def _edits(self, operation: Operation, live: JsonObject) -> dict[str, str | None]:
        """New values by key, None for removed; only what changes."""
        parameters, now = self._parameters(operation), self._entries(live)
        put: dict[str, str | None] = {
            key: value for key, value in sorted(parameters.put.items()) if now.get(key) != value
        }
        return put | {key: None for key in parameters.remove if key in now}


def _is_secret(kind: str, key: str) -> bool:
    return holds_secrets(kind) and key == LAST_APPLIED


def _shown(kind: str, key: str, value: str | None) -> str | None:
    if value is None:
        return None
    return HIDDEN if _is_secret(kind, key) else shown(value)
