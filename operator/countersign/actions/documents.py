"""JSON and YAML from strangers: bounded, and read with one meaning or not at all.

YAML is built from its events, so that nothing is ever constructed from a tag. A plain scalar that
YAML 1.1, YAML 1.2 and kubectl do not all read alike (``no``, ``0644``, ``1e3``, ``12:30``) is
refused: who signs a text has to see the value that is sent.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import yaml

from countersign.api.parameters import MANIFEST_LIMIT
from countersign.api.text import clip

MAX_DEPTH = 48
MAX_NODES = 10_000
MAX_DOCUMENTS = 32
_SHOWN = 40
_LARGEST = 2**63
# libyaml's parser gives the same events twenty times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ODD_BREAKS = ("\x85", "\u2028", "\u2029")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?", re.ASCII)
_AMBIGUOUS = re.compile(
    r"(?i:y|n|yes|no|on|off|<<|[-+]?\.(inf|nan))"  # Words of YAML 1.1.
    r"|[-+]?0[xXoObB][0-9a-fA-F_]+"
    r"|[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?"  # 0644, 1_000, 1e3, 1.
    r"|[-+]?\.[0-9][0-9_]*([eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?",  # Sixtieths.
    re.ASCII,
)


class DocumentError(ValueError):
    """The text is no plain JSON or YAML; the message says where and what to write instead."""


def documents(text: str) -> tuple[Any, ...]:
    """Every document that is not empty, in order: at least one. Raises ``DocumentError``."""
    if len(text) > MANIFEST_LIMIT:
        raise DocumentError(f"it is longer than {MANIFEST_LIMIT} characters; write less")
    found = _json(text)
    if found is None:
        found = _yaml(text)
    if not found:
        raise DocumentError("it is empty; write at least one document")
    nodes = [MAX_NODES]
    for each in found:
        _check(each, MAX_DEPTH, nodes)
    return tuple(found)


def document(text: str) -> Any:
    """The one document. Raises ``DocumentError``."""
    found = documents(text)
    if len(found) > 1:
        raise DocumentError(f"it holds {len(found)} documents; write one")
    return found[0]


# --- JSON -----------------------------------------------------------------------------------------


def _json(text: str) -> list[Any] | None:
    """None where the text is not JSON: it may be YAML still."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        value = json.loads(
            text, object_pairs_hook=_members, parse_int=_integer, parse_constant=_no_number
        )
    except json.JSONDecodeError:
        return None
    except RecursionError as error:
        raise DocumentError(f"it is deeper than {MAX_DEPTH} levels; write it flatter") from error
    return [value]


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise DocumentError(f"{_quoted(twice)} is there twice; write it once")
    return members


def _no_number(text: str) -> NoReturn:
    raise DocumentError(f"{text} is no number; write a finite one")


def _integer(text: str) -> int:
    if len(text) > len(str(_LARGEST)) + 1 or not -_LARGEST <= int(text) < _LARGEST:
        raise DocumentError(f"{_quoted(text)} is too large a number; put it in quotes")
    return int(text)


# --- YAML -----------------------------------------------------------------------------------------


def _yaml(text: str) -> list[Any]:
    if any(each in text for each in _ODD_BREAKS):
        raise DocumentError("it has line breaks that only YAML 1.1 knows; write plain ones")
    try:
        return [each for each in _Reader(text).documents() if each is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "some character"
        raise DocumentError(f"{where} cannot be read; write plain YAML or JSON") from error


class _Reader:
    """Builds documents from events."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)

    def documents(self) -> Iterator[Any]:
        count = 0
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue  # The stream's start and end, and the end of a document.
            if event.version is not None or event.tags:
                raise _fault(event, "a directive")
            value = self._node(next(self._events), MAX_DEPTH)
            count += value is not None
            if count > MAX_DOCUMENTS:
                raise DocumentError(
                    f"it holds more than {MAX_DOCUMENTS} documents; write several requests"
                )
            yield value

    def _node(self, event: yaml.Event, depth: int) -> Any:
        if depth < 0:
            raise DocumentError(f"it is deeper than {MAX_DEPTH} levels; write it flatter")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _fault(event, "an anchor or alias")
        if getattr(event, "tag", None) is not None:
            raise _fault(event, "a tag")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._sequence(depth))
        if not isinstance(event, yaml.ScalarEvent):
            raise _fault(event, "something else than a value")
        return _plain(event) if event.implicit[0] else event.value

    def _mapping(self, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth - 1)
            if not isinstance(key, str):
                raise _fault(event, "a key that is no text (put it in quotes)")
            if key in mapping:
                raise _fault(event, f"{_quoted(key)} a second time")
            mapping[key] = self._node(next(self._events), depth - 1)
        return mapping

    def _sequence(self, depth: int) -> Iterator[Any]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth - 1)


def _plain(event: yaml.ScalarEvent) -> str | int | float | bool | None:
    text = event.value
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _AMBIGUOUS.fullmatch(text):
        raise DocumentError(
            f"line {_line(event)}: {_quoted(text)} without quotes is not read alike by everybody; "
            "put it in quotes if it is a text, else write true, false or a plain decimal number"
        )
    return str(text)


def _fault(event: yaml.Event, what: str) -> DocumentError:
    return DocumentError(
        f"line {_line(event)} holds {what}; write plain YAML without anchors, tags and repeated "
        "keys"
    )


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


# --- Both -----------------------------------------------------------------------------------------


def _check(value: Any, depth: int, nodes: list[int]) -> None:
    """Depth, number of values, and values that JSON cannot carry."""
    nodes[0] -= 1
    if depth < 0 or nodes[0] < 0:
        raise DocumentError(f"it is deeper than {MAX_DEPTH} levels or has over {MAX_NODES} values")
    if isinstance(value, float) and not math.isfinite(value):
        raise DocumentError("it holds a number that is not finite; put it in quotes")
    if isinstance(value, str) and not _is_text(value):
        raise DocumentError("it holds half a character (a lone surrogate); write it whole")
    if isinstance(value, dict):
        for key in value:
            _check(key, depth - 1, nodes)
    for child in value.values() if isinstance(value, dict) else _items(value):
        _check(child, depth - 1, nodes)


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)


def _quoted(text: str) -> str:
    return f'"{clip(text, _SHOWN)}"'
