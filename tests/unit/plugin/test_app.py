"""The command line: options, statuses, and how quickly it answers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from countersign.plugin import completion
from countersign.plugin.app import app, invoke
from countersign.plugin.exits import Exit
from countersign.plugin.options import Patience


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubeconfig of a server that is not there."""
    path = tmp_path / "config"
    path.write_text(
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "users: [{name: u, user: {token: s3cret}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
        "current-context: x\n"
    )
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lst"], "Did you mean 'list'?"),
        (
            ["propose", "kubectl", "scale", "deployment/web", "--replicas=3"],
            "An action that has options goes into quotes, as one word",
        ),
        (["wait", "r", "--for", "ever"], "planned"),
        (["wait", "r", "--timeout", "soon"], "--timeout: 'soon' is no duration"),
        (["list", "--phase", "Lost"], "--phase 'Lost': there are Pending"),
        (["propose"], "Give the action as a text, or --operation"),
        (["propose", "restart web", "-f", "x"], "exactly one of them"),
        (["propose", "x", "--target", "deploy/web"], "belong to --operation"),
        (["propose", "-f", "/nonexistent"], "cannot be read: No such file"),
        (["propose", "kubectl scale deploy/a --replicas=1", "--risk", "huge"], "--risk 'huge'"),
        (["propose", "restart deployment web", "--confidence", "90"], "--confidence"),
        (["propose", "kubectl get pods"], "This action is refused:"),
        (["setup", "-n", "x"], "Say what is to be allowed"),
    ],
)
def test_a_wrong_command_line_ends_with_2_before_anything_is_asked(
    arguments: list[str], says: str, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(arguments) == Exit.REFUSED
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err


@pytest.mark.parametrize(
    "arguments", [["list"], ["show", "r"], ["approve", "r", "-y"], ["setup", "--allow", "exec"]]
)
def test_a_server_that_is_not_there_ends_with_5_and_one_sentence(
    arguments: list[str], nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(arguments) == Exit.UNREACHABLE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "The API server http://127.0.0.1:1 cannot be reached (connection refused)" in said.err
    assert "s3cret" not in said.err


def test_a_missing_kubeconfig_ends_with_5(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["list", "--kubeconfig", "/nonexistent"]) == Exit.UNREACHABLE
    assert "error: There is no kubeconfig at /nonexistent." in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--version"]) == Exit.DONE
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_what_is_printed_only_asks_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["setup", "-n", "shop", "--allow", "pods", "--print"]) == Exit.DONE
    assert "kind: RoleBinding" in capsys.readouterr().out


def test_help_and_completion_load_neither_the_client_nor_kopf_nor_the_models() -> None:
    program = (
        "import sys; from countersign.plugin.app import invoke; status = invoke(['approve', '-h']);"
        "slow = {'kopf', 'kubernetes', 'aiohttp', 'rich', 'countersign.api.operation'};"
        "loaded = slow & set(sys.modules);"
        "print(loaded, file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == "set()\n"
    assert "Usage: kubectl countersign approve" in done.stdout


def test_who_looks_or_signs_waits_for_no_grammar_and_no_log(nowhere: Path) -> None:
    program = (
        "import sys; from countersign.plugin.app import invoke;"
        "statuses = [int(invoke(line.split())) for line in ('list', 'show r', 'approve r', 'wait r')];"
        "slow = {'structlog', 'rich.traceback', 'countersign.actions.parser.forms'};"
        "print(statuses, slow & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[5, 5, 5, 5] set()\n"


def test_the_tab_key_offers_commands_options_and_values() -> None:
    assert completion.suggestions(["ap"]) == ["approve"]
    assert "history" in completion.suggestions([])
    assert "--to-sign" in completion.suggestions(["list", "--"])
    assert completion.suggestions(["wait", "--for", "e"]) == ["executed", "end"]


def test_the_tab_key_offers_contexts_and_no_names_where_nobody_answers(nowhere: Path) -> None:
    assert completion.suggestions(["list", "--context", ""]) == ["x"]
    assert completion.suggestions(["show", ""]) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["completion", shell]) == Exit.DONE
    said = capsys.readouterr().out
    assert "kubectl-countersign" in said
    assert "_KUBECTL_COUNTERSIGN_COMPLETE" in said


def test_the_documentation_has_every_command_and_every_status() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "plugin.md").read_text("utf-8")
    for command in app.registered_commands:
        assert re.search(rf"^\| `{command.name}[ `]", documented, re.MULTILINE), command.name
    for status in Exit:
        assert f"\n| {status.value} | " in documented


def test_no_time_is_for_ever() -> None:
    assert Patience("0s").seconds is None
    assert Patience("1m30s").seconds == 90
