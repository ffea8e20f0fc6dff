"""What each operation needs to know beside its target: one model an operation.

A parameter that is left out means the same as its default, so a text and a typed operation that
say the same are the same.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator
from pydantic.config import JsonDict

from countersign.api.base import LeanModel

MAX_REPLICAS = 10_000
MAX_ITEMS = 32
PATCH_LIMIT = 16_384
MANIFEST_LIMIT = 65_536
NAME_PATTERN = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
CONTAINER_PATTERN = r"^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$"
_ENV_NAME = r"^[-._a-zA-Z][-._a-zA-Z0-9]*$"
_KEY = r"^([a-z0-9A-Z]([-._a-z0-9A-Z]*[a-z0-9A-Z])?/)?[a-z0-9A-Z]([-._a-z0-9A-Z]*[a-z0-9A-Z])?$"
_LABEL_VALUE = r"^([a-z0-9A-Z]([-._a-z0-9A-Z]*[a-z0-9A-Z])?)?$"
_QUANTITY = r"^[0-9]+(\.[0-9]+)?([eE][0-9]+|[EPTGMkmun]|[KMGTPE]i)?$"

Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
_GRACE = "Seconds that pods get to end by themselves; the pods' own where it is left out."


def _strings(pattern: str, longest: int) -> JsonDict:
    return {"type": "string", "pattern": pattern, "maxLength": longest}


class ScaleParameters(LeanModel):
    """What Scale needs to know."""

    replicas: int = Field(description="Number of replicas afterwards.", ge=0, le=MAX_REPLICAS)
    current_replicas: int | None = Field(
        default=None,
        ge=0,
        le=MAX_REPLICAS,
        description="Scale only if the object has this many replicas now (kubectl scale "
        "--current-replicas); else the request fails at planning.",
    )


class RollbackRolloutParameters(LeanModel):
    """What RollbackRollout needs to know."""

    revision: int | None = Field(
        default=None,
        ge=1,
        description="Revision to go back to (kubectl rollout history shows them); the one before "
        "the current where it is left out.",
    )


class ContainerImage(LeanModel):
    """One container's new image."""

    container: str = Field(
        description="Name of the container or init container; * for all.",
        min_length=1,
        max_length=63,
        pattern=CONTAINER_PATTERN,
    )
    image: str = Field(description="The image.", min_length=1, max_length=512, pattern=r"^\S+$")


class SetImageParameters(LeanModel):
    """What SetImage needs to know."""

    images: tuple[ContainerImage, ...] = Field(
        description="New images, one a container.", min_length=1, max_length=MAX_ITEMS
    )

    @field_validator("images")
    @classmethod
    def _in_order(cls, images: tuple[ContainerImage, ...]) -> tuple[ContainerImage, ...]:
        if len({each.container for each in images}) < len(images):
            raise ValueError("a container is named twice")
        return tuple(sorted(images, key=lambda each: each.container))


class SetEnvParameters(LeanModel):
    """What SetEnv needs to know."""

    put: dict[str, str] = Field(
        default_factory=dict,
        alias="set",
        description="Variables and their new values.",
        max_length=MAX_ITEMS,
        json_schema_extra={"additionalProperties": {"type": "string", "maxLength": 4096}},
    )
    remove: tuple[str, ...] = Field(
        default=(),
        description="Variables to remove.",
        max_length=MAX_ITEMS,
        json_schema_extra={"items": _strings(_ENV_NAME, 253)},
    )
    container: str | None = Field(
        default=None,
        description="Only in this container; in all where it is left out.",
        max_length=63,
        pattern=CONTAINER_PATTERN,
    )

    _sorted = field_validator("remove")(lambda value: tuple(sorted(set(value))))


class SetResourcesParameters(LeanModel):
    """What SetResources needs to know."""

    limits: dict[str, str] = Field(
        default_factory=dict,
        description="Limits, for example {cpu: 500m, memory: 1Gi}.",
        max_length=MAX_ITEMS,
        json_schema_extra={"additionalProperties": _strings(_QUANTITY, 32)},
    )
    requests: dict[str, str] = Field(
        default_factory=dict,
        description="Requests, for example {cpu: 250m, memory: 512Mi}.",
        max_length=MAX_ITEMS,
        json_schema_extra={"additionalProperties": _strings(_QUANTITY, 32)},
    )
    container: str | None = Field(
        default=None,
        description="Only in this container; in all where it is left out.",
        max_length=63,
        pattern=CONTAINER_PATTERN,
    )


class LabelParameters(LeanModel):
    """What Label needs to know."""

    put: dict[str, str] = Field(
        default_factory=dict,
        alias="set",
        description="Labels and their new values.",
        max_length=MAX_ITEMS,
        json_schema_extra={"additionalProperties": _strings(_LABEL_VALUE, 63)},
    )
    remove: tuple[str, ...] = Field(
        default=(),
        description="Labels to remove.",
        max_length=MAX_ITEMS,
        json_schema_extra={"items": _strings(_KEY, 317)},
    )
    overwrite: bool = Field(
        default=False, description="Allow a label to change that has another value now."
    )

    _sorted = field_validator("remove")(lambda value: tuple(sorted(set(value))))


