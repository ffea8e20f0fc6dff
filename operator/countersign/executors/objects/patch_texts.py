"""The text of a Patch, read; and what no patch may touch.

Preconditions, the stamp and the object's identity belong to the plan: a patch that could change
them, by whatever path, is refused. So is one that would carry a Secret's value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from countersign.actions.documents import DocumentError, document
from countersign.actions.manifests import LAST_APPLIED, is_our_key
from countersign.api.operation import Operation
from countersign.api.parameters import PatchParameters
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.executors.wording.values import holds_secrets
from countersign.ports import JsonObject

_PROTECTED = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generateName",
        "generation",
        "managedFields",
        "name",
        "namespace",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
_KEYED = ("annotations", "labels")
_DIRECTIVES = (
    "$deleteFromPrimitiveList/finalizers",
    "$setElementOrder/finalizers",
    "$setElementOrder/ownerReferences",
)
_MEMBERS = {
    "add": ("value",),
    "remove": (),
    "replace": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "test": ("value",),
}
_LONGEST = 64


def parameters_of(operation: Operation) -> PatchParameters:
    """What Patch was told."""
    if operation.patch is None:  # The model refuses this; here it is for the type checker.
        raise RefusedError("Invalid", "Patch without a patch; write patch: {patch: '{…}'}.")
    return operation.patch


def merge_of(operation: Operation) -> JsonObject:
    """A strategic or JSON merge patch. Raises ``RefusedError``."""
    patch = _read(operation)
    if not isinstance(patch, dict):
        kind = parameters_of(operation).type
        raise _refused(f"A {kind} patch is a mapping. Write for example spec: {{paused: true}}.")
    metadata = patch.get("metadata", {})
    _refuse_directives("the object", patch)
    if not isinstance(metadata, dict):
        raise _untouchable("metadata as a whole")
    _refuse_directives("metadata", metadata)
    for field in metadata:
        if field in _PROTECTED:
            raise _untouchable(f"metadata.{field}")
    for field in _KEYED:
        if field in metadata:
            _refuse_ours(field, metadata[field])
    if holds_secrets(operation.one.kind):
        _refuse_secret_values(patch)
    return patch


def steps_of(operation: Operation) -> list[JsonObject]:
    """The steps of a JSON patch. Raises ``RefusedError``."""
    patch = _read(operation)
    if not isinstance(patch, list):
        raise _refused("A json patch is a list. Write [{op: …, path: …, value: …}].")
    return [_step(each, is_secret=holds_secrets(operation.one.kind)) for each in patch]


def _read(operation: Operation) -> Any:
    try:
        return document(parameters_of(operation).patch)
    except DocumentError as error:
        raise _refused(f"The patch cannot be read: {error}.") from error


# --- Merge patches --------------------------------------------------------------------------------


def _refuse_directives(where: str, fields: Iterable[str]) -> None:
    for field in fields:
        if field.startswith("$") and field not in _DIRECTIVES:
            raise _untouchable(f"{where} as a whole ({clip(field, _LONGEST)})")


def _refuse_ours(field: str, entries: Any) -> None:
    if not isinstance(entries, dict):
        raise _untouchable(f"metadata.{field} as a whole")
    _refuse_directives(f"metadata.{field}", entries)
    for key in entries:
        if is_our_key(key):
            raise _untouchable(f"metadata.{field}[{clip(key, _LONGEST)}]")


def _refuse_secret_values(patch: JsonObject) -> None:
    for field in ("data", "stringData"):
        entries = patch.get(field)
        values = entries.values() if isinstance(entries, dict) else [entries]
        if any(value is not None for value in values):
            raise _holds_secret()
    annotations = (patch.get("metadata") or {}).get("annotations") or {}
    if annotations.get(LAST_APPLIED) is not None:
        raise _holds_secret()


# --- JSON patches ---------------------------------------------------------------------------------


def _step(step: Any, *, is_secret: bool) -> JsonObject:
    op = step.get("op") if isinstance(step, dict) else None
    members = _MEMBERS.get(op) if isinstance(op, str) else None
    if op is None or members is None or not {"path", *members} <= step.keys():
        raise _refused(
            "A step of a json patch has op (add, remove, replace, move, copy, test), path, and "
            "value or from."
        )
    kept = {name: step[name] for name in ("op", "path", *members)}
    path = _pointer(kept["path"])
    written = [path] if op != "test" else []
    if op in ("move", "copy"):
        source = _pointer(kept["from"])
        written += [source] if op == "move" else []
        if is_secret:
            raise _refused("A json patch of a Secret cannot move or copy: a value would show.")
    for each in written:
        _refuse_path(op, each, kept.get("value"))
    if is_secret and "value" in members and _is_secret_path(path, kept["value"]):
        raise _holds_secret()
    return kept


def _pointer(text: Any) -> tuple[str, ...]:
    """RFC 6901."""
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise _refused(
            "A path of a json patch begins with a slash. Write for example /spec/paused."
        )
    if "~" in text.replace("~0", "").replace("~1", ""):
        raise _refused("In a path of a json patch ~ is written ~0 and / within a key ~1.")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _refuse_path(op: str, path: tuple[str, ...], value: Any) -> None:
    match path:
        case () | ("metadata",):
            raise _untouchable("metadata as a whole")
        case ("metadata", field, *_) if field in _PROTECTED:
            raise _untouchable(f"metadata.{field}")
        case ("metadata", ("annotations" | "labels") as field):
            if op != "add":
                raise _untouchable(f"metadata.{field} as a whole")
            _refuse_ours(field, value)
        case ("metadata", ("annotations" | "labels") as field, key, *_):
            if is_our_key(key):
                raise _untouchable(f"metadata.{field}[{clip(key, _LONGEST)}]")
        case _:
            return


def _is_secret_path(path: tuple[str, ...], value: Any) -> bool:
    """Whether the value is one of a Secret, or, in a test, might be a guess at one."""
    in_annotations = path[:2] in (("metadata",), ("metadata", "annotations"))
    named = isinstance(value, dict) and LAST_APPLIED in value
    return (
        path == ()
        or path[0] in ("data", "stringData")
        or path == ("metadata",)
        or (in_annotations and (LAST_APPLIED in path or named))
    )


def _untouchable(what: str) -> RefusedError:
    return _refused(f"A patch cannot change {what}. Take it out.")


def _holds_secret() -> RefusedError:
    return _refused(
        "The patch holds a value of a Secret, which everybody who can read this request would "
        "see. Change the Secret in another way; a request can remove keys."
    )


def _refused(message: str) -> RefusedError:
    return RefusedError("Invalid", message)
