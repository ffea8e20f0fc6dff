"""The whole evening: the stage, the story, and what comes after it."""

from __future__ import annotations

from typing import Final

from devcluster import OperatorProcess
from devcluster.demo.checks import ToldOtherwiseError
from devcluster.demo.keeping import keep_running
from devcluster.demo.shell import Shell
from devcluster.demo.stage import stage
from devcluster.demo.story import SCENE, STORY
from devcluster.demo.telling import play, tell
from devcluster.demo.terminal import Terminal

_LOG_LINES: Final = 20
_NEXT: Final = """\
  make demo KEEP=1     the same again, and it stays there for you to play with
  make cluster         a shell with a cluster of its own, the operator running
  make test            all tests, on the same control plane
  manifests/samples/   a request to start from, and what a namespace needs"""


def perform(terminal: Terminal, *, keep: bool) -> None:
    """Tell the story, and leave it running if `keep`.

    ToldOtherwiseError at the first step that comes out otherwise, DevclusterError if there is
    no cluster to tell it on.
    """
    terminal.title("Countersign, from start to finish: a restart that somebody has to sign.")
    with stage(terminal) as (cluster, operator):
        shell = Shell(cluster)
        try:
            play(SCENE, terminal, shell)
            tell(STORY, terminal, shell)
        except ToldOtherwiseError:
            _show_log(terminal, operator)
            raise
        terminal.blank()
        terminal.title("Proposed, signed, carried out once, remembered: every step was as told.")
        if keep:
            keep_running(terminal, cluster, operator)
        else:
            terminal.say("What next:")
            terminal.lines("", _NEXT)


def _show_log(terminal: Terminal, operator: OperatorProcess) -> None:
    lines = operator.log_path.read_text("utf-8", "replace").splitlines()
    terminal.say("The end of the operator's log, which goes with the cluster:")
    terminal.lines(*lines[-_LOG_LINES:])
