"""From the file of settings to a courier, or to a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from countersign import bootstrap
from countersign.cli import app
from countersign.config import Settings
from countersign.errors import ConfigError
from countersign.notifications import courier_from
from tests.support.fakes import FakeMeter
from tests.support.fakes_time import FakeClock

FILE = """
channels: {sre: {type: slack, url: {file: SECRET}}}
routes: [{channels: [sre]}]
"""


@pytest.fixture
def file(tmp_path: Path, plain_http: None) -> Path:
    """A file of settings whose secret is beside it."""
    (tmp_path / "url").write_text("https://hooks.example/s3cr3t\n", "utf-8")
    path = tmp_path / "notifications.yaml"
    path.write_text(FILE.replace("SECRET", str(tmp_path / "url")), "utf-8")
    return path


def test_a_file_that_makes_sense_becomes_a_courier(file: Path) -> None:
    assert courier_from(file, FakeClock(), FakeMeter()) is not None


def test_the_switch_turns_all_off_and_then_no_secret_is_needed(file: Path) -> None:
    (file.parent / "url").unlink()
    file.write_text("enabled: false\n" + file.read_text("utf-8"), "utf-8")
    assert courier_from(file, FakeClock(), FakeMeter()) is None


def test_a_secret_that_is_missing_is_named_with_its_channel(file: Path) -> None:
    (file.parent / "url").unlink()
    with pytest.raises(ConfigError, match=r"channels\.sre: the file .*url cannot be read"):
        courier_from(file, FakeClock(), FakeMeter())


def test_an_empty_secret_is_refused(file: Path) -> None:
    (file.parent / "url").write_text(" \n", "utf-8")
    with pytest.raises(ConfigError, match="is empty"):
        courier_from(file, FakeClock(), FakeMeter())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"notifications \(.*none.yaml\): it cannot be read"):
        courier_from(tmp_path / "none.yaml", FakeClock(), FakeMeter())


@pytest.fixture
def senseless(file: Path) -> Path:
    """A file of settings that is refused."""
    file.write_text("channels: {}", "utf-8")
    return file


async def test_the_operator_does_not_start_with_a_file_that_makes_no_sense(senseless: Path) -> None:
    with pytest.raises(ConfigError, match="channels"):
        await bootstrap.assemble(Settings(notifications=senseless))


def test_the_command_says_it_in_a_sentence_and_exits_with_2(senseless: Path) -> None:
    result = CliRunner().invoke(app, ["run"], env={"COUNTERSIGN_NOTIFICATIONS": str(senseless)})
    assert result.exit_code == 2
    assert str(senseless) in result.output
    assert "Traceback" not in result.output
