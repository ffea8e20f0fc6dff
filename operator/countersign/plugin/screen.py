"""The only way to the terminal. What comes from objects is hostile, and is made harmless here.

A terminal obeys what is written to it: an escape sequence in a description could repaint the plan
that somebody is about to sign. Here every character that cannot be seen is written as its number,
as Python writes it, and nothing is ever read as markup.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from countersign.api.text import is_unseen

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status
    from rich.text import Text

_PATIENCE = 2.0
"""Seconds before a wait is shown: most are over by then."""

Span = tuple[str, str]
"""A text and its style; no style is the empty one."""


@dataclass(frozen=True)
class Line:
    """One line of output; where it is folded, it goes on at column ``hang``."""

    spans: tuple[Span, ...]
    hang: int = 0

    @property
    def plain(self) -> str:
        """As it is in a pipe."""
        return "".join(harmless(text) for text, _ in self.spans).rstrip()


def line(*parts: str | Span, hang: int = 0) -> Line:
    """A line of plain and styled texts."""
    return Line(tuple((part, "") if isinstance(part, str) else part for part in parts), hang)


def harmless(text: str) -> str:
    """In one line, and without a character that a terminal obeys or a person cannot see."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(each) for each in text)


def harmless_document(text: str) -> str:
    """The same for a text of several lines."""
    return "\n".join(harmless(each) for each in text.split("\n"))


def _seen(character: str) -> str:
    if not is_unseen(character):
        return character
    if character == "\t":
        return "    "
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 - two hexadecimal digits
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - four


class Screen:
    """Standard output and standard error, as people or pipes read them.

    Colours are for terminals alone, and not where NO_COLOR is set or the terminal is dumb.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        """Write to these streams; the process' own where they are left out."""
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    def show(self, lines: Iterable[Line]) -> None:
        """Lines on standard output."""
        _write(self._console, lines)

    def say(self, *parts: str | Span) -> None:
        """One line on standard output."""
        self.show([line(*parts)])

    def tell(self, *parts: str | Span) -> None:
        """One line on standard error: news that are no result."""
        _write(self._error_console, [line(*parts)])

    def fail(self, message: str) -> None:
        """What went wrong, in one line on standard error."""
        self.tell(("error:", "bold red"), f" {' '.join(message.split())}")

    def document(self, text: str) -> None:
        """JSON or YAML, which has been made harmless by its own escapes."""
        self._out.write(harmless_document(text.rstrip("\n")) + "\n")

    def markdown(self, text: str) -> None:
        """A text in Markdown: laid out on a terminal, as it was written in a pipe."""
        if not self._console.is_terminal:
            self.document(text)
            return
        from rich.markdown import Markdown  # noqa: PLC0415 - slow
        from rich.segment import Segment, Segments  # noqa: PLC0415 - slow

        # No links: a terminal would show one text and open another.
        laid_out = Markdown(harmless_document(text), hyperlinks=False)
        # Once more afterwards, as `&#27;` is Markdown for an escape character.
        parts = (
            Segment(harmless_document(each.text), each.style)
            for each in self._console.render(laid_out)
            if not each.control
        )
        self._console.print(Segments(parts), end="")

    @property
    def width(self) -> int | None:
        """Columns of the terminal; None where lines may be as long as they are, as in a pipe."""
        return self._console.width if self._console.is_terminal else None

    @property
    def is_terminal(self) -> bool:
        """Whether a person can be asked, and sees the question."""
        return sys.stdin.isatty() and self._err.isatty()

    def ask(self, question: str) -> bool:
        """Ask for yes or no on the terminal; no is the default."""
        try:
            with _interruptible():  # From the moment on when the question can be seen.
                self._err.write(f"{harmless(question)} [y/N] ")
                self._err.flush()
                answer = sys.stdin.readline()
        except KeyboardInterrupt:
            self._err.write("\n")  # As below: what is said next begins a line.
            raise
        if not answer.endswith("\n"):
            self._err.write("\n")  # The input has ended (Ctrl-D) on the line of the question.
        return answer.strip().lower() in ("y", "yes")

    @asynccontextmanager
    async def waiting(self, text: str) -> AsyncIterator[Waiting]:
        """Show that a wait is under way, once it takes long; on a terminal only."""
        waiting = Waiting(text)
        task = asyncio.create_task(waiting.shown(self._error_console))
        try:
            yield waiting
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @cached_property
    def _console(self) -> Console:
        return _console_on(self._out)

    @cached_property
    def _error_console(self) -> Console:
        return _console_on(self._err)


class Waiting:
    """What is waited for, as it changes."""

    def __init__(self, text: str) -> None:
        """Begin with this."""
        self._text = text
        self._status: Status | None = None

    def now(self, text: str) -> None:
        """Show this from now on."""
        self._text = text
        if self._status is not None:
            self._status.update(_text(line(text)))

    async def shown(self, console: Console) -> None:
        """Show it from the time on when it takes long, until cancelled."""
        if not console.is_terminal:
            return
        await asyncio.sleep(_PATIENCE)
        with console.status(_text(line(self._text))) as status:
            self._status = status
            try:
                await asyncio.Event().wait()
            finally:
                self._status = None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end a question at once: asyncio would first wait for its answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def columns(rows: Sequence[Sequence[str | Span]], *, gap: int = 3) -> list[Line]:
    """Rows under each other, as kubectl writes them; the last column has any width."""
    from rich.cells import cell_len  # noqa: PLC0415 - slow

    cells = [[line(each).spans[0] for each in row] for row in rows]
    cells = [[(harmless(text), style) for text, style in row] for row in cells]
    widths = [max(cell_len(row[at][0]) for row in cells) for at in range(len(cells[0]))]
    lines = []
    for row in cells:
        *padded, last = (
            (text + " " * (width - cell_len(text) + gap), style)
            for (text, style), width in zip(row, widths, strict=True)
        )
        lines.append(Line((*padded, (last[0].rstrip(), last[1]))))
    return lines


def _console_on(stream: TextIO) -> Console:
    from rich.console import Console  # noqa: PLC0415 - slow

    return Console(
        file=stream,
        # Not what FORCE_COLOR says: what goes into a pipe is for programs.
        force_terminal=stream.isatty(),
        highlight=False,
        markup=False,
        emoji=False,
    )


def _text(of: Line) -> Text:
    from rich.text import Text  # noqa: PLC0415 - slow

    text = Text()
    for part, style in of.spans:
        text.append(harmless(part), style)
    text.rstrip()
    return text


def _write(console: Console, lines: Iterable[Line]) -> None:
    for each in lines:
        text = _text(each)
        if each.hang and console.is_terminal and text.cell_len > console.width > 2 * each.hang:
            _write_folded(console, text, each.hang)
        else:
            console.print(text, soft_wrap=True)


def _write_folded(console: Console, text: Text, hang: int) -> None:
    from rich.text import Text  # noqa: PLC0415 - slow

    head, rest = text.divide([hang])
    for number, part in enumerate(rest.wrap(console, console.width - hang)):
        part.rstrip()
        console.print((Text(" " * hang) if number else head) + part, soft_wrap=True)
