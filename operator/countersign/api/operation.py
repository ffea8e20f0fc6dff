"""A typed operation: what an action's text is parsed to, and what machines write at once.

The shape is Kubernetes' own for a union (as in ``strategy`` of a Deployment): ``type`` names the
operation, ``target`` (or ``targets``) what it is done to, and the field named after the type holds
its parameters.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from countersign.api.base import LeanModel, Model, rule, schema
from countersign.api.kinds import built_in, is_cluster_scoped
from countersign.api.parameters import (
    NAME_PATTERN,
    AnnotateParameters,
    ApplyParameters,
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

MAX_TARGETS = 16
NAMESPACE_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_FREELY_NAMED = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
"""RBAC's own objects may have capitals and colons in their names."""
_ANY_NAME = r"^[A-Za-z0-9]([-A-Za-z0-9.:]*[A-Za-z0-9])?$"
_NAME = re.compile(NAME_PATTERN)
_KIND_PATTERN = r"^[A-Z][A-Za-z0-9]{0,62}$"
_API_VERSION_PATTERN = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9][a-z0-9]*$"


class OperationType(StrEnum):
    """Every operation this version can carry out."""

    RESTART_ROLLOUT = "RestartRollout"
    SCALE = "Scale"
    ROLLBACK_ROLLOUT = "RollbackRollout"
    PAUSE_ROLLOUT = "PauseRollout"
    RESUME_ROLLOUT = "ResumeRollout"
    SET_IMAGE = "SetImage"
    SET_ENV = "SetEnv"
    SET_RESOURCES = "SetResources"
    LABEL = "Label"
    ANNOTATE = "Annotate"
    PATCH = "Patch"
    APPLY = "Apply"
    DELETE_POD = "DeletePod"
    EVICT_POD = "EvictPod"
    DELETE_RESOURCE = "DeleteResource"
    CORDON_NODE = "CordonNode"
    UNCORDON_NODE = "UncordonNode"
    DRAIN_NODE = "DrainNode"
    TAINT_NODE = "TaintNode"
    RUN_JOB = "RunJob"
    EXEC = "Exec"

    @property
    def parameters(self) -> str | None:
        """JSON name of the field that holds its parameters; None where it takes none."""
        name = self.value[0].lower() + self.value[1:]
        return name if name in _PARAMETER_FIELDS else None


class Kind(StrEnum):
    """Kinds that single operations are made for; others have any kind as their target."""

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"
    REPLICA_SET = "ReplicaSet"
    POD = "Pod"
    NODE = "Node"
    JOB = "Job"
    CRON_JOB = "CronJob"


_ROLLOUTS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)
_TEMPLATES = (*_ROLLOUTS, Kind.REPLICA_SET)
_NODES = (Kind.NODE,)
_PODS = (Kind.POD,)

ALLOWED_KINDS: dict[OperationType, tuple[Kind, ...]] = {
    OperationType.RESTART_ROLLOUT: _ROLLOUTS,
    OperationType.SCALE: (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.REPLICA_SET),
    OperationType.ROLLBACK_ROLLOUT: _ROLLOUTS,
    OperationType.PAUSE_ROLLOUT: (Kind.DEPLOYMENT,),
    OperationType.RESUME_ROLLOUT: (Kind.DEPLOYMENT,),
    OperationType.SET_IMAGE: (*_TEMPLATES, Kind.POD, Kind.CRON_JOB),
    OperationType.SET_ENV: (*_TEMPLATES, Kind.CRON_JOB),
    OperationType.SET_RESOURCES: (*_TEMPLATES, Kind.CRON_JOB),
    OperationType.DELETE_POD: _PODS,
    OperationType.EVICT_POD: _PODS,
    OperationType.CORDON_NODE: _NODES,
    OperationType.UNCORDON_NODE: _NODES,
    OperationType.DRAIN_NODE: _NODES,
    OperationType.TAINT_NODE: _NODES,
    OperationType.RUN_JOB: (Kind.CRON_JOB,),
    OperationType.EXEC: _PODS,
}
"""The kinds an operation works on; one that is not here works on any."""


def _schema_of_target(json_schema: dict[str, Any]) -> None:
    free = ", ".join(f"'{kind}'" for kind in _FREELY_NAMED)
    rules = [
        rule("has(self.name) != has(self.selector)", "Write exactly one of name and selector."),
        rule(
            f"!has(self.name) || self.kind in [{free}] || self.name.matches('{NAME_PATTERN}')",
            "A name has lower-case letters, digits, hyphens and dots.",
        ),
    ]
    json_schema.update(schema(validations=rules))


