"""The guard: a small process that outlives its parent just long enough to clean up after it.

Run as a script (`python guard.py PARENT STATE [COMMAND…]`) that imports the standard library only.
It prints the id of a process group; whatever joins that group is killed when the parent ends in
any way, `kill -9` included; COMMAND is run, if there is one, and the folder STATE is removed.

Why a process and not PR_SET_PDEATHSIG: that is Linux alone, is forgotten at execve of some
programs, and fires when the *thread* that started the child ends. A pipe knows no threads, and a
group can be joined at the fork itself, so no child can be missed in between.

The parent tells it lines: `watch PID` and `forget PID` for a process that cannot join the group
(one that needs the terminal). It ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

_GONE_WITHIN = 5.0  # seconds for killed processes to leave before the folder is removed anyway


def main(parent: int, state: str, command: list[str]) -> None:
    """Wait for the parent's end, then leave nothing behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    group = _new_group()
    print(group, flush=True)
    for pid in _wait(parent):
        _signal(os.kill, pid, signal.SIGTERM)
    _end_group(group)
    if command:
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    shutil.rmtree(state, ignore_errors=True)


def _new_group() -> int:
    """A process group that lasts as long as the guard: a child that only holds the place."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.close(writer)
        with contextlib.suppress(OSError):
            os.close(1)  # or whoever reads the guard's output would wait for this one as well
        os.read(reader, 1)  # returns when the guard is gone
        os._exit(0)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)  # here too, so that the group is there before its id is told
    os.close(reader)
    return pid


def _wait(parent: int) -> set[int]:
    """Read the parent's lines until it ends; the processes still watched then."""
    watched: set[int] = set()
    rest = b""
    # A pipe that a forked sibling has inherited does not end with the parent, hence the look at
    # the parent's id as well.
    while os.getppid() == parent:
        if not select.select([0], [], [], 0.5)[0]:
            continue
        chunk = os.read(0, 4096)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            word, pid = line.split()
            (watched.add if word == b"watch" else watched.discard)(int(pid))
    return watched


def _end_group(group: int) -> None:
    """Kill the whole group and wait until no member is left."""
    _signal(os.killpg, group, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(group, 0)
    deadline = time.monotonic() + _GONE_WITHIN
    while _alive(group) and time.monotonic() < deadline:
        time.sleep(0.01)


def _alive(group: int) -> bool:
    """Whether a member still runs. One that is dead but not reaped yet can do no harm."""
    processes = Path("/proc")
    if not (processes / "self" / "stat").exists():
        return _signal(os.killpg, group, 0)
    for stat in processes.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has gone meanwhile
            # "pid (name) state parent group …", and a name may hold anything.
            state, _parent, its_group = stat.read_bytes().rpartition(b")")[2].split()[:3]
            if int(its_group) == group and state not in b"ZX":
                return True
    return False


def _signal(send: Callable[[int, int], None], target: int, number: int) -> bool:
    """Send a signal; whether there was anybody to get it."""
    try:
        send(target, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group whose members are all dying
        return False
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