class AnnotateParameters(LeanModel):
    """What Annotate needs to know."""

    put: dict[str, str] = Field(
        default_factory=dict,
        alias="set",
        description="Annotations and their new values.",
        max_length=MAX_ITEMS,
        json_schema_extra={"additionalProperties": {"type": "string", "maxLength": 4096}},
    )
    remove: tuple[str, ...] = Field(
        default=(),
        description="Annotations to remove.",
        max_length=MAX_ITEMS,
        json_schema_extra={"items": _strings(_KEY, 317)},
    )
    overwrite: bool = Field(
        default=False, description="Allow an annotation to change that has another value now."
    )

    _sorted = field_validator("remove")(lambda value: tuple(sorted(set(value))))


class PatchParameters(LeanModel):
    """What Patch needs to know."""

    type: Literal["strategic", "merge", "json"] = Field(
        default="strategic",
        description="strategic (Kubernetes' own kinds only), merge (RFC 7386) or json (RFC 6902).",
    )
    patch: str = Field(
        description="The patch as JSON or YAML text.", min_length=2, max_length=PATCH_LIMIT
    )


class ApplyParameters(LeanModel):
    """What Apply needs to know."""

    manifest: str = Field(
        description="The objects as YAML or JSON text, documents separated by ---.",
        min_length=2,
        max_length=MANIFEST_LIMIT,
    )
    force_conflicts: bool = Field(
        default=False, description="Take over fields that other managers own."
    )


class DeletePodParameters(LeanModel):
    """What DeletePod may be told."""

    grace_period_seconds: int | None = Field(default=None, ge=0, le=86_400, description=_GRACE)
    force: bool = Field(
        default=False, description="Remove it from the API at once, without waiting for its node."
    )


class EvictPodParameters(LeanModel):
    """What EvictPod may be told."""

    grace_period_seconds: int | None = Field(default=None, ge=0, le=86_400, description=_GRACE)


class DeleteResourceParameters(LeanModel):
    """What DeleteResource may be told."""

    cascade: Literal["background", "foreground", "orphan"] = Field(
        default="background", description="What becomes of the objects that it owns."
    )
    grace_period_seconds: int | None = Field(default=None, ge=0, le=86_400, description=_GRACE)
    force: bool = Field(default=False, description="Do not wait for the object to end by itself.")


class DrainNodeParameters(LeanModel):
    """What DrainNode may be told."""

    ignore_daemon_sets: bool = Field(
        default=False,
        description="Leave the pods of DaemonSets where they are; else such a pod stops the drain.",
    )
    delete_empty_dir_data: bool = Field(
        default=False,
        description="Evict pods with emptyDir volumes, whose data is lost; else such a pod stops "
        "the drain.",
    )
    force: bool = Field(
        default=False,
        description="Evict pods that no controller would make again; else such a pod stops the "
        "drain.",
    )
    grace_period_seconds: int | None = Field(default=None, ge=0, le=86_400, description=_GRACE)
    pod_selector: str | None = Field(
        default=None, max_length=1024, description="Only pods with these labels."
    )


class Taint(LeanModel):
    """A taint to put on a node."""

    key: str = Field(description="Its key.", min_length=1, max_length=317, pattern=_KEY)
    value: str = Field(default="", description="Its value.", max_length=63, pattern=_LABEL_VALUE)
    effect: Effect = Field(description="Its effect.")


class TaintRemoval(LeanModel):
    """Taints to take off a node."""

    key: str = Field(description="Their key.", min_length=1, max_length=317, pattern=_KEY)
    effect: Effect | None = Field(
        default=None, description="Only with this effect; with any where it is left out."
    )
    value: str | None = Field(
        default=None,
        description="The value that whoever wrote it expects; key and effect alone tell which "
        "taint it is.",
        max_length=63,
        pattern=_LABEL_VALUE,
    )


class TaintNodeParameters(LeanModel):
    """What TaintNode needs to know."""

    add: tuple[Taint, ...] = Field(
        default=(), description="Taints to put on it.", max_length=MAX_ITEMS
    )
    remove: tuple[TaintRemoval, ...] = Field(
        default=(), description="Taints to take off it.", max_length=MAX_ITEMS
    )
    overwrite: bool = Field(
        default=False, description="Allow a taint to change that has another value now."
    )


class RunJobParameters(LeanModel):
    """What RunJob may be told."""

    name: str | None = Field(
        default=None,
        description="Name of the Job; made from the CronJob's name and the request's UID where "
        "it is left out.",
        min_length=1,
        max_length=63,
        pattern=NAME_PATTERN,
    )


class ExecParameters(LeanModel):
    """What Exec needs to know."""

    command: tuple[str, ...] = Field(
        description="The program and its arguments; no shell reads them.",
        min_length=1,
        max_length=64,
        json_schema_extra={"items": {"type": "string", "maxLength": 4096}},
    )
    container: str | None = Field(
        default=None,
        description="Name of the container; the pod's default one where it is left out.",
        max_length=63,
        pattern=CONTAINER_PATTERN,
    )
