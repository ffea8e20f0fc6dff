"""What an ApprovalPolicy demands of the requests that it matches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import ConfigDict, Field

from countersign.api.base import LeanModel, rule, schema
from countersign.api.duration import Duration
from countersign.api.freeze_window import GROUP_NAME, MAX_GROUPS, FreezeWindow
from countersign.api.risk import Risk
from countersign.api.signature import MAX_SIGNATURES

REMEMBERED = timedelta(hours=168)
"""For how long earlier executions are remembered; longer cooldowns and rates are refused."""
_MAX_USERS = 32
_TEXT = 512


class Threshold(LeanModel):
    """So many signatures of certain people."""

    model_config = ConfigDict(
        json_schema_extra=lambda made: made.update(
            schema(
                validations=[
                    rule(
                        "(has(self.users) && self.users.size() > 0) "
                        "|| (has(self.groups) && self.groups.size() > 0)",
                        "Name users or groups whose signatures are wanted.",
                    )
                ]
            )
        )
    )

    name: str = Field(
        description="What it is called in messages, for example SRE.", min_length=1, max_length=63
    )
    count: int = Field(default=1, description="How many of them.", ge=1, le=MAX_SIGNATURES)
    users: tuple[str, ...] = Field(
        default=(),
        description="User names that count.",
        max_length=_MAX_USERS,
        json_schema_extra={"items": {"type": "string", "minLength": 1, "maxLength": 512}},
    )
    groups: tuple[str, ...] = Field(
        default=(),
        description="Groups whose members count.",
        max_length=MAX_GROUPS,
        json_schema_extra={"items": GROUP_NAME},
    )


class RateLimit(LeanModel):
    """At most so many executions in a time."""

    model_config = ConfigDict(
        json_schema_extra=lambda made: made.update(
            schema(
                validations=[
                    rule(
                        "duration(self.per) > duration('0s') && "
                        "duration(self.per) <= duration('168h')",
                        "per has to be more than nothing and at most 168h.",
                    )
                ]
            )
        )
    )

    count: int = Field(description="How many requests may be approved.", ge=1, le=1000)
    per: Duration = Field(description="In which time, for example 1h; at most 168h.")


class AutoApprove(LeanModel):
    """When nobody has to sign. All of it has to hold."""

    risk_at_most: Literal[Risk.LOW, Risk.MEDIUM, Risk.HIGH] = Field(
        description="Highest effective risk: low, medium or high; critical always takes people."
    )
    confidence_at_least: float = Field(
        default=0.65,
        description="Lowest spec.confidence; a request that states none is not approved.",
        ge=0,
        le=1,
    )
    trust_at_least: float | None = Field(
        default=None,
        description="Lowest trust, 0 to 1, in the approved Playbook whose step the request is, or, "
        "where it names none, in the operation on its targets: the lower bound of how often that "
        "went well, where old executions count less (docs/learning.md). Where it is unknown, "
        "people sign.",
        ge=0,
        le=1,
    )
    limit_per_hour: int | None = Field(
        default=None,
        description="Most automatic approvals in an hour of what the policy matches; beyond it, "
        "people sign.",
        ge=1,
        le=1000,
    )


class Refusal(LeanModel):
    """Nobody can approve this."""

    message: str = Field(description="Why, and what to do instead.", min_length=1, max_length=_TEXT)


class BreakGlass(LeanModel):
    """Whose single signature stands for the quorum in an emergency."""

    groups: tuple[str, ...] = Field(
        description="Groups of which one member may break the glass.",
        min_length=1,
        max_length=MAX_GROUPS,
        json_schema_extra={"items": GROUP_NAME},
    )


def _schema_of_require(json_schema: dict[str, Any]) -> None:
    positive = "duration(self.{0}) > duration('0s')"
    rules = [
        rule(
            " || ".join(f"has(self.{name})" for name in PolicyRequire.json_names()),
            "Say in require what is demanded; an empty one would do nothing.",
        ),
        rule(
            f"!has(self.expiresAfter) || {positive.format('expiresAfter')} "
            "&& duration(self.expiresAfter) <= duration('8784h')",
            "expiresAfter has to be more than nothing and at most 8784h.",
        ),
        rule(
            f"!has(self.cooldown) || {positive.format('cooldown')} "
            "&& duration(self.cooldown) <= duration('168h')",
            "cooldown has to be more than nothing and at most 168h.",
        ),
        rule(
            "!(has(self.deny) && has(self.autoApprove))",
            "deny and autoApprove exclude each other.",
        ),
    ]
    json_schema.update(schema(validations=rules))


class PolicyRequire(LeanModel):
    """What is demanded. What is left out is as other policies, or the default, say."""

    model_config = ConfigDict(json_schema_extra=_schema_of_require)

    signatures: int | None = Field(
        default=None,
        description="How many people have to sign. Left out: 1 at low and medium risk, 2 at high "
        "and critical.",
        ge=1,
        le=MAX_SIGNATURES,
    )
    thresholds: tuple[Threshold, ...] = Field(
        default=(),
        alias="from",
        description="Whose signatures have to be among them. All thresholds have to be met, and "
        "one signature counts for one threshold of a policy.",
        max_length=8,
        json_schema_extra=schema(list_type="map", list_map_keys=["name"]),
    )
    comment: bool | None = Field(
        default=None,
        description="Whether an approval without a comment does not count.",
    )
    digest: bool | None = Field(
        default=None,
        description="Whether a signature has to name the plan it is for. Left out: at high and "
        "critical risk.",
    )
    expires_after: Duration | None = Field(
        default=None,
        description="How long after its creation a request can be approved, for example 24h.",
    )
    freeze_windows: tuple[FreezeWindow, ...] = Field(
        default=(),
        description="Times in which nothing is begun.",
        max_length=16,
        json_schema_extra=schema(list_type="map", list_map_keys=["name"]),
    )
    cooldown: Duration | None = Field(
        default=None,
        description="How long after an execution the same target is left alone; at most 168h.",
    )
    rate_limit: RateLimit | None = Field(
        default=None, description="How many requests that the policy matches may be approved."
    )
    auto_approve: AutoApprove | None = Field(
        default=None, description="When nobody has to sign; off unless stated."
    )
    deny: Refusal | None = Field(
        default=None, description="Requests that the policy matches are denied."
    )
    suspend: bool | None = Field(
        default=None,
        description="Kill switch: nothing that the policy matches is begun while it is true.",
    )
    suspend_message: str | None = Field(
        default=None, description="Why it is suspended, for people.", max_length=_TEXT
    )
    break_glass: BreakGlass | None = Field(
        default=None,
        description="Groups (whose members need the verb break-glass as well) of which a single "
        "signature with a reason stands for the quorum.",
    )

    @classmethod
    def json_names(cls) -> list[str]:
        """Names of all fields, as they are written."""
        return [field.alias or name for name, field in cls.model_fields.items()]
