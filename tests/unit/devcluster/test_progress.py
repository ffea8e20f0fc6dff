"""What is made of the lines that Go prints."""

from __future__ import annotations

import pytest

from devcluster.progress import Compilation, reporter


def fed(*lines: str, expected: int = 4) -> Compilation:
    """A compilation that has seen these lines."""
    compilation = Compilation("etcd", expected)
    for line in lines:
        compilation.feed(f"{line}\n")
    return compilation


def test_downloads_packages_and_messages_are_told_apart() -> None:
    compilation = fed(
        "go: downloading go.uber.org/zap v1.28.0",
        "internal/goarch",
        "errors",
        "gopkg.in/yaml.v3",
        "# go.etcd.io/etcd/server/v3",
        "main.go:7:2: undefined: moon",
    )
    assert (compilation.downloads, compilation.packages) == (1, 3)
    assert list(compilation.messages) == [
        "# go.etcd.io/etcd/server/v3",
        "main.go:7:2: undefined: moon",
    ]


def test_only_the_end_of_a_long_complaint_is_kept() -> None:
    compilation = fed(*(f"x.go:{number}: wrong" for number in range(100)))
    assert len(compilation.messages) == 20
    assert compilation.messages[-1] == "x.go:99: wrong"


def test_the_share_follows_the_packages_and_is_never_complete_by_itself() -> None:
    assert fed("errors").share == pytest.approx(0.25)
    assert fed(*["errors"] * 9).share == pytest.approx(0.99)


def test_the_text_says_what_is_going_on() -> None:
    assert str(fed("go: downloading a.b/c v1.0.0")) == "etcd: 1 modules downloaded"
    assert str(fed("errors")) == "etcd: 1 of about 4 packages compiled"


def test_in_a_pipe_there_are_lines_at_most_every_half_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("devcluster.progress.time.monotonic", lambda: now)
    with reporter(quiet=False, expected="about 10 minutes") as told:
        for now in (1.0, 29.0, 31.0, 45.0, 62.0):  # noqa: B007 - the clock above reads it
            told.update(fed("errors"))
        told.finish(fed("errors"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("etcd: 1 of about 4 packages compiled (0:31 of about 10 minutes")
    assert lines[2].startswith("etcd: built (1:02 of about 10 minutes")


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with reporter(quiet=True, expected="about 10 minutes") as told:
        told.say("hello")
        told.finish(fed())
    assert capsys.readouterr() == ("", "")
