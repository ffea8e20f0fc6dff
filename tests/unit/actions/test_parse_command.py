"""``countersign parse``: what scripts read."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from countersign.cli.parse import register


@pytest.fixture
def run():
    app = typer.Typer()
    register(app)
    app.command("other")(lambda: None)
    return lambda *args, **kwargs: CliRunner().invoke(app, ["parse", *args], **kwargs)


def test_an_operation_is_printed_flat_and_in_camel_case(run):
    result = run("kubectl scale deploy/web --replicas=3 --current-replicas=2")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "operation": "Scale",
        "kind": "Deployment",
        "name": "web",
        "namespace": None,
        "replicas": 3,
        "currentReplicas": 2,
    }


def test_a_refusal_is_printed_and_the_exit_status_is_two(run):
    result = run("不要重启 web 部署")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["refused"] == "unsupported"
    assert "不要" in result.stdout


def test_an_action_for_somewhere_else_is_printed_with_what_is_wrong_and_the_status_is_two(run):
    result = run("ssh worker-1 reboot")
    assert result.exit_code == 2
    printed = json.loads(result.stdout)
    assert "run the command yourself" in printed.pop("unsupported")
    assert printed == {
        "operation": "SSH",
        "kind": "Host",
        "name": "worker-1",
        "namespace": None,
        "command": "reboot",
    }


def test_each_line_of_standard_input_gets_a_line_whatever_is_on_it(run):
    lines = [
        '{"action": "kubectl rollout restart deploy/web", "source": "x"}',
        '{"action": "kubectl --context live cordon worker-1"}',
        '{"action": "kubectl get pods"}',
        '{"action": 7}',
        "[]",
        "not json",
        "",
        "[" * 100_000,
    ]
    result = run("--jsonl", input="\n".join(lines) + "\n")
    assert result.exit_code == 0
    printed = [json.loads(line) for line in result.stdout.splitlines()]
    assert printed[0] == {
        "operation": "RestartRollout",
        "kind": "Deployment",
        "name": "web",
        "namespace": None,
    }
    assert printed[1]["context"] == "live"
    assert [line["refused"] for line in printed[2:]] == ["read-only", *["malformed"] * 5]


@pytest.mark.parametrize("arguments", [[], ["restart deployment web", "--jsonl"]])
def test_it_wants_either_a_text_or_jsonl(run, arguments):
    assert run(*arguments).exit_code == 2
