"""Telling people how far a build is: bars on a terminal, a line now and then in a pipe."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_PLAIN_INTERVAL = 30.0  # seconds between lines in a pipe
_KEPT_LINES = 20
_PATIENCE = 2.0  # seconds before a spinner is shown

_DOWNLOAD = re.compile(r"go: downloading (\S+) \S+$")
_PACKAGE = re.compile(r"[\w.~-]+(/[\w.~-]+)*$")


@dataclass
class Compilation:
    """How far one component is, as told by the lines of `go build -v`."""

    name: str
    expected: int
    packages: int = 0
    downloads: int = 0
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))

    def feed(self, line: str) -> None:
        """Take a line: a module that is fetched, a package compiled, or something gone wrong."""
        line = line.rstrip()
        if _DOWNLOAD.match(line):
            self.downloads += 1
        elif _PACKAGE.match(line):
            self.packages += 1
        elif line:
            self.messages.append(line)

    @property
    def share(self) -> float:
        """How much is done, 0..1, as far as one can tell before it is."""
        return min(0.99, self.packages / self.expected)

    def __str__(self) -> str:
        if not self.packages:
            return f"{self.name}: {self.downloads} modules downloaded"
        return f"{self.name}: {self.packages} of about {self.expected} packages compiled"


class Reporter(Protocol):
    """Somebody who is told."""

    def say(self, text: str) -> None:
        """A sentence of its own."""

    def update(self, compilation: Compilation) -> None:
        """A component has come further."""

    def finish(self, compilation: Compilation) -> None:
        """A component is built."""


class Quiet:
    """Tells nobody."""

    def say(self, text: str) -> None:
        """Nothing."""

    def update(self, compilation: Compilation) -> None:
        """Nothing."""

    def finish(self, compilation: Compilation) -> None:
        """Nothing."""


class Plain:
    """Lines for a log: one when a component is done, else one every half minute."""

    def __init__(self, expected: str) -> None:
        """`expected` is how long all of it takes, for people."""
        self._expected = expected
        self._started = self._last = time.monotonic()

    def say(self, text: str) -> None:
        """One line, at once."""
        print(text, file=sys.stderr, flush=True)

    def update(self, compilation: Compilation) -> None:
        """A line if the last is half a minute old."""
        now = time.monotonic()
        if now - self._last >= _PLAIN_INTERVAL:
            self._last = now
            self.say(f"{compilation} ({self._elapsed()})")

    def finish(self, compilation: Compilation) -> None:
        """A line."""
        self.say(f"{compilation.name}: built ({self._elapsed()})")

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        return f"{minutes}:{seconds:02} of {self._expected}"


class Bars:
    """A bar for each component."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        """A line above the bars."""
        self._progress.console.print(text, highlight=False)

    def update(self, compilation: Compilation) -> None:
        """Move its bar."""
        self._progress.update(
            self._task(compilation), completed=compilation.share, description=str(compilation)
        )

    def finish(self, compilation: Compilation) -> None:
        """Fill its bar."""
        text = f"{compilation.name}: built"
        self._progress.update(self._task(compilation), completed=1.0, description=text)

    def _task(self, compilation: Compilation) -> TaskID:
        if compilation.name not in self._tasks:
            self._tasks[compilation.name] = self._progress.add_task(compilation.name, total=1.0)
        return self._tasks[compilation.name]


@contextmanager
def spinner(text: str, *, quiet: bool) -> Generator[None]:
    """A spinner on a terminal, once the wait has become noticeable."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield
        return
    status = console.status(text)
    timer = threading.Timer(_PATIENCE, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()


@contextmanager
def reporter(*, quiet: bool, expected: str) -> Generator[Reporter]:
    """Bars if standard error is a terminal, lines if not, nothing if `quiet`."""
    if quiet:
        yield Quiet()
    elif not sys.stderr.isatty():
        yield Plain(expected)
    else:
        columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=Console(stderr=True)) as progress:
            yield Bars(progress)
