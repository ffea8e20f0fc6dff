"""Whom a kubeconfig makes one, and that it never tells its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from countersign.kubeconfig import KubeconfigError, contexts, load_place

SECRET = "t0p-s3cret-token"


def written(folder: Path, name: str = "config", **parts: Any) -> Path:
    """A kubeconfig; ``parts`` replace its own."""
    cluster = {"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}
    other = {"name": "d", "cluster": {"server": "http://127.0.0.1:2"}}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster, other],
        "users": [{"name": "alice", "user": {"token": SECRET}}],
        "contexts": [
            {"name": "one", "context": {"cluster": "c", "user": "alice", "namespace": "shop"}},
            {"name": "two", "context": {"cluster": "d", "user": "alice"}},
        ],
        "current-context": "one",
    }
    path = folder / name
    path.write_text(yaml.safe_dump({**config, **parts}))
    return path


async def test_the_current_context_says_where_and_in_which_namespace(tmp_path: Path) -> None:
    place = await load_place(str(written(tmp_path)))
    assert place.configuration.host == "http://127.0.0.1:1"
    assert place.namespace == "shop"


async def test_another_context_can_be_named(tmp_path: Path) -> None:
    place = await load_place(str(written(tmp_path)), "two")
    assert place.configuration.host == "http://127.0.0.1:2"
    assert place.namespace == "default"


async def test_of_several_files_the_first_that_says_so_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path, "first", **{"current-context": "two"})
    second = written(tmp_path, "second")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'none'}:{first}:{second}")
    place = await load_place()
    assert place.configuration.host == "http://127.0.0.1:2"
    assert contexts() == ["one", "two", "one", "two"]


@pytest.mark.parametrize(
    ("parts", "context", "says"),
    [
        ({"current-context": ""}, None, "has no current context"),
        ({}, "three", "has no context 'three'"),
        ({"clusters": []}, None, "is incomplete"),
        (
            {"users": [{"name": "alice", "user": {"token": SECRET, "as": "bob"}}]},
            None,
            "impersonates",
        ),
        (
            {"users": [{"name": "alice", "user": {"exec": {"env": [{"value": SECRET}]}}}]},
            None,
            "is incomplete",
        ),
        ({"contexts": [{"name": "one", "context": {"token": SECRET}}]}, None, "is incomplete"),
    ],
)
async def test_what_is_wrong_with_it_is_told_without_its_secrets(
    parts: dict[str, Any], context: str | None, says: str, tmp_path: Path
) -> None:
    path = written(tmp_path, **parts)
    with pytest.raises(KubeconfigError, match=says) as refusal:
        await load_place(str(path), context)
    assert SECRET not in str(refusal.value)
    assert refusal.value.__cause__ is None


async def test_a_credential_plugin_that_fails_tells_why(tmp_path: Path) -> None:
    exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}
    path = written(tmp_path, users=[{"name": "alice", "user": {"exec": exec_}}])
    with pytest.raises(KubeconfigError, match="credential plugin of context 'one' failed: process"):
        await load_place(str(path))
    missing = exec_ | {"command": "/nonexistent"}
    path = written(tmp_path, users=[{"name": "alice", "user": {"exec": missing}}])
    with pytest.raises(KubeconfigError, match="No such file or directory"):
        await load_place(str(path))


async def test_without_a_kubeconfig_it_is_said_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    missing = tmp_path / "none"
    with pytest.raises(KubeconfigError, match=r"no kubeconfig at .*none"):
        await load_place(str(missing))
    monkeypatch.setenv("KUBECONFIG", str(missing))
    with pytest.raises(KubeconfigError, match=r"no kubeconfig at .*none"):
        await load_place()
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(KubeconfigError, match="this pod has no service account token"):
        await load_place()


async def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(f"token: {SECRET}\n  : [")
    with pytest.raises(KubeconfigError, match="cannot be read") as refusal:
        await load_place(str(path))
    assert SECRET not in str(refusal.value)
    assert contexts(str(path)) == []
    path.write_text("just a text")
    with pytest.raises(KubeconfigError, match="has no current context"):
        await load_place(str(path))
