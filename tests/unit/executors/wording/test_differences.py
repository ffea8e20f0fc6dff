"""What differs between two objects: readable, bounded, and never the same for two differences."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.actions.secrecy import holds_secret_variable
from countersign.api.status import MAX_CHANGES, VALUE_LIMIT, Change
from countersign.executors.wording.differences import Path, differences, differing

WEB, SIDE, NEW = {"name": "web", "image": "a"}, {"name": "side", "image": "b"}, {"name": "new"}
KEYS = st.sampled_from(["a", "b", "name", "value", "c.d"])
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["", "1", "x", "a\nb"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def told(before: Any, after: Any) -> list[tuple[str, str | None, str | None]]:
    return [(each.field, each.before, each.after) for each in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("a", "1", "true")]),
        ({"a": 0}, {"a": False}, [("a", "0", "false")]),
        ({"a": 3}, {"a": "3"}, [("a", "3", '"3"')]),
        ({"a": "true"}, {"a": True}, [("a", '"true"', "true")]),
        ({"a": None}, {"a": "null"}, [("a", "null", '"null"')]),
        ({"a": '"x"'}, {"a": "x"}, [("a", '"\\"x\\""', "x")]),
        ({}, {"a": None}, [("a", None, "null")]),
        ({}, {"a": ""}, [("a", None, "")]),
        ({"a": "x"}, {}, [("a", "x", None)]),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, [("a", "1", "2"), ("b", "1", "2")]),
        ({}, {"a": {"b": {"c": 1}}}, [("a.b.c", None, "1")]),
        ({}, {"a": {}}, [("a", None, "{}")]),
        ({"a": {}}, {}, [("a", "{}", None)]),
        ({"a": {"b": 1}}, {"a": {}}, [("a", "{…}", "{}"), ("a.b", "1", None)]),
        ({"a": {"b": 1}}, {}, [("a.b", "1", None)]),
        ({"a": [{"b": 1}]}, {"a": []}, [("a", "[…]", "[]"), ("a[0].b", "1", None)]),
        ({"a": {"b": 1}}, {"a": [1]}, [("a", '{"b":1}', "[1]")]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("a", "[1,2]", "[2,1]")]),
        ({"a": [1]}, {}, [("a", "[1]", None)]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 2}]}, [("a[1].b", None, "2")]),
        ({"x/y.z": 1}, {"x/y.z": 2}, [("[x/y.z]", "1", "2")]),
        ({"a": {"b]": 1}}, {"a": {"b]": 2}}, [('a["b]"]', "1", "2")]),
        (1, 2, [("(the whole object)", "1", "2")]),
    ],
)
def test_each_leaf_that_differs_is_told(before: Any, after: Any, expected: Any) -> None:
    assert told(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([WEB, SIDE], [WEB, SIDE | {"image": "c"}], [("[side].image", "b", "c")]),
        ([WEB, SIDE], [SIDE], [("[web].image", "a", None)]),
        ([WEB], [WEB, SIDE], [("[side].image", None, "b")]),
        ([WEB], [WEB, NEW], [("[new].name", None, "new")]),
        ([WEB], [SIDE, WEB], [("[order]", "web", "side, web"), ("[side].image", None, "b")]),
        ([WEB, SIDE], [SIDE, WEB], [("[order]", "web, side", "side, web")]),
        ([WEB, WEB], [WEB], [("[1].image", "a", None), ("[1].name", "web", None)]),
    ],
)
def test_a_list_of_named_things_goes_by_name_and_keeps_its_order(
    before: Any, after: Any, expected: Any
) -> None:
    assert told({"c": before}, {"c": after}) == [(f"c{field}", *rest) for field, *rest in expected]


def test_of_long_texts_the_lines_that_differ_are_shown_with_a_digest_of_the_whole() -> None:
    lines = [f"line{number}" for number in range(400)]
    other = [*lines[:200], "changed", *lines[201:]]
    [change] = differences({"f": "\n".join(lines)}, {"f": "\n".join(other)})
    assert change.before is not None
    assert change.after is not None
    assert change.before.startswith("line 201: line200 (sha256:")
    assert change.after.startswith("line 201: changed (sha256:")


def test_two_texts_that_are_shortened_alike_are_still_told_apart() -> None:
    long = "x" * (3 * VALUE_LIMIT)
    first, second = (differences({}, {"a": long + end})[0].after for end in "12")
    assert first is not None
    assert len(first) <= VALUE_LIMIT
    assert first != second
    joined, split = (differences({}, {"a": text})[0].after for text in ("a\u200bb", "a b"))
    assert joined != split


def test_a_list_that_is_too_long_ends_with_a_digest_of_the_rest() -> None:
    many = {f"k{number:03}": number for number in range(200)}
    found = differences({}, many)
    assert len(found) == MAX_CHANGES
    assert found[-1].after is not None
    assert "137 more" in found[-1].after
    assert found != differences({}, many | {"k199": 0})
    assert len(differences({}, dict(list(many.items())[:MAX_CHANGES]))) == MAX_CHANGES


def test_what_is_hidden_shows_neither_value_nor_digest() -> None:
    def hidden(path: Path) -> bool:
        return path[:1] == ("data",) and len(path) == 2

    before = {"data": {"a": "old", "b": "same", "c": "gone"}, "x": "old"}
    after = {"data": {"a": "new", "b": "same", "d": "born"}, "x": "new"}
    found = differences(before, after, hidden)
    assert [(each.field, each.before, each.after) for each in found] == [
        ("data.a", "(hidden)", "(hidden)"),
        ("data.c", "(hidden)", None),
        ("data.d", None, "(hidden)"),
        ("x", "old", "new"),
    ]


def test_a_variable_whose_name_says_so_is_a_secret() -> None:
    before = {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "LEVEL", "value": "a"}]}
    after = copy.deepcopy(before)
    after["env"][0]["value"], after["env"][1]["value"] = "hunter3", "b"
    assert told(before, after) == [
        ("env[DB_PASSWORD].value", "(hidden)", "(hidden)"),
        ("env[LEVEL].value", "a", "b"),
    ]
    assert "hunter" not in json.dumps(told({}, after) + told(before, {}))
    assert holds_secret_variable({"a": [before]})
    assert not holds_secret_variable({"a": [before["env"][1]]})


@given(VALUES, VALUES)
def test_there_is_no_change_exactly_where_both_are_the_same(before: Any, after: Any) -> None:
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (differences({"o": before}, {"o": after}) == ()) == same


@given(VALUES, VALUES, VALUES)
def test_two_results_are_told_alike_only_if_they_are_alike(
    before: Any, one: Any, other: Any
) -> None:
    if told({"o": before}, {"o": one}) == told({"o": before}, {"o": other}):
        assert json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def test_of_two_plans_only_the_fields_that_differ_are_named_and_each_once() -> None:
    a, b, c = (Change(field=name, before="1", after="2") for name in "abc")
    assert differing((a, b), (a, b.model_copy(update={"before": "3"}), c)) == "b, c"
    assert differing((a, b), (b, a)) == "a, b"
    many = tuple(Change(field=str(number)) for number in range(5))
    assert differing((), many) == "0, 1, 2"
