"""The objects of an Apply: its text read, and told apart into one operation an object.

What a server writes into an object (``kubectl get -o yaml`` shows it) is dropped; what would
change the meaning of the request is refused. Raises ``RefusedError``.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from countersign.actions.documents import DocumentError, documents
from countersign.api.approval_request import GROUP
from countersign.api.kinds import built_in
from countersign.api.operation import Operation, Target
from countersign.api.parameters import MANIFEST_LIMIT
from countersign.api.status import MAX_STEPS
from countersign.api.text import clip
from countersign.errors import RefusedError

JsonObject = dict[str, Any]
STAMP = f"{GROUP}/executed"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_OF_THE_SERVER = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "selfLink",
)
_LONGEST = 64


def split(operation: Operation, namespace: str) -> tuple[Operation, ...]:
    """One Apply an object, each with its target; any other operation as it is."""
    if operation.apply is None:
        return (operation,)
    found = read(operation.apply.manifest)
    parts = tuple(_part(operation, each, namespace, alone=len(found) == 1) for each in found)
    seen: set[Target] = set()
    for part in parts:
        if part.one in seen:
            raise _refused(f"The manifest has {part.one.described} twice. Write it once.")
        seen.add(part.one)
    return parts


def read(text: str) -> tuple[JsonObject, ...]:
    """The objects, at most ``MAX_STEPS``, each fit to be applied."""
    try:
        found = [each for document in documents(text) for each in _expanded(document)]
    except DocumentError as error:
        raise _refused(f"The manifest cannot be read: {error}.") from error
    if not found:
        raise _refused("The manifest has no object. Write at least one.")
    if len(found) > MAX_STEPS:
        raise _refused(f"The manifest has more than {MAX_STEPS} objects. Write several requests.")
    return tuple(_cleaned(each) for each in found)


def is_our_group(name: str) -> bool:
    """Whether an API group is this program's."""
    return name == GROUP or name.endswith(f".{GROUP}")


def is_our_key(key: str) -> bool:
    """Whether a label's or annotation's key has this program's prefix."""
    prefix, slash, _ = key.partition("/")
    return bool(slash) and is_our_group(prefix)


def _expanded(document: Any) -> list[Any]:
    if isinstance(document, dict) and document.get("kind") == "List":
        items = document.get("items")
        if document.get("apiVersion") != "v1" or not isinstance(items, list):
            raise _refused("A List has apiVersion v1 and items. Write the objects themselves.")
        return items
    return [document]


def _part(operation: Operation, manifest: JsonObject, namespace: str, *, alone: bool) -> Operation:
    if operation.apply is None:
        raise _refused("Apply without a manifest; write apply: {manifest: '…'}.")
    part = operation.on(_target(manifest).in_namespace(namespace))
    if alone:
        return part  # What people wrote, to the letter.
    text = json.dumps(manifest, ensure_ascii=False)
    if len(text) > MANIFEST_LIMIT:
        raise _refused(f"{part.one.described} is longer than {MANIFEST_LIMIT} characters.")
    return part.model_copy(update={"apply": operation.apply.model_copy(update={"manifest": text})})


def _target(manifest: JsonObject) -> Target:
    kind, api_version, metadata = manifest["kind"], manifest["apiVersion"], manifest["metadata"]
    try:
        return Target(
            api_version=None if built_in(kind, api_version) else api_version,
            kind=kind,
            name=metadata["name"],
            namespace=metadata.get("namespace"),
        )
    except ValidationError as error:
        field = ".".join(str(each) for each in error.errors()[0]["loc"])
        what = f"{clip(kind, _LONGEST)} {clip(metadata['name'], _LONGEST)}"
        raise _refused(f"The {field} of {what} in the manifest is not valid.") from error


# --- One object -----------------------------------------------------------------------------------


def _cleaned(manifest: Any) -> JsonObject:
    if not isinstance(manifest, dict):
        raise _refused("A document of the manifest is no object. Write apiVersion, kind, metadata.")
    kind, api_version = _word(manifest, "kind"), _word(manifest, "apiVersion")
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        raise _refused(f"{clip(kind, _LONGEST)} has no metadata. Write metadata: {{name: …}}.")
    if "generateName" in metadata:
        raise _refused("generateName makes another object each time. Write metadata.name.")
    name = _word(metadata, "name", f"metadata of {clip(kind, _LONGEST)}")
    what = f"{clip(kind, _LONGEST)} {clip(name, _LONGEST)}"
    if name in (".", ".."):
        raise _refused(f"{what} has a name that no object can have.")
    if not isinstance(metadata.get("namespace", ""), str):
        raise _refused(f"The namespace of {what} is no text. Put it in quotes.")
    if is_our_group(api_version.rpartition("/")[0]):
        raise _refused(f"{what}: objects of {GROUP} cannot be applied by a request.")
    _refuse_preconditions(metadata, what)
    _refuse_secret(manifest, what)
    cleaned = {key: value for key, value in manifest.items() if key != "status"}
    cleaned["metadata"] = _cleaned_metadata(metadata, what)
    return cleaned


def _word(fields: JsonObject, field: str, of: str = "a document of the manifest") -> str:
    value = fields.get(field)
    if not isinstance(value, str) or not value:
        raise _refused(f"{of[:1].upper()}{of[1:]} has no {field}, or one that is no text.")
    return value


def _refuse_preconditions(metadata: JsonObject, what: str) -> None:
    for field in ("uid", "resourceVersion"):
        if field in metadata:
            raise _refused(f"{what} has metadata.{field}. Take it out: the plan says which object.")


def _refuse_secret(manifest: JsonObject, what: str) -> None:
    if manifest["kind"] != "Secret":
        return
    annotations = manifest["metadata"].get("annotations")
    held = isinstance(annotations, dict) and LAST_APPLIED in annotations
    if manifest.get("data") or manifest.get("stringData") or held:
        raise _refused(
            f"{what} has data, which everybody who can read this request would see. Create the "
            "Secret in another way, and apply here what refers to it."
        )


def _cleaned_metadata(metadata: JsonObject, what: str) -> JsonObject:
    kept = {key: value for key, value in metadata.items() if key not in _OF_THE_SERVER}
    for field in ("labels", "annotations"):
        if kept.get(field) is None:
            kept.pop(field, None)
            continue
        if not isinstance(kept[field], dict):
            raise _refused(f"metadata.{field} of {what} is no mapping. Write {{key: value}}.")
        kept[field] = {key: value for key, value in kept[field].items() if key != STAMP}
        for key in kept[field]:
            if is_our_key(key):
                message = f"{what} has {clip(key, _LONGEST)}: keys of {GROUP} are this program's."
                raise _refused(f"{message} Take it out.")
    return kept


def _refused(message: str) -> RefusedError:
    return RefusedError("Invalid", message)
