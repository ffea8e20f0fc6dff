"""A typed operation: what an action's text is parsed to, and what machines write at once.

The shape is Kubernetes' own for a union (as in ``strategy`` of a Deployment): ``type`` names the
operation, ``target`` (or ``targets``) what it is done to, and the field named after the type holds
its parameters.
"""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from countersign.api.base import LeanModel, Model
from countersign.api.operation_rules import REQUIRED, schema_of_union
from countersign.api.operation_type import ALLOWED_KINDS, Kind, OperationType
from countersign.api.parameters import (
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
from countersign.api.target import Target

MAX_TARGETS = 16

_PARAMETERS = tuple(
    (each, each.attribute, each.parameters) for each in OperationType if each.parameters
)


class Operation(LeanModel):
    """One typed operation on one object, or on several in their order."""

    model_config = ConfigDict(json_schema_extra=schema_of_union)

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
        for operation, attribute, parameters in _PARAMETERS:
            given = getattr(self, attribute) is not None
            if given != (self.type is operation) and (given or operation in REQUIRED):
                raise ValueError(f"{parameters} belongs to type {operation}, and only to it")
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


__all__ = ["ALLOWED_KINDS", "MAX_TARGETS", "Kind", "Operation", "OperationType", "Target"]
