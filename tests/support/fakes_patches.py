"""What each form of a patch makes of an object, as the API server would do it."""

from __future__ import annotations

import copy
from typing import Any

from countersign.errors import ApiError
from countersign.ports import JsonObject, PatchForm

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "hostAliases": "ip",
    "conditions": "type",
    "ownerReferences": "uid",
    "topologySpreadConstraints": "topologyKey",
}
"""Lists whose elements a strategic patch merges by a key; all others are replaced whole."""


def invalid(message: str) -> ApiError:
    return ApiError(message, code=422, reason="Invalid")


def patched(live: JsonObject, body: Any, form: PatchForm) -> JsonObject:
    """A new object; server-side apply is ``Owners.applied``."""
    result = copy.deepcopy(live)
    match form:
        case PatchForm.STRATEGIC:
            made = _strategic(result, copy.deepcopy(body))
        case PatchForm.MERGE:
            made = merge(result, copy.deepcopy(body))
        case PatchForm.JSON:
            made = _json_patch(result, body)
        case PatchForm.APPLY:
            raise AssertionError("whose field is whose, Owners.applied knows")
    assert isinstance(made, dict), "an object stays an object"
    return made


def merge(live: Any, body: Any) -> Any:
    """RFC 7386."""
    if not isinstance(body, dict):
        return body
    result = live if isinstance(live, dict) else {}
    for key, value in body.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


# --- Strategic merge ------------------------------------------------------------------------------


def _strategic(live: Any, body: JsonObject) -> Any:
    result = live if isinstance(live, dict) else {}
    directive = body.pop("$patch", None)
    if directive == "replace":
        return body
    if directive == "delete":
        return {}
    if (kept := body.pop("$retainKeys", None)) is not None:
        result = {key: value for key, value in result.items() if key in kept}
    for key, value in body.items():
        if key.startswith("$setElementOrder/"):
            continue
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            result[name] = [each for each in result.get(name) or [] if each not in value]
        elif value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = _strategic(result.get(key), value)
        elif isinstance(value, list):
            result[key] = _strategic_list(key, result.get(key) or [], value)
        else:
            result[key] = value
    return result


def _strategic_list(name: str, live: list[Any], body: list[Any]) -> list[Any]:
    key = merge_key(name, body)
    if name == "finalizers":
        return live + [each for each in body if each not in live]
    if key is None:
        return body
    if any(each.get("$patch") == "replace" for each in body):
        return [each for each in body if "$patch" not in each]
    result = list(live)
    for each in body:
        if key not in each:
            raise invalid(f"map: {each} does not contain declared merge key: {key}")
        at = next((i for i, old in enumerate(result) if old.get(key) == each[key]), None)
        if each.get("$patch") == "delete":
            if at is not None:
                del result[at]
        elif at is None:
            result.append(_strategic({}, each))
        else:
            result[at] = _strategic(result[at], each)
    return result


def merge_key(name: str, body: list[Any]) -> str | None:
    if name == "ports":  # Of a container, or of a Service.
        return "containerPort" if any("containerPort" in each for each in body) else "port"
    return MERGE_KEYS.get(name)


# --- JSON patch -----------------------------------------------------------------------------------


def _json_patch(live: JsonObject, operations: Any) -> JsonObject:
    """RFC 6902; whatever does not fit is 422, as the API server says it."""
    document: Any = {"": live}
    for each in operations:
        try:
            _json_operation(document, each)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            text = f"the server rejected our request due to an error in our request: {error!r}"
            raise invalid(text) from error
    return document[""]  # type: ignore[no-any-return]


def _json_operation(document: Any, each: JsonObject) -> None:
    match each["op"]:
        case "add":
            _add(document, each["path"], copy.deepcopy(each["value"]))
        case "remove":
            _remove(document, each["path"])
        case "replace":
            _remove(document, each["path"])
            _add(document, each["path"], copy.deepcopy(each["value"]))
        case "move":
            _add(document, each["path"], _remove(document, each["from"]))
        case "copy":
            parent, key = _place(document, each["from"])
            _add(document, each["path"], copy.deepcopy(parent[key]))
        case "test":
            parent, key = _place(document, each["path"])
            if parent[key] != each["value"]:
                raise ValueError(f"testing value {each['path']} failed")
        case other:
            raise ValueError(f"unknown op {other}")


def _place(document: Any, path: str) -> tuple[Any, Any]:
    if path and not path.startswith("/"):
        raise ValueError(f"{path} is no pointer")
    *above, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")]
    node = document
    for part in above:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if isinstance(node, list) and last != "-":
        return node, int(last)
    return node, last


def _add(document: Any, path: str, value: Any) -> None:
    parent, key = _place(document, path)
    if not isinstance(parent, list):
        parent[key] = value
    elif key == "-":
        parent.append(value)
    elif 0 <= key <= len(parent):
        parent.insert(key, value)
    else:
        raise IndexError(path)


def _remove(document: Any, path: str) -> Any:
    parent, key = _place(document, path)
    return parent.pop(key)
