"""``exec`` and ``evict``: what is done in one pod, or to it."""

from __future__ import annotations

from collections.abc import Sequence

from countersign.actions.parser import targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.kinds import Known
from countersign.actions.parser.names import valid_container, valid_name
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.verbs.command import Command, aimed, command, grace_period
from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.parameters import EvictPodParameters, ExecParameters

MAX_WORDS = 64
_SHELLS = frozenset({"sh", "bash", "ash", "zsh", "dash", "fish", "ksh", "csh", "tcsh", "su"})
_POD_WORDS = frozenset({"pod", "pods", "po"})


def is_bare_shell(words: Sequence[str]) -> bool:
    """Whether a command line only starts a shell, for a person to type into."""
    if not words:
        return True
    program = words[0].rpartition("/")[2]
    if program == "env" and len(words) > 1:
        rest = next((i for i, word in enumerate(words) if i and "=" not in word), len(words))
        return is_bare_shell(words[rest:])
    if program == "sudo":
        return is_bare_shell(words[1:]) or all(word.startswith("-") for word in words[1:])
    if program == "su":
        return "-c" not in words and "--command" not in words
    return program in _SHELLS and all(
        word.startswith("-") and not (word[1:2] != "-" and "c" in word) for word in words[1:]
    )


def _exec(arguments: Arguments) -> Operation:
    words, program = arguments.positionals, arguments.behind
    if is_bare_shell(program if program is not None else words[1:]):
        raise TextRefusedError(
            RefusalClass.INTERACTIVE,
            "A shell needs a person at a terminal: what happens in it cannot be approved. Write "
            "the one command that is wanted: kubectl exec POD -- COMMAND.",
        )
    if program is None:
        raise TextRefusedError(
            RefusalClass.MALFORMED, "Write -- before the command: kubectl exec POD -- COMMAND."
        )
    if len(program) > MAX_WORDS:
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"Write a command of {MAX_WORDS} words at most."
        )
    container = arguments.value("container")
    namespace = arguments.value("namespace")
    known = Known(Kind.POD)
    target = targets.target(OperationType.EXEC, known, _pod(words), namespace)
    if container == "*":
        raise TextRefusedError(RefusalClass.AMBIGUOUS, "Name the one container that is meant.")
    parameters = ExecParameters(
        command=tuple(program),
        container=None if container is None else valid_container(container),
    )
    return Operation(type=OperationType.EXEC, target=target, exec=parameters)


def _pod(words: Sequence[str]) -> str:
    """The one pod in ``exec NAME`` and ``exec pod/NAME``."""
    match words:
        case []:
            raise TextRefusedError(
                RefusalClass.NO_TARGET, "The command names no pod. Write it before the --."
            )
        case [word]:
            kind, slash, name = word.partition("/")
            if slash and kind.lower() not in _POD_WORDS:
                raise TextRefusedError(
                    RefusalClass.AMBIGUOUS,
                    f"{quote(word)} may be any of several pods. Write the name of the one pod.",
                )
            return valid_name(name if slash else word)
        case _:
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"More than one word ({quote(' '.join(words))}) stands before the --. Write only "
                "the name of the pod there.",
            )


def _evict(arguments: Arguments) -> Operation:
    operation = OperationType.EVICT_POD
    found = targets.read(operation, arguments.positionals, arguments)
    parameters = EvictPodParameters(grace_period_seconds=grace_period(arguments))
    return Operation(type=operation, evict_pod=parameters, **aimed(found))


COMMANDS: dict[tuple[str, ...], Command] = {
    ("exec",): command(_exec, "container stdin tty quiet pod-running-timeout"),
    ("evict",): command(_evict, "grace-period"),
}
