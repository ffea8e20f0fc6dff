"""An operation as the kubectl command that people would write for it.

``parse`` reads the command as the same operation, with these exceptions, which people can read all
the same and ``parse`` refuses or reads as what is equal to them:

- an Apply, whose manifest no command line holds, is a comment;
- objects in several namespaces are several commands;
- a RunJob that leaves the job's name open is a command without one, which kubectl would refuse;
- the API version of one of Kubernetes' own kinds goes without saying, and a pod is deleted as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch

from countersign.actions.parser.flat import parameters_of, taint_text
from countersign.actions.parser.kinds import word_for
from countersign.actions.parser.loose_words import command_line
from countersign.api.approval_request import ApprovalRequest
from countersign.api.base import LeanModel
from countersign.api.kinds import built_in
from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import (
    AnnotateParameters,
    DeletePodParameters,
    DeleteResourceParameters,
    DrainNodeParameters,
    EvictPodParameters,
    ExecParameters,
    LabelParameters,
    PatchParameters,
    RollbackRolloutParameters,
    RunJobParameters,
    ScaleParameters,
    SetEnvParameters,
    SetImageParameters,
    SetResourcesParameters,
    TaintNodeParameters,
)

_VERBS = {
    OperationType.RESTART_ROLLOUT: "rollout restart",
    OperationType.SCALE: "scale",
    OperationType.ROLLBACK_ROLLOUT: "rollout undo",
    OperationType.PAUSE_ROLLOUT: "rollout pause",
    OperationType.RESUME_ROLLOUT: "rollout resume",
    OperationType.SET_IMAGE: "set image",
    OperationType.SET_ENV: "set env",
    OperationType.SET_RESOURCES: "set resources",
    OperationType.LABEL: "label",
    OperationType.ANNOTATE: "annotate",
    OperationType.PATCH: "patch",
    OperationType.DELETE_POD: "delete",
    OperationType.EVICT_POD: "evict",
    OperationType.DELETE_RESOURCE: "delete",
    OperationType.CORDON_NODE: "cordon",
    OperationType.UNCORDON_NODE: "uncordon",
    OperationType.DRAIN_NODE: "drain",
    OperationType.TAINT_NODE: "taint",
    OperationType.RUN_JOB: "create job",
    OperationType.EXEC: "exec",
}
_FROM_TARGET = frozenset({OperationType.RUN_JOB})
_WITHOUT_KIND = frozenset(
    {
        OperationType.CORDON_NODE, OperationType.UNCORDON_NODE, OperationType.DRAIN_NODE,
        OperationType.EXEC,
    }
)  # fmt: skip


def action_text(request: ApprovalRequest) -> str:
    """The action as the proposer wrote it; a typed one as the kubectl command it stands for."""
    if request.spec.action is not None:
        return request.spec.action
    return render(request.spec.operation) if request.spec.operation else ""


def render(operation: Operation) -> str:
    """The canonical command, each word quoted for a shell."""
    if operation.type is OperationType.APPLY:
        return "# kubectl apply: its manifest is in spec.operation"
    namespaces = dict.fromkeys(
        target.namespace for target in operation.all_targets if target.namespace is not None
    )
    if len(namespaces) <= 1:
        return _command(operation, operation.all_targets)
    parts = [
        tuple(each for each in operation.all_targets if each.namespace == namespace)
        for namespace in dict.fromkeys(each.namespace for each in operation.all_targets)
    ]
    return "; ".join(_command(operation, part) for part in parts)


def _command(operation: Operation, targets: Sequence[Target]) -> str:
    given = parameters_of(operation)
    job = {"from": f"cronjob/{targets[0].name}" if operation.type in _FROM_TARGET else None}
    words = [
        *("kubectl", *_VERBS[operation.type].split()),
        *_objects(operation.type, targets),
        *_words(given),
        *_written(job | _flags(given)),
        *(f"--namespace={name}" for name in {each.namespace for each in targets} if name),
        *(("--", *operation.exec.command) if operation.exec is not None else ()),
    ]
    return command_line(words)


def _objects(operation: OperationType, targets: Sequence[Target]) -> list[str]:
    first = targets[0]
    if operation in _FROM_TARGET:
        return []
    if first.selector is not None:
        chosen = f"--selector={first.selector}"
        return [chosen] if operation in _WITHOUT_KIND else [_kind(first), chosen]
    names = [each.name or "" for each in targets]
    if operation in _WITHOUT_KIND and len(names) == 1:
        return names
    if operation is OperationType.TAINT_NODE:
        return ["nodes", *names]
    return [f"{_kind(each)}/{each.name}" for each in targets]


def _kind(target: Target) -> str:
    own = built_in(target.kind, target.api_version)
    return word_for(target.kind, None if own else target.api_version)


@singledispatch
def _words(_: LeanModel | None) -> list[str]:
    """What stands behind the objects."""
    return []


@_words.register
def _(given: SetImageParameters) -> list[str]:
    return [f"{each.container}={each.image}" for each in given.images]


@_words.register
def _(given: SetEnvParameters | LabelParameters | AnnotateParameters) -> list[str]:
    put = (f"{key}={value}" for key, value in given.put.items())
    return [*put, *(f"{key}-" for key in given.remove)]


@_words.register
def _(given: TaintNodeParameters) -> list[str]:
    return [*map(taint_text, given.add), *map(taint_text, given.remove)]


@_words.register
def _(given: RunJobParameters) -> list[str]:
    return [] if given.name is None else [given.name]


@singledispatch
def _flags(_: LeanModel | None) -> dict[str, object]:
    """Flags and their values: None and False for those that are left out."""
    return {}


@_flags.register
def _(given: ScaleParameters) -> dict[str, object]:
    return {"replicas": given.replicas, "current-replicas": given.current_replicas}


@_flags.register
def _(given: RollbackRolloutParameters) -> dict[str, object]:
    return {"to-revision": given.revision}


@_flags.register
def _(given: SetEnvParameters) -> dict[str, object]:
    return {"containers": given.container}


@_flags.register
def _(given: SetResourcesParameters) -> dict[str, object]:
    return {
        "limits": _quantities(given.limits),
        "requests": _quantities(given.requests),
        "containers": given.container,
    }


@_flags.register
def _(given: LabelParameters | AnnotateParameters | TaintNodeParameters) -> dict[str, object]:
    return {"overwrite": given.overwrite}


@_flags.register
def _(given: PatchParameters) -> dict[str, object]:
    return {"type": None if given.type == "strategic" else given.type, "patch": given.patch}


@_flags.register
def _(given: DeletePodParameters) -> dict[str, object]:
    return {"force": given.force, "grace-period": given.grace_period_seconds}


@_flags.register
def _(given: EvictPodParameters) -> dict[str, object]:
    return {"grace-period": given.grace_period_seconds}


@_flags.register
def _(given: DeleteResourceParameters) -> dict[str, object]:
    return {
        "cascade": None if given.cascade == "background" else given.cascade,
        "force": given.force,
        "grace-period": given.grace_period_seconds,
    }


@_flags.register
def _(given: DrainNodeParameters) -> dict[str, object]:
    return {
        "ignore-daemonsets": given.ignore_daemon_sets,
        "delete-emptydir-data": given.delete_empty_dir_data,
        "force": given.force,
        "grace-period": given.grace_period_seconds,
        "pod-selector": given.pod_selector,
    }


@_flags.register
def _(given: ExecParameters) -> dict[str, object]:
    return {"container": given.container}


def _written(flags: Mapping[str, object]) -> list[str]:
    return [
        f"--{name}" if value is True else f"--{name}={value}"
        for name, value in flags.items()
        if value is not None and value is not False
    ]


def _quantities(quantities: Mapping[str, str]) -> str | None:
    return ",".join(f"{name}={quantity}" for name, quantity in quantities.items()) or None
