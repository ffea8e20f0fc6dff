"""The verbs of kubectl and oc that no operation stands for yet, and how each is refused.

The next version moves a verb from here to the table in ``commands``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.actions.parser.refusal import RefusalClass, RefusedError, quote
from countersign.actions.parser.wordlist import words

if TYPE_CHECKING:
    from collections.abc import Sequence

# The first words of verbs that are two words long.
GROUPS = frozenset({"rollout", "set", "adm", "config", "auth", "certificate"})
_READ_ONLY = words(
    "get describe logs top explain version api-resources api-versions cluster-info events diff "
    "wait auth options help completion status whoami projects kustomize plugin") | {
    "rollout status", "rollout history", "config view", "config get-contexts",
    "config current-context", "config get-clusters", "adm top",
}  # fmt: skip
_INTERACTIVE = words("edit port-forward proxy attach debug rsh login")
_UNSUPPORTED = words(
    "delete drain cordon uncordon taint label annotate patch apply create replace expose "
    "autoscale run cp config set certificate evict adm rollout exec scale"
)
_SHELLS = frozenset({"sh", "bash", "ash", "zsh", "dash", "fish", "ksh", "su"})


def is_verb(word: str) -> bool:
    """Whether kubectl or oc knows the word as a verb."""
    return word.lower() in _READ_ONLY | _INTERACTIVE | _UNSUPPORTED


def refuse_verb(path: tuple[str, ...], rest: Sequence[str], flags: frozenset[str]) -> RefusedError:
    """The refusal of a command by its verb; ``rest`` are the words after it, without flags."""
    verb = " ".join(path)
    if verb in _READ_ONLY or path[0] in _READ_ONLY or (verb == "set env" and "list" in flags):
        return RefusedError(
            RefusalClass.READ_ONLY,
            f"{quote(verb)} changes nothing, so there is nothing to approve. Run it yourself.",
        )
    if path[0] in _INTERACTIVE or (path[0] == "exec" and _is_shell(rest)):
        return RefusedError(
            RefusalClass.INTERACTIVE,
            f"{quote(verb)} needs a person at a terminal: what happens then cannot be approved. "
            "Write the one change that is wanted.",
        )
    known = "is not carried out" if is_verb(path[0]) else "is no verb of kubectl that is known"
    return RefusedError(
        RefusalClass.UNSUPPORTED,
        f"{quote(verb)} {known}; this version carries out restart and scale only: "
        "kubectl rollout restart deployment/NAME, kubectl scale deployment/NAME --replicas=N.",
    )


def _is_shell(rest: Sequence[str]) -> bool:
    return len(rest) <= 1 or (
        len(rest) == 2 and rest[1].rpartition("/")[2] in _SHELLS  # noqa: PLR2004 - pod, command
    )
