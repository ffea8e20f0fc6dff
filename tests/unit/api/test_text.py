"""Texts that other people wrote."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.api.text import clip, clip_before, is_unseen, one_line
from tests.support.properties import examples

LINES = {
    "a plain text": ("kubectl get pods", "kubectl get pods"),
    "spaces around": ("  web  ", "web"),
    "line breaks": ("one\n- two\r\nthree", "one - two three"),
    "an escape sequence": ("\x1b[31mred", "[31mred"),
    "a right-to-left override": ("safe\u202eevil", "safe evil"),
    "a zero-width space": ("dep\u200bloyment", "dep loyment"),
    "other scripts": ("重啟 é 🚀", "重啟 é 🚀"),
    "nothing": ("", ""),
    "nothing that can be seen": ("\u200b\u2060", ""),
    "letters that are blank": ("safe\u3164\u115f\uffa0\u2800evil", "safe evil"),
    "words between the lines": ("a\U000e0101\U000e0042\ufe01\u034fb", "a b"),
    "a symbol in its colour": ("⚠️ web", "⚠️ web"),
}


@pytest.mark.parametrize("what", LINES)
def test_a_hostile_text_becomes_one_line(what: str) -> None:
    text, line = LINES[what]
    assert one_line(text) == line


@examples(100)
@given(st.text(max_size=60))
def test_a_line_has_nothing_in_it_that_cannot_be_seen(text: str) -> None:
    line = one_line(text)
    assert not {unicodedata.category(each) for each in line} & {"Cc", "Cf", "Zl", "Zp"}
    assert not any(is_unseen(each) for each in line)
    assert one_line(line) == line


@pytest.mark.parametrize(
    ("text", "clipped"), [("", ""), ("abcd", "abcd"), ("abcde", "abc…"), ("abcdefgh", "abc…")]
)
def test_a_text_is_clipped_only_beyond_its_limit(text: str, clipped: str) -> None:
    assert clip(text, 4) == clipped


def test_a_clipped_text_is_one_line() -> None:
    assert clip("one\ntwo") == "one two"
    assert len(clip("\n" * 5000 + "x" * 5000)) == 1024


def test_what_stands_behind_a_long_text_is_whole() -> None:
    assert clip_before("a short text.", " And what to do.", 40) == "a short text. And what to do."
    assert clip_before("a " * 40, " Do it.", 20) == "a a a a a a … Do it."
    assert len(clip_before("a" * 41, " And what to do.", 40)) == 40
