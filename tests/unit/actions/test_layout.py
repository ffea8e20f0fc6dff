"""Where the command is in a text, and what may stand around it."""

from __future__ import annotations

import pytest

from countersign.actions.parser import Refusal, RefusalClass, parse

COMMAND = "kubectl rollout restart deploy/web -n shop"
EXPECTED = parse(COMMAND)


@pytest.mark.parametrize(
    "text",
    [
        "$ {}",
        "> {}",
        "# {}",
        "% {}",
        "➜  {}",
        "~ $ {}",
        "root@cp-1:~# {}",
        "[ops@bastion ~]$ {}",
        "(venv) ops@bastion:/srv$ {}",
        "bastion:~ # {}",
        "[live]$ {}",
        r"PS C:\Users\ops> {}",
        "- {}",
        "* {}",
        "1. {}",
        "2) {}",
        "- [ ] {}",
        "> $ {}",
        "`{}`",
        "- `$ {}`",
        "```\n{}\n```",
        "```bash\n# roll it\n$ {}\n```",
        "# roll the front end\n{}",
        "{}  # roll it",
    ],
)
def test_prompts_bullets_fences_and_comments_are_taken_off(text):
    assert parse(text.format(COMMAND)) == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        "Trigger a restart: `{}`",
        "Then run `{}` to free the connections.",
        "3. Restart the front end: `{}`\n   (it is stateless).",
        "Use kubectl to roll the front end: `{}`",
        "The pods are not answering. Run `{}`.",
        "Restart deployment `web` in namespace shop: `{}`",
        "Run `{}` and wait for the rollout.",
        "Roll it:\n```sh\n{}\n```\nIt takes two minutes.",
        "Recommended action: {}",
        "Please run {}.",
        "建议执行：{}，完成后通知值班",
        "服务不可用，请执行 `{}`。",
        "{} 让新配置生效",
        "接続が溜まっているため `{}` をお願いします",
    ],
)
def test_prose_that_only_announces_or_explains_a_command_is_let_through(text):
    assert parse(text.format(COMMAND)) == EXPECTED


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Do not run `{}`", "unsupported"),
        ("# do not run this\n`{}`", "unsupported"),
        ("~~`{}`~~", "unsupported"),
        ("<!-- `{}` -->", "unsupported"),
        ("- [x] {}", "malformed"),
        ("[do not] $ {}", "malformed"),
        ("{}二号", "malformed"),
        ("Never run `{}`.", "unsupported"),
        ("There is no reason for `{}`", "unsupported"),
        ("Run `{}`. Not!", "unsupported"),
        ("No. `{}`", "unsupported"),
        ("Wait for the night instead of `{}`", "unsupported"),
        ("🚫 `{}`", "unsupported"),
        ("不要执行 `{}`", "unsupported"),
        ("请勿运行：{}", "unsupported"),
        ("现在别执行 `{}`", "unsupported"),
        ("`{}` は実行しないでください", "unsupported"),
        ("Bitte nicht ausführen: `{}`", "malformed"),
        ("Не выполнять: `{}`", "malformed"),
        ("ｎｏｔ `{}`", "malformed"),
        ("n̶o̶t̶ `{}`", "malformed"),
        ("If traffic is low, run `{}`", "unsupported"),
        ("Run `{}` unless orders are open", "unsupported"),
        ("Run `{}` once the backup is done", "unsupported"),
        ("Run `{}` tomorrow", "unsupported"),
        ("如果流量低，执行 {}", "unsupported"),
        ("{}，除非有订单", "unsupported"),
        ("Should I run `{}`?", "read-only"),
        ("I already ran `{}`", "read-only"),
        ("What does `{}` do", "read-only"),
        ("Run `{}` for all of them", "ambiguous"),
        ("Run `{}` or wait", "ambiguous"),
        ("Run `{}` in namespace live", "ambiguous"),
        ("In namespace live run `{}`", "ambiguous"),
        ("Run `{}`, this time --dry-run", "ambiguous"),
        ("In the live cluster: `{}`", "ambiguous"),
        ("For deploy/api: `{}`", "ambiguous"),
        ("Restart deployment `api`: `{}`", "ambiguous"),
        ("Restart deployment api in namespace shop: `{}`", "ambiguous"),
        ("First restart statefulset db, then `{}`", "ambiguous"),
        ("First restart the db statefulset and then `{}`", "ambiguous"),
        ("先重启 db 部署，再执行 `{}`", "ambiguous"),
        ("Scale it down, then `{}`", "compound"),
        ("Delete the claim and run `{}`", "compound"),
        ("Run `{}`, then page the owners", "compound"),
        ("Run `{}` and `kubectl delete ns shop`", "compound"),
        ("`{}` `{}`", "compound"),
        ("Run `{}`, then `rm -rf /srv`", "compound"),
        ("helm upgrade web . then `{}`", "compound"),
        ("执行：{}，helm uninstall web", "compound"),
        ("{}；kubectl create ns live", "compound"),
        ("cd /srv && run {}", "compound"),
        ("Run `{}` | tee log", "compound"),
        ("It says that {} failed", "malformed"),
        ("time {}", "malformed"),
        ("{} # never do this", "unsupported"),
        ("# do not run\n{}", "unsupported"),
    ],
)
def test_prose_that_changes_what_a_command_means_is_refused(text, refused):
    outcome = parse(text.format(*[COMMAND] * 2))
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass(refused), outcome


def test_prose_may_not_contradict_the_number_of_replicas():
    outcome = parse("Scale deployment web to 5 replicas: `kubectl scale deploy/web --replicas=3`")
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass.AMBIGUOUS
