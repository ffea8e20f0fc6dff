"""``delete``: of pods, and of anything else."""

from __future__ import annotations

from typing import Literal

from countersign.actions.parser import targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.verbs.command import Command, aimed, command, grace_period
from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.parameters import DeletePodParameters, DeleteResourceParameters

Cascade = Literal["background", "foreground", "orphan"]
_CASCADES: dict[str, Cascade] = {
    "": "background",
    "true": "background",
    "background": "background",
    "foreground": "foreground",
    "false": "orphan",
    "orphan": "orphan",
}
_NOW = 1


def _delete(arguments: Arguments) -> Operation:
    found = targets.read(OperationType.DELETE_RESOURCE, arguments.positionals, arguments)
    arguments.is_set("ignore-not-found"), arguments.is_set("wait")  # on or off: nothing else
    force, seconds = arguments.is_set("force"), _grace_period(arguments)
    if force and seconds:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            "--force deletes at once, which contradicts a grace period. Write one of them.",
        )
    cascade = _cascade(arguments.value("cascade"))
    if any(target.kind != Kind.POD or target.api_version for target in found):
        return Operation(
            type=OperationType.DELETE_RESOURCE,
            delete_resource=DeleteResourceParameters(
                cascade=cascade, grace_period_seconds=seconds, force=force
            ),
            **aimed(found),
        )
    if cascade != "background":
        raise TextRefusedError(
            RefusalClass.UNSUPPORTED, "A pod owns nothing: leave --cascade out for pods."
        )
    return Operation(
        type=OperationType.DELETE_POD,
        delete_pod=DeletePodParameters(grace_period_seconds=seconds, force=force),
        **aimed(found),
    )


def _grace_period(arguments: Arguments) -> int | None:
    seconds = grace_period(arguments)
    if not arguments.is_set("now"):
        return seconds
    if seconds is not None:
        raise TextRefusedError(
            RefusalClass.MALFORMED, "--now and --grace-period contradict. Write one of them."
        )
    return _NOW


def _cascade(text: str | None) -> Cascade:
    if text is None:
        return "background"
    if text not in _CASCADES:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"--cascade={quote(text)} is not known. Write background, foreground or orphan.",
        )
    return _CASCADES[text]


COMMANDS: dict[tuple[str, ...], Command] = {
    ("delete",): command(_delete, "selector grace-period force now cascade ignore-not-found wait"),
}
