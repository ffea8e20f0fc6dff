"""What audit logs and ``managedFields`` call the plugin: real commands, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from countersign.plugin import completion
from countersign.plugin.app import invoke
from countersign.plugin.exits import Exit
from tests.support.api_over_http import StoringApi, served
from tests.support.requests_made import item, signature

pytestmark = pytest.mark.usefixtures("plain_http")
NAME = "kubectl-countersign"


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoringApi]:
    api = StoringApi()
    api.put("approvalrequests", item(spec={"signatures": [signature("alice", groups=["sre"])]}))
    api.put("approvalrequests", item(name="unsigned"))
    with served(api, tmp_path) as path:
        monkeypatch.setenv("KUBECONFIG", str(path))
        yield api


COMMANDS = {
    "list": ["list"],
    "list --to-sign": ["list", "--to-sign"],
    "show": ["show", "scale-web"],
    "explain": ["explain", "scale-web"],
    "history": ["history"],
    "propose": ["propose", "kubectl scale deployment/web --replicas=5"],
    "withdraw": ["withdraw", "scale-web"],
    "cancel": ["cancel", "scale-web"],
    "approve": ["approve", "unsigned", "-y"],
    "deny": ["deny", "unsigned", "-y", "-m", "No."],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_audit_logs_name_the_plugin_whatever_it_asks(command: str, api: StoringApi) -> None:
    invoke(COMMANDS[command])
    assert api.agents
    assert set(api.agents) == {NAME}


def test_they_name_it_where_a_shell_completes_a_name(api: StoringApi) -> None:
    assert "scale-web" in "".join(completion.suggestions(["show", ""]))
    assert set(api.agents) == {NAME}


@pytest.mark.parametrize("command", ["propose", "withdraw", "cancel"])
def test_managed_fields_name_the_plugin_for_all_but_signatures(
    command: str, api: StoringApi
) -> None:
    assert invoke(COMMANDS[command]) == Exit.DONE
    assert api.managers == [NAME]


@pytest.mark.parametrize("command", ["approve", "deny"])
def test_managed_fields_name_who_signs_for_a_signature(command: str, api: StoringApi) -> None:
    invoke(COMMANDS[command])
    assert api.managers == ["alice"]
