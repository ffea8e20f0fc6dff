"""A stand-in for Go, for the tests of the build."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devcluster.go import Go
from devcluster.pins import KWOK_STAGES

# What it does is told by FAKE_GO: nothing (build), `fail`, or `hang` until it is killed.
_FAKE_GO = """\
#!{python}
import os, pathlib, sys, time

folder = pathlib.Path({folder!r})
arguments = sys.argv[1:]
if arguments[0] == "list":
    print(folder / "module")
    sys.exit()
component = pathlib.Path.cwd().name
with (folder / "built").open("a") as log:
    print(component, file=log)
output = next(argument for argument in arguments if argument.startswith("-o="))[3:]
packages = [argument for argument in arguments if "/" in argument and argument[0] != "-"]
for package in packages:
    print(package, file=sys.stderr)
    name = package.rsplit("/", 1)[-1]
    target = pathlib.Path(output) / name if output.endswith("/") else pathlib.Path(output)
    target.write_text(name)
    if os.environ.get("FAKE_GO") == "hang":
        (folder / "hanging").write_text(str(os.getpid()))
        time.sleep(600)
    if os.environ.get("FAKE_GO") == "fail":
        print("main.go:1:1: cannot find the moon", file=sys.stderr)
        sys.exit(1)
"""


@pytest.fixture
def fake_go_folder(tmp_path: Path) -> Path:
    """The folder of the stand-in: `go`, its log `built`, and `hanging` (its pid) when it hangs."""
    folder = tmp_path / "fake-go"
    for stage in KWOK_STAGES:
        place = folder / "module" / "kustomize" / "stage" / stage
        place.mkdir(parents=True)
        (place / "kustomization.yaml").write_text("kind: Kustomization\n", "utf-8")
        (place / f"{stage.replace('/', '-')}.yaml").write_text("kind: Stage\n", "utf-8")
    for place, name in (
        ("crds", "application-crd"),
        ("base/config", "argocd-cm"),
        ("base/application-controller-roles", "argocd-role"),
    ):
        manifests = folder / "module" / "manifests" / place
        manifests.mkdir(parents=True)
        for file in (name, "kustomization"):
            (manifests / f"{file}.yaml").write_text("kind: Something\n", "utf-8")
    program = folder / "go"
    program.write_text(_FAKE_GO.format(python=sys.executable, folder=str(folder)), "utf-8")
    program.chmod(0o755)
    return folder


@pytest.fixture
def find_fake_go(fake_go_folder: Path) -> Callable[[Path], Go]:
    """What `build` is given to find the stand-in."""
    return lambda caches: Go(fake_go_folder / "go", caches)
