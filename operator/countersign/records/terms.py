"""The words of a text, in English and Chinese, as all stores index and look for them.

An English word is its stem, in lower case; the parts of one in camel case count as well, so that
``loop`` finds ``CrashLoopBackOff``. Chinese has no spaces, and two characters are its usual word:
each pair of neighbours is a term, and so 重啟 finds 已經重啟.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_IDEOGRAPHS = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"
)
_RUN = re.compile(rf"([{_IDEOGRAPHS}]+)|([^\W_{_IDEOGRAPHS}]+)")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_STEM = 3
"""A stem has at least so many characters."""
_LONGEST = 64
"""What is longer is no word: a digest, a key, a piece of base64."""


def terms(text: str) -> list[str]:
    """The terms of a text, in order, as often as they are in it."""
    return [term for piece in pieces(text) for term in terms_of(piece)]


def pieces(text: str) -> list[str]:
    """What stands between the blanks of a text. No term goes on from one to the next."""
    if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.split()


def terms_of(piece: str) -> Sequence[str]:
    """The terms of a piece. Most pieces were seen before: that is faster than to look."""
    return _of_usual(piece) if len(piece) <= _LONGEST else _of_any(piece)


def is_ideographic(term: str) -> bool:
    """Whether a term is one or two characters of a script without spaces."""
    return re.fullmatch(rf"[{_IDEOGRAPHS}]+", term) is not None


def _of_any(piece: str) -> list[str]:
    if piece.isascii():  # Found in a third of the time.
        return [term for word in _ASCII_WORD.findall(piece) for term in _of_word(word)]
    found: list[str] = []
    for ideographs, word in _RUN.findall(piece):
        if not ideographs:
            found += _of_word(word)
        elif len(ideographs) == 1:
            found.append(ideographs)
        else:
            found += map(operator.add, ideographs, ideographs[1:])
    return found


@lru_cache(maxsize=1 << 14)
def _of_usual(piece: str) -> tuple[str, ...]:
    return tuple(_of_any(piece))


def _of_word(word: str) -> tuple[str, ...]:
    if len(word) > _LONGEST:
        return ()
    parts = _PART.findall(word)
    found = [word, *parts] if len(parts) > 1 else [word]
    return tuple(stem(each.casefold()) for each in found)


def stem(word: str) -> str:
    """Without the endings that English words bear most: restarts, restarted, restarting."""
    if not (word.isascii() and word.isalpha()):
        return word
    for ending, kept in (("s", "ss"), ("ing", None), ("ed", "eed"), ("e", "ee")):
        if word.endswith(ending) and not (kept and word.endswith(kept)):
            shorter = word[: -len(ending)]
            word = shorter if len(shorter) >= _STEM else word
    return word
