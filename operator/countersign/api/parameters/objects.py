"""Parameters of what is done to any object."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from countersign.api.base import LeanModel
from countersign.api.parameters.limits import (
    GRACE,
    KEY,
    LABEL_VALUE,
    MANIFEST_LIMIT,
    MAX_ITEMS,
    PATCH_LIMIT,
    strings,
)


class LabelParameters(LeanModel):
    """What Label needs to know."""

    put: dict[str, str] = Field(
        default_factory=dict,
        alias="set",
        description="Labels and their new values.",
        max_length=MAX_ITEMS,
        json_schema_extra={"additionalProperties": strings(LABEL_VALUE, 63)},
    )
    remove: tuple[str, ...] = Field(
        default=(),
        description="Labels to remove.",
        max_length=MAX_ITEMS,
        json_schema_extra={"items": strings(KEY, 317)},
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
        json_schema_extra={"items": strings(KEY, 317)},
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


class DeleteResourceParameters(LeanModel):
    """What DeleteResource may be told."""

    cascade: Literal["background", "foreground", "orphan"] = Field(
        default="background", description="What becomes of the objects that it owns."
    )
    grace_period_seconds: int | None = Field(default=None, ge=0, le=86_400, description=GRACE)
    force: bool = Field(default=False, description="Do not wait for the object to end by itself.")
