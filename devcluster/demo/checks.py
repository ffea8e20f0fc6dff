"""Whether a command came out as the story tells it."""

from __future__ import annotations

import re

from devcluster.demo.script import Run
from devcluster.demo.shell import Said


class ToldOtherwiseError(Exception):
    """A step that did not come out as told; the text says what was expected and what was seen."""


def check(run: Run, said: Said) -> None:
    """ToldOtherwiseError unless `said` is what `run` has to come to."""
    missing = [
        pattern for pattern in run.shows if not re.search(pattern, said.text, flags=re.MULTILINE)
    ]
    if not missing and run.fails == (said.status != 0):
        return
    end = "a failure" if run.fails else "exit status 0"
    expected = [f"It was to end with {end}", *(f"and to show {pattern!r}" for pattern in missing)]
    raise ToldOtherwiseError(
        f"This did not come out as told:\n{run.command}\n"
        f"{', '.join(expected)}.\n"
        f"It ended with exit status {said.status} and said:\n{said.text.strip() or '(nothing)'}"
    )
