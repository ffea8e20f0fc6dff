"""Which characters a text may hold: only what people see when they sign it."""

from __future__ import annotations

import re
import unicodedata

from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, code_point

MAX_TEXT = 4096
_SPACES = str.maketrans({"\r": "\n", "\t": " ", "\u00a0": " ", "\u3000": " "})
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
# Invisible or empty although their category does not tell: fillers, the braille blank,
# joiners, variation selectors, and the mark that a decoder puts where it lost something.
_HIDDEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\ufffd"
) | frozenset(
    chr(point)
    for start, end in ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for point in range(start, end + 1)
)
_EMOJI_STYLE = "\ufe0f"
_CJK = (
    r"\u2e80-\u2fdf\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a0-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_CJK_PUNCTUATION = (
    r"\u3001-\u3003\u3008-\u3011\u3014-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
CJK = re.compile(f"[{_CJK}{_CJK_PUNCTUATION}]")


def checked(text: str) -> str:
    """The text with plain spaces and newlines; refuses what is too long or cannot be seen."""
    if len(text) > MAX_TEXT:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"The action is longer than {MAX_TEXT} characters. Write one short command.",
        )
    plain = text.replace("\r\n", "\n").translate(_SPACES)
    if hidden := {character for character in set(plain) if _is_hidden(character)}:
        _check_hidden(plain, hidden)
    return plain


def has_odd_spaces(text: str) -> bool:
    """Whether ``checked`` has made plain spaces of others: inside quotes they might matter."""
    return any(ord(character) in _SPACES for character in set(text.replace("\r\n", "\n")))


def unreadable_letter(text: str) -> str | None:
    """The first letter that belongs neither to English nor to Chinese or Japanese, if any.

    Prose in a language this parser does not read could say "do not" without its noticing, and
    so could letters in disguise: full-width, in circles, or struck through.
    """
    return next((character for character in text if _is_unreadable(character)), None)


def _is_unreadable(character: str) -> bool:
    if character.isascii() or _CJK_CHARACTER.match(character) or character == _EMOJI_STYLE:
        return False
    return unicodedata.category(character)[0] in "LM" or (
        unicodedata.normalize("NFKC", character).isalnum() and not character.isdigit()
    )


def _is_hidden(character: str) -> bool:
    if character in " \n":
        return False
    return character in _HIDDEN or unicodedata.category(character) in _HIDDEN_CATEGORIES


def _check_hidden(plain: str, hidden: set[str]) -> None:
    before = ""
    for character in plain:
        if character in hidden and not _is_colour(character, before):
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"The action holds the invisible character {code_point(character)}. "
                "Type the text anew instead of pasting it.",
            )
        before = character


def _is_colour(character: str, before: str) -> bool:
    """Whether it is seen after all: as the colour of the symbol before it."""
    return character == _EMOJI_STYLE and before != "" and unicodedata.category(before) == "So"
