"""Names of objects, namespaces, containers and images: valid, or refused with a hint."""

from __future__ import annotations

import re

from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, code_point, quote
from countersign.api.parameters import CONTAINER_PATTERN, NAME_PATTERN
from countersign.api.target import NAMESPACE_PATTERN

MAX_NAME = 253
MAX_NAMESPACE = 63
_NAME = re.compile(NAME_PATTERN)
_NAMESPACE = re.compile(NAMESPACE_PATTERN)
_CONTAINER = re.compile(CONTAINER_PATTERN)
# RBAC's own objects may have colons and capitals in their names.
_FREE_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9.:_]*[A-Za-z0-9])?")
_FREE_KINDS = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
_IMAGE = re.compile(
    r"""(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?  # registry
        [a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*
        (?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*
        (?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?
        (?:@sha256:[0-9a-f]{64})?""",
    re.ASCII | re.VERBOSE,
)
_LONGEST_IMAGE = 512


def is_name(text: str) -> bool:
    """Whether an object can have this name."""
    return _NAME.fullmatch(text) is not None and len(text) <= MAX_NAME


def is_image(text: str) -> bool:
    """Whether the text is the reference of an image."""
    return len(text) <= _LONGEST_IMAGE and _IMAGE.fullmatch(text) is not None


def valid_name(name: str, kind: str = "") -> str:
    """The name of an object, if it can be one."""
    pattern = _FREE_NAME if kind in _FREE_KINDS else _NAME
    return _valid("name", name, pattern, MAX_NAME)


def valid_namespace(namespace: str | None) -> str | None:
    """The name of a namespace, if it can be one; None stays None."""
    if namespace is None:
        return None
    return _valid("namespace", namespace, _NAMESPACE, MAX_NAMESPACE)


def valid_container(container: str) -> str:
    """The name of a container, or ``*`` for all."""
    if container == "*":
        return container
    return _valid("container", container, _CONTAINER, MAX_NAMESPACE)


def valid_image(image: str) -> str:
    """The reference of an image, such as ``registry/team/web:2``."""
    if is_image(image):
        return image
    raise TextRefusedError(
        RefusalClass.MALFORMED,
        f"{quote(image)} is no image. Write for example registry.example.com/team/web:2.",
    )


def _valid(what: str, text: str, pattern: re.Pattern[str], longest: int) -> str:
    if pattern.fullmatch(text) and len(text) <= longest:
        return text
    if not text:
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"The {what} is empty. Write it, or leave its flag out."
        )
    if "*" in text or "?" in text:
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS,
            f"{quote(text)} is a pattern and may stand for several. Name the objects.",
        )
    raise TextRefusedError(RefusalClass.MALFORMED, f"{quote(text)} is no {what}: {_fault(text)}.")


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
