"""What holds for every text, whoever wrote it."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from countersign.actions.parser import Foreign, Refusal, RefusalClass, describe, parse
from countersign.actions.parser.loose_words import command_line
from countersign.actions.parser.refusal import MAX_MESSAGE
from countersign.actions.render import render
from countersign.api.operation import Operation
from tests.support.properties import examples
from tests.unit.actions.strategies import RENDERED, operations, words_of_commands

FRAGMENTS = (
    "kubectl", "rollout", "restart", "scale", "deploy/web", "-n", "shop", "--replicas=3",
    "deployment", "web", "in", "namespace", "to", "5", "replicas", "not", "if", "and", "all",
    "`", "```", "\n", '"', "'", "\\", "$", "$(", "{", "<", ">", "|", "&", ";", "#", "重启",
    "部署", "的", "命名空间", "不要", "，", "。", "-", "—", ".", "\u200b", "\u202e", "é", "д",
    "😀", "\x00", "ｎ", "delete", "pod", "drain", "node", "cordon", "exec", "--", "patch", "-p",
    "{}", "taint", "a=b:NoSchedule", "label", "a=b", "annotate", "ssh", "helm", "rollback", "set",
    "image", "container", "web:2", "from", "cronjob", "job", "run", "标记", "为", "不可调度", "删除",
    "回滚", "--context=x", "apply", "-f", "x.yaml", "undo", "evict", "cluster", "revision", "--force",
)  # fmt: skip
HOSTILE_FLAGS = (
    "--dry-run", "--dry-run=server", "--as=root", "--as-group=system:masters", "--context=live",
    "--kubeconfig=/tmp/k", "--server=https://evil", "--token=x", "--all", "--all-namespaces", "-A",
    "-f=x.yaml", "--filename=x", "-k=x", "--record", "--unknown", "--raw=/", "--prune",
    "--resource-version=7", "-x", "--help", "-h", "--insecure-skip-tls-verify", "--cluster=c",
    "--field-selector=a=b", "--subresource=scale", "--patch-file=x", "--local", "--list", "-e=A=b",
    "--from=secret/x", "--disable-eviction", "--interactive", "--field-manager=x",
    "-R", "--image=x", "--resolve", "--replicas=77", "--to-revision=77", "--cascade=orphan", "--now",
)  # fmt: skip
OPERATORS = (
    ";", "&", "&&", "|", "||", ">", "<", ">>", "$(", "$(id)", "`id`", "$X", "${X}", "(", ")",
    "{", "{a,b}", "\nls", "'", '"', "\u200b", "\u2066", "“",
)  # fmt: skip


@pytest.mark.parametrize("operation", RENDERED)
@examples(25)
@given(st.data())
def test_what_is_rendered_is_parsed_as_the_same_operation(operation, data):
    drawn = data.draw(operations(types=(operation,)))
    assert parse(render(drawn)) == drawn


@examples(60)
@given(st.data())
def test_spelling_and_places_of_flags_do_not_matter(data):
    operation = data.draw(operations())
    words, program = data.draw(words_of_commands(operation))
    assert parse(command_line([*words, *program])) == operation


@examples(150)
@given(st.data(), st.sampled_from(HOSTILE_FLAGS))
def test_another_flag_is_never_dropped(data, flag):
    operation = data.draw(operations())
    words, program = data.draw(words_of_commands(operation))
    assume(not any(word.startswith(flag.partition("=")[0]) for word in words))
    words.insert(data.draw(st.integers(1, len(words))), flag)
    assert parse(command_line([*words, *program])) != operation


@examples(150)
@given(
    st.data(),
    st.sampled_from(["stray", "9", "web/stray", "stray=x", "stray-", "*", "-", "stray:x"]),
)
def test_another_word_is_refused_or_part_of_what_is_understood(data, word):
    operation = data.draw(operations())
    words, program = data.draw(words_of_commands(operation))
    words.insert(data.draw(st.integers(1, len(words))), word)
    outcome = parse(command_line([*words, *program]))
    assert outcome != operation
    if isinstance(outcome, Operation):
        assert word.strip("=x-:") in json.dumps(describe(outcome))


@examples(150)
@given(st.data(), st.sampled_from(OPERATORS))
def test_what_a_shell_would_act_on_is_refused_or_part_of_a_quoted_word(data, operator):
    operation = data.draw(operations())
    text = render(operation)
    place = data.draw(st.integers(len("kubectl "), len(text)))
    outcome = parse(text[:place] + operator + text[place:])
    assert outcome != operation
    if "'" not in text:
        assert isinstance(outcome, Refusal)


@examples(300)
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
    | st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(" ".join)
    | st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(
        lambda words: "kubectl " + " ".join(words)
    )
)
def test_no_text_raises(text):
    outcome = parse(text)
    if isinstance(outcome, Operation):
        assert all((each.name or each.selector) in text for each in outcome.all_targets)
    else:
        assert isinstance(outcome, Foreign | Refusal)
        assert 0 < len(outcome.message) <= MAX_MESSAGE
        assert outcome.message.isprintable()


LONG = [(fragment * 4096)[:4000] for fragment in (
    "a", "a ", "a-", " ", "\n", "`", "`a", "``a`", "'", '"', "'a ", "\\", "$", "{", ".", " .", "/a", "n't",
    "in ", "# ", "重启", "的", "，", "—", "- ", "restart ", "web ", "kubectl ", "not ", ": ", "1. ", "[",
    "a=", "a,", "a:b", "!a,", "a in (", "[{", "{a: ", "- - ", "&a ", "? ", "if a, ", "如果", "a.b/", "--a ", "-a",
)]  # fmt: skip


@pytest.mark.timeout(120)  # a regular expression that backtracks would need hours
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "kubectl {}",
        "kubectl rollout restart deploy/{}",
        "kubectl delete pods -l '{}'",
        'kubectl delete pods -l "{}"',
        "kubectl patch deploy web -p '{}'",
        "kubectl patch deploy web -p '{}'".replace("{}", "a: {}"),
        "kubectl set image deploy/web web={}",
        "kubectl taint node a {}",
        "kubectl delete {}",
        "ssh {}",
        "helm rollback {}",
        "restart deployment {}",
        "delete pod {}",
        "in {} namespace",
        "Run `kubectl rollout restart deploy/web` {}!",
        "!{} `kubectl rollout restart deploy/web`",
        "If {}, run `kubectl rollout restart deploy/web`",
    ],
)  # fmt: skip
def test_four_kilobytes_of_anything_are_read_in_time(text):
    for long in LONG:
        parse(text.replace("{}", long[: 4090 - len(text)]))


def test_a_text_that_is_too_long_is_refused_whatever_it_says():
    outcome = parse("kubectl rollout restart deploy/web" + " " * 4096)
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass.MALFORMED
