"""Leaving it running: what to play with, until somebody ends it."""

from __future__ import annotations

import shutil
import signal
from typing import Final

from devcluster.cluster import Cluster
from devcluster.demo.interrupts import InterruptError
from devcluster.demo.terminal import Terminal
from devcluster.operator_process import OperatorProcess
from devcluster.tools import find_tool

_MAY: Final = """\
  agent       propose
  alice, bob  propose; sign low and medium risk (group sre)
  dave        sign low and medium risk (group owners)
  carol, erin propose; sign every risk (group sre-leads)
  eve         look
  gitops      propose and sign for others, as what merges pull requests does
  admin       everything, but not sign what it proposed itself"""

_TRY: Final = """\
  kubectl --context=bob create -f manifests/samples/approvalrequest.yaml
  kubectl --context=dave get approvals -o wide
  kubectl --context=dave patch approval NAME --type=merge \\
    -p '{"spec": {"signatures": [{"signer": "dave", "decision": "Approve"}]}}'
or, with the plugin:
  kubectl countersign propose "scale deployment web to 5 replicas" --context agent
  kubectl countersign list --to-sign --context alice
  kubectl countersign approve NAME --context alice"""


def keep_running(terminal: Terminal, cluster: Cluster, operator: OperatorProcess) -> None:
    """Print how to play with it, and wait for Ctrl-C; InterruptError for any other signal."""
    terminal.say("It keeps running. In another terminal, in this folder:")
    terminal.lines("", f"  export KUBECONFIG={cluster.kubeconfig}")
    if not all(map(shutil.which, ("kubectl", "kubectl-countersign"))):
        terminal.lines(f"  export PATH={find_tool('kubectl-countersign').parent}:$PATH")
    terminal.say("Contexts, and what each may do:")
    terminal.lines("", _MAY)
    terminal.say("Try this, with the name that the first command prints for NAME:")
    terminal.lines("", _TRY)
    terminal.lines("", f"The operator's log: {operator.log_path}")
    terminal.lines("Ctrl-C ends everything.")
    try:
        while True:
            signal.pause()
    except InterruptError as interrupt:
        terminal.lines("")
        if interrupt.number != signal.SIGINT:
            raise
