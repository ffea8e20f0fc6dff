"""What a write made of an object, without what the server and the stamp add; and the way back."""

from __future__ import annotations

import json
from typing import Any

from countersign.actions.manifests import LAST_APPLIED
from countersign.actions.secrecy import holds_secret_variable
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import PATCH_LIMIT, PatchParameters
from countersign.api.status import Change
from countersign.api.text import clip
from countersign.executors.once.stamps import STAMP
from countersign.executors.wording.differences import Path, differences
from countersign.executors.wording.values import holds_secrets
from countersign.ports import JsonObject

_SECRET_FIELDS = ("data", "stringData")
_VOLATILE = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")
_FIELDS_NAMED = 3
_LONGEST_FIELD = 80


def changes_between(kind: str, live: JsonObject, after: JsonObject) -> tuple[Change, ...]:
    """What people sign. Values of Secrets are hidden.

    The status counts: where it is no sub-resource, a write can change it.
    """
    before, then = (_without_empty(_without_noise(each)) for each in (live, after))
    if holds_secrets(kind):
        return differences(before, then, _hidden_in_secrets)
    return differences(before, then)


def way_back(operation: Operation, live: JsonObject, after: JsonObject) -> Operation | None:
    """A merge patch; None where it would hold a secret, be too long, or cannot say it (a null).

    Lists are put back whole, so a secret beside the change is in the way as well.
    """
    if holds_secrets(operation.one.kind):
        return None
    patch = _back(_without_noise(after), _without_noise(live))
    text = json.dumps(patch, ensure_ascii=False, separators=(",", ":"))
    if patch is None or holds_secret_variable(patch) or len(text) > PATCH_LIMIT:
        return None
    parameters = PatchParameters(type="merge", patch=text)
    return Operation(type=OperationType.PATCH, target=operation.target, patch=parameters)


def fields_of(changes: tuple[Change, ...]) -> str:
    """The first fields that change, for a sentence."""
    named = ", ".join(clip(each.field, _LONGEST_FIELD) for each in changes[:_FIELDS_NAMED])
    more = len(changes) - _FIELDS_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _hidden_in_secrets(path: Path) -> bool:
    in_data = len(path) > 1 and path[0] in _SECRET_FIELDS
    return in_data or path == ("metadata", "annotations", LAST_APPLIED)


def _without_noise(live: JsonObject) -> JsonObject:
    metadata = {
        key: value for key, value in (live.get("metadata") or {}).items() if key not in _VOLATILE
    }
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {key: value for key, value in annotations.items() if key != STAMP}
    metadata["labels"] = metadata.get("labels") or {}
    return {**live, "metadata": metadata}


def _without_empty(live: JsonObject) -> JsonObject:
    """Without ``labels: {}``, which the API server does not keep."""
    metadata = live["metadata"]
    empty = {field for field in ("annotations", "labels") if not metadata[field]}
    return {**live, "metadata": {key: metadata[key] for key in metadata.keys() - empty}}


def _back(after: JsonObject, before: JsonObject) -> JsonObject | None:
    """RFC 7386 from ``after`` to ``before``; None where a null would have to be put in."""
    patch: JsonObject = {key: None for key in after if key not in before}
    for key, value in before.items():
        now = after.get(key)
        if key in after and now == value:
            continue
        inner = _back(now, value) if isinstance(now, dict) and isinstance(value, dict) else value
        if inner is None or _has_null_member(value):
            return None
        patch[key] = inner
    return patch


def _has_null_member(value: Any) -> bool:
    """A merge patch reads a null within a map as "remove"; within a list it stays what it is."""
    if not isinstance(value, dict):
        return value is None
    return any(map(_has_null_member, value.values()))
