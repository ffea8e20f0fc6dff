"""Nothing that people cannot see gets into an operation."""

from __future__ import annotations

import pytest

from countersign.actions.parser import Refusal, RefusalClass, parse
from countersign.api.operation import Operation

HIDDEN = (
    "\x00", "\x07", "\x1b", "\x7f", "\u00ad", "\u034f", "\u115f", "\u180e", "\u200a", "\u200b",
    "\u200d", "\u200f", "\u2028", "\u202e", "\u2060", "\u2066", "\u2800", "\u3164", "\ufe0f",
    "\ufeff", "\ufffd", "\ud800", "\ue000", "\U000e0041", "\U000e0100",
)  # fmt: skip


@pytest.mark.parametrize("character", HIDDEN, ids=lambda c: f"U+{ord(c):04X}")
@pytest.mark.parametrize(
    "text", ["kubectl rollout restart deploy/we{}b", "restart deployment web{}", "d{}o `kubectl x`"]
)
def test_an_invisible_character_is_refused_by_its_name(text, character):
    outcome = parse(text.format(character))
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass.MALFORMED
    assert f"U+{ord(character):04X}" in outcome.message


@pytest.mark.parametrize("space", [" ", "  ", "\t", "\u00a0", "\u3000"])
def test_spaces_that_look_like_spaces_part_words(space):
    assert isinstance(parse(f"kubectl{space}rollout restart deploy{space}web"), Operation)


def test_an_emoji_with_its_colour_is_seen_and_so_it_may_stand_in_prose():
    assert isinstance(parse("⚠️ Roll it: `kubectl rollout restart deploy/web`"), Operation)


def test_hostile_text_is_quoted_short_and_escaped():
    outcome = parse("kubectl rollout restart deploy/" + "e\u0301" * 200)
    assert isinstance(outcome, Refusal)
    assert "\\u0301" in outcome.message
    assert len(outcome.message) < 400
