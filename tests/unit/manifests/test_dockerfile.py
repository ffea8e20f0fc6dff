"""The Dockerfile, as far as it can be judged without a container engine."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[3]


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest) for each, comments gone and continued lines joined."""
    lines = [
        line
        for line in (PROJECT / "Dockerfile").read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined)]


def copied() -> list[str]:
    """What is copied from the build context."""
    sources = []
    for word, rest in instructions():
        parts = shlex.split(rest)
        if word == "COPY" and not any(part.startswith("--from=") for part in parts):
            sources += parts[:-1]
    return sources


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_exists_and_is_not_ignored(source: str) -> None:
    assert (PROJECT / source).exists()
    ignored = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    assert f"!{source}" in ignored


def test_nothing_else_gets_into_the_build_context() -> None:
    lines = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())


def test_it_runs_as_the_user_that_the_deployment_names() -> None:
    [user] = [rest for word, rest in instructions() if word == "USER"]
    deployment = yaml.safe_load((PROJECT / "manifests/operator/deployment.yaml").read_text("utf-8"))
    context = deployment["spec"]["template"]["spec"]["securityContext"]
    assert user == f"{context['runAsUser']}:{context['runAsGroup']}"
    assert context["runAsUser"] != 0


def test_every_dependency_is_pinned_by_hash() -> None:
    [install] = [rest for word, rest in instructions() if word == "RUN" and "$REQUIREMENTS" in rest]
    assert ("ARG", "REQUIREMENTS=requirements-runtime.lock") in instructions()
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(install.split())


def test_the_last_stage_runs_the_operator_and_installs_nothing() -> None:
    words = instructions()
    last = words[max(n for n, (word, _) in enumerate(words) if word == "FROM") :]
    assert "RUN" not in {word for word, _ in last}
    assert ("ENTRYPOINT", '["countersign"]') in last
    assert ("CMD", '["run"]') in last
