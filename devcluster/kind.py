"""A kind cluster, for machines where a container engine runs."""

from __future__ import annotations

import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from devcluster.errors import StartError
from devcluster.tools import find_tool


@dataclass(frozen=True)
class KindCluster:
    """A cluster with a name of its own, so that nobody's other cluster is touched."""

    name: str = field(default_factory=lambda: f"countersign-{secrets.token_hex(3)}")

    def create(self, kubeconfig: Path) -> None:
        """`kind create cluster`; StartError with what kind said."""
        command = [
            str(find_tool("kind")),
            "create",
            "cluster",
            f"--name={self.name}",
            f"--kubeconfig={kubeconfig}",
            "--wait=180s",
        ]
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        if result.returncode:
            raise StartError(
                "kind could not create a cluster (does Docker or Podman run?); --cluster auto "
                f"needs neither. It said:\n{result.stderr.strip()}"
            )

    def deletion(self) -> list[str]:
        """The command that deletes it again; harmless if it is not there."""
        return [str(find_tool("kind")), "delete", "cluster", f"--name={self.name}", "--quiet"]
