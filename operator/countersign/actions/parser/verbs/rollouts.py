"""``rollout restart``, ``undo``, ``pause`` and ``resume``, and ``scale``."""

from __future__ import annotations

from collections.abc import Callable

from countersign.actions.parser import targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError
from countersign.actions.parser.verbs.command import Command, aimed, command
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import RollbackRolloutParameters, ScaleParameters

MAX_REVISION = 2**31 - 1


def _plain(operation: OperationType) -> Callable[[Arguments], Operation]:
    """A verb without parameters."""

    def build(arguments: Arguments) -> Operation:
        found = targets.read(operation, arguments.positionals, arguments)
        return Operation(type=operation, **aimed(found))

    return build


def _rollback(arguments: Arguments) -> Operation:
    operation = OperationType.ROLLBACK_ROLLOUT
    found = targets.read(operation, arguments.positionals, arguments)
    revision = arguments.number("to-revision", 0, MAX_REVISION) or None  # 0 is the one before
    parameters = RollbackRolloutParameters(revision=revision)
    return Operation(type=operation, rollback_rollout=parameters, **aimed(found))


def _scale(arguments: Arguments) -> Operation:
    found = targets.read(OperationType.SCALE, arguments.positionals, arguments)
    replicas = arguments.value("replicas")
    if replicas is None:
        raise TextRefusedError(
            RefusalClass.MALFORMED, "The number of replicas is missing. Add --replicas=N."
        )
    current = arguments.value("current-replicas")
    return Operation(
        type=OperationType.SCALE,
        scale=ScaleParameters(
            replicas=targets.replicas(replicas),
            current_replicas=None if current in (None, "-1") else targets.replicas(str(current)),
        ),
        **aimed(found),
    )


COMMANDS: dict[tuple[str, ...], Command] = {
    ("rollout", "restart"): command(_plain(OperationType.RESTART_ROLLOUT), "selector"),
    ("rollout", "pause"): command(_plain(OperationType.PAUSE_ROLLOUT), "selector"),
    ("rollout", "resume"): command(_plain(OperationType.RESUME_ROLLOUT), "selector"),
    ("rollout", "undo"): command(_rollback, "selector to-revision"),
    ("scale",): command(_scale, "selector replicas current-replicas"),
}
