"""What holds for every text, whoever wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.actions.parser import Refusal, RefusalClass, parse
from countersign.actions.parser.refusal import MAX_MESSAGE
from countersign.actions.render import render
from countersign.api.operation import Operation
from tests.unit.actions.strategies import operations, words_of_commands

FEW = settings(max_examples=40, deadline=None)
FRAGMENTS = (
    "kubectl", "rollout", "restart", "scale", "deploy/web", "-n", "shop", "--replicas=3",
    "deployment", "web", "in", "namespace", "to", "5", "replicas", "not", "if", "and", "all",
    "`", "```", "\n", '"', "'", "\\", "$", "$(", "{", "<", ">", "|", "&", ";", "#", "重启",
    "部署", "的", "命名空间", "不要", "，", "。", "-", "—", ".", "\u200b", "\u202e", "é", "д",
    "😀", "\x00", "ｎ",
)  # fmt: skip
HOSTILE_FLAGS = (
    "--dry-run", "--dry-run=server", "--as=root", "--context=live", "--kubeconfig=/tmp/k",
    "--server=https://evil", "--token=x", "--all", "--all-namespaces", "-A", "-l=app=web",
    "--selector=app", "-f=x.yaml", "--filename=x", "-k=x", "--record", "--force", "--unknown",
    "--resource-version=7", "-x", "--help", "-h", "--insecure-skip-tls-verify", "--cluster=c",
)  # fmt: skip
OPERATORS = (
    ";", "&", "&&", "|", "||", ">", "<", ">>", "$(", "$(id)", "`id`", "$X", "${X}", "(", ")",
    "{", "{a,b}", "\nls", "'", '"', "\u200b", "\u2066", "“",
)  # fmt: skip


@FEW
@given(operations())
def test_what_is_rendered_is_parsed_as_the_same_operation(operation):
    assert parse(render(operation)) == operation


@FEW
@given(st.data())
def test_spelling_and_places_of_flags_do_not_matter(data):
    operation = data.draw(operations())
    assert parse(" ".join(data.draw(words_of_commands(operation)))) == operation


@FEW
@given(st.data(), st.sampled_from(HOSTILE_FLAGS))
def test_a_command_with_any_other_flag_is_refused(data, flag):
    words = data.draw(words_of_commands(data.draw(operations())))
    words.insert(data.draw(st.integers(1, len(words))), flag)
    assert isinstance(parse(" ".join(words)), Refusal)


@FEW
@given(st.data(), st.sampled_from(OPERATORS))
def test_a_command_with_anything_a_shell_would_act_on_is_refused(data, operator):
    text = " ".join(data.draw(words_of_commands(data.draw(operations()))))
    place = data.draw(st.integers(len("kubectl "), len(text)))
    assert isinstance(parse(text[:place] + operator + text[place:]), Refusal)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
    | st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(" ".join)
)
def test_no_text_raises(text):
    outcome = parse(text)
    if isinstance(outcome, Refusal):
        assert 0 < len(outcome.message) <= MAX_MESSAGE
        assert outcome.message.isprintable()
    else:
        assert isinstance(outcome, Operation)
        assert outcome.target.name in text


LONG = [(fragment * 4096)[:4000] for fragment in (
    "a", "a ", "a-", " ", "\n", "`", "`a", "``a`", "'", '"', "'a ", "\\", "$", "{", ".", " .", "/a", "n't",
    "in ", "# ", "重启", "的", "，", "—", "- ", "restart ", "web ", "kubectl ", "not ", ": ", "1. ", "[",
)]  # fmt: skip


@pytest.mark.timeout(60)  # a regular expression that backtracks would need hours
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "kubectl {}",
        "kubectl rollout restart deploy/{}",
        "restart deployment {}",
        "in {} namespace",
        "Run `kubectl rollout restart deploy/web` {}!",
        "!{} `kubectl rollout restart deploy/web`",
    ],
)
def test_four_kilobytes_of_anything_are_read_in_time(text):
    for long in LONG:
        parse(text.replace("{}", long))


def test_a_text_that_is_too_long_is_refused_whatever_it_says():
    outcome = parse("kubectl rollout restart deploy/web" + " " * 4096)
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass.MALFORMED
