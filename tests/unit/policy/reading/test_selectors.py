"""Label selectors, as the API server reads them."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.policy.reading.selectors import escaped, matches, selects, written

LABELS = {"app": "web", "tier": "front", "empty": ""}


def _expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


CASES: dict[str, tuple[dict[str, Any] | None, bool]] = {
    "no selector matches nothing": (None, False),
    "an empty selector matches everything": ({}, True),
    "equal labels match": ({"matchLabels": {"app": "web"}}, True),
    "another value does not match": ({"matchLabels": {"app": "db"}}, False),
    "a label that is missing does not match": ({"matchLabels": {"zone": "a"}}, False),
    "a label that is missing is not an empty one": ({"matchLabels": {"zone": ""}}, False),
    "all labels have to match": ({"matchLabels": {"app": "web", "tier": "back"}}, False),
    "In matches one of its values": (_expression("app", "In", "db", "web"), True),
    "In does not match another value": (_expression("app", "In", "db"), False),
    "In does not match a missing label": (_expression("zone", "In", "a"), False),
    "NotIn does not match one of its values": (_expression("app", "NotIn", "web"), False),
    "NotIn matches another value": (_expression("app", "NotIn", "db"), True),
    "NotIn matches a missing label": (_expression("zone", "NotIn", "a"), True),
    "Exists matches an empty label": (_expression("empty", "Exists"), True),
    "Exists does not match a missing label": (_expression("zone", "Exists"), False),
    "DoesNotExist matches a missing label": (_expression("zone", "DoesNotExist"), True),
    "DoesNotExist does not match an empty label": (_expression("empty", "DoesNotExist"), False),
    "an operator of tomorrow matches nothing": (_expression("app", "Like", "web"), False),
    "labels and expressions both have to match": (
        {"matchLabels": {"app": "web"}} | _expression("tier", "NotIn", "front"),
        False,
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_a_label_selector(what: str) -> None:
    selector, expected = CASES[what]
    assert matches(selector, LABELS) is expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"selector": {"app": "web"}}, True),
        ({"selector": {"app": "db"}}, False),
        ({"selector": {}}, False),
        ({}, False),
        ({"selector": {"app": "web"}, "type": "ExternalName"}, False),
    ],
)
def test_a_service_selects_by_equality_and_an_empty_selector_selects_nothing(
    spec: dict[str, Any], expected: bool
) -> None:
    assert selects({"spec": spec}, LABELS) is expected


def test_a_selector_is_written_as_a_query() -> None:
    selector = {
        "matchLabels": {"tier": "front", "app": "web"},
        "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["x", "y"]},
            {"key": "b", "operator": "NotIn", "values": ["x"]},
            {"key": "c", "operator": "Exists"},
            {"key": "d", "operator": "DoesNotExist"},
        ],
    }
    assert written(selector) == "!d,a in (x,y),app=web,b notin (x),c,tier=front"
    assert written({}) == ""


def test_a_value_of_a_field_selector_cannot_add_another_field() -> None:
    assert escaped(r"node-1,spec.x=a\b") == r"node-1\,spec.x\=a\\b"
