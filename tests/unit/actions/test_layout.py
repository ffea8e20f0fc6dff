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
        r"C:\tools> {}",
        "bash-5.1$ {}",
        "sh-4.4# {}",
        "controlplane $ {}",
        "controlplane ~ ➜  {}",
        "node01 $ {}",
        '"{}"',
        "'{}'",
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
        "ビルドが完了したら、`{}` で再起動してください",
        "If the pods do not recover, restart the front end: `{}`",
        "It hangs at night. If the rollout is stuck, run `{}`.",
        "When requests are failing, run `{}`",
        "如果 Pod 无法启动，执行 `{}`",
        "恢复的话只需要运行 `{}`",
        "使用 {} 重启",
        "Roll it using {}",
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
        ("never $ {}", "malformed"),
        ("do-not# {}", "malformed"),
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
        ("If the pods are not stuck, run `{}`", "unsupported"),
        ("If you are not sure, run `{}`", "unsupported"),
        ("If and only if it is stuck, run `{}`", "unsupported"),
        ("If it fails and nobody objects, run `{}`", "unsupported"),
        ("If needed, wait for approval, then run `{}`", "unsupported"),
        ("Wait until the night, then run `{}`", "unsupported"),
        ("审批通过后执行 `{}`", "unsupported"),
        ("If it fails after 22:00, run `{}`", "unsupported"),
        ("If it is stuck, do not run `{}`", "unsupported"),
        ("If it is stuck, wait instead of `{}`", "unsupported"),
        ("If the approver allows the failing rollout, run `{}`", "unsupported"),
        ("如果没有异常，执行 `{}`", "unsupported"),
        ("如果发生故障，不要执行 `{}`", "unsupported"),
        ("流量低的话，执行 `{}`", "unsupported"),
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
        ("Cluster: live\nCommand: `{}`", "ambiguous"),
        ("Environment: production\nCommand: `{}`", "ambiguous"),
        ("not '{}'", "malformed"),
        ("{}\\n", "malformed"),
        ("For deploy/api: `{}`", "ambiguous"),
        ("Restart deployment `api`: `{}`", "ambiguous"),
        ("Restart deployment api in namespace shop: `{}`", "ambiguous"),
        ("First restart statefulset db, then `{}`", "ambiguous"),
        ("First restart the db statefulset and then `{}`", "ambiguous"),
        ("先重启 db 部署，再执行 `{}`", "ambiguous"),
        ("Scale it down, then `{}`", "compound"),
        ("Delete the claim and run `{}`", "compound"),
        ("Drain the node, run `{}`", "compound"),
        ("To undo it run `{}`", "compound"),
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


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Scale deployment web to 5 replicas: `{}`", "kubectl scale deploy/web --replicas=3"),
        (
            "Scale deployment web to 5 to bear the load: `{}`",
            "kubectl scale deploy/web --replicas=3",
        ),
        ("Scale up to 5 replicas: `{}`", "kubectl scale deploy/web --replicas=3"),
        ("Scale it down to zero: {}", "kubectl scale deploy/web --replicas=3"),
        ("扩容到 5 个副本：{}", "kubectl scale deploy/web --replicas=3"),
        ("Roll back to revision 2: `{}`", "kubectl rollout undo deploy/web --to-revision=3"),
        ("Roll back to revision 2: `{}`", "kubectl rollout undo deploy/web"),
    ],
)
def test_prose_may_not_contradict_the_number_in_a_command(text, command):
    outcome = parse(text.format(command))
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Restart the pod: `{}`", "kubectl delete pod web-0 -n shop"),
        ("Restart the pod web-0: `{}`", "kubectl delete pod web-0 -n shop"),
        ("Delete pod web-0 in namespace shop: `{}`", "kubectl delete pod web-0 -n shop"),
        ("If the pod is stuck, delete it: `{}`", "kubectl delete pod web-0 --force"),
        ("First cordon the node, drain it: `{}`", "kubectl drain worker-1"),
        ("请执行 `{}` 排空节点", "kubectl drain worker-1 --ignore-daemonsets"),
        ("Undo the last rollout with `{}`", "kubectl rollout undo deploy/web"),
        ("Scale up to 5 replicas: `{}`", "kubectl scale deploy/web --replicas=5"),
        ("Scale it from 3 to 5 replicas: `{}`", "kubectl scale deploy/web --replicas=5"),
        ("Scale it down (up to 5 minutes): `{}`", "kubectl scale deploy/web --replicas=3"),
        ("Roll back to revision 3: `{}`", "kubectl rollout undo deploy/web --to-revision=3"),
        ("Delete it so that the StatefulSet recreates it: `{}`", "kubectl delete pod db-0"),
        ("先将节点设为不可调度：`{}`", "kubectl cordon worker-1"),
        ("Remove the taint: `{}`", "kubectl taint node worker-1 a-"),
        ("Scale deployment web down to zero: {}", "kubectl scale deploy/web --replicas=0"),
    ],
)
def test_prose_may_name_the_action_that_it_stands_by(text, command):
    assert parse(text.format(command)) == parse(command)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Delete the pod web-1: `{}`", "kubectl delete pod web-0"),
        ("Restart the pod web-1: `{}`", "kubectl delete pod web-0"),
        ("Restart deployment web: `{}`", "kubectl delete pod web-0"),
        ("Uncordon the node: `{}`", "kubectl cordon worker-1"),
        ("Drain the node: `{}`", "kubectl uncordon worker-1"),
        (
            "Roll back deployment web to revision 2: `{}`",
            "kubectl rollout undo deploy/web --to-revision=3",
        ),
        ("删除 pod web-1：{}", "kubectl delete pod web-0"),
        ("In namespace live: `{}`", "kubectl delete pod web-0 -n shop"),
        ("On the live cluster: `{}`", "kubectl cordon worker-1"),
    ],
)
def test_prose_may_not_name_another_action_or_object(text, command):
    assert isinstance(parse(text.format(command)), Refusal)


@pytest.mark.parametrize(
    "text",
    [
        "Please run kubectl exec web-0 -- ls .",
        "Run kubectl exec web-0 -- date.",
        "请运行 kubectl exec web-0 -- date，查看时间",
        "kubectl exec web-0 -- echo 你好",
        "执行：kubectl annotate pod web-0 a=b 以便识别",
    ],
)
def test_where_a_command_may_end_anywhere_it_needs_backticks(text):
    outcome = parse(text)
    assert isinstance(outcome, Refusal)
    assert "backticks" in outcome.message
