"""The object of a command, and its numbers: read exactly, or refused with a hint."""

from __future__ import annotations

import re
from collections.abc import Sequence

from countersign.actions.parser.kinds import is_other_kind, kind_of
from countersign.actions.parser.refusal import (
    RefusalClass,
    RefusedError,
    code_point,
    one_of,
    quote,
)
from countersign.api.operation import (
    ALLOWED_KINDS,
    MAX_REPLICAS,
    NAME_PATTERN,
    NAMESPACE_PATTERN,
    Kind,
    OperationType,
    Target,
)

MAX_NAME = 253
MAX_NAMESPACE = 63
_NAME = re.compile(NAME_PATTERN)
_NAMESPACE = re.compile(NAMESPACE_PATTERN)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,5}")  # 010 is octal to kubectl
_FORM = "Write the kind and the name of one object, for example deployment/web"


def read(operation: OperationType, words: Sequence[str], namespace: str | None) -> Target:
    """The one object that the words after the verb name: ``deploy/web`` or ``deploy web``."""
    kind_word, name = _kind_and_name(words)
    return target(operation, allowed_kind(operation, kind_word), name, namespace)


def target(operation: OperationType, kind: Kind, name: str, namespace: str | None) -> Target:
    """A target of valid names, of a kind the operation works on."""
    allowed = ALLOWED_KINDS[operation]
    if kind not in allowed:
        raise RefusedError(
            RefusalClass.UNSUPPORTED,
            f"{operation} works on {one_of(allowed)} only, not on a {kind}.",
        )
    return Target(kind=kind, name=valid_name(name), namespace=valid_namespace(namespace))


def allowed_kind(operation: OperationType, word: str) -> Kind:
    """The kind that a word names; refuses those the operation does not work on."""
    kind = kind_of(word)
    if kind is not None:
        return kind
    allowed = one_of(ALLOWED_KINDS[operation])
    if is_other_kind(word):
        raise RefusedError(
            RefusalClass.UNSUPPORTED, f"{operation} works on {allowed} only, not on {quote(word)}."
        )
    raise RefusedError(
        RefusalClass.AMBIGUOUS, f"{quote(word)} is no kind that is known here. {_FORM} ({allowed})."
    )


def is_name(text: str) -> bool:
    """Whether an object can have this name."""
    return _NAME.fullmatch(text) is not None and len(text) <= MAX_NAME


def valid_name(name: str) -> str:
    """The name of an object, if it can be one."""
    return _valid("name", name, _NAME, MAX_NAME)


def valid_namespace(namespace: str | None) -> str | None:
    """The name of a namespace, if it can be one; None stays None."""
    if namespace is None:
        return None
    return _valid("namespace", namespace, _NAMESPACE, MAX_NAMESPACE)


def replicas(text: str) -> int:
    """A number of replicas from 0 to the most that an operation may ask for."""
    if _NUMBER.fullmatch(text) and int(text) <= MAX_REPLICAS:
        return int(text)
    raise RefusedError(
        RefusalClass.MALFORMED,
        f"{quote(text)} is no number of replicas. Write a whole number from 0 to {MAX_REPLICAS}.",
    )


def _kind_and_name(words: Sequence[str]) -> tuple[str, str]:
    match words:
        case []:
            raise RefusedError(RefusalClass.NO_TARGET, f"The command names no object. {_FORM}.")
        case [word] if "/" in word:
            kind, _, name = word.partition("/")
            if not kind or not name:
                raise RefusedError(
                    RefusalClass.NO_TARGET, f"{quote(word)} names no object. {_FORM}."
                )
        case [word]:
            known = kind_of(word) or is_other_kind(word)
            raise RefusedError(
                RefusalClass.NO_TARGET if known else RefusalClass.AMBIGUOUS,
                f"{quote(word)} is {'a kind without a name' if known else 'a name without a kind'}."
                f" {_FORM}.",
            )
        case [kind, name] if "/" not in kind and "/" not in name:
            pass
        case _:
            raise RefusedError(
                RefusalClass.AMBIGUOUS,
                f"More than one object is named ({quote(' '.join(words))}). "
                "One object a request: write a request for each.",
            )
    if "," in kind:
        raise RefusedError(
            RefusalClass.AMBIGUOUS, f"{quote(kind)} are several kinds. One object a request."
        )
    return kind, name


def _valid(what: str, text: str, pattern: re.Pattern[str], longest: int) -> str:
    if pattern.fullmatch(text) and len(text) <= longest:
        return text
    if not text:
        raise RefusedError(
            RefusalClass.MALFORMED, f"The {what} is empty. Write it, or leave its flag out."
        )
    if "*" in text or "?" in text:
        raise RefusedError(
            RefusalClass.AMBIGUOUS,
            f"{quote(text)} is a pattern and may stand for several. One object a request.",
        )
    raise RefusedError(RefusalClass.MALFORMED, f"{quote(text)} is no {what}: {_fault(text)}.")


def _fault(text: str) -> str:
    foreign = next((character for character in text if not character.isascii()), None)
    if foreign is not None:
        return f"it holds {code_point(foreign)}. Type it anew in plain letters"
    if any(character.isupper() for character in text):
        return "capital letters are not allowed. Write it in lower case if that is what is meant"
    return (
        "it may hold lower-case letters, digits and hyphens, begins and ends with one of the "
        "first two, and is at most 63 characters long (253 for objects, which may have dots)"
    )