class Target(LeanModel):
    """The object that an operation is about, or the objects that bear certain labels."""

    model_config = ConfigDict(json_schema_extra=_schema_of_target)

    api_version: str | None = Field(
        default=None,
        description="API version, for example apps/v1; needed for kinds that are not "
        "Kubernetes' own.",
        max_length=128,
        pattern=_API_VERSION_PATTERN,
    )
    kind: str = Field(
        description="Kind of the object, for example Deployment.",
        min_length=1,
        max_length=63,
        pattern=_KIND_PATTERN,
    )
    name: str | None = Field(
        default=None,
        description="Name of the object.",
        min_length=1,
        max_length=253,
        pattern=_ANY_NAME,
    )
    selector: str | None = Field(
        default=None,
        description="Instead of a name: all objects with these labels when the plan is made, for "
        "example app=web,tier!=db.",
        min_length=1,
        max_length=1024,
    )
    namespace: str | None = Field(
        default=None,
        description="Namespace of the object; the request's own where it is left out.",
        min_length=1,
        max_length=63,
        pattern=NAMESPACE_PATTERN,
    )

    @model_validator(mode="before")
    @classmethod
    def _own_version_goes_unsaid(cls, value: Any) -> Any:
        """So that ``apps/v1`` and nothing mean the same Deployment, in the digest as well."""
        if isinstance(value, dict):
            given = value.get("apiVersion", value.get("api_version"))
            if given and built_in(str(value.get("kind")), str(given)):
                return {
                    key: each
                    for key, each in value.items()
                    if key not in ("apiVersion", "api_version")
                }
        return value

    @model_validator(mode="after")
    def _name_or_selector(self) -> Target:
        if (self.name is None) == (self.selector is None):
            raise ValueError("write exactly one of name and selector")
        if self.name and self.kind not in _FREELY_NAMED and not _NAME.fullmatch(self.name):
            raise ValueError("a name has lower-case letters, digits, hyphens and dots")
        return self

    @property
    def described(self) -> str:
        """For sentences: ``Deployment shop/web``."""
        name = self.name or f"with {self.selector}"
        return f"{self.kind} {self.namespace}/{name}" if self.namespace else f"{self.kind} {name}"

    @property
    def short(self) -> str:
        """For columns: ``Deployment/web``."""
        return f"{self.kind}/{self.name}" if self.name else f"{self.kind} -l {self.selector}"

    def in_namespace(self, namespace: str) -> Target:
        """The same with its namespace filled in where it was left out and the kind has one."""
        if is_cluster_scoped(self.kind, self.api_version):
            return self.model_copy(update={"namespace": None})
        return self.model_copy(update={"namespace": self.namespace or namespace})


_REQUIRED = {
    OperationType.SCALE: "{replicas: 3}",
    OperationType.SET_IMAGE: "{images: [{container: web, image: 'web:2'}]}",
    OperationType.SET_ENV: "{set: {NAME: value}}",
    OperationType.SET_RESOURCES: "{limits: {memory: 1Gi}}",
    OperationType.LABEL: "{set: {tier: web}}",
    OperationType.ANNOTATE: "{set: {note: text}}",
    OperationType.PATCH: "{patch: '{}'}",
    OperationType.APPLY: "{manifest: '…'}",
    OperationType.TAINT_NODE: "{add: [{key: dedicated, effect: NoSchedule}]}",
    OperationType.EXEC: "{command: [date]}",
}
_PARAMETER_FIELDS: dict[str, str] = {
    "scale": "scale",
    "rollbackRollout": "rollback_rollout",
    "setImage": "set_image",
    "setEnv": "set_env",
    "setResources": "set_resources",
    "label": "label",
    "annotate": "annotate",
    "patch": "patch",
    "apply": "apply",
    "deletePod": "delete_pod",
    "evictPod": "evict_pod",
    "deleteResource": "delete_resource",
    "drainNode": "drain_node",
    "taintNode": "taint_node",
    "runJob": "run_job",
    "exec": "exec",
}


def _rules() -> list[dict[str, str]]:
    return [
        rule(
            "self.type == 'Apply' ? !has(self.target) && !has(self.targets) "
            ": has(self.target) != has(self.targets)",
            "Write exactly one of target and targets (none of both for Apply, whose manifest "
            "names its objects).",
        ),
        *_parameter_rules(),
        *_kind_rules(),
    ]


def _parameter_rules() -> list[dict[str, str]]:
    return [
        rule(
            f"(self.type == '{operation}') == has(self.{operation.parameters})"
            if operation in _REQUIRED
            else f"!has(self.{operation.parameters}) || self.type == '{operation}'",
            f"{operation.parameters} belongs to type {operation}, and only to it"
            + (
                f": {{type: {operation}, …, {operation.parameters}: {_REQUIRED[operation]}}}."
                if operation in _REQUIRED
                else "."
            ),
        )
        for operation in OperationType
        if operation.parameters
    ]


def _kind_rules() -> list[dict[str, str]]:
    """One rule a set of kinds, for the operations that work on just those."""
    by_kinds: dict[tuple[Kind, ...], list[OperationType]] = {}
    for operation, allowed in ALLOWED_KINDS.items():
        by_kinds.setdefault(allowed, []).append(operation)
    return [
        rule(
            f"!(self.type in [{', '.join(repr(str(each)) for each in operations)}]) || "
            f"((!has(self.target) || {_is_one_of(kinds, 'self.target')}) && "
            f"(!has(self.targets) || self.targets.all(each, {_is_one_of(kinds, 'each')})))",
            f"{' and '.join(operations)} work on {', '.join(allowed)} only."
            if len(operations) > 1
            else f"{operations[0]} works on {', '.join(allowed)} only.",
        )
        for allowed, operations in by_kinds.items()
        for kinds in [", ".join(f"'{kind}'" for kind in allowed)]
    ]


