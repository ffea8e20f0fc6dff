"""Parameters of what is done to pods, and of what makes them."""

from __future__ import annotations

from pydantic import Field

from countersign.api.base import LeanModel
from countersign.api.parameters.limits import CONTAINER_PATTERN, GRACE, NAME_PATTERN


class DeletePodParameters(LeanModel):
    """What DeletePod may be told."""

    grace_period_seconds: int | None = Field(default=None, ge=0, le=86_400, description=GRACE)
    force: bool = Field(
        default=False, description="Remove it from the API at once, without waiting for its node."
    )


class EvictPodParameters(LeanModel):
    """What EvictPod may be told."""

    grace_period_seconds: int | None = Field(default=None, ge=0, le=86_400, description=GRACE)


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
