"""People at their terminals: ``kubectl countersign …``, as the executable and, faster, in here."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countersign.plugin.app import invoke
from tests.support.shop import Shop

ESCAPE = "\x1b"
# What makes Ctrl-C a signal to whoever runs there.
_AT_ITS_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Said:
    """What a command has said, and its exit status."""

    out: str
    err: str
    status: int

    @property
    def json(self) -> Any:
        """Its output, read as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class People:
    """Everybody in one namespace."""

    shop: Shop
    kubeconfig: Path | None = None

    def kubectl(self, user: str, *args: str, input: str | None = None) -> Said:  # noqa: A002 - as subprocess
        """The real thing: kubectl finds the plugin on PATH; its output is a pipe."""
        return self.plain(*self._words(user, args)[2:], input=input)

    def plain(self, *args: str, input: str | None = None) -> Said:  # noqa: A002 - as subprocess
        """``kubectl countersign`` with these words and no others."""
        done = subprocess.run(
            ["kubectl", "countersign", *args],
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env=self.env,
            timeout=120,
        )
        return Said(done.stdout, done.stderr, done.returncode)

    def typed(
        self, user: str, *args: str, keys: str = "", width: int = 100, after: str = ""
    ) -> Said:
        """The same at a terminal."""
        return self.at_terminal(*self._words(user, args)[2:], keys=keys, width=width, after=after)

    def at_terminal(self, *args: str, keys: str = "", width: int = 100, after: str = "") -> Said:
        """``kubectl countersign`` with these words, where ``keys`` are pressed; both streams.

        They are pressed at once, or when the text ``after`` is seen.

        The terminal does not echo: what is pressed early would stand in the midst of the output.
        """
        master, slave = pty.openpty()
        modes = termios.tcgetattr(slave)
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        environment = {**self.env, "TERM": "xterm-256color", "COLUMNS": str(width)}
        environment.pop("NO_COLOR", None)
        with subprocess.Popen(
            [sys.executable, "-c", _AT_ITS_TERMINAL, "kubectl", "countersign", *args],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
        ) as process:
            os.close(slave)
            text = _until(master, after) if after else ""
            os.write(master, keys.encode())
            text += _until(master, None)
            status = process.wait(60)
        os.close(master)
        return Said(text.replace("\r\n", "\n"), "", status)

    def run(self, user: str, *args: str) -> Said:
        """The same in this process: the same code and the same API server, without its start."""
        out, err = io.StringIO(), io.StringIO()
        place = ("--context", user, "--kubeconfig", str(self.shop.cluster.kubeconfig))
        everywhere = () if "-A" in args or "-n" in args else ("-n", self.shop.namespace)
        with redirect_stdout(out), redirect_stderr(err):
            status = invoke([*args, *place, *everywhere])
        return Said(out.getvalue(), err.getvalue(), status)

    @property
    def env(self) -> dict[str, str]:
        """The cluster's, without wishes for colours."""
        forced = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
        env = {key: value for key, value in self.shop.cluster.env.items() if key not in forced}
        return env | ({"KUBECONFIG": str(self.kubeconfig)} if self.kubeconfig else {})

    def _words(self, user: str, args: tuple[str, ...]) -> list[str]:
        everywhere = () if "-A" in args or "-n" in args else ("-n", self.shop.namespace)
        return ["kubectl", "countersign", *args, "--context", user, *everywhere]


def without_colours(text: str) -> str:
    """What a person reads on a terminal."""
    return _COLOURS.sub("", text)


def _until(master: int, seen: str | None) -> str:
    """What comes until a text is seen, or until the other side is closed."""
    text = b""
    while select.select([master], [], [], 60)[0]:
        try:
            part = os.read(master, 65536)
        except OSError:  # The other side is closed.
            break
        text += part
        if not part or (seen is not None and seen.encode() in text):
            break
    return text.decode("utf-8", "replace")
