"""Terminals, and what must not reach them."""

from __future__ import annotations

import io
import unicodedata

HOSTILE = "\x1b[2J\x1b[31mred\x07\x9b1m\u202eevil\u2066\u200b\r\x00\x7f[bold]x[/bold]:bomb:"
_DANGEROUS = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def dangerous(text: str) -> set[str]:
    """What is left in a text that a terminal would obey or a person not see."""
    return {each for each in text if unicodedata.category(each) in _DANGEROUS} - {"\n"}
