"""Parameters of what changes a workload."""

from __future__ import annotations

from pydantic import Field, field_validator

from countersign.api.base import LeanModel
from countersign.api.parameters.limits import (
    CONTAINER_PATTERN,
    ENV_NAME,
    MAX_ITEMS,
    MAX_REPLICAS,
    QUANTITY,
    strings,
)


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
        json_schema_extra={"items": strings(ENV_NAME, 253)},
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
        json_schema_extra={"additionalProperties": strings(QUANTITY, 32)},
    )
    requests: dict[str, str] = Field(
        default_factory=dict,
        description="Requests, for example {cpu: 250m, memory: 512Mi}.",
        max_length=MAX_ITEMS,
        json_schema_extra={"additionalProperties": strings(QUANTITY, 32)},
    )
    container: str | None = Field(
        default=None,
        description="Only in this container; in all where it is left out.",
        max_length=63,
        pattern=CONTAINER_PATTERN,
    )
