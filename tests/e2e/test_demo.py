"""`make demo`, as whoever tries the project first sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from typer.testing import CliRunner

from devcluster.demo import __main__ as command_line
from devcluster.demo import performance
from devcluster.demo.checks import ToldOtherwiseError, check
from devcluster.demo.script import Run
from devcluster.demo.shell import Said
from devcluster.demo.story import SCENE, STORY

DEMO = [sys.executable, "-m", "devcluster.demo"]
ROOT = Path(__file__).parents[2]
THEIRS = "apiVersion: v1\nkind: Config\ncurrent-context: production\n"
ESCAPE = "\x1b"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the demo keeps its state; a short path, for it holds sockets."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        yield Path(name)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Somebody's environment, with a kubeconfig of theirs and no wish for colours in a pipe."""
    (folder / "theirs").write_text(THEIRS)
    forced = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
    ours = {name: value for name, value in os.environ.items() if name not in forced}
    return {**ours, "KUBECONFIG": str(folder / "theirs"), "TMPDIR": str(folder), **more}


def assert_nothing_is_left(folder: Path) -> None:
    """No process, no file, and their kubeconfig as it was."""
    assert [file.name for file in folder.iterdir()] == ["theirs"]
    assert (folder / "theirs").read_text() == THEIRS
    left = [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["environ"] or {}).get("TMPDIR", "").startswith(str(folder))
    ]
    assert left == []


def test_the_demo_tells_every_step_and_leaves_nothing_behind(folder: Path) -> None:
    told = subprocess.run(
        DEMO, capture_output=True, text=True, check=False, env=environment(folder), timeout=240
    )
    assert told.returncode == 0, told.stdout + told.stderr
    for number, chapter in enumerate(STORY, 1):
        assert f"\n{number}. {chapter.title}\n" in told.stdout
        assert f"\n✓ {chapter.proof}\n" in told.stdout
    assert "every step was as told" in told.stdout
    assert ESCAPE not in told.stdout + told.stderr
    assert_nothing_is_left(folder)


def test_what_is_kept_runs_until_a_signal_and_then_leaves_nothing_behind(folder: Path) -> None:
    with subprocess.Popen(
        [*DEMO, "--keep"], stdout=subprocess.PIPE, text=True, env=environment(folder)
    ) as demo:
        assert demo.stdout is not None
        told = ""
        for line in demo.stdout:
            told += line
            if "Ctrl-C ends everything" in line:
                break
        assert "every step was as told" in told
        assert "export KUBECONFIG=" in told
        assert demo.poll() is None
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(60) == 128 + signal.SIGTERM
    assert_nothing_is_left(folder)


def test_a_cluster_that_cannot_be_started_is_one_sentence(folder: Path) -> None:
    env = environment(folder, KUBEBUILDER_ASSETS="/nonexistent")
    told = subprocess.run(DEMO, capture_output=True, text=True, check=False, env=env, timeout=60)
    assert told.returncode == 1
    assert told.stderr.startswith("error: KUBEBUILDER_ASSETS is /nonexistent, which has no etcd")
    assert len(told.stderr.splitlines()) == 1
    assert_nothing_is_left(folder)


def test_a_step_that_comes_out_otherwise_is_shown_and_ends_with_status_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "operator.log"
    log.write_text("what the operator logged\n")

    @contextmanager
    def bare_stage(_terminal: object) -> Generator[tuple[object, object]]:
        yield None, SimpleNamespace(log_path=log)

    said = Said("No resources found in shop namespace.", 0)
    monkeypatch.setattr(performance, "stage", bare_stage)
    monkeypatch.setattr(performance, "Shell", lambda _: SimpleNamespace(run=lambda _: said))
    monkeypatch.setattr(command_line, "raise_on_signals", lambda: None)
    result = CliRunner().invoke(command_line.app)
    assert result.exit_code == 1
    assert (
        "This did not come out as told:\nkubectl --context=agent get replicasets" in result.output
    )
    assert "and said:\nNo resources found in shop namespace." in result.output
    assert "what the operator logged" in result.output
    assert "1. " not in result.output


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        (False, Said("forbidden", 1)),
        (True, Said("forbidden", 0)),
        (True, Said("created", 1)),
    ],
)
def test_a_command_is_as_told_only_if_its_words_and_its_status_are(fails: bool, said: Said) -> None:
    run = Run("kubectl create", shows=("forbidden",), fails=fails)
    with pytest.raises(ToldOtherwiseError, match="did not come out as told"):
        check(run, said)
    check(run, Said("It is forbidden.", 1 if fails else 0))


def test_the_tour_shows_every_step_and_command_of_the_demo() -> None:
    tour = (ROOT / "docs" / "tour.md").read_text()
    for number, chapter in enumerate(STORY, 1):
        assert f"\n## {number}. {chapter.title}\n" in tour
    beats = [*SCENE, *(beat for chapter in STORY for beat in chapter.beats)]
    missing = [b.command for b in beats if isinstance(b, Run) and f"$ {b.command}\n" not in tour]
    assert missing == []
