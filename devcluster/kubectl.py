"""Running kubectl against one kubeconfig."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devcluster.errors import CommandError
from devcluster.tools import find_tool


@dataclass(frozen=True)
class Kubectl:
    """kubectl with a kubeconfig, and a cache that ends with the cluster.

    (Its usual cache is kept by server address; our ports come round again with other contents.)
    """

    kubeconfig: Path  # or, as KUBECONFIG may, several with colons between
    cache: Path

    def env(self) -> dict[str, str]:
        """The environment that makes any kubectl, and any client library, use this cluster."""
        program_folder = find_tool("kubectl").parent
        return {
            **os.environ,
            "KUBECONFIG": str(self.kubeconfig),
            "KUBECACHEDIR": str(self.cache),
            "PATH": os.pathsep.join([str(program_folder), os.environ.get("PATH", os.defpath)]),
        }

    def run(
        self,
        *args: str | Path,
        user: str | None = None,
        input: str | None = None,  # noqa: A002 - subprocess.run's own name for it
        check: bool = True,
        timeout: float | None = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run `kubectl ARGS`, as `user` if given; output and errors are captured.

        With `check`, a failure raises CommandError with what kubectl said. `timeout` is in
        seconds and raises subprocess.TimeoutExpired.
        """
        context = [f"--context={user}"] if user else []
        argv = [str(find_tool("kubectl")), *context, *(str(arg) for arg in args)]
        result = subprocess.run(
            argv,
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            check=False,
            env=self.env(),
            timeout=timeout,
        )
        if check and result.returncode:
            said = (result.stderr or result.stdout).strip()
            raise CommandError(f"`kubectl {shlex.join(argv[1:])}` failed:\n{said}")
        return result
