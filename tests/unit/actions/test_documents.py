"""JSON and YAML from strangers: one meaning, or a refusal that says what to write."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from countersign.actions.documents import (
    MAX_DEPTH,
    MAX_DOCUMENTS,
    MAX_NODES,
    DocumentError,
    document,
    documents,
)
from countersign.api.parameters import MANIFEST_LIMIT

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.text(st.characters(exclude_categories=("Cs",)), max_size=8), inner, max_size=4
        ),
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "b\x85\u2028"}', {"a": "b\x85\u2028"}),
        ("a: 1", {"a": 1}),
        ("a: -12", {"a": -12}),
        ("a: 1.50", {"a": 1.5}),
        ("a: true\nb: False", {"a": True, "b": False}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: '0644'", {"a": "0644"}),
        ('a: "no"', {"a": "no"}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("a: nginx:1.27", {"a": "nginx:1.27"}),
        ("a: 10.0.0.1", {"a": "10.0.0.1"}),
        ("a: 500m\nb: 1Gi", {"a": "500m", "b": "1Gi"}),
        ("a: 2024-01-01", {"a": "2024-01-01"}),
        ("a: 8080:80", {"a": "8080:80"}),
        ("a: NORTH", {"a": "NORTH"}),
        ("- [x, {y1: 2}]", [["x", {"y1": 2}]]),
        ('{"a": 1e3}', {"a": 1000.0}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ("{a: b}", {"a": "b"}),
        ("# only a comment\na: b # and one more", {"a": "b"}),
    ],
)
def test_plain_documents_are_read_as_kubectl_reads_them(text: str, value: Any) -> None:
    read = document(text)
    assert read == value
    assert json.dumps(read) == json.dumps(value)  # Unlike ==, this tells true from 1.


@pytest.mark.parametrize(
    "scalar",
    [
        "y",
        "N",
        "yes",
        "No",
        "ON",
        "off",
        "0644",
        "00",
        "0x1F",
        "0o17",
        "0b1",
        "1e3",
        "1E5",
        "1.",
        ".5",
        "-.5",
        "1_000",
        "12:30",
        "1:30:00",
        "+.inf",
        ".NaN",
        "<<",
    ],
)
def test_a_scalar_that_is_not_read_alike_by_everybody_must_be_quoted(scalar: str) -> None:
    for text in (f"a: {scalar}", f"- {scalar}"):
        with pytest.raises(DocumentError, match="put it in quotes"):
            document(text)
    assert document(f"a: '{scalar}'") == {"a": scalar}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x 1\nb: *x", "anchor or alias"),
        ("a: &x 1", "anchor or alias"),
        ("&x a: 1", "anchor or alias"),
        ("a: *x", "anchor or alias"),
        ("a: &x [1]", "anchor or alias"),
        ("a: !!str 1", "a tag"),
        ("a: !!python/object/apply:os.system [id]", "a tag"),
        ("a: ! x", "a tag"),
        ("a: !own {b: 1}", "a tag"),
        ("%YAML 1.1\n---\na: 1", "a directive"),
        ("%TAG ! tag:x,2000:\n---\na: 1", "a directive"),
        ("a: 1\na: 2", '"a" a second time'),
        ("b: {a: 1, a: 1}", '"a" a second time'),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', '"c" is there twice'),
        ("1: a", "a key that is no text"),
        ("true: a", "a key that is no text"),
        ("? [a]\n: b", "a key that is no text"),
        ("? {a: b}\n: c", "a key that is no text"),
        ("~: a", "a key that is no text"),
        ("a: [", "cannot be read"),
        ("a: b: c", "line 1, column 5 cannot be read"),
        ("a:\n\t- b", "line 2, column 1 cannot be read"),
        ("a: \x00", "cannot be read"),
        ("a: 'b\x85c'", "line breaks"),
        ("a: b\u2028c", "line breaks"),
        ("a: b\u2029c", "line breaks"),
        ("", "it is empty"),
        ("# nothing", "it is empty"),
        ("---\n---\n", "it is empty"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": -Infinity}', "-Infinity is no number"),
        ('{"a": 1e999}', "not finite"),
        ("a: 1.0e+999", "not finite"),
        (f'{{"a": {2**63}}}', "too large a number"),
        (f"a: {-(2**63) - 1}", "too large a number"),
        ('{"a": ' + "9" * 5000 + "}", "too large a number"),
        ('{"a": "\\ud800"}', "lone surrogate"),
        ('{"\\ud800": 1}', "lone surrogate"),
        ("x" * (MANIFEST_LIMIT + 1), "longer than"),
        ("[" * 30_000, "deeper than"),
        ('{"a":' * 10_000, "deeper than"),
        ("a: " + "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "deeper than"),
        ("[" + "1," * MAX_NODES + "1]", "over"),
        ("- 1\n" * (MAX_NODES + 1), "over"),
        ("--- {a: b}\n" * (MAX_DOCUMENTS + 1), "more than 32 documents"),
    ],
)
def test_what_has_no_single_meaning_or_no_bound_is_refused(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as refused:
        documents(text)
    assert len(str(refused.value)) < 300


def test_a_fault_names_its_line() -> None:
    with pytest.raises(DocumentError, match="line 3 holds a tag"):
        document("a: 1\nb:\n  c: !x d")
    with pytest.raises(DocumentError, match='line 2: "yes" without quotes'):
        document("a: 1\nb: yes")


def test_a_hostile_key_does_not_reach_the_message_as_it_is() -> None:
    key = "a\u202e" + "b" * 500
    with pytest.raises(DocumentError) as refused:
        document(json.dumps({"x": 1})[:-1] + f', "{key}": 1, "{key}": 2}}')
    assert "\u202e" not in str(refused.value)
    assert len(str(refused.value)) < 100


def test_several_documents_come_in_order_and_empty_ones_are_left_out() -> None:
    text = 'a: 1\n---\n# nothing\n---\n{"b": 2}\n...\n---\n- 3\n'
    assert documents(text) == ({"a": 1}, {"b": 2}, [3])


def test_one_document_is_not_several() -> None:
    with pytest.raises(DocumentError, match="it holds 2 documents; write one"):
        document("a: 1\n---\nb: 2")


def test_the_bounds_themselves_are_allowed() -> None:
    assert len(documents("--- {a: b}\n" * MAX_DOCUMENTS)) == MAX_DOCUMENTS
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert document(deep) == document(f"---\n{deep}")
    assert document(str(2**63 - 1)) == 2**63 - 1


@given(VALUES.filter(lambda value: value is not None))
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert json.dumps(document(json.dumps([value]))) == json.dumps([value])


@given(VALUES)
def test_yaml_is_read_as_it_was_written_or_refused(value: Any) -> None:
    text = yaml.safe_dump([value], allow_unicode=True)
    try:
        read = document(text)
    except DocumentError:
        return
    assert read == [value]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DocumentError):
        assert documents(text)
