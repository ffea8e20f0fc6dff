"""Kinds of objects as people write them: ``deploy``, ``Pods``, ``certificates.v1.cert-manager.io``.

A kind alone does not tell its API group. So the group goes along as an API version where the word
had it, or where several known groups have a kind of that name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from difflib import get_close_matches

from countersign.actions.parser.custom_kinds import CUSTOM_KINDS
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, one_of, quote
from countersign.actions.parser.wordlist import words
from countersign.api.kinds import BUILT_IN, Resource

_VERSION = r"v[0-9]+(?:(?:alpha|beta)[0-9]+)?"
_GROUPED = re.compile(rf"([a-z0-9]+)\.(?:({_VERSION})\.)?([a-z0-9][a-z0-9.-]{{0,200}})")
_EXACT = re.compile(
    rf"([A-Z][A-Za-z0-9]{{0,62}})\.({_VERSION})\.([a-z0-9]+(?:[a-z0-9.-]{{0,60}}[a-z0-9])?)"
)
_LONGEST_ABBREVIATION = 6
_LEAST_TO_MISSPELL = 4
_ALIKE = 0.8
"""Ratio of ``difflib``: a letter that is missing, added or exchanged in a word of six."""
_PLAIN_SHORT_NAMES = words(
    "deploy sts ds rs po svc cm sa pvc pv cj hpa pdb ing netpol crd pvcs pvs pdbs netpols crds"
)
_HINT = "Write spec.operation with the target's apiVersion and kind instead"


@dataclass(frozen=True, slots=True)
class Known:
    """What a word names; ``several`` if it is a plural."""

    kind: str
    api_version: str | None = None
    several: bool = False


def kind_of(word: str) -> Known | None:
    """The one kind that a word names; None where it names none that is known, or several."""
    meanings = _meanings(word)
    return meanings[0] if len(meanings) == 1 else None


def is_kind(word: str) -> bool:
    """Whether the word names a kind that is known, or one of several."""
    return bool(_meanings(word))


def known_kind(word: str, *, openshift: bool = False) -> Known:
    """The one kind that a word names; refuses a word that names none, or several.

    Of several, ``openshift`` takes OpenShift's own.
    """
    meanings = _meanings(word)
    if openshift and len(meanings) > 1:
        meanings = tuple(each for each in meanings if _is_openshift(each)) or meanings
    if len(meanings) == 1:
        return meanings[0]
    if meanings:
        groups = one_of(sorted(str(each.api_version) for each in meanings))
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS, f"{quote(word)} is a kind of {groups}. {_HINT}."
        )
    if word.lower() == "all":
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS, '"all" are objects of many kinds. Name the objects.'
        )
    raise TextRefusedError(
        RefusalClass.AMBIGUOUS,
        f"{quote(word)} is no kind that is known here.{_alike(word)} Write the kind and the name "
        f"of the object, for example deployment/web. {_HINT} if it is a custom kind.",
    )


def _alike(word: str) -> str:
    """A question that names the kind which is spelt nearly like it; else nothing."""
    words = [each for each in _BARE if len(each) >= _LEAST_TO_MISSPELL]
    lower = word.lower() if len(word) <= max(map(len, words)) else ""
    found = get_close_matches(lower, words, 1, _ALIKE)
    return f" Did you mean {found[0]}?" if found else ""


def _is_openshift(known: Known) -> bool:
    return (known.api_version or "").partition("/")[0].endswith(".openshift.io")


def kind_in_sentence(word: str) -> Known | None:
    """The kind that a word of a sentence names.

    Short names and the kinds of other projects are often words of English, and so are read in
    commands only, but for those that are nothing else.
    """
    known = kind_of(word)
    if known is None:
        return None
    is_own = any(known.kind == resource.kind for resource in BUILT_IN)
    is_long = len(re.findall("[A-Z]", known.kind)) > 1 and len(word) > _LONGEST_ABBREVIATION
    singular = known.kind.lower()
    if word.lower() in _PLAIN_SHORT_NAMES or is_long:
        return known
    return known if is_own and word.lower() in (singular, _plural(singular)) else None


def word_for(kind: str, api_version: str | None) -> str:
    """How a kind is written so that it is read as this one and no other."""
    word = kind.lower()
    if api_version is None or _meanings(word) == (Known(kind, api_version),):
        return word
    group, _, version = api_version.rpartition("/")
    return f"{kind}.{version}.{group}"


def _meanings(word: str) -> tuple[Known, ...]:
    lower = word.lower()
    if lower in _BARE:
        return _BARE[lower]
    if exact := _EXACT.fullmatch(word):
        known = _grouped(lower)
        return known or (Known(exact[1], f"{exact[3]}/{exact[2]}"),)
    return _grouped(lower)


def _grouped(word: str) -> tuple[Known, ...]:
    """``deployments.apps`` and ``certificates.v1.cert-manager.io``."""
    parts = _GROUPED.fullmatch(word)
    if parts is None:
        return ()
    name, version, group = parts.groups()
    api_version = _IN_GROUP.get((name, group))
    if api_version is None:
        return ()
    known, own_version = api_version
    if known.api_version is None:  # Kubernetes' own, of which one version is served
        return (known,) if version in (None, own_version) else ()
    return (replace(known, api_version=f"{group}/{version}"),) if version else (known,)


def _own() -> tuple[Resource, ...]:
    rows = []
    for line in CUSTOM_KINDS.split("\n"):
        api_version, *kinds = line.split() or [""]
        for each in kinds:
            kind_and_plural, _, names = each.partition(":")
            kind, _, plural = kind_and_plural.partition("=")
            rows.append(
                Resource(
                    kind,
                    api_version,
                    plural or _plural(kind.lower()),
                    names=tuple(names.split(",")) if names else (),
                )
            )
    return tuple(rows)


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


_CUSTOM = _own()


def _spellings(resource: Resource) -> dict[str, bool]:
    """Words for a resource, and whether each is a plural."""
    short = {name: name.endswith("s") and name[:-1] in resource.names for name in resource.names}
    return short | {resource.plural: True, resource.kind.lower(): False}


def _bare_words() -> dict[str, tuple[Known, ...]]:
    """What words without a group mean. Kubernetes' own kinds win, as they do for kubectl."""
    groups: dict[str, set[str]] = defaultdict(set)
    for resource in (*BUILT_IN, *_CUSTOM):
        groups[resource.kind].add(resource.group)
    bare: dict[str, tuple[Known, ...]] = {
        word: (Known(resource.kind, None, several),)
        for resource in BUILT_IN
        for word, several in _spellings(resource).items()
    }
    own = frozenset(bare)
    for resource in _CUSTOM:
        shared = len(groups[resource.kind]) > 1
        for word, several in _spellings(resource).items():
            if word not in own:
                known = Known(resource.kind, resource.api_version if shared else None, several)
                bare[word] = (*bare.get(word, ()), known)
    return {word: _told_apart(meanings) for word, meanings in bare.items()}


def _told_apart(meanings: tuple[Known, ...]) -> tuple[Known, ...]:
    if len(meanings) == 1:
        return meanings
    return tuple(
        replace(each, api_version=each.api_version or _VERSION_OF[each.kind]) for each in meanings
    )


_VERSION_OF = {resource.kind: resource.api_version for resource in _CUSTOM}
_BARE = _bare_words()
_IN_GROUP: dict[tuple[str, str], tuple[Known, str]] = {
    (word, resource.group): (
        Known(resource.kind, None if resource in BUILT_IN else resource.api_version, several),
        resource.api_version.rpartition("/")[2],
    )
    for resource in (*_CUSTOM, *BUILT_IN)
    for word, several in _spellings(resource).items()
}
