"""Label and field selectors of a query, as the API server reads them."""

from __future__ import annotations

import re

from countersign.errors import ApiError
from countersign.ports import JsonObject

_SET = re.compile(r"^\s*(?P<key>[^\s!=,()]+)\s+(?P<op>in|notin)\s+\((?P<values>[^()]*)\)\s*$")
_EQUAL = re.compile(r"^\s*(?P<key>[^\s!=,()]+)\s*(?P<op>==|=|!=)\s*(?P<value>[^\s!=,()]*)\s*$")
_THERE = re.compile(r"^\s*(?P<not>!?)\s*(?P<key>[^\s!=,()]+)\s*$")
_ANY_KIND = {"metadata.name", "metadata.namespace"}
_FIELDS = {
    "pods": {"spec.nodeName", "spec.serviceAccountName", "status.phase", "status.podIP"},
    "events": {
        "involvedObject.kind",
        "involvedObject.name",
        "involvedObject.namespace",
        "involvedObject.uid",
        "reason",
        "type",
    },
    "nodes": {"spec.unschedulable"},
    "jobs": {"status.successful"},
    "secrets": {"type"},
    "namespaces": {"status.phase"},
    "replicasets": {"status.replicas"},
}


def labels_match(selector: str, live: JsonObject) -> bool:
    labels = live["metadata"].get("labels") or {}
    return all(_holds(term, labels) for term in _terms(selector))


def fields_match(selector: str, plural: str, live: JsonObject) -> bool:
    for term in filter(None, selector.split(",")):
        key, operator, value = re.split(r"(!=|==|=)", term, maxsplit=1)
        if key not in _ANY_KIND | _FIELDS.get(plural, set()):
            text = f"field label not supported: {key}"
            raise ApiError(text, code=400, reason="BadRequest")
        if (_at(live, key) == value) == (operator == "!="):
            return False
    return True


def _at(live: JsonObject, dotted: str) -> str:
    node: object = live
    for part in dotted.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return "" if node is None else str(node).lower() if isinstance(node, bool) else str(node)


def _terms(selector: str) -> list[str]:
    return [term for term in re.split(r",(?![^()]*\))", selector) if term.strip()]


def _holds(term: str, labels: dict[str, str]) -> bool:
    if found := _SET.match(term):
        values = [each.strip() for each in found["values"].split(",")]
        there = labels.get(found["key"]) in values
        return there == (found["op"] == "in")
    if found := _EQUAL.match(term):
        return (labels.get(found["key"]) == found["value"]) != (found["op"] == "!=")
    if found := _THERE.match(term):
        return (found["key"] in labels) != bool(found["not"])
    raise ApiError(f"unable to parse requirement: {term}", code=400, reason="BadRequest")
