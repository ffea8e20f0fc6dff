"""Objects for machines: JSON, YAML, names. Harmless to a terminal, and the same when read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from countersign.api.approval_request import GROUP
from countersign.api.text import is_unseen
from countersign.plugin.options import Format
from countersign.plugin.screen import Screen
from countersign.ports import JsonObject

_BASIC_PLANE = 0xFFFF
_LIST: JsonObject = {"apiVersion": "v1", "kind": "List"}


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
    """Many objects, as a List, one after the other: a text of thousands is large."""
    match format_:
        case Format.JSON:
            parts = _json_list(items)
        case Format.YAML:
            parts = _yaml_list(items)
        case _:
            write(screen, format_, items)
            return
    for each in parts:
        screen.document(each)


def _json_list(items: Sequence[JsonObject]) -> Iterator[str]:
    if not items:
        yield dumped(_LIST | {"items": []})
        return
    yield dumped(_LIST).removesuffix("\n}") + ',\n    "items": ['
    for number, each in enumerate(items, 1):
        text = as_json(each).replace("\n", "\n        ")
        yield f"        {text}{',' if number < len(items) else ''}"
    yield "    ]\n}"


def _yaml_list(items: Sequence[JsonObject]) -> Iterator[str]:
    yield _yaml(_LIST) + ("items:" if items else "items: []")
    for each in items:
        yield _yaml([_lean(each)])


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
    lines = json.dumps(value, ensure_ascii=False, indent=4).split("\n")
    return "\n".join(each if _is_ordinary(each) else _all_seen(each) for each in lines)


def as_yaml(item: JsonObject) -> str:
    """YAML; where anything in it cannot be seen, all that is not ASCII as escapes."""
    return _yaml(_lean(item))


def _yaml(value: Any) -> str:
    import yaml  # noqa: PLC0415 - slow

    text = json.dumps(value, ensure_ascii=False)
    plain = _is_ordinary(text) or not any(is_unseen(each) for each in text)
    # libyaml writes the same several times as fast.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    written: str = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=plain, width=1000)
    return written


def _is_ordinary(text: str) -> bool:
    """Whether it need not be looked at letter by letter: thousands of objects are millions."""
    return text.isascii() and text.isprintable()


def _all_seen(text: str) -> str:
    return "".join(_escaped(each) if is_unseen(each) else each for each in text)


def _escaped(character: str) -> str:
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
