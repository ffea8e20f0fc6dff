"""What differs between two JSON objects, as people read it: bounded, and never ambiguous.

Nothing that differs is left out: a text that had to be shortened for display carries a digest of
the whole, the order of a list is compared, and ``"3"`` is shown as something else than ``3``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from countersign.actions.digest import digest_of
from countersign.actions.secrecy import HIDDEN, is_secret_variable
from countersign.api.status import VALUE_LIMIT, Change
from countersign.api.text import clip
from countersign.executors.wording.values import (
    FIELD_LIMIT,
    bounded,
    compact,
    shown,
)

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_QUIET_KEY = re.compile(r"[A-Za-z0-9._/:-]+", re.ASCII)
_ABSENT: Any = object()


class Element(str):
    """A step of a path into a list: the element's name, else its place."""

    __slots__ = ()


Path = tuple[str, ...]
Hidden = Callable[[Path], bool]


def _nothing(path: Path) -> bool:
    del path
    return False


def differences(before: Any, after: Any, hidden: Hidden = _nothing) -> tuple[Change, ...]:
    """At most ``MAX_CHANGES`` leaves that differ, in the order of their fields.

    Values of paths that are ``hidden``, and of variables whose name says so, are not shown.
    """
    return bounded([each.change() for each in _compare(before, after, (), hidden)])


def differing(planned: tuple[Change, ...], now: tuple[Change, ...]) -> str:
    """The fields, three at most, that a plan and what it would be now do not change alike."""
    alike = set(planned) & set(now)
    if alike == {*planned, *now}:
        alike = set()  # Only their order is another.
    names = (each.field for each in (*planned, *now) if each not in alike)
    return ", ".join(list(dict.fromkeys(names))[:3])


@dataclass(frozen=True)
class _Leaf:
    """A value that differs; texts of both sides, None where there is none."""

    path: Path
    before: str | None
    after: str | None

    def change(self) -> Change:
        """As people see it."""
        before, after = self.before, self.after
        if before is not None and after is not None and "\n" in before + after:
            before, after = _changed_lines(before, after)
        return Change(
            field=shown(_field(self.path), FIELD_LIMIT),
            before=None if before is None else shown(before),
            after=None if after is None else shown(after),
        )


# --- Comparing ------------------------------------------------------------------------------------


def _compare(before: Any, after: Any, path: Path, hidden: Hidden) -> Iterator[_Leaf]:
    if _same(before, after):
        return
    if hidden(path):
        yield _Leaf(path, *(None if each is _ABSENT else HIDDEN for each in (before, after)))
    elif _are(dict, before, after):
        yield from _maps(before, after, path, hidden)
    elif _are(list, before, after) and not (_is_flat(before) and _is_flat(after)):
        yield from _lists(before, after, path, hidden)
    else:
        yield _Leaf(path, _text(before), _text(after))


def _are(type_: type, before: Any, after: Any) -> bool:
    """Both of this type, one of which may be absent, and something to show inside."""
    there = [each for each in (before, after) if each is not _ABSENT]
    return all(isinstance(each, type_) for each in there) and any(there)


def _maps(before: Any, after: Any, path: Path, hidden: Hidden) -> Iterator[_Leaf]:
    if after == {} and path:  # Emptied is something else than removed.
        yield _Leaf(path, "{…}", "{}")
    was, will = (each if each is not _ABSENT else {} for each in (before, after))
    secret = any(is_secret_variable(each) for each in (was, will))
    for key in sorted({*was, *will} - _said(path, was, will)):
        inner = _always if secret and key == "value" else hidden
        old, new = was.get(key, _ABSENT), will.get(key, _ABSENT)
        yield from _compare(old, new, (*path, key), inner)


