"""``countersign --version``."""

from __future__ import annotations

from importlib.metadata import version

from typer.testing import CliRunner

from countersign.cli import app


def test_the_operator_says_its_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"{version('countersign')}\n")
