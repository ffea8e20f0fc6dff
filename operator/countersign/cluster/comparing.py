"""Compare-and-set of the objects that the operator writes: of the very object that was read."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from countersign.api.base import Model
from countersign.api.metadata import Metadata
from countersign.errors import ApiError
from countersign.ports import JsonObject

Read = TypeVar("Read", bound=Model)
EFFECTS = "effects"
"""Each key by itself: what was delivered is written while something else is under way."""


class Owned(Protocol):
    """An object with a status that only the operator writes."""

    @property
    def metadata(self) -> Metadata:
        """Which object it is, and of which version."""
        ...

    @property
    def status(self) -> Model:
        """What was read."""
        ...


def read_as(model: type[Read], what: str, answer: JsonObject) -> Read:
    """The API server's answer as a model; ``ApiError`` where it is none."""
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        message = f"the API server's answer is no {what} ({error.error_count()} errors)"
        raise ApiError(message) from error


def precondition(metadata: Metadata) -> JsonObject:
    """The metadata that makes the API server answer 409 where the object has changed since."""
    return {"uid": metadata.uid, "resourceVersion": metadata.resource_version}


def changed_fields(old: Model, new: Model) -> JsonObject:
    """The top-level fields that differ, as a merge patch: None where one is to go."""
    # What was copied over is the same object; only the rest is looked into.
    others = {
        name for name in type(new).model_fields if getattr(old, name) is not getattr(new, name)
    }
    before, after = old.to_json(only=others), new.to_json(only=others)
    patch: JsonObject = {}
    for key in (before.keys() | after.keys()) - {"kopf"}:
        if before.get(key) == after.get(key):
            continue
        patch[key] = _merge(before.get(key), after.get(key), partly=key == EFFECTS)
    return patch


def status_changes(of: Owned, status: Model) -> JsonObject:
    """The same for one object, with its UID: into another of its name the API server writes none.

    A precondition for the writes that have no other. (``metadata.uid`` is none here: the API server
    ignores the metadata of a status that it is sent.)
    """
    changed = changed_fields(of.status, status)
    return {**changed, "uid": of.metadata.uid} if changed else {}


def _merge(before: Any, after: Any, *, partly: bool = False) -> Any:
    """A merge patch keeps the old keys of an object unless they are named.

    ``partly``: keys that are the same are left out, for they may be another writer's by now.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        gone = dict.fromkeys(before.keys() - after.keys())
        changed = {
            key: _merge(before.get(key), value)
            for key, value in after.items()
            if not partly or before.get(key) != value
        }
        return changed | gone
    return after
