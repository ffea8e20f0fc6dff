"""Where binaries are looked for, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from devcluster.binaries import Binaries, find_binaries
from devcluster.cache import binaries_folder, cache_root
from devcluster.errors import MissingToolError, UnsupportedError
from devcluster.options import Options, Source
from devcluster.pins import cache_key


def no_build() -> Path:
    """A build that must not happen."""
    pytest.fail("nothing was to be built")


def envtest_assets(folder: Path, *programs: str) -> Path:
    """A folder with these programs."""
    folder.mkdir()
    for name in programs:
        (folder / name).touch()
    return folder


def test_kubebuilder_assets_come_before_the_cache(tmp_path: Path) -> None:
    assets = envtest_assets(tmp_path / "assets", "etcd", "kube-apiserver")
    binaries_folder(tmp_path).mkdir(parents=True)
    environ = {"KUBEBUILDER_ASSETS": str(assets), "COUNTERSIGN_CACHE": str(tmp_path)}
    found = find_binaries(Source.AUTO, no_build, environ)
    assert found == Binaries(assets)
    assert not found.has_controllers


def test_kubebuilder_assets_without_a_control_plane_are_refused(tmp_path: Path) -> None:
    assets = envtest_assets(tmp_path / "assets", "etcd")
    with pytest.raises(MissingToolError, match="no kube-apiserver: correct it, or unset it"):
        find_binaries(Source.AUTO, no_build, {"KUBEBUILDER_ASSETS": str(assets)})


def test_the_cache_comes_before_a_build(tmp_path: Path) -> None:
    cached = binaries_folder(tmp_path)
    cached.mkdir(parents=True)
    environ = {"COUNTERSIGN_CACHE": str(tmp_path)}
    assert find_binaries(Source.AUTO, no_build, environ) == Binaries(cached)


def test_an_empty_cache_is_filled_by_a_build(tmp_path: Path) -> None:
    built = tmp_path / "built"
    environ = {"COUNTERSIGN_CACHE": str(tmp_path)}
    assert find_binaries(Source.AUTO, lambda: built, environ) == Binaries(built)


def test_build_named_explicitly_passes_kubebuilder_assets_by(tmp_path: Path) -> None:
    assets = envtest_assets(tmp_path / "assets", "etcd", "kube-apiserver")
    environ = {"KUBEBUILDER_ASSETS": str(assets), "COUNTERSIGN_CACHE": str(tmp_path)}
    assert find_binaries(Source.BUILD, lambda: tmp_path, environ) == Binaries(tmp_path)


def test_the_source_is_auto_unless_the_environment_names_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COUNTERSIGN_CLUSTER", raising=False)
    assert Options().source is Source.AUTO
    monkeypatch.setenv("COUNTERSIGN_CLUSTER", "kind")
    assert Options().source is Source.KIND
    monkeypatch.setenv("COUNTERSIGN_CLUSTER", "cloud")
    with pytest.raises(UnsupportedError, match="'cloud'; it can be auto, current, kind, build"):
        Options()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"COUNTERSIGN_CACHE": "/own", "XDG_CACHE_HOME": "/xdg"}, Path("/own")),
        ({"XDG_CACHE_HOME": "/xdg"}, Path("/xdg/countersign")),
        ({}, Path.home() / ".cache" / "countersign"),
    ],
)
def test_the_cache_is_where_the_environment_says(environ: dict[str, str], expected: Path) -> None:
    assert cache_root(environ) == expected


def test_the_cache_key_names_the_versions_and_changes_with_what_is_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = cache_key()
    assert key.startswith("kubernetes-1.37.2_etcd-3.7.3_kwok-0.8.0_")
    assert key == cache_key()
    for component in ("etcd", "kwok", "kubernetes"):
        (tmp_path / component).mkdir()
        for name in ("go.mod", "go.sum"):
            (tmp_path / component / name).write_text("another pin\n", "utf-8")
    monkeypatch.setattr("devcluster.pins.BUILD_FOLDER", tmp_path)
    assert cache_key() != key
