"""Programs other than kubectl: known, so that they are refused in the right class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.wordlist import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from countersign.actions.parser.shell import Word

_READ_ONLY: dict[str, frozenset[str]] = {
    "helm": frozenset({"list", "ls", "status", "history", "get", "show", "search", "template"}),
    "docker": frozenset({"ps", "logs", "inspect", "images", "info", "stats"}),
    "systemctl": frozenset({"status", "list-units", "show", "is-active"}),
    "argocd": frozenset({"list"}),
    "flux": frozenset({"get", "logs", "check"}),
}
_TOOLS = words(
    "ansible ansible-playbook argocd aws awk az bash cat chmod chown cilium crictl ctr curl "
    "docker docker-compose echo eksctl env etcdctl eval exec export flux gcloud grep helm "
    "helmfile istioctl journalctl jq k3s kubeadm kubectx kubens kustomize microk8s minikube mv "
    "nerdctl nohup nsenter podman python python3 rm rsync scp sed sh ssh sudo systemctl talosctl "
    "tee terraform velero watch wget xargs zsh"
)
# Those of them that are no words of a language: one in prose is another command.
_IN_PROSE = re.compile(
    r"(?<![\w./-])(?:helm|docker|systemctl|ssh|scp|rsync|terraform|ansible|argocd|flux|curl|wget|"
    r"etcdctl|crictl|istioctl|sudo|eksctl|aws|gcloud|rm|chmod|kill|reboot)\s+[\w-]",
    re.ASCII | re.IGNORECASE,
)
_FIRST_WORD = re.compile(r"[a-z0-9.-]{1,30}(?=\s|$)", re.ASCII)


def starts_with_tool(text: str) -> bool:
    """Whether a text begins with the name of a program that people run beside kubectl."""
    word = _FIRST_WORD.match(text)
    return word is not None and word.group() in _TOOLS


def tool_in(prose: str) -> bool:
    """Whether prose holds a command of another program."""
    return _IN_PROSE.search(prose) is not None


def refuse_tool(line: Sequence[Word]) -> TextRefusedError:
    """The refusal of a command line that is not kubectl's."""
    program, arguments = line[0].text, [word.text for word in line[1:]]
    if arguments and arguments[0] in _READ_ONLY.get(program, ()):
        return TextRefusedError(
            RefusalClass.READ_ONLY,
            f"{quote(f'{program} {arguments[0]}')} changes nothing, so there is nothing to "
            "approve. Run it yourself.",
        )
    return TextRefusedError(
        RefusalClass.UNSUPPORTED, f"{quote(program)} is not carried out. Write a kubectl command."
    )
