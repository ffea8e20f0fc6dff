"""Whose field is whose: what server-side apply asks, and what every write adds to."""

from __future__ import annotations

import copy
import json
from typing import Any

from countersign.errors import ApiError
from countersign.ports import JsonObject
from tests.support.fakes_patches import merge_key

Manager = tuple[str, str]
"""Its name, and whether it applies or updates: the two are not the same to the server."""
Field = tuple[Any, ...]
"""Keys down to a leaf; an element of a list is a map of its key."""
OTHERS: Manager = ("kubectl", "Update")
OURS: Manager = ("countersign", "Update")
APPLIER: Manager = ("countersign", "Apply")
_IDENTITY = {
    "apiVersion",
    "kind",
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "generateName",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
}
_ATOMIC = {"nodeSelector", "matchLabels", "selector"}


class Owners:
    """Of one object's fields."""

    def __init__(self) -> None:
        self._of: dict[str, set[Manager]] = {}

    def updated(self, by: Manager, before: JsonObject, after: JsonObject) -> None:
        """Who changes a field has it alone; who leaves it as it was, has no part in it."""
        old, new = leaves(before), leaves(after)
        self._of = {
            field: {by} if field not in old or old[field] != value else self._of.get(field, {by})
            for field, value in new.items()
        }

    def applied(self, live: JsonObject, body: JsonObject, *, force: bool) -> JsonObject:
        """The object afterwards; 409 where others have set fields otherwise."""
        wanted, now = leaves(body), leaves(live)
        contested = {
            field: others
            for field, value in wanted.items()
            if field in now and now[field] != value
            if (others := self._of.get(field, set()) - {APPLIER})
        }
        if contested and not force:
            raise _conflict(contested, str(live["apiVersion"]))
        given_up = [
            field
            for field, owners in self._of.items()
            if owners == {APPLIER} and field not in wanted
        ]
        for field, owners in list(self._of.items()):
            if field not in wanted and (left := owners - {APPLIER}):
                self._of[field] = left
        result = _overlaid(copy.deepcopy(live), copy.deepcopy(body))
        for field in given_up:
            _forget(result, json.loads(field))
            del self._of[field]
        for field in wanted:
            others = set() if field in contested else self._of.get(field, set())
            self._of[field] = {*others, APPLIER}
        return result


def leaves(value: Any, above: Field = ()) -> dict[str, Any]:
    """Every leaf but those of the metadata that name the object; lists with keys are walked."""
    found: dict[str, Any] = {}
    if isinstance(value, dict) and not (above and str(above[-1]) in _ATOMIC):
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
    return {json.dumps(above): value}


def _conflict(contested: dict[str, set[Manager]], version: str) -> ApiError:
    """In the API server's own words and order."""
    by_manager: dict[str, list[str]] = {}
    for field, owners in contested.items():
        for name, _operation in owners:
            by_manager.setdefault(f'"{name}" using {version}', []).append(_written(field))
    count = sum(map(len, by_manager.values()))
    if count == 1:
        [(who, [field])] = by_manager.items()
        words = f"Apply failed with 1 conflict: conflict with {who}: {field}"
    else:
        parts = [
            f"conflicts with {who}:\n" + "\n".join(f"- {field}" for field in sorted(fields))
            for who, fields in sorted(by_manager.items())
        ]
        words = f"Apply failed with {count} conflicts: " + "\n".join(parts)
    return ApiError(words, code=409, reason="Conflict")


def _written(field: str) -> str:
    parts = []
    for part in json.loads(field):
        if isinstance(part, dict):
            keys = ",".join(f"{key}={json.dumps(value)}" for key, value in part.items())
            parts.append(f"[{keys}]")
        else:
            parts.append(f".{part}")
    return "".join(parts)


def _list_key(name: Any, value: Any) -> str | None:
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        return None
    key = merge_key(str(name), value)
    return key if key is not None and all(key in each for each in value) else None


def _overlaid(live: Any, body: Any) -> Any:
    if not isinstance(live, dict) or not isinstance(body, dict):
        return body
    for key, value in body.items():
        list_key = _list_key(key, value)
        if list_key is None or not isinstance(live.get(key), list):
            live[key] = value if key in _ATOMIC else _overlaid(live.get(key), value)
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