def _lists(before: Any, after: Any, path: Path, hidden: Hidden) -> Iterator[_Leaf]:
    """By name where all elements have one of their own, else by place."""
    was, will = (each if each is not _ABSENT else [] for each in (before, after))
    if after == []:
        yield _Leaf(path, "[…]", "[]")
    old, new = _by_name(was), _by_name(will)
    if old is None or new is None:
        old, new = _by_place(was), _by_place(will)
    elif not _keeps_order(list(old), list(new)):
        yield _Leaf((*path, Element("order")), ", ".join(old), ", ".join(new))
    for name in dict.fromkeys((*old, *new)):
        yield from _compare(
            old.get(name, _ABSENT), new.get(name, _ABSENT), (*path, Element(name)), hidden
        )


def _said(path: Path, was: Any, will: Any) -> set[str]:
    """The name of a list's element is in its path; it is shown if it is all there is."""
    is_named = isinstance(path[-1] if path else None, Element)
    names = {str(each.get("name")) for each in (was, will) if each}
    return {"name"} if is_named and names == {path[-1]} and {*was, *will} != {"name"} else set()


def _by_name(elements: list[Any]) -> dict[str, Any] | None:
    named = {
        each["name"]: each
        for each in elements
        if isinstance(each, dict) and isinstance(each.get("name"), str)
    }
    return named if len(named) == len(elements) else None


def _by_place(elements: list[Any]) -> dict[str, Any]:
    return {str(index): each for index, each in enumerate(elements)}


def _keeps_order(before: list[str], after: list[str]) -> bool:
    """Whether elements were only removed, or added at the end."""
    kept = [name for name in before if name in after]
    return after[: len(kept)] == kept


def _is_flat(value: Any) -> bool:
    """A list of texts and numbers is read best as a whole."""
    return value is _ABSENT or not any(isinstance(each, (dict, list)) for each in value)


def _always(path: Path) -> bool:
    del path
    return True


def _same(before: Any, after: Any) -> bool:
    """Equality of JSON: unlike Python's, 1 is not true."""
    if before is _ABSENT or after is _ABSENT:
        return before is after
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(
            _same(value, after[key]) for key, value in before.items()
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)


# --- Showing --------------------------------------------------------------------------------------


def _text(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    if isinstance(value, str) and not _looks_like_json(value):
        return value
    return compact(value)


def _looks_like_json(text: str) -> bool:
    """Such a text is shown in quotes."""
    if len(text) > VALUE_LIMIT:
        return text.startswith(('"', "{", "["))
    try:
        json.loads(text)
    except ValueError:
        return text.startswith('"')
    return True


def _changed_lines(before: str, after: str) -> tuple[str, str]:
    """Of two long texts only the lines from the first to the last that differ."""
    was, will = before.split("\n"), after.split("\n")
    start = _common(was, will)
    end = _common(was[start:][::-1], will[start:][::-1])
    first, second = (
        _lines(whole, lines[start : len(lines) - end], start)
        for whole, lines in ((before, was), (after, will))
    )
    return first, second


def _common(first: list[str], second: list[str]) -> int:
    """How many elements both begin with."""
    pairs = zip(first, second, strict=False)
    shorter = min(len(first), len(second))
    return next((i for i, (one, other) in enumerate(pairs) if one != other), shorter)


def _lines(whole: str, lines: list[str], start: int) -> str:
    mark = f" (sha256:{digest_of(whole)[7:23]})"
    return clip(f"line {start + 1}: {' ⏎ '.join(lines)}", VALUE_LIMIT - len(mark)) + mark


def _field(path: Path) -> str:
    field = ""
    for key in path:
        if not isinstance(key, Element) and _PLAIN_KEY.fullmatch(key):
            field += f".{key}"
        else:
            field = entry_field(field, key)
    return field.removeprefix(".") or "(the whole object)"


def entry_field(field: str, key: str) -> str:
    """One entry of a map or list, whatever its key: ``metadata.labels[example.com/tier]``."""
    return f"{field}[{key if _QUIET_KEY.fullmatch(key) else json.dumps(key)}]"
