"""Building a bundle of programs from pinned Go modules: once, and whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from devcluster.cache import binaries_folder, cache_root
from devcluster.go import Go, find_go
from devcluster.pins import CONTROL_PLANE, Bundle, Extract
from devcluster.processes import Guard
from devcluster.progress import Reporter, reporter

_TEMPORARY_PREFIX = ".building-"


def build(
    bundle: Bundle = CONTROL_PLANE,
    *,
    quiet: bool = False,
    root: Path | None = None,
    find: Callable[[Path], Go] = find_go,
) -> Path:
    """Make sure that the binaries of `bundle` are in the cache `root`; their folder.

    One process builds at a time, others wait for it. What Go had compiled before an interruption
    is kept, so the next build resumes; unfinished binaries are not. BuildError, MissingToolError.
    """
    root = root or cache_root()
    target = binaries_folder(root, bundle)
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        reporter(quiet=quiet, expected=bundle.expected) as told,
        _lock(root / "build.lock", told),
    ):
        if not target.is_dir():  # another process may have built it while we waited
            _build(bundle, target, find(root / "go"), told)
            if not os.environ.get("COUNTERSIGN_KEEP_GO_CACHE"):
                told.say("Removing Go's caches (COUNTERSIGN_KEEP_GO_CACHE=1 keeps them)")
                shutil.rmtree(root / "go", ignore_errors=True)
    return target


def _build(bundle: Bundle, target: Path, go: Go, told: Reporter) -> None:
    told.say(f"Building {bundle.title} from its Go modules: {bundle.expected}")
    for stale in target.parent.glob(f"{_TEMPORARY_PREFIX}*"):  # a machine that lost its power
        shutil.rmtree(stale, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY_PREFIX, dir=target.parent))
    guard = Guard(temporary)  # ends Go's processes and removes the folder, whatever happens to us
    try:
        for component in bundle.components:
            go.build(component, temporary, guard=guard, reporter=told)
            if bundle.extract.module in "".join(component.programs.values()):
                source = go.module_folder(component, bundle.extract.module, temporary)
                _copy(bundle.extract, source, temporary / bundle.extract.target)
        temporary.chmod(0o755)
        temporary.rename(target)
    finally:
        guard.end()


def _copy(extract: Extract, module: Path, target: Path) -> None:
    target.mkdir()
    for folder in extract.folders:
        for file in sorted((module / extract.base / folder).glob("*.yaml")):
            if file.name != "kustomization.yaml":
                (target / file.name).write_bytes(file.read_bytes())


@contextmanager
def _lock(path: Path, told: Reporter) -> Generator[None]:
    """Hold an exclusive lock; the system frees it when the process ends, however it ends."""
    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told.say("Another process is building; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
