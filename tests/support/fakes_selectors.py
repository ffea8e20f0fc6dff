"""Label and field selectors of a query, as the API server reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from countersign.ports import JsonObject
from tests.support.fakes_faults import bad_request

Labels = dict[str, str]
Holds = Callable[[Labels], bool]
_TOKEN = re.compile(r"!=|==|[!=<>(),]|[^\s!=<>(),]+")
_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_KEY = re.compile(rf"([a-z0-9.-]+/)?{_NAME}")
_VALUE = re.compile(rf"({_NAME})?")
_ONLY = 'only "metadata.name", "metadata.namespace"'
_ANY_KIND = {"metadata.name", "metadata.namespace"}
_FIELDS: dict[str, dict[str, str]] = {
    "pods": dict.fromkeys(
        (
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.nominatedNodeName",
            "status.phase",
            "status.podIP",
        ),
        "",
    )
    | {"status.phase": "Pending", "spec.hostNetwork": "false"},
    "events": dict.fromkeys(
        (
            "involvedObject.kind",
            "involvedObject.name",
            "involvedObject.namespace",
            "involvedObject.uid",
            "reason",
            "type",
        ),
        "",
    ),
    "nodes": {"spec.unschedulable": "false"},
    "jobs": {"status.successful": "0"},
    "secrets": {"type": ""},
    "namespaces": {"status.phase": ""},
    "replicasets": {"status.replicas": "0"},
}
"""By kind: what can be selected by, and what it is where an object does not say."""


# --- Labels ---------------------------------------------------------------------------------------


def labels_match(selector: str, live: JsonObject) -> bool:
    labels = live["metadata"].get("labels") or {}
    requirements = list(_requirements(selector))  # All are read, whatever the first one says.
    return all(holds(labels) for holds in requirements)


def _requirements(selector: str) -> Iterator[Holds]:
    tokens = _TOKEN.findall(selector)
    while tokens:
        yield _requirement(tokens, selector)
        if tokens and (tokens.pop(0) != "," or not tokens):
            raise _unreadable(selector)


def _requirement(tokens: list[str], selector: str) -> Holds:
    absent = tokens[0] == "!"
    if absent:
        tokens.pop(0)
    key = tokens.pop(0) if tokens else ""
    if not _KEY.fullmatch(key):
        raise _unreadable(selector)
    if absent or not tokens or tokens[0] == ",":
        return lambda labels: (key in labels) != absent
    operator = tokens.pop(0)
    if operator in ("in", "notin"):
        values = _set(tokens, selector)
        return lambda labels: (labels.get(key) in values) == (operator == "in")
    value = tokens.pop(0) if tokens and tokens[0] != "," else ""
    if not _VALUE.fullmatch(value):
        raise _unreadable(selector)
    match operator:
        case "=" | "==":
            return lambda labels: labels.get(key) == value
        case "!=":
            return lambda labels: labels.get(key) != value
        case "<" | ">" if re.fullmatch(r"-?\d+", value):
            return lambda labels: _compares(labels.get(key, ""), operator, int(value))
        case _:
            raise _unreadable(selector)


def _set(tokens: list[str], selector: str) -> set[str]:
    if not tokens or tokens.pop(0) != "(" or ")" not in tokens:
        raise _unreadable(selector)
    end = tokens.index(")")
    written = "".join(tokens[:end])
    del tokens[: end + 1]
    return set(written.split(","))


def _compares(label: str, operator: str, value: int) -> bool:
    if not re.fullmatch(r"-?\d+", label):
        return False
    return int(label) < value if operator == "<" else int(label) > value


def _unreadable(selector: str) -> Exception:
    return bad_request(f"unable to parse requirement: {selector}")


# --- Fields ---------------------------------------------------------------------------------------


def fields_match(selector: str, plural: str, live: JsonObject, *, custom: bool) -> bool:
    terms = filter(None, re.split(r"(?<!\\),", selector))
    matches = [_term_matches(term, plural, live, custom=custom) for term in terms]
    return all(matches)


def _term_matches(term: str, plural: str, live: JsonObject, *, custom: bool) -> bool:
    key, operator, value = [*re.split(r"(!=|==|=)", term, maxsplit=1), "", ""][:3]
    if not operator:
        raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    known = _FIELDS.get(plural)
    if key not in {*_ANY_KIND, *(known or ())}:
        if custom or known is not None:
            raise bad_request(f"field label not supported: {key}")
        raise bad_request(f'"{key}" is not a known field selector: {_ONLY}')
    value = re.sub(r"\\(.)", r"\1", value)
    return (_at(live, key, (known or {}).get(key, "")) == value) == (operator != "!=")


def _at(live: JsonObject, dotted: str, otherwise: str) -> str:
    node: object = live
    for part in dotted.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    if node is None:
        return otherwise
    return str(node).lower() if isinstance(node, bool) else str(node)
