"""How it looks: colours and folded lines on a terminal, the bare text in a pipe."""

from __future__ import annotations

import sys
import textwrap
from io import TextIOWrapper
from typing import Final

from rich.console import Console
from rich.text import Text

_PROSE_WIDTH: Final = 80
_CONTINUED: Final = "    "
_COLOURS: Final = (
    (r"\b(Succeeded|successfully|yes|condition met)\b", "green"),
    (r"\bPending\b", "yellow"),
    (r"(\bFailed\b|^no$)", "red"),
    (r"(?s)\AError from server.*", "red"),
    (r"(?s)(?<=denied request: ).*", "bold"),
    (r"sha256:\w+", "cyan"),
)


class Terminal:
    """Where the story is told."""

    def __init__(self) -> None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # not every terminal can show a check mark
        self._console = Console(highlight=False, markup=False)

    def title(self, text: str) -> None:
        """The first line, or the last."""
        self._prose(text, "bold")

    def headline(self, number: int, text: str) -> None:
        """The beginning of a step."""
        title = Text(f"{number}. {text}", "bold cyan")
        if self._console.is_terminal:
            title.append(" " + "─" * (self._width - len(title) - 1), "dim cyan")
        self.blank()
        self._line(title)

    def say(self, text: str) -> None:
        """The narrator's sentence."""
        self.blank()
        self._prose(text, "")

    def command(self, line: str) -> None:
        """A command, before it is run; what it reads from standard input less prominent."""
        first, *rest = line.split("\n")
        self.blank()
        self._line(Text.assemble(("$ ", "bold green"), (first, "bold")))
        for text in rest:
            self._line(Text(text, "cyan" if "<<EOF" in first else "bold"))

    def output(self, text: str) -> None:
        """What a command said."""
        for line in text.strip("\n").split("\n"):
            shown = Text("\n".join(self._folded(line)))
            for pattern, colour in _COLOURS:
                shown.highlight_regex(pattern, colour)
            self._line(shown)

    def proof(self, text: str) -> None:
        """What a step has shown."""
        self.blank()
        self._prose(f"✓ {text}", "green")

    def failure(self, text: str) -> None:
        """What went otherwise than told."""
        self.blank()
        self._line(Text(f"✗ {text}", "red"))

    def blank(self) -> None:
        """An empty line."""
        self._console.print()

    def lines(self, *lines: str) -> None:
        """Lines that are not to be folded: people copy them."""
        for line in lines:
            self._line(Text(line))

    def _prose(self, text: str, style: str) -> None:
        self._line(Text(textwrap.fill(text, self._width), style))

    @property
    def _width(self) -> int:
        return min(self._console.width, _PROSE_WIDTH)

    def _line(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)

    def _folded(self, line: str) -> list[str]:
        """A line at the terminal's width, broken between words; as it is in a pipe."""
        if not self._console.is_terminal or len(line) <= self._console.width:
            return [line.rstrip()]
        return textwrap.wrap(
            line,
            self._console.width,
            subsequent_indent=_CONTINUED,
            replace_whitespace=False,
            break_on_hyphens=False,
        )
