"""An operation as the kubectl command that people would write for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from countersign.api.operation import OperationType

if TYPE_CHECKING:
    from countersign.api.operation import Operation


def render(operation: Operation) -> str:
    """The canonical kubectl command; ``parse`` reads it as the same operation.

    Nothing in it needs quotes: the model's patterns leave no character that a shell would read.
    """
    words = ["kubectl", *_verb(operation), _object(operation), *_flags(operation)]
    if operation.target.namespace is not None:
        words.append(f"--namespace={operation.target.namespace}")
    return " ".join(words)


def _verb(operation: Operation) -> tuple[str, ...]:
    match operation.type:
        case OperationType.RESTART_ROLLOUT:
            return ("rollout", "restart")
        case OperationType.SCALE:
            return ("scale",)
        case _:
            assert_never(operation.type)


def _object(operation: Operation) -> str:
    return f"{operation.target.kind.lower()}/{operation.target.name}"


def _flags(operation: Operation) -> list[str]:
    if operation.scale is None:
        return []
    flags = [f"--replicas={operation.scale.replicas}"]
    if operation.scale.current_replicas is not None:
        flags.append(f"--current-replicas={operation.scale.current_replicas}")
    return flags
