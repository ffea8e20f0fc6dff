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
    if (kept := body.pop("$retainKeys", None)) is not None:
        result = {key: value for key, value in result.items() if key in kept}
    orders = {key: body.pop(key) for key in list(body) if key.startswith("$setElementOrder/")}
    before = dict(result)
    for key, value in body.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            result[name] = [each for each in result.get(name) or [] if each not in value]
        elif value is None or value == {"$patch": "delete"}:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = _strategic(result.get(key), value)
        elif isinstance(value, list):
            result[key] = _strategic_list(key, result.get(key) or [], value)
        else:
            result[key] = value
    for directive, order in orders.items():
        name = directive.partition("/")[2]
        if name in result:
            result[name] = _ordered(name, result[name], before.get(name) or [], order)
    return result


def _strategic_list(name: str, live: list[Any], body: list[Any]) -> list[Any]:
    key = merge_key(name, body)
    if name == "finalizers":
        return _ordered(name, live + [each for each in body if each not in live], live, body)
    if key is None:
        return body
    if any(each.get("$patch") == "replace" for each in body):
        return [each for each in body if "$patch" not in each]
    found = {_keyed(each, key): each for each in live}
    for each in body:
        if each.pop("$patch", None) == "delete":
            found.pop(_keyed(each, key), None)
        else:
            found[_keyed(each, key)] = _strategic(found.get(_keyed(each, key), {}), each)
    return _ordered(name, list(found.values()), live, body)


def _ordered(name: str, merged: list[Any], live: list[Any], body: list[Any]) -> list[Any]:
    key = merge_key(name, body)
    if key is None:
        return _interleaved(merged, live, body)
    found = {_keyed(each, key): each for each in merged}
    keys = ([_keyed(each, key) for each in elements] for elements in (merged, live, body))
    return [found[each] for each in _interleaved(*keys)]


def _interleaved(merged: list[Any], live: list[Any], body: list[Any]) -> list[Any]:
    """In the patch's own order, and what it does not name between it as it was before.

    So what is new comes first, unless something follows in the patch that was there.
    """
    patched = [each for each in body if each in merged]
    others = [each for each in live if each in merged and each not in patched]
    result: list[Any] = []
    while others and patched:
        first = patched[0] in live and live.index(others[0]) < live.index(patched[0])
        result.append(others.pop(0) if first else patched.pop(0))
    return result + others + patched


def _keyed(element: JsonObject, key: str) -> Any:
    if key not in element:
        text = f"map: {element} does not contain declared merge key: {key}"
        raise ApiError(text, code=500)
    return element[key]


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
            text = "the server rejected our request due to an error in our request"
            raise ApiError(text, code=422, reason="Invalid") from error
    return document[""]  # type: ignore[no-any-return]


def _json_operation(document: Any, each: JsonObject) -> None:
    match each["op"]:
        case "add":
            _add(document, each["path"], copy.deepcopy(each["value"]))
        case "remove":
            _remove(document, each["path"])
        case "replace":
            parent, key = _place(document, each["path"])
            parent[key] = copy.deepcopy(each["value"])  # Of a map, what is not there too.
        case "move":
            _add(document, each["path"], _remove(document, each["from"]))
        case "copy":
            _add(document, each["path"], copy.deepcopy(_value(document, each["from"])))
        case "test":
            if _value(document, each["path"]) != each["value"]:
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


def _value(document: Any, path: str) -> Any:
    """Of a map, what is not there is null."""
    parent, key = _place(document, path)
    return parent.get(key) if isinstance(parent, dict) else parent[key]


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
