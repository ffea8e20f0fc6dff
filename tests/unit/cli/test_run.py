"""``countersign run``, and the command line as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubernetes.aio.config import kube_config
from typer.testing import CliRunner

from countersign.cli import app
from countersign.errors import StoreError
from countersign.handlers import operator as operator_module


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"PARALLEL": "0"}, "COUNTERSIGN_PARALLEL: Input should be greater than or equal to 1."),
        (
            {"WATCH_NAMESPACES": "shop"},
            'COUNTERSIGN_WATCH_NAMESPACES: write a JSON list, such as ["shop"].',
        ),
        ({"STORE": "sql"}, "COUNTERSIGN_STORE=sql needs COUNTERSIGN_STORE_URL: sqlite:////path/"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_started(
    given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator_module, "run", lambda _: pytest.fail("it was started"))
    environment = {f"COUNTERSIGN_{name}": value for name, value in given.items()}
    result = CliRunner().invoke(app, ["run"], env=environment)
    assert result.exit_code == 2
    assert result.output.startswith(said)
    assert result.output.count("\n") == 1


def test_all_wrong_settings_are_named_at_once_and_no_secret_is_shown() -> None:
    given = {"COUNTERSIGN_PARALLEL": "s3cret", "COUNTERSIGN_LOCALE": "s3cret"}
    result = CliRunner().invoke(app, ["run"], env=given)
    assert [line.partition(":")[0] for line in result.output.splitlines()] == list(given)
    assert "s3cret" not in result.output


def test_the_operators_exit_status_is_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def run(settings: object) -> int:
        started.append(settings)
        return 3

    monkeypatch.setattr(operator_module, "run", run)
    assert CliRunner().invoke(app, ["run"]).exit_code == 3
    assert len(started) == 1


def test_a_store_that_cannot_be_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: object) -> int:
        raise StoreError("COUNTERSIGN_STORE_URL has to be another.")

    monkeypatch.setattr(operator_module, "run", run)
    result = CliRunner().invoke(app, ["run"])
    assert result.exit_code == 2
    assert result.output == "COUNTERSIGN_STORE_URL has to be another.\n"


@pytest.mark.parametrize(
    "kubeconfig", [None, "", "clusters: 3", "a: b: c", "current-context: shop"]
)
def test_without_a_cluster_to_serve_it_says_where_it_has_looked(
    kubeconfig: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config"
    if kubeconfig is not None:
        path.write_text(kubeconfig, "utf-8")
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    result = CliRunner().invoke(app, ["run"], env={"COUNTERSIGN_LOG_LEVEL": "error"})
    assert result.exit_code == 2
    assert result.output.startswith("There is no cluster to serve: ")
    assert result.output.count("\n") == 1


def test_without_a_command_the_commands_are_shown() -> None:
    shown = CliRunner().invoke(app, []).output
    for command in ("run", "parse", "search", "migrate", "crds"):
        assert command in shown
