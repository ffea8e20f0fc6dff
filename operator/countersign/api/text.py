"""Texts that other people wrote, made fit for a field, a line and a terminal."""

from __future__ import annotations

import re
import unicodedata

MESSAGE_LIMIT = 1024
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co"})
"""Categories of Unicode: control, format (zero width, direction), line and paragraph separators,
surrogates, private use."""
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0d\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""What Unicode has everybody ignore, fillers and the Braille blank: letters and marks by category.

Not the two selectors of an emoji's style: those are seen.
"""


def is_unseen(character: str) -> bool:
    """Whether nobody can see a character, or it moves others about."""
    return unicodedata.category(character) in _UNSEEN or _BLANK.match(character) is not None


def one_line(text: str) -> str:
    """Without characters that cannot be seen or that move others about, in one line."""
    if text.isascii() and text.isprintable():
        return text.strip()
    seen = (" " if is_unseen(each) else each for each in text)
    return " ".join("".join(seen).split())


def visible(text: str) -> str:
    """Without characters that cannot be seen, in as many lines and as far indented as it was."""
    return "\n".join("".join(map(_shown, line)).rstrip() for line in text.split("\n")).strip("\n")


def _shown(character: str) -> str:
    return character if character == "\t" or not is_unseen(character) else " "


def clip(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """One line for a bounded field, which shows where it was shortened."""
    line = one_line(text)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def clip_before(text: str, words: str, limit: int = MESSAGE_LIMIT) -> str:
    """The same with ``words`` of ours behind it, which are whole: they say what to do."""
    return clip(text, limit - len(words)) + words


def ending(text: str, limit: int) -> str:
    """The end of a long text, which shows that there was more before it."""
    return text if len(text) <= limit else "…" + text[1 - limit :]