def _is_one_of(kinds: str, target: str) -> str:
    versions = "['v1', 'apps/v1', 'batch/v1']"
    own = f"(!has({target}.apiVersion) || {target}.apiVersion in {versions})"
    return f"({target}.kind in [{kinds}] && {own})"


def _schema_of_union(json_schema: dict[str, Any]) -> None:
    json_schema.update(schema(validations=_rules()))


class Operation(LeanModel):
    """One typed operation on one object, or on several in their order."""

    model_config = ConfigDict(json_schema_extra=_schema_of_union)

    type: OperationType = Field(description="What to do.")
    target: Target | None = Field(default=None, description="The object to do it to.")
    targets: tuple[Target, ...] = Field(
        default=(),
        description="Instead of target: several objects, done one after the other.",
        max_length=MAX_TARGETS,
    )
    scale: ScaleParameters | None = Field(default=None, description="Parameters of Scale.")
    rollback_rollout: RollbackRolloutParameters | None = Field(
        default=None, description="Parameters of RollbackRollout."
    )
    set_image: SetImageParameters | None = Field(
        default=None, description="Parameters of SetImage."
    )
    set_env: SetEnvParameters | None = Field(default=None, description="Parameters of SetEnv.")
    set_resources: SetResourcesParameters | None = Field(
        default=None, description="Parameters of SetResources."
    )
    label: LabelParameters | None = Field(default=None, description="Parameters of Label.")
    annotate: AnnotateParameters | None = Field(default=None, description="Parameters of Annotate.")
    patch: PatchParameters | None = Field(default=None, description="Parameters of Patch.")
    apply: ApplyParameters | None = Field(default=None, description="Parameters of Apply.")
    delete_pod: DeletePodParameters | None = Field(
        default=None, description="Parameters of DeletePod."
    )
    evict_pod: EvictPodParameters | None = Field(
        default=None, description="Parameters of EvictPod."
    )
    delete_resource: DeleteResourceParameters | None = Field(
        default=None, description="Parameters of DeleteResource."
    )
    drain_node: DrainNodeParameters | None = Field(
        default=None, description="Parameters of DrainNode."
    )
    taint_node: TaintNodeParameters | None = Field(
        default=None, description="Parameters of TaintNode."
    )
    run_job: RunJobParameters | None = Field(default=None, description="Parameters of RunJob.")
    exec: ExecParameters | None = Field(default=None, description="Parameters of Exec.")

    @field_validator(
        "rollback_rollout", "delete_pod", "evict_pod", "delete_resource", "drain_node", "run_job"
    )
    @classmethod
    def _defaults_go_unsaid(cls, value: Model | None) -> Model | None:
        return None if value is None or value == type(value)() else value

    @model_validator(mode="after")
    def _parts_fit_the_type(self) -> Operation:
        named = (self.target is not None) + bool(self.targets)
        if named != 1 and self.type is not OperationType.APPLY:
            raise ValueError("write exactly one of target and targets")
        if self.type is OperationType.APPLY and self.targets:
            raise ValueError("a manifest names its objects")
        for operation in OperationType:
            if operation.parameters is None:
                continue
            given = getattr(self, _PARAMETER_FIELDS[operation.parameters]) is not None
            if given != (self.type is operation) and (given or operation in _REQUIRED):
                raise ValueError(
                    f"{operation.parameters} belongs to type {operation}, and only to it"
                )
        allowed = ALLOWED_KINDS.get(self.type)
        for target in self.all_targets:
            if allowed is not None and (target.kind not in allowed or target.api_version):
                raise ValueError(f"{self.type} works on {', '.join(allowed)} only")
        return self

    @property
    def all_targets(self) -> tuple[Target, ...]:
        """What it is done to, in order; empty for an Apply whose manifest was not read yet."""
        return self.targets if self.target is None else (self.target,)

    @property
    def one(self) -> Target:
        """The one target of an operation that has been resolved to single objects."""
        if self.target is None:
            raise ValueError(f"{self.type} has not been resolved to single objects")
        return self.target

    def on(self, target: Target) -> Operation:
        """The same operation on this one object."""
        return self.model_copy(update={"target": target, "targets": ()})

    def in_namespace(self, namespace: str) -> Operation:
        """The same operation with its targets' namespaces filled in where they were left out."""
        update: dict[str, Any] = {
            "targets": tuple(each.in_namespace(namespace) for each in self.targets)
        }
        if self.target is not None:
            update["target"] = self.target.in_namespace(namespace)
        return self.model_copy(update=update)


__all__ = [
    "ALLOWED_KINDS",
    "MAX_TARGETS",
    "NAMESPACE_PATTERN",
    "NAME_PATTERN",
    "Kind",
    "Operation",
    "OperationType",
    "Target",
]
