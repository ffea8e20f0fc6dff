"""`make test` runs every folder of tests but the one that has a target of its own."""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]
WITH_A_TARGET = {"tests/argocd": "test-argocd"}


def test_no_folder_of_tests_is_forgotten() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    run = set(settings["tool"]["pytest"]["ini_options"]["testpaths"])
    folders = {
        str(file.relative_to(PROJECT).parents[-3]) for file in PROJECT.glob("tests/*/**/test_*.py")
    }
    assert folders == run | set(WITH_A_TARGET)
    assert not run & set(WITH_A_TARGET)


def test_ci_runs_what_has_a_target_of_its_own() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    ci = (PROJECT / ".ci" / "run").read_text("utf-8").splitlines()
    for folder, target in WITH_A_TARGET.items():
        assert f"pytest {folder}\n" in makefile
        assert f"make {target}" in ci
    assert "make test" in ci
