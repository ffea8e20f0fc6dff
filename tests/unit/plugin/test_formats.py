"""JSON, YAML and names."""

from __future__ import annotations

import io
import json
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from countersign.plugin import formats
from countersign.plugin.options import Format
from countersign.plugin.screen import Screen
from tests.support.requests_made import item
from tests.support.terminals import HOSTILE, dangerous

# What an API server can send: no lone surrogates, and no carriage return that YAML would fold.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def written(format_: Format, value: Any) -> str:
    """What is written to a pipe."""
    out = io.StringIO()
    formats.write(Screen(out, io.StringIO()), format_, [value])
    return out.getvalue()


@given(st.dictionaries(TEXTS, VALUES, max_size=3))
def test_json_and_yaml_are_harmless_and_say_the_same_when_read_back(value: dict[str, Any]) -> None:
    for format_, read in ((Format.JSON, json.loads), (Format.YAML, yaml.safe_load)):
        text = written(format_, value)
        assert dangerous(text) == set()
        assert read(text) == value


class Pipe(io.StringIO):
    """Remembers how much was written at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    def write(self, text: str) -> int:
        self.most = max(self.most, len(text))
        return super().write(text)


def listed(format_: Format, items: list[dict[str, Any]]) -> Pipe:
    """What is written of a list."""
    pipe = Pipe()
    formats.write_list(Screen(pipe, io.StringIO()), format_, items)
    return pipe


@given(st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), max_size=3))
def test_a_list_is_as_harmless_and_says_the_same(items: list[dict[str, Any]]) -> None:
    whole = {"apiVersion": "v1", "kind": "List", "items": items}
    for format_, read in ((Format.JSON, json.loads), (Format.YAML, yaml.safe_load)):
        text = listed(format_, items).getvalue()
        assert dangerous(text) == set()
        assert read(text) == whole


def test_a_list_looks_like_kubectls() -> None:
    items = [item(name="a"), item(name="b")]
    whole = {"apiVersion": "v1", "kind": "List", "items": items}
    assert listed(Format.JSON, items).getvalue() == written(Format.JSON, whole)
    assert listed(Format.YAML, items).getvalue() == written(Format.YAML, whole)
    assert listed(Format.JSON, []).getvalue() == written(Format.JSON, whole | {"items": []})
    assert listed(Format.YAML, []).getvalue() == written(Format.YAML, whole | {"items": []})


def test_a_long_list_is_written_object_by_object() -> None:
    for format_ in (Format.JSON, Format.YAML):
        few, many = listed(format_, [item()] * 3), listed(format_, [item()] * 300)
        assert many.most <= few.most


def test_what_can_be_seen_stays_as_it_is() -> None:
    value = {"spec": {"action": "重启 deployment/web"}}
    assert "重启" in written(Format.JSON, value)
    assert "重启" in written(Format.YAML, value)
    assert "\\u202E" in written(Format.YAML, {"a": HOSTILE})


def test_the_servers_bookkeeping_is_left_out() -> None:
    value = item(metadata={"managedFields": [{"manager": "x"}]})
    assert "managedFields" not in written(Format.JSON, value)
    assert "managedFields" not in written(Format.YAML, value)
    assert "managedFields" in value["metadata"]


def test_names_are_kubectls() -> None:
    assert written(Format.NAME, item()) == "approvalrequest.countersign.dev/scale-web\n"
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x"}}
    assert formats.named(account) == "serviceaccount/x"


def test_several_objects_are_a_list_and_several_documents() -> None:
    out = io.StringIO()
    formats.write_list(Screen(out, io.StringIO()), Format.JSON, [item(), item(name="b")])
    assert [each["metadata"]["name"] for each in json.loads(out.getvalue())["items"]] == [
        "scale-web",
        "b",
    ]
    out = io.StringIO()
    formats.write(Screen(out, io.StringIO()), Format.YAML, [{"a": 1}, {"b": 2}])
    assert list(yaml.safe_load_all(out.getvalue())) == [{"a": 1}, {"b": 2}]
