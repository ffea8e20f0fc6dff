"""An operation as one flat JSON object: what ``countersign parse`` prints and prose is held to.

Only what matters is in it: ``operation``, ``kind``, ``name`` and ``namespace`` always, what was
left unsaid never.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from countersign.api.base import LeanModel
from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import (
    AnnotateParameters,
    DrainNodeParameters,
    LabelParameters,
    PatchParameters,
    RunJobParameters,
    SetEnvParameters,
    SetImageParameters,
    Taint,
    TaintNodeParameters,
    TaintRemoval,
)

_FIELDS = {field.alias: name for name, field in Operation.model_fields.items()}


def describe(operation: Operation) -> dict[str, Any]:
    """The flat JSON object that stands for an operation."""
    return {
        "operation": operation.type.value,
        **_of_targets(operation.all_targets),
        **_of_parameters(operation),
    }


def parameters_of(operation: Operation) -> LeanModel | None:
    """The parameters of an operation, whatever its type."""
    name = operation.type.parameters
    given: LeanModel | None = None if name is None else getattr(operation, _FIELDS[name])
    return given


def taint_text(taint: Taint | TaintRemoval) -> str:
    """A taint as kubectl writes it: ``key=value:NoSchedule``, with ``-`` to take it off."""
    text = f"{taint.key}={taint.value}" if taint.value else taint.key
    if taint.effect is not None:
        text += f":{taint.effect}"
    return text + ("-" if isinstance(taint, TaintRemoval) else "")


def _of_targets(targets: tuple[Target, ...]) -> dict[str, Any]:
    kinds = {target.kind for target in targets}
    namespaces = {target.namespace for target in targets} - {None}
    flat: dict[str, Any] = {
        "kind": kinds.pop() if len(kinds) == 1 else None,
        "name": targets[0].name if len(targets) == 1 else None,
        "namespace": namespaces.pop() if len(namespaces) == 1 else None,
    }
    if len(targets) > 1:
        flat["targets"] = [{"kind": each.kind, "name": each.name} for each in targets]
    elif targets and targets[0].selector is not None:
        flat["selector"] = targets[0].selector
    return flat


def _of_parameters(operation: Operation) -> dict[str, Any]:
    if operation.type is OperationType.RUN_JOB:
        given = operation.run_job or RunJobParameters()
        return {"kind": "Job", "name": given.name, "fromCronJob": operation.one.name}
    if operation.type is OperationType.ROLLBACK_ROLLOUT:
        return {"revision": None} | _written(parameters_of(operation))
    return _written(parameters_of(operation))


@singledispatch
def _written(given: LeanModel | None) -> dict[str, Any]:
    return {} if given is None else given.to_json()


@_written.register
def _(given: SetImageParameters) -> dict[str, Any]:
    if len(given.images) == 1:
        [one] = given.images
        return {"container": one.container, "image": one.image}
    return {"images": {each.container: each.image for each in given.images}}


@_written.register
def _(given: SetEnvParameters) -> dict[str, Any]:
    env = {**given.put, **dict.fromkeys(given.remove)}
    return {"env": env} | ({} if given.container is None else {"container": given.container})


@_written.register
def _(given: LabelParameters | AnnotateParameters) -> dict[str, Any]:
    name = "labels" if isinstance(given, LabelParameters) else "annotations"
    return {name: {**given.put, **dict.fromkeys(given.remove)}} | _overwriting(given)


@_written.register
def _(given: PatchParameters) -> dict[str, Any]:
    return {"patch": given.patch} | ({} if given.type == "strategic" else {"patchType": given.type})


@_written.register
def _(given: TaintNodeParameters) -> dict[str, Any]:
    taints = [*map(taint_text, given.add), *map(taint_text, given.remove)]
    return {"taints": taints} | _overwriting(given)


@_written.register
def _(given: DrainNodeParameters) -> dict[str, Any]:
    written = given.to_json()
    # As the flag is written; the field's name follows the kind's.
    daemon_sets = written.pop("ignoreDaemonSets", None)
    return written | ({"ignoreDaemonsets": True} if daemon_sets else {})


def _overwriting(
    given: LabelParameters | AnnotateParameters | TaintNodeParameters,
) -> dict[str, Any]:
    return {"overwrite": True} if given.overwrite else {}
