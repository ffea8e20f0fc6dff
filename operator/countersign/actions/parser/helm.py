"""``helm rollback``: understood, but carried out by nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from countersign.actions.parser.arguments import whole_number
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.names import valid_name, valid_namespace
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.shell import Word
from countersign.actions.parser.tools import refuse_tool

MAX_REVISION = 2**31 - 1
_MESSAGE = (
    "A Helm release cannot be rolled back here. Roll back what it deployed, for example kubectl "
    "rollout undo deployment/NAME, or run helm yourself."
)
_KEYS = {
    "-n": "namespace",
    "--namespace": "namespace",
    "--kube-context": "context",
    "--kubeconfig": "kubeconfig",
    "--timeout": "",
}
_SWITCHES = frozenset({"--wait", "--wait-for-jobs", "--debug"})


def read(words: Sequence[Word]) -> Foreign:
    """``helm rollback RELEASE [REVISION]``; refuses every other command of helm's."""
    texts = [word.text for word in words]
    positionals, given = _take_apart(texts[1:])
    if positionals[:1] != ["rollback"]:
        raise refuse_tool(words)
    if given is None:
        raise TextRefusedError(
            RefusalClass.READ_ONLY if "--dry-run" in texts else RefusalClass.UNSUPPORTED,
            "A flag of this helm command is not supported. Leave it out.",
        )
    match positionals[1:]:
        case []:
            raise TextRefusedError(RefusalClass.NO_TARGET, "The command names no release.")
        case [release]:
            revision = 0
        case [release, number]:
            revision = whole_number(number, "a revision", 0, MAX_REVISION)
        case _:
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"{quote(positionals[-1])} has no place in this command. Write helm rollback "
                "RELEASE REVISION.",
            )
    described: dict[str, Any] = {
        "operation": "HelmRollback",
        "kind": "HelmRelease",
        "name": valid_name(release),
        "namespace": valid_namespace(given.pop("namespace", None)),
        "revision": revision or None,
    }
    return Foreign(described | given, _MESSAGE)


def _take_apart(texts: Sequence[str]) -> tuple[list[str], dict[str, str] | None]:
    """Positional words, and what the known flags give; None in place of it for any other flag."""
    positionals: list[str] = []
    given: dict[str, str] = {}
    is_known = True
    rest = iter(texts)
    for text in rest:
        name, is_assigned, value = text.partition("=")
        if name in _KEYS:
            value = value if is_assigned else next(rest, "")
            key = _KEYS[name]
            if not value or given.get(key, value) != value:
                raise TextRefusedError(RefusalClass.MALFORMED, f"{name} needs one value.")
            given |= {key: value} if key else {}
        elif text in _SWITCHES:
            continue
        elif text.startswith("-"):
            is_known = False
        else:
            positionals.append(text)
    return positionals, given if is_known else None
