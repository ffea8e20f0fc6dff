"""Reading objects of the API, any of whose fields may be missing or of another type."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]


def part(live: JsonObject | None, *path: str) -> JsonObject:
    """The object under a path of fields; empty where there is none."""
    found: Any = live
    for field in path:
        found = found.get(field) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def listed(live: JsonObject | None, field: str) -> list[JsonObject]:
    """The objects in a list; empty where there is none."""
    found = (live or {}).get(field)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def number(live: JsonObject, field: str, default: int = 0) -> int:
    """A whole number; ``default`` where there is none."""
    found = live.get(field)
    return found if isinstance(found, int) else default


def strings(live: JsonObject | None, *path: str) -> dict[str, str]:
    """A map of strings, such as labels; empty where there is none."""
    return {key: value for key, value in part(live, *path).items() if isinstance(value, str)}


def share(value: object, of: int, *, up: bool) -> int | None:
    """An int-or-percent field as a number; None where it is neither."""
    if isinstance(value, int):
        return value
    digits = value.removesuffix("%") if isinstance(value, str) else ""
    if not (isinstance(value, str) and value.endswith("%") and digits.isdecimal()):
        return None
    hundredths = int(digits) * of
    return -(-hundredths // 100) if up else hundredths // 100
