"""``KEY=VALUE`` and ``KEY-`` behind the objects of a command, as label, annotate and set env."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.api.parameters import MAX_ITEMS


@dataclass(slots=True)
class Pairs:
    """Keys to set and keys to remove."""

    put: dict[str, str] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part the objects from the pairs behind them, as kubectl does."""
    start = next((i for i, word in enumerate(words) if _is_pair(word)), len(words))
    objects, pairs = list(words[:start]), list(words[start:])
    stray = next((word for word in pairs if not _is_pair(word)), None)
    if stray is not None:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"{quote(stray)} stands behind KEY=VALUE and is none itself. Write the objects first.",
        )
    return objects, pairs


def read(pairs: Sequence[str], key: re.Pattern[str], longest: int, *, what: str) -> Pairs:
    """Keys of this pattern with their values; refuses a key that is there twice, and none."""
    read = Pairs()
    for pair in pairs:
        name, is_put, value = pair.partition("=")
        if not is_put:
            name = name.removesuffix("-")
        if not key.fullmatch(name) or len(name) > longest:
            raise TextRefusedError(RefusalClass.MALFORMED, f"{quote(name)} cannot be a {what}.")
        if name in read.put or name in read.remove:
            raise TextRefusedError(
                RefusalClass.MALFORMED, f"The {what} {quote(name)} is there twice."
            )
        if is_put:
            read.put[name] = value
        else:
            read.remove.append(name)
    if not pairs:
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"No {what} is given. Write {what.upper()}=VALUE."
        )
    if len(pairs) > MAX_ITEMS:
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"More than {MAX_ITEMS} are given. Write several requests."
        )
    return read


def _is_pair(word: str) -> bool:
    return "=" in word[1:] or (word.endswith("-") and word != "-")
