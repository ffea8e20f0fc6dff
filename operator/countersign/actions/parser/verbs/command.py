"""How one verb is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.targets import Targets
from countersign.actions.parser.wordlist import words
from countersign.api.operation import Operation

MAX_GRACE = 86_400


@dataclass(frozen=True, slots=True)
class Command:
    """``flags`` are all that the verb may have beside those that only change what is printed.

    ``build`` reads those that matter; the others among them do not change what is done.
    """

    flags: frozenset[str]
    build: Callable[[Arguments], Operation | Foreign]


def command(build: Callable[[Arguments], Operation | Foreign], flags: str = "") -> Command:
    """A row of the table; ``flags`` beside ``--namespace``, parted by spaces."""
    return Command(words(flags) | {"namespace"}, build)


def aimed(targets: Targets) -> dict[str, Any]:
    """The field of an operation that holds its targets."""
    return {"target": targets[0]} if len(targets) == 1 else {"targets": targets}


def grace_period(arguments: Arguments) -> int | None:
    """Seconds; None where the pods' own holds, which kubectl writes as -1."""
    seconds = arguments.number("grace-period", -1, MAX_GRACE)
    return None if seconds == -1 else seconds
