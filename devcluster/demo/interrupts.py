"""Signals that end programs, as an exception that unwinds what was started."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Final

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptError(BaseException):
    """Somebody wants us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_status(self) -> int:
        """What a shell says of a program that a signal ended."""
        return 128 + self.number


def raise_on_signals() -> None:
    """Have the first of these signals raise InterruptError; those after it are ignored."""
    for number in _ENDING:
        signal.signal(number, _raise)


def _raise(number: int, _frame: FrameType | None) -> None:
    for other in _ENDING:
        signal.signal(other, signal.SIG_IGN)  # once is enough, and stopping takes a moment
    raise InterruptError(number)
