"""``setup`` and ``completion``: what is done once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from countersign.plugin.options import Where, flattened
from countersign.plugin.screen import Screen


class Shell(StrEnum):
    """Whose completion there is."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@flattened
def setup(
    where: Where,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="ROLES",
            help="What actions there may do, with commas: restart,scale.",
        ),
    ] = None,
    *,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the YAML instead of applying it.")
    ] = False,
) -> None:
    """Make a namespace ready: its executing account and roles.

    \b
      kubectl countersign setup -n shop --allow restart,scale

    Creates the service account countersign-executor and binds it ready ClusterRoles. That is the
    upper bound on everything that can ever be approved in that namespace. May be run again, with
    more roles; it takes none away.

    \b
      restart-and-scale  (also: restart, scale)
      rollouts           (rollback, pause, resume, image, env, resources)
      pods               (evict, delete-pod)
      jobs               (job)
      exec
      objects            (label, annotate, patch, apply, delete)
      nodes              (cordon, drain, taint): in the whole cluster
    """
    from countersign.plugin.acts import preparing  # noqa: PLC0415 - slow

    preparing.setup(Screen(), where, allow or [], only_print=only_print)


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="Whose script to print.")],
) -> None:
    """Print a completion script for a shell.

    \b
      source <(kubectl countersign completion bash)

    `kubectl countersign` itself is completed by kubectl's own completion, which finds
    `kubectl_complete-countersign` beside this plugin.
    """
    from countersign.plugin.completion import script  # noqa: PLC0415 - only here

    Screen().document(script(shell.value))
