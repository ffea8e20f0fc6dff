"""ApprovalPolicy: who has to sign what, when it may run, and when nothing may."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from countersign.api.base import LeanModel, Model, rule, schema
from countersign.api.conditions import TypelessCondition
from countersign.api.policy_match import PolicyMatch
from countersign.api.policy_require import PolicyRequire

POLICY_KIND = "ApprovalPolicy"
POLICY_PLURAL = "approvalpolicies"
DEFAULT_POLICY = "default"
"""Name under which the built-in policy is recorded."""


class ApprovalPolicySpec(LeanModel):
    """Which requests it is about, and what it demands of them."""

    match: PolicyMatch = Field(
        default=PolicyMatch(),
        description="Which requests it is about; all where it is left out or empty.",
    )
    require: PolicyRequire = Field(description="What it demands. Of several, the strictest wins.")


class PolicyCondition(TypelessCondition):
    """One condition of a policy."""

    type: Literal["Accepted"] = Field(description="Accepted.")


class ApprovalPolicyStatus(Model):
    """Whether the policy can be applied. Only the operator writes it."""

    conditions: tuple[PolicyCondition, ...] = Field(
        default=(),
        description="Accepted: False where the policy cannot be applied; nothing that it would "
        "match is approved then.",
        max_length=4,
        json_schema_extra=schema(list_type="map", list_map_keys=["type"]),
    )


class PolicyMetadata(Model):
    """The part of ObjectMeta that matters here."""

    name: str
    generation: int = 0


def _schema_of_policy(json_schema: dict[str, Any]) -> None:
    taken = f"self.metadata.name != '{DEFAULT_POLICY}'"
    text = f"The name {DEFAULT_POLICY} stands for the policy that is built in; choose another."
    json_schema.update(schema(validations=[rule(taken, text)]))


class ApprovalPolicy(Model):
    """Who has to sign what, when it may run, and when nothing may."""

    model_config = ConfigDict(json_schema_extra=_schema_of_policy)

    metadata: PolicyMetadata
    spec: ApprovalPolicySpec
    status: ApprovalPolicyStatus = Field(default=ApprovalPolicyStatus())
