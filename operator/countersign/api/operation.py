"""A typed operation: what an action's text is parsed to, and what machines write at once.

The shape is Kubernetes' own for a union (as in ``strategy`` of a Deployment): ``type`` names the
operation, ``target`` its object, and the field named after the type holds its parameters.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from countersign.api.base import Model, rule, schema


class OperationType(StrEnum):
    """Every operation this version can carry out."""

    RESTART_ROLLOUT = "RestartRollout"
    SCALE = "Scale"


class Kind(StrEnum):
    """Kinds of objects that operations can have as their target."""

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"
    REPLICA_SET = "ReplicaSet"


ALLOWED_KINDS: dict[OperationType, tuple[Kind, ...]] = {
    OperationType.RESTART_ROLLOUT: (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET),
    OperationType.SCALE: (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.REPLICA_SET),
}
MAX_REPLICAS = 10_000
NAME_PATTERN = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
NAMESPACE_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"


class Target(Model):
    """The object that an operation is about."""

    kind: Kind = Field(description="Kind of the object, for example Deployment.")
    name: str = Field(
        description="Name of the object.", min_length=1, max_length=253, pattern=NAME_PATTERN
    )
    namespace: str | None = Field(
        default=None,
        description="Namespace of the object; the request's own where it is left out.",
        min_length=1,
        max_length=63,
        pattern=NAMESPACE_PATTERN,
    )

    @property
    def described(self) -> str:
        """For sentences: ``Deployment shop/web``."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else self.short

    @property
    def short(self) -> str:
        """For columns: ``Deployment/web``."""
        return f"{self.kind}/{self.name}"


class ScaleParameters(Model):
    """What Scale needs to know."""

    replicas: int = Field(description="Number of replicas afterwards.", ge=0, le=MAX_REPLICAS)
    current_replicas: int | None = Field(
        default=None,
        ge=0,
        le=MAX_REPLICAS,
        description="Scale only if the object has this many replicas now (kubectl scale "
        "--current-replicas); else the request fails at planning.",
    )


def _kind_rules() -> list[dict[str, str]]:
    return [
        rule(
            f"self.type != '{operation}' || self.target.kind in [{kinds}]",
            f"{operation} works on {', '.join(allowed)} only.",
        )
        for operation, allowed in ALLOWED_KINDS.items()
        for kinds in [", ".join(f"'{kind}'" for kind in allowed)]
    ]


def _schema_of_union(json_schema: dict[str, Any]) -> None:
    json_schema.update(
        schema(
            validations=[
                rule(
                    "(self.type == 'Scale') == has(self.scale)",
                    "scale belongs to type Scale, and only to it: {type: Scale, target: …, "
                    "scale: {replicas: 3}}.",
                ),
                *_kind_rules(),
            ]
        )
    )


class Operation(Model):
    """One typed operation on one object."""

    model_config = ConfigDict(json_schema_extra=_schema_of_union)

    type: OperationType = Field(description="What to do.")
    target: Target = Field(description="The object to do it to.")
    scale: ScaleParameters | None = Field(default=None, description="Parameters of Scale.")

    @model_validator(mode="after")
    def _parameters_fit_the_type(self) -> Operation:
        if (self.type is OperationType.SCALE) != (self.scale is not None):
            raise ValueError("scale belongs to type Scale, and only to it")
        allowed = ALLOWED_KINDS[self.type]
        if self.target.kind not in allowed:
            raise ValueError(f"{self.type} works on {', '.join(allowed)} only")
        return self

    def in_namespace(self, namespace: str) -> Operation:
        """The same operation with its target's namespace filled in where it was left out."""
        if self.target.namespace is not None:
            return self
        target = self.target.model_copy(update={"namespace": namespace})
        return self.model_copy(update={"target": target})
