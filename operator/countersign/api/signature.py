"""One person's decision on a request."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from countersign.api.base import Model

MAX_SIGNATURES = 32
USER_NAME_LIMIT = 512


class Signature(Model):
    """One person's decision. Each signer owns their own entry, and the API server sees to it."""

    signer: str = Field(
        description="User name of who signs; must be the caller's own.",
        min_length=1,
        max_length=USER_NAME_LIMIT,
    )
    groups: tuple[str, ...] = Field(
        default=(),
        description="Groups of the signer that count for policies; filled in when left out.",
        max_length=64,
        json_schema_extra={"items": {"type": "string", "maxLength": 256}},
    )
    decision: Literal["Approve", "Deny"] = Field(
        default="Approve", description="Approve or Deny. One entitled Deny decides."
    )
    comment: str | None = Field(
        default=None, description="Why, in the signer's words.", max_length=1024
    )
    plan: str | None = Field(
        default=None,
        description="Digest of the plan that was signed (status.plan.digest); filled in when left "
        "out. A signature on another plan does not count.",
        max_length=80,
        pattern=r"^sha256:[0-9a-f]{64}$",
    )
    break_glass: bool | None = Field(
        default=None,
        description="True in an emergency: where a policy lets one of your groups (and RBAC you, "
        "verb break-glass), this signature alone is enough. Needs a comment that says why.",
    )
    recorded_by: str | None = Field(
        default=None,
        description="Account that wrote this entry for the signer (GitOps, verb sign-as); absent "
        "on one's own.",
        max_length=USER_NAME_LIMIT,
    )
