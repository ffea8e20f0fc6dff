"""Exit statuses, and the errors that end in them."""

from __future__ import annotations

from enum import IntEnum

from countersign.errors import CountersignError


class Exit(IntEnum):
    """What a command's end means to a script."""

    DONE = 0
    NOT_SO = 1
    REFUSED = 2
    TIMEOUT = 3
    MISSING = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


MEANINGS: dict[Exit, str] = {
    Exit.DONE: "done",
    Exit.NOT_SO: "the request ended without success: Failed, Denied, Expired or Cancelled",
    Exit.REFUSED: "refused: the command line, the action, your rights, or a plan that has changed",
    Exit.TIMEOUT: "the time (--timeout) ran out first",
    Exit.MISSING: "there is no such request, playbook or incident, or Countersign is not installed",
    Exit.UNREACHABLE: "no API server: kubeconfig, credentials, network",
    Exit.INTERRUPTED: "interrupted",
}


def legend() -> str:
    """The statuses for ``--help``, a line each."""
    return "\n".join(f"  {status.value:<4} {meaning}" for status, meaning in MEANINGS.items())


class PluginError(CountersignError):
    """The end of a command: one sentence that says what to do, and the exit status."""

    def __init__(self, message: str, exit_: Exit) -> None:
        """Keep the status beside the sentence."""
        super().__init__(message)
        self.exit = exit_


def refused(message: str) -> PluginError:
    """Something that is not going to be done."""
    return PluginError(message, Exit.REFUSED)
