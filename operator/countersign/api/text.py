"""Texts that other people wrote, made fit for a field, a line and a terminal."""

from __future__ import annotations

import unicodedata

MESSAGE_LIMIT = 1024
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co"})
"""Categories of Unicode: control, format (zero width, direction), line and paragraph separators,
surrogates, private use."""


def one_line(text: str) -> str:
    """Without characters that cannot be seen or that move others about, in one line."""
    if text.isascii() and text.isprintable():
        return text.strip()
    seen = (" " if unicodedata.category(each) in _UNSEEN else each for each in text)
    return " ".join("".join(seen).split())


def visible(text: str) -> str:
    """Without characters that cannot be seen, in as many lines and as far indented as it was."""
    return "\n".join("".join(map(_shown, line)).rstrip() for line in text.split("\n")).strip("\n")


def _shown(character: str) -> str:
    seen = character == "\t" or unicodedata.category(character) not in _UNSEEN
    return character if seen else " "


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
