"""Processes end with us, and say why they died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster.errors import AddressInUseError, StartError
from devcluster.ports import free_port
from devcluster.processes import Guard, Process, terminate_all
from devcluster.waiting import wait_until

_PARENT = """\
import os, pathlib, sys, threading, time
from devcluster.processes import Guard, Process
state = pathlib.Path(sys.argv[1])
guard = Guard(state)
sleeper = Process(["sleep", "600"], name="sleeper", guard=guard, log=state / "log", env={})
thread = threading.Thread(target=sleeper.start)  # and its thread ends, which must not matter
thread.start()
thread.join()
(state.parent / "pid").write_text(str(sleeper.pid))
time.sleep(600)
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def guard(state: Path) -> Iterator[Guard]:
    guard = Guard(state)
    yield guard
    guard.end()


def shell(guard: Guard, state: Path, script: str) -> Process:
    """A started process that runs a shell script."""
    process = Process(
        ["/bin/sh", "-c", script], name="script", guard=guard, log=state / "log", env={}
    )
    process.start()
    return process


def test_the_end_of_the_guard_kills_the_group_and_removes_the_state(state: Path) -> None:
    guard = Guard(state)
    process = shell(guard, state, "trap '' TERM; while :; do sleep 1; done")
    guard.end()
    assert not process.alive()
    assert not state.exists()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_and_state_do_not_outlive_a_parent_however_it_dies(
    state: Path, tmp_path: Path, end: signal.Signals
) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _PARENT, str(state)]
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as parent:
        pid_file = tmp_path / "pid"
        wait_until(lambda: pid_file.exists() and pid_file.read_text(), timeout=10, what="a child")
        parent.send_signal(end)
    # The guard removes the state last, so that nothing writes there any more.
    wait_until(lambda: not state.exists(), timeout=10, what="the state to be gone")
    assert not _running(int(pid_file.read_text("utf-8")))


def test_a_command_given_to_the_guard_runs_at_the_end(state: Path, tmp_path: Path) -> None:
    guard = Guard(state, ["touch", str(tmp_path / "deleted")])
    guard.end()
    assert (tmp_path / "deleted").exists()


def test_a_watched_process_is_terminated_and_a_forgotten_one_is_not(state: Path) -> None:
    guard = Guard(state)
    with (
        subprocess.Popen(["sleep", "600"]) as watched,
        subprocess.Popen(["sleep", "600"]) as forgotten,
    ):
        guard.watch(watched.pid)
        guard.watch(forgotten.pid)
        guard.forget(forgotten.pid)
        guard.end()
        assert watched.wait(10) == -signal.SIGTERM
        assert forgotten.poll() is None
        forgotten.kill()


def test_a_process_that_dies_is_reported_with_the_end_of_its_log(guard: Guard, state: Path) -> None:
    process = shell(guard, state, "seq 1 100; exit 3")
    wait_until(lambda: not process.alive(), timeout=10, what="the script to end")
    with pytest.raises(StartError, match="script ended with status 3") as caught:
        process.check()
    assert str(caught.value).splitlines()[1:] == [str(number) for number in range(81, 101)]


def test_a_taken_port_is_told_apart(guard: Guard, state: Path) -> None:
    process = shell(guard, state, "echo 'listen tcp: bind: address already in use'; exit 1")
    wait_until(lambda: not process.alive(), timeout=10, what="the script to end")
    with pytest.raises(AddressInUseError):
        process.check()


def test_termination_falls_back_to_killing(guard: Guard, state: Path) -> None:
    stubborn = shell(guard, state, "trap '' TERM; echo ready; while :; do sleep 1; done")
    polite = shell(guard, state, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done")
    wait_until(lambda: stubborn.tail().count("ready") == 2, timeout=10, what="both to be ready")
    terminate_all([stubborn, polite], grace=0.5)
    assert stubborn.terminate() == -signal.SIGKILL
    assert polite.terminate() == 0


def test_a_free_port_is_below_those_of_outgoing_connections() -> None:
    assert all(18_000 <= free_port() < 30_000 for _ in range(20))


def test_waiting_gives_up_with_a_sentence() -> None:
    with pytest.raises(StartError, match="gave up after 0 s: the moon"):
        wait_until(lambda: False, timeout=0.0, what="the moon")


def _running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
