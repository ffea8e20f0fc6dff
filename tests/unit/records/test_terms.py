"""The words of a text, as all stores index them."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.records.terms import is_ideographic, stem, terms

TERMS = {
    "restart the pods": ["restart", "the", "pod"],
    "CrashLoopBackOff": ["crashloopbackoff", "crash", "loop", "back", "off"],
    "KubePodOOMKilled": ["kubepodoomkill", "kub", "pod", "oom", "kill"],
    "deployment/web-2": ["deployment", "web", "2"],
    "auto_executed": ["auto", "execut"],
    "重啟支付服務": ["重啟", "啟支", "支付", "付服", "服務"],
    "修": ["修"],
    "重啟 web服務": ["重啟", "web", "服務"],
    "ＯＯＭ": ["oom"],
    "、。!? - ": [],
    "": [],
    "x" * 65: [],
}


@pytest.mark.parametrize("text", TERMS)
def test_a_text_is_read_as_its_terms(text: str) -> None:
    assert terms(text) == TERMS[text]


@pytest.mark.parametrize("word", ["restart", "restarts", "restarted", "restarting"])
def test_the_forms_of_a_word_have_one_stem(word: str) -> None:
    assert stem(word) == "restart"


KEPT = ["oom", "pg", "need", "free", "class", "its", "red", "ring", "sha256s", "größes"]


@pytest.mark.parametrize("word", KEPT)
def test_what_would_not_leave_a_word_is_kept(word: str) -> None:
    assert stem(word) == word


def test_only_scripts_without_spaces_are_ideographic() -> None:
    assert is_ideographic("重啟")
    assert not is_ideographic("restart")
    assert not is_ideographic("重a")


@given(st.text())
def test_any_text_has_terms_that_can_be_stored(text: str) -> None:
    for term in terms(text):
        assert term
        assert not {unicodedata.category(each) for each in term} & {"Cc", "Cs", "Zs"}
        assert not set(term) & set(' "|_*')


def test_a_long_text_is_read_at_once() -> None:
    started = time.process_time()
    assert len(terms("重啟 CrashLoop " * 20_000)) == 80_000
    assert time.process_time() - started < 10
