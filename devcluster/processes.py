"""Child processes that never outlive us, and their logs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from devcluster import guard
from devcluster.errors import AddressInUseError, StartError

_TAIL_LINES: Final = 20
_ADDRESS_IN_USE: Final = "address already in use"


class Guard:
    """Our end of the guard process: see `guard.py`."""

    def __init__(self, state: Path, on_end: Sequence[str] = ()) -> None:
        standard_input, self._pipe = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), str(state), *on_end],
            stdin=standard_input,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C in the terminal is for us, not for it
        )
        os.close(standard_input)
        first_line = self._process.stdout.readline() if self._process.stdout else b""
        if not first_line:
            raise StartError("the guard process died at once: can this user start processes?")
        self.group = int(first_line)
        self._children: list[subprocess.Popen[bytes]] = []

    def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        output: int,
        errors: int,
        folder: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program in the group, without input; `output`, `errors` as Popen takes them."""
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=env,
            cwd=folder,
            process_group=self.group,
        )
        self._children.append(child)
        return child

    def watch(self, pid: int) -> None:
        """Have a process that is not in the group terminated as well if we die."""
        os.write(self._pipe, b"watch %d\n" % pid)

    def forget(self, pid: int) -> None:
        """Undo `watch`: the process is gone and its id may be somebody else's soon."""
        os.write(self._pipe, b"forget %d\n" % pid)

    def end(self) -> None:
        """Kill what is left in the group, remove the state folder; returns when all is done."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        for child in self._children:
            _reap(child)
        os.close(self._pipe)
        _reap(self._process)


class Process:
    """A program in the guard's group, its output in a file; it can be started again."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        name: str,
        guard: Guard,
        log: Path,
        env: Mapping[str, str],
    ) -> None:
        self.name = name
        self.log_path = log
        self._argv = [str(part) for part in argv]
        self._guard = guard
        self._env = dict(env)
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its log is appended to."""
        with self.log_path.open("ab") as log:
            self._popen = self._guard.spawn(
                self._argv, env=self._env, output=log.fileno(), errors=subprocess.STDOUT
            )

    @property
    def pid(self) -> int:
        """The process id of the latest start."""
        return self._started().pid

    def alive(self) -> bool:
        """Whether it runs."""
        return self._popen is not None and self._popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if it is gone."""
        self._started().send_signal(number)

    def terminate(self, grace: float = 5.0) -> int:
        """SIGTERM, then SIGKILL after `grace` seconds; the exit status (-n for signal n)."""
        process = self._started()
        process.terminate()
        try:
            return process.wait(grace)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """SIGKILL, and wait; the exit status."""
        process = self._started()
        process.kill()
        return process.wait()

    def check(self) -> None:
        """Raise StartError with the end of its log if it has died."""
        if self._popen is None or self._popen.poll() is None:
            return
        tail = self.tail()
        kind = AddressInUseError if _ADDRESS_IN_USE in tail else StartError
        raise kind(
            f"{self.name} ended with status {self._popen.returncode}. Its last lines:\n{tail}"
        )

    def tail(self) -> str:
        """The last 20 lines of its log."""
        lines = self.log_path.read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    def _started(self) -> subprocess.Popen[bytes]:
        if self._popen is None:
            raise StartError(f"{self.name} was never started")
        return self._popen


def _reap(process: subprocess.Popen[bytes]) -> None:
    with process:  # closes its output, if we hold it, and waits
        pass


def terminate_all(processes: Sequence[Process], grace: float = 5.0) -> None:
    """SIGTERM to all of them at once, SIGKILL to those still there after `grace` seconds."""
    running = [process for process in processes if process.alive()]
    for process in running:
        process.signal(signal.SIGTERM)
    deadline = time.monotonic() + grace
    for process in running:
        process.terminate(max(0.0, deadline - time.monotonic()))
