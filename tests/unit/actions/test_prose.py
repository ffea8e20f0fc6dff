"""Words around an action: each of these could make it another one, so each is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.actions.parser import Refusal, RefusalClass, parse
from countersign.actions.parser.loose_words import command_line
from countersign.actions.render import render
from countersign.api.operation import OperationType
from tests.support.properties import examples
from tests.unit.actions.strategies import RENDERED, operations

COMMAND = "kubectl scale deploy/web --replicas=3 -n shop"
EXPECTED = parse(COMMAND)
SUFFIXES = (
    ". Not on weekends.", ". Hold off for now.", ". Wait for the owner.", ". Needs sign-off.",
    ". Pending review.", ". Approval by Carol is required.", ". Rejected by Carol.",
    ". Carol vetoed it.", ". It is obsolete.", ". That would be dangerous.", ". On Monday.",
    ". Next week.", ". Then page the owners.", ". And repeat for the others.", ". Same for api.",
    ". Do this on every node.", ". Three times: 3 times.", ". This is an example.", ". Completed.",
    " (done)", ". Replace web with your own name.", ". Use the right namespace.", ". Run as root.",
    ". Staging only.", ". In production.", ", etc.", " and so on", " ...", " as user carol",
    "，等负责人通知", "。待审批", "（需要批准）", "。下周一执行", "。已完成", "。先不执行", "，暂不处理",
    "。api 也一样", "，换成自己的名字", "。仅限测试环境", "。此做法已废弃", "，以 root 身份",
    "。却下されました", "。来週実施", "。api も同様", "。実行済み",
)  # fmt: skip
PREFIXES = (
    "TODO: ", "Draft: ", "Bad: ", "Rejected: ", "Last week: ", "Next week: ", "Tomorrow: ",
    "In staging: ", "Prod: ", "Example: ", "Output: ", "Audit log: ", "Carol disagrees with: ",
    "Stop Bob from running: ", "Do the opposite of: ", "As root: ", "Anti-pattern: ",
    "TODO: Fix: ", "- [x] Fix: ", "Once a day, every day: ", "On Friday: ", "Blocked: ",
    "示例：", "草稿：", "错误：", "上周执行过：", "明天：", "下周：", "测试环境：", "已执行：", "驳回：",
    "待定：", "例：", "却下：", "実行済み：", "来週：", "本番環境：",
)  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("form", ["`{}`", "Run `{}`", "Fix:\n```\n{}\n```\n"])
def test_what_follows_may_not_reject_defer_repeat_or_move_the_action(form, suffix):
    assert isinstance(parse(form.format(COMMAND) + suffix), Refusal)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("form", ["{}", "`{}`"])
def test_what_leads_to_it_may_not_call_it_something_else_than_an_action(form, prefix):
    assert isinstance(parse(prefix + form.format(COMMAND)), Refusal)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_sentence_with_its_reason_is_held_to_the_same(suffix):
    sentence = "cordon node worker-1 to relieve its disk"
    assert not isinstance(parse(sentence), Refusal)
    assert isinstance(parse(sentence + suffix), Refusal)


@pytest.mark.parametrize(
    "text",
    [
        "Recommended practice: `{}`",
        "推荐做法：`{}`",
        "The connection refused errors persist. Mitigation: `{}`",
        "Users see errors in production. Run `{}`",
        "Requests were rejected all night. Run `{}`",
        "Run `{}`. Wait for the rollout to finish.",
        "Run `{}`. Then verify that the pods are ready.",
        "Problem: queue is growing\nReason: too few workers\nCommand: {}",
        "History shows the same load last year. Fix: `{}`",
        "数据库拒绝连接，执行 `{}`",
    ],
)
def test_trouble_and_headings_are_still_let_through(text):
    assert parse(text.format(COMMAND)) == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        "Block `{}`",
        "Stop `{}`",
        "Audit `{}`",
        "The outage was caused by `{}`",
        "The alert fires on `{}`",
        "An alternative to `{}`",
        "Somebody typed `{}`",
        "The command `{}` hangs",
        "`{}` failed with an error",
        "`{}` was proposed by the agent",
        "`{}` must be confirmed by two people",
        "`{}` caused the outage",
        "拦截 `{}`",
        "防止误执行 `{}`",
        "监控 `{}` 的执行",
        "`{}` 会导致服务中断",
        "`{}` 命令卡住",
        "`{}` が失敗した",
        "This was rejected by Carol. Command: `{}`",
        "Carol vetoed this. `{}`",
        "The team decided against it. `{}`",
        "Hold off for now. `{}`",
        "Approval pending. `{}`",
        "Run it on Friday. `{}`",
        "Run on all three clusters. `{}`",
        "Here is an example. `{}`",
        "Change web to your deployment. `{}`",
        "这个方案被否决了。`{}`",
        "明天执行。`{}`",
        "この案は却下された。`{}`",
    ],
)
def test_a_command_that_is_only_spoken_of_is_not_asked_for(text):
    assert isinstance(parse(text.format(COMMAND)), Refusal)


@pytest.mark.parametrize(
    "text",
    [
        "Try `{}` to relieve the queue",
        "Scale it with `{}`.",
        "You can do so using `{}`, which takes a minute.",
        "Mitigation → `{}`",
        "(`{}`)",
        "手动执行 `{}` 让队列恢复",
        "可以用 `{}` 扩容",
        "キューが溜まっているので `{}` を実行する",
    ],
)
def test_a_command_that_is_led_to_is_asked_for(text):
    assert parse(text.format(COMMAND)) == EXPECTED


def test_an_environment_may_be_named_that_the_action_names_as_well():
    command = "kubectl rollout restart deploy/web -n staging"
    assert parse(f"In staging: `{command}`") == parse(command)
    assert isinstance(parse(f"In production: `{command}`"), Refusal)


LOOSE = (
    "but not in production", "only at night", "unless orders are open", "if the queue is empty",
    "then web-1", "not now", "in namespace live", "for all of them", "every hour", "twice",
    "and so on", "please", "because it leaks", "etc.", "later.", "至三个", "，然后重启",
)  # fmt: skip


@pytest.mark.parametrize("loose", LOOSE)
@pytest.mark.parametrize(
    "command",
    [
        "kubectl delete pod web-0",
        "kubectl rollout restart deploy web",
        "kubectl cordon worker-1",
        "kubectl label node worker-1 disk=ssd",
        "oc scale --replicas=2 deploy web",
        "Fix: kubectl drain worker-1",
    ],
)
def test_words_of_a_sentence_are_no_names_of_objects(command, loose):
    assert isinstance(parse(f"{command} {loose}"), Refusal)


@pytest.mark.parametrize(
    "command",
    [
        "kubectl exec web-0 -- date but only at night",
        "kubectl exec web-0 -- nginx -s reload because it hangs",
        "kubectl exec web-0 -- date. Tomorrow.",
        "kubectl exec web-0 -- nginx -s reload to apply the settings",
        "kubectl exec web-0 -- date every hour",
        "kubectl exec web-0 -- date in namespace live",
        "ssh worker-1 systemctl restart docker for maintenance",
        "kubectl exec web-0 -- psql -c 'select 1'，然后重启",
        "ssh worker-1 uptime unless it is busy",
        "helm rollback web 3 please",
    ],
)
def test_words_of_a_sentence_are_no_arguments_of_a_program(command):
    outcome = parse(command)
    assert isinstance(outcome, Refusal)
    assert outcome.refused in {RefusalClass.AMBIGUOUS, RefusalClass.MALFORMED}


@pytest.mark.parametrize("name", ["not", "all", "in", "now", "only"])
def test_an_object_that_is_called_like_such_a_word_stands_in_quotes_or_behind_its_kind(name):
    assert parse(f"kubectl delete pod '{name}'") == parse(f"kubectl delete pod/{name}")
    assert isinstance(parse(f"kubectl delete pod {name}"), Refusal)


@pytest.mark.parametrize("kind", ["so", "at", "no", "is", "namespaces"])
def test_a_short_name_of_a_kind_is_no_word_of_a_sentence(kind):
    assert not isinstance(parse(f"kubectl annotate {kind} web a=b"), Refusal)


@pytest.mark.parametrize("program", ["do-not/kubectl", "禁止/kubectl", "never:/bin/kubectl"])
def test_the_path_of_a_program_is_no_place_for_words(program):
    assert isinstance(parse(f"{program} delete pod web-0"), Refusal)


PLAIN = tuple(set(RENDERED) - {OperationType.EXEC, OperationType.SET_ENV, OperationType.ANNOTATE})


@examples(80)
@given(st.data())
def test_no_command_is_read_with_prose_that_changes_it(data):
    command = render(data.draw(operations(types=PLAIN)))
    suffix, prefix = data.draw(st.sampled_from(SUFFIXES)), data.draw(st.sampled_from(PREFIXES))
    assert isinstance(parse(f"`{command}`{suffix}"), Refusal)
    assert isinstance(parse(f"{prefix}{command}"), Refusal)


@examples(80)
@given(st.lists(st.sampled_from(["not", "echo", "if", "Done.", "in", "a b"]), min_size=1))
def test_what_is_rendered_sets_words_of_a_sentence_in_quotes(arguments):
    command = command_line(["kubectl", "exec", "web-0", "--", *arguments])
    outcome = parse(command)
    assert not isinstance(outcome, Refusal), outcome
    assert render(outcome) == command
