"""Commands: from the words of a line to the operation it stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from countersign.actions.parser import helm, ssh
from countersign.actions.parser.arguments import (
    Arguments,
    refuse_idle_runs,
    refuse_others,
    take_apart,
)
from countersign.actions.parser.elsewhere import on_another_cluster
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.loose_words import refuse_grammar, refuse_prose
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError
from countersign.actions.parser.refused_verbs import GROUPS, refuse_verb
from countersign.actions.parser.shell import Word
from countersign.actions.parser.tools import refuse_tool
from countersign.actions.parser.verbs import COMMANDS
from countersign.api.operation import Operation

_CLUSTER_FLAGS = ("context", "kubeconfig")
# Behind whose -- stands a command of its own.
_WITH_PROGRAM = frozenset({("exec",), ("create", "job")})


def read(words: Sequence[Word]) -> Operation | Foreign:
    """The operation that a command line stands for."""
    if not words:
        raise TextRefusedError(
            RefusalClass.NO_TARGET, "The action is empty. Write a kubectl command."
        )
    if "=" in words[0].text:
        raise TextRefusedError(
            RefusalClass.UNSUPPORTED,
            "The command sets environment variables, which cannot take effect here. "
            "Leave them out.",
        )
    program = _PROGRAMS.get(words[0].text)
    if program is None:
        raise refuse_tool(words)
    refuse_prose(words[1:])
    return program(words)


def _kubectl(words: Sequence[Word]) -> Operation | Foreign:
    arguments = take_apart(words[1:])
    arguments.openshift = words[0].text == "oc"
    path = _verb(arguments)
    if path not in _WITH_PROGRAM:
        arguments.positionals += arguments.behind or ()
        arguments.behind = None
    refuse_idle_runs(arguments)
    command = COMMANDS.get(path)
    rest = arguments.positionals[len(path) :]
    if command is None:
        raise refuse_verb(path, rest, frozenset(arguments.given))
    refuse_others(arguments, (*command.flags, *_CLUSTER_FLAGS))
    refuse_grammar(rest, words)
    arguments.positionals = rest
    outcome = command.build(arguments)
    cluster = {
        flag: value for flag in _CLUSTER_FLAGS if (value := arguments.value(flag)) is not None
    }
    return on_another_cluster(outcome, cluster) if cluster else outcome


def _verb(arguments: Arguments) -> tuple[str, ...]:
    words = arguments.positionals or arguments.behind or []
    if not words:
        raise TextRefusedError(
            RefusalClass.NO_TARGET,
            "The command has no verb. Write for example kubectl rollout restart deployment/NAME.",
        )
    first = words[0].lower()
    length = 2 if first in GROUPS else 1
    return tuple(word.lower() for word in words[:length])


_PROGRAMS: dict[str, Callable[[Sequence[Word]], Operation | Foreign]] = {
    "kubectl": _kubectl,
    "oc": _kubectl,
    "helm": helm.read,
    "ssh": ssh.read,
}
