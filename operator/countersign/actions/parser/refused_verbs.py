"""The verbs of kubectl and oc that no operation stands for, and how each is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.wordlist import words

if TYPE_CHECKING:
    from collections.abc import Sequence

# The first words of verbs that are two words long.
GROUPS = frozenset({"rollout", "set", "adm", "config", "auth", "certificate", "create"})
_READ_ONLY = words(
    "get describe logs top explain version api-resources api-versions cluster-info events diff "
    "wait auth options help completion status whoami projects kustomize plugin") | {
    "rollout status", "rollout history", "config view", "config get-contexts",
    "config current-context", "config get-clusters", "adm top",
}  # fmt: skip
_INTERACTIVE = words("edit port-forward proxy attach debug rsh login")
_OTHERS = words(
    "delete drain cordon uncordon taint label annotate patch apply create replace expose "
    "autoscale run cp config set certificate evict adm rollout exec scale"
)
_INSTEAD = {
    "replace": "kubectl patch, or spec.operation {type: Apply, apply: {manifest: …}}",
    "create": "spec.operation {type: Apply, apply: {manifest: …}}",
    "autoscale": "spec.operation {type: Apply, apply: {manifest: …}} with the autoscaler",
    "expose": "spec.operation {type: Apply, apply: {manifest: …}} with the service",
    "run": "spec.operation {type: Apply, apply: {manifest: …}} with the pod",
}


def is_verb(word: str) -> bool:
    """Whether kubectl or oc knows the word as a verb."""
    return word.lower() in _READ_ONLY | _INTERACTIVE | _OTHERS


def refuse_verb(
    path: tuple[str, ...], rest: Sequence[str], flags: frozenset[str]
) -> TextRefusedError:
    """The refusal of a command by its verb; ``rest`` are the words after it, without flags."""
    verb = " ".join(path)
    if verb in _READ_ONLY or path[0] in _READ_ONLY:
        return TextRefusedError(
            RefusalClass.READ_ONLY,
            f"{quote(verb)} changes nothing, so there is nothing to approve. Run it yourself.",
        )
    if path[0] in _INTERACTIVE:
        return TextRefusedError(
            RefusalClass.INTERACTIVE,
            f"{quote(verb)} needs a person at a terminal: what happens then cannot be approved. "
            "Write the one change that is wanted.",
        )
    if path[0] in GROUPS and len(path) == 1 and not rest and not flags:
        return TextRefusedError(
            RefusalClass.NO_TARGET, f"{quote(verb)} is half a command. Write all of it."
        )
    known = "is not carried out" if is_verb(path[0]) else "is no verb of kubectl that is known"
    instead = _INSTEAD.get(path[0], "for example kubectl rollout restart deployment/NAME")
    return TextRefusedError(RefusalClass.UNSUPPORTED, f"{quote(verb)} {known}. Write {instead}.")
