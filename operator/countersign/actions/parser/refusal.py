"""A refusal: the value that a text which is not understood exactly is parsed to."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_MESSAGE = 400
_LONGEST_QUOTE = 40


class RefusalClass(StrEnum):
    """Why a text is refused, in one word."""

    READ_ONLY = "read-only"
    INTERACTIVE = "interactive"
    COMPOUND = "compound"
    UNSUPPORTED = "unsupported"
    NO_TARGET = "no-target"
    AMBIGUOUS = "ambiguous"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not understood, and what to write instead (at most 400 characters)."""

    refused: RefusalClass
    message: str


class TextRefusedError(Exception):
    """Carries a refusal out of the parser's depths to ``parse``, the only place that catches it.

    Every function of the parser may raise it. ``errors.RefusedError`` is another thing: an action
    that was understood, and cannot be done.
    """

    def __init__(self, refused: RefusalClass, message: str) -> None:
        """Bound the message, so that no text can flood a status."""
        super().__init__(message)
        shortened = message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"
        self.refusal = Refusal(refused, shortened)


def quote(text: str) -> str:
    """A hostile text made fit for a message: shortened, and nothing in it that cannot be seen."""
    shortened = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    return f'"{"".join(_visible(character) for character in shortened)}"'


def code_point(character: str) -> str:
    """For example ``U+200B ZERO WIDTH SPACE``."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def one_of(words: Iterable[str]) -> str:
    """For example ``a, b or c``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _visible(character: str) -> str:
    if character.isprintable() and not unicodedata.combining(character):
        return character
    return f"\\u{ord(character):04x}"
