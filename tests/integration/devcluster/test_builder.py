"""The build is whole or not at all, and happens once."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from devcluster.binaries import Binaries
from devcluster.builder import build
from devcluster.cache import binaries_folder
from devcluster.errors import BuildError
from devcluster.go import Go
from devcluster.pins import ARGOCD_BUNDLE
from devcluster.waiting import wait_until

FindGo = Callable[[Path], Go]

_BUILD = """\
import pathlib, sys
from devcluster.builder import build
from devcluster.go import Go
build(root=pathlib.Path(sys.argv[1]), find=lambda caches: Go(pathlib.Path(sys.argv[2]), caches))
"""


def leftovers(root: Path) -> list[Path]:
    """All that is in the cache but the lock."""
    return [path for path in root.rglob("*") if path.is_file() and path.name != "build.lock"]


def test_a_build_puts_every_program_and_kwok_stages_in_the_cache(
    tmp_path: Path, find_fake_go: FindGo
) -> None:
    folder = build(quiet=True, root=tmp_path, find=find_fake_go)
    assert folder == binaries_folder(tmp_path)
    assert Binaries(folder).has_controllers
    assert {file.name for file in Binaries(folder).stages} == {
        "node-fast.yaml",
        "node-heartbeat-with-lease.yaml",
        "pod-fast.yaml",
    }
    assert list(folder.parent.iterdir()) == [folder]


def test_argocd_is_a_bundle_of_its_own_with_its_manifests(
    tmp_path: Path, find_fake_go: FindGo, fake_go_folder: Path
) -> None:
    folder = build(ARGOCD_BUNDLE, quiet=True, root=tmp_path, find=find_fake_go)
    assert folder == binaries_folder(tmp_path, ARGOCD_BUNDLE)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == [
        "argocd",
        "manifests",
        "manifests/application-crd.yaml",
        "manifests/argocd-cm.yaml",
        "manifests/argocd-role.yaml",
    ]
    assert (fake_go_folder / "built").read_text("utf-8").split() == ["argocd"]


def test_what_is_in_the_cache_is_not_built_again(
    tmp_path: Path, find_fake_go: FindGo, fake_go_folder: Path
) -> None:
    for _ in range(2):
        build(quiet=True, root=tmp_path, find=find_fake_go)
    assert (fake_go_folder / "built").read_text("utf-8").split() == ["etcd", "kwok", "kubernetes"]


def test_a_failed_build_tells_what_go_said_and_leaves_nothing(
    tmp_path: Path, find_fake_go: FindGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO", "fail")
    with pytest.raises(BuildError, match=r"it resumes(?s:.*)cannot find the moon"):
        build(quiet=True, root=tmp_path / "cache", find=find_fake_go)
    assert not leftovers(tmp_path / "cache")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_no_file_and_no_process(
    tmp_path: Path, fake_go_folder: Path, end: signal.Signals
) -> None:
    root = tmp_path / "cache"
    command = [sys.executable, "-c", _BUILD, str(root), str(fake_go_folder / "go")]
    env = {**os.environ, "FAKE_GO": "hang", "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as building:
        hanging = fake_go_folder / "hanging"
        wait_until(lambda: hanging.exists() and hanging.read_text("utf-8"), timeout=20, what="go")
        assert leftovers(root)
        building.send_signal(end)
    go = int(hanging.read_text("utf-8"))
    wait_until(lambda: not alive(go), timeout=10, what="Go to be gone")
    wait_until(lambda: not leftovers(root), timeout=10, what="the temporary folder to be gone")


def test_go_s_caches_go_after_a_build_unless_they_are_to_be_kept(
    tmp_path: Path, find_fake_go: FindGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches = tmp_path / "go" / "build"
    for keep in ("1", ""):
        monkeypatch.setenv("COUNTERSIGN_KEEP_GO_CACHE", keep)
        caches.mkdir(parents=True, exist_ok=True)
        folder = build(quiet=True, root=tmp_path, find=find_fake_go)
        assert caches.exists() is bool(keep)
        folder.rename(tmp_path / f"built-{keep}")


def test_a_second_process_waits_for_the_first_and_says_so(
    tmp_path: Path, find_fake_go: FindGo, fake_go_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ""

    def told() -> bool:
        nonlocal said
        said += capsys.readouterr().err
        return "Another process is building" in said

    second = threading.Thread(target=lambda: build(root=tmp_path, find=find_fake_go))
    with (tmp_path / "build.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second.start()
        wait_until(told, timeout=10, what="the second to say that it waits")
        binaries_folder(tmp_path).mkdir()  # the first is done
    second.join(10)
    assert not second.is_alive()
    assert not (fake_go_folder / "built").exists()


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
