"""Running a person's command inside a cluster's life."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from devcluster.cluster import Cluster
from devcluster.options import Options
from devcluster.progress import spinner
from devcluster.starting import start

_NOT_FOUND, _NOT_EXECUTABLE = 127, 126  # as a shell says it
_FORWARDED = (signal.SIGTERM, signal.SIGHUP)


class _TerminatedError(BaseException):
    """A signal that ends programs arrived, and must unwind as Ctrl-C does."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run_command(command: Sequence[str], options: Options, *, operator: bool) -> int:
    """Run `command` with KUBECONFIG set; its exit status, or 128+n where signal n ended it or us.

    DevclusterError if the cluster or the operator could not be started.
    """
    for number in _FORWARDED:
        signal.signal(number, _raise)
    try:
        with _started(options, operator=operator) as cluster:
            return _run(command, cluster)
    except _TerminatedError as error:
        return 128 + error.number
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _started(options: Options, *, operator: bool) -> Cluster:
    cluster = start(options)
    try:
        if operator:
            with spinner("Starting the operator", quiet=options.quiet):
                cluster.start_operator()
    except BaseException:
        cluster.stop()
        raise
    return cluster


def _run(command: Sequence[str], cluster: Cluster) -> int:
    env = cluster.env
    if cluster.audit_log:
        env["COUNTERSIGN_AUDIT_LOG"] = str(cluster.audit_log)
    # With a terminal it stays in our process group: it may read from it, and Ctrl-C reaches it
    # without us. Ours is to wait then, as a shell does, for it may survive that. Without one it
    # goes where all that it leaves behind is killed at the end.
    terminal = any(os.isatty(descriptor) for descriptor in range(3))
    previous = signal.signal(signal.SIGINT, _leave_it_to_the_child if terminal else _raise)
    group = None if terminal else cluster.process_group
    try:
        child = subprocess.Popen(command, env=env, process_group=group)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
    with cluster.watched(child.pid):
        try:
            status = child.wait()
        except _TerminatedError as error:
            child.send_signal(error.number)
            status = child.wait()
    signal.signal(signal.SIGINT, previous)
    return status if status >= 0 else 128 - status


def _leave_it_to_the_child(_number: int, _frame: FrameType | None) -> None:
    """A handler, for a signal that is ignored outright would stay so in the child."""


def _raise(number: int, _frame: FrameType | None) -> None:
    for forwarded in _FORWARDED:
        signal.signal(forwarded, signal.SIG_IGN)  # once is enough, and stopping takes a moment
    raise _TerminatedError(number)
