"""Objects for machines: JSON, YAML, names. Harmless to a terminal, and the same when read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from countersign.api.approval_request import GROUP
from countersign.api.text import is_unseen
from countersign.plugin.options import Format
from countersign.plugin.screen import Screen
from countersign.ports import JsonObject

_BASIC_PLANE = 0xFFFF


def write(screen: Screen, format_: Format | None, items: Sequence[JsonObject]) -> None:
    """One object as itself."""
    match format_:
        case Format.JSON:
            screen.document("\n".join(as_json(each) for each in items))
        case Format.YAML:
            screen.document("---\n".join(as_yaml(each) for each in items))
        case _:
            for each in items:
                screen.say(named(each))


def write_list(screen: Screen, format_: Format | None, items: Sequence[JsonObject]) -> None:
    """Many objects, as a List."""
    if format_ is Format.NAME:
        write(screen, format_, items)
    else:
        whole = {"apiVersion": "v1", "kind": "List", "items": [_lean(each) for each in items]}
        write(screen, format_, [whole])


def named(item: JsonObject) -> str:
    """As ``kubectl -o name`` writes it."""
    kind = str(item.get("kind") or "ApprovalRequest").lower()
    group = str(item.get("apiVersion") or f"{GROUP}/").rpartition("/")[0]
    return f"{kind}{'.' if group else ''}{group}/{(item.get('metadata') or {}).get('name')}"


def as_json(item: JsonObject) -> str:
    """JSON, with every character that cannot be seen as an escape."""
    return dumped(_lean(item))


def dumped(value: Any) -> str:
    """Any value as JSON, in the same way."""
    text = json.dumps(value, ensure_ascii=False, indent=4)
    return "".join(_escaped(each) for each in text)


def as_yaml(item: JsonObject) -> str:
    """YAML; where anything in it cannot be seen, all that is not ASCII as escapes."""
    import yaml  # noqa: PLC0415 - slow

    lean = _lean(item)
    text = json.dumps(lean, ensure_ascii=False)
    plain = not any(is_unseen(each) for each in text)
    written: str = yaml.safe_dump(lean, sort_keys=False, allow_unicode=plain, width=1000)
    return written


def _escaped(character: str) -> str:
    if character == "\n" or not is_unseen(character):
        return character
    code = ord(character)
    if code <= _BASIC_PLANE:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _lean(item: JsonObject) -> JsonObject:
    """Without what is the API server's own bookkeeping, as kubectl leaves it out."""
    metadata: Any = item.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return item
    kept = {key: value for key, value in metadata.items() if key != "managedFields"}
    return {**item, "metadata": kept}
