"""What kwok answers in a kubelet's place: logs, and commands where they are wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from devcluster.ports import free_port

API_SERVER_FLAGS: Final = ("--kubelet-preferred-address-types=InternalIP",)
"""A node's host name is tried first otherwise, and nothing resolves it."""

_LOG_LINE = "2026-01-01T00:00:00.000000000Z stdout F No program ran here: kwok plays this pod.\n"
_LOGS = """\
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata:
  name: the-same-for-all
spec:
  logs:
  - logsFile: {file}
    follow: false
"""
_COMMANDS = """\
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterExec
metadata:
  name: on-this-machine
spec:
  execs:
  - local:
      workDir: {folder}
"""


class Kubelet:
    """kwok's server and its rules, as files and flags.

    With ``commands``, whatever is run in any container runs **on this machine, as this user**, and
    the server asks nobody who can reach its port on 127.0.0.1 for a password. That is for tests
    of exec on a machine of one's own, and off otherwise.
    """

    def __init__(self, state: Path, *, commands: bool) -> None:
        """Keep its files in ``state``."""
        self._state = state
        self._commands = commands
        self._port = free_port()

    def flags(self) -> list[str]:
        """Kwok's flags; the files that they name are written."""
        log = self._state / "container.log"
        log.write_text(_LOG_LINE, "utf-8")
        rules = _LOGS.format(file=log)
        if self._commands:
            folder = self._state / "container"
            folder.mkdir(exist_ok=True)
            rules += _COMMANDS.format(folder=folder)
        file = self._state / "kubelet.yaml"
        file.write_text(rules, "utf-8")
        return [
            f"--config={file}",
            "--node-ip=127.0.0.1",
            f"--node-port={self._port}",
            f"--server-address=127.0.0.1:{self._port}",
        ]
