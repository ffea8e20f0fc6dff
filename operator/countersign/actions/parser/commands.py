"""Commands of kubectl and oc: from words to an operation, by one table of verbs.

A further operation is one more row: the flags it reads, and a function that builds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from countersign.actions.parser import targets
from countersign.actions.parser.flags import (
    Arguments,
    refuse_idle_runs,
    refuse_others,
    take_apart,
)
from countersign.actions.parser.refusal import RefusalClass, RefusedError
from countersign.actions.parser.shell import Word
from countersign.actions.parser.tools import refuse_tool
from countersign.actions.parser.verbs import GROUPS, refuse_verb
from countersign.api.operation import Operation, OperationType, ScaleParameters

_PROGRAMS = frozenset({"kubectl", "oc"})


@dataclass(frozen=True, slots=True)
class Command:
    """How one verb is read: ``flags`` are those it may have beside the harmless ones."""

    operation: OperationType
    flags: frozenset[str]
    build: Callable[[Arguments], Operation]


def read(words: Sequence[Word]) -> Operation:
    """The operation that a command line stands for."""
    if not words:
        raise RefusedError(RefusalClass.NO_TARGET, "The action is empty. Write a kubectl command.")
    if "=" in words[0].text:
        raise RefusedError(
            RefusalClass.UNSUPPORTED,
            "The command sets environment variables, which cannot take effect here. "
            "Leave them out.",
        )
    if words[0].text not in _PROGRAMS:
        raise refuse_tool(words)
    arguments = take_apart(words[1:])
    refuse_idle_runs(arguments)
    path = _verb(arguments.positionals)
    command = _COMMANDS.get(path)
    rest = arguments.positionals[len(path) :]
    if command is None:
        raise refuse_verb(path, rest, frozenset(arguments.given))
    refuse_others(arguments, command.flags)
    arguments.positionals = rest
    return command.build(arguments)


def _verb(positionals: Sequence[str]) -> tuple[str, ...]:
    if not positionals:
        raise RefusedError(
            RefusalClass.NO_TARGET,
            "The command has no verb. Write for example kubectl rollout restart deployment/NAME.",
        )
    first = positionals[0].lower()
    length = 2 if first in GROUPS else 1
    return tuple(word.lower() for word in positionals[:length])


def _restart_rollout(arguments: Arguments) -> Operation:
    target = targets.read(
        OperationType.RESTART_ROLLOUT, arguments.positionals, arguments.value("namespace")
    )
    return Operation(type=OperationType.RESTART_ROLLOUT, target=target)


def _scale(arguments: Arguments) -> Operation:
    target = targets.read(OperationType.SCALE, arguments.positionals, arguments.value("namespace"))
    replicas = arguments.value("replicas")
    if replicas is None:
        raise RefusedError(
            RefusalClass.MALFORMED, "The number of replicas is missing. Add --replicas=N."
        )
    current = arguments.value("current-replicas")
    return Operation(
        type=OperationType.SCALE,
        target=target,
        scale=ScaleParameters(
            replicas=targets.replicas(replicas),
            current_replicas=None if current is None else targets.replicas(current),
        ),
    )


_COMMANDS: dict[tuple[str, ...], Command] = {
    ("rollout", "restart"): Command(
        OperationType.RESTART_ROLLOUT, frozenset({"namespace"}), _restart_rollout
    ),
    ("scale",): Command(
        OperationType.SCALE, frozenset({"namespace", "replicas", "current-replicas"}), _scale
    ),
}
