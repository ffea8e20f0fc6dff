"""What Argo CD leaves behind is removed, and nothing else."""

from __future__ import annotations

from pathlib import Path

from devcluster.argocd.server import remove_credentials


def test_only_kubeconfigs_of_the_cluster_that_ends_are_removed(tmp_path: Path) -> None:
    ours, other, named = (tmp_path / name for name in ("241300249", "7", "12-notes"))
    ours.write_text("clusters:\n- cluster:\n    server: https://127.0.0.1:27433\n", "utf-8")
    other.write_text("clusters:\n- cluster:\n    server: https://127.0.0.1:274331\n", "utf-8")
    named.write_text(ours.read_text("utf-8"), "utf-8")
    remove_credentials("https://127.0.0.1:27433", tmp_path)
    remove_credentials("https://127.0.0.1:27433", tmp_path / "absent")
    assert sorted(tmp_path.iterdir()) == sorted([named, other])
