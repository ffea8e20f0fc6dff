"""What each form of a patch makes of an object, as the API server would do it."""

from __future__ import annotations

import copy
import json
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
    """A new object; server-side apply is ``applied``."""
    result = copy.deepcopy(live)
    match form:
        case PatchForm.STRATEGIC:
            made = _strategic(result, copy.deepcopy(body))
        case PatchForm.MERGE:
            made = merge(result, copy.deepcopy(body))
        case PatchForm.JSON:
            made = _json_patch(result, body)
        case PatchForm.APPLY:
            raise AssertionError("an apply needs its earlier fields: use applied()")
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
    key = _merge_key(name, body)
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


def _merge_key(name: str, body: list[Any]) -> str | None:
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


# --- Server-side apply ----------------------------------------------------------------------------


def applied(
    live: JsonObject, body: JsonObject, mine: set[str], *, force: bool
) -> tuple[JsonObject, set[str]]:
    """The object, and the fields that are the applier's from now on.

    ``mine`` are those of its last apply. All other fields that are there belong to somebody else:
    a different value for one is a conflict. (Of a real server's managers, one remains.)
    """
    wanted, now = leaves(body), leaves(live)
    conflicts = [
        field
        for field, value in wanted.items()
        if field in now and now[field] != value and field not in mine
    ]
    if conflicts and not force:
        fields = ", ".join(f".{field}" for field in conflicts)
        raise ApiError(
            f'Apply failed with {len(conflicts)} conflict: conflict with "kubectl": {fields}',
            code=409,
            reason="Conflict",
        )
    result = _overlaid(copy.deepcopy(live), copy.deepcopy(body))
    for field in mine - set(wanted):
        _forget(result, [json.loads(part) for part in field.split("\n")])
    return result, set(wanted)


def leaves(value: Any, above: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Every leaf but those of the metadata that name the object; lists with keys are walked."""
    found: dict[str, Any] = {}
    if isinstance(value, dict):
        for key, each in value.items():
            if above in ((), ("metadata",)) and key in _IDENTITY:
                continue
            list_key = _list_key(key, each)
            if list_key is None:
                found |= leaves(each, (*above, key))
                continue
            for element in each:
                found |= leaves(element, (*above, key, {list_key: element[list_key]}))
        return found
    return {"\n".join(json.dumps(part) for part in above): value}


_IDENTITY = {
    "apiVersion",
    "kind",
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
}


def _list_key(name: Any, value: Any) -> str | None:
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        return None
    key = _merge_key(str(name), value)
    return key if key is not None and all(key in each for each in value) else None


def _overlaid(live: Any, body: Any) -> Any:
    if not isinstance(live, dict) or not isinstance(body, dict):
        return body
    for key, value in body.items():
        list_key = _list_key(key, value)
        if list_key is None or not isinstance(live.get(key), list):
            live[key] = _overlaid(live.get(key), value)
            continue
        for each in value:
            old = [i for i, v in enumerate(live[key]) if v.get(list_key) == each[list_key]]
            if old:
                live[key][old[0]] = _overlaid(live[key][old[0]], each)
            else:
                live[key].append(each)
    return live


def _forget(node: Any, parts: list[Any]) -> None:
    """Remove one field that was given up; a list's element goes with its key."""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if isinstance(part, dict):
            [(key, value)] = part.items()
            found = [each for each in node if each.get(key) == value]
            if not found:
                return
            if parts[number + 1 :] == [key]:
                node.remove(found[0])
                return
            node = found[0]
        elif not isinstance(node, dict) or part not in node:
            return
        elif last:
            del node[part]
        else:
            node = node[part]
