"""The verbs of kubectl and oc that are read: one table, a row for each.

A further verb is one more row: the flags it may have, and a function that builds its operation.
"""

from countersign.actions.parser.verbs import (
    deletions,
    jobs,
    manifests,
    metadata,
    nodes,
    patches,
    pods,
    rollouts,
    templates,
)
from countersign.actions.parser.verbs.command import Command

COMMANDS: dict[tuple[str, ...], Command] = {
    **rollouts.COMMANDS,
    **templates.COMMANDS,
    **metadata.COMMANDS,
    **patches.COMMANDS,
    **deletions.COMMANDS,
    **nodes.COMMANDS,
    **pods.COMMANDS,
    **jobs.COMMANDS,
    **manifests.COMMANDS,
}

__all__ = ["COMMANDS", "Command"]
