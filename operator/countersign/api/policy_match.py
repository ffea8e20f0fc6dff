"""Which requests an ApprovalPolicy is about."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from countersign.api.base import LeanModel, rule, schema
from countersign.api.operation_type import OperationType
from countersign.api.parameters.limits import KEY, LABEL_VALUE
from countersign.api.risk import Risk

_SELECTED = 32
_PATTERN = r"^[A-Za-z0-9*]([-A-Za-z0-9.:*]*[A-Za-z0-9*])?$"


def _schema_of_expression(json_schema: dict[str, Any]) -> None:
    rules = [
        rule(
            "self.operator in ['In', 'NotIn'] "
            "? has(self.values) && self.values.size() > 0 "
            ": !has(self.values) || self.values.size() == 0",
            "In and NotIn need values; Exists and DoesNotExist take none.",
        )
    ]
    json_schema.update(schema(validations=rules))


class SelectorExpression(LeanModel):
    """One requirement of a label selector."""

    model_config = ConfigDict(json_schema_extra=_schema_of_expression)

    key: str = Field(description="Key of the label.", max_length=317, pattern=KEY)
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(
        description="In, NotIn, Exists or DoesNotExist."
    )
    values: tuple[str, ...] = Field(
        default=(),
        description="Values, for In and NotIn.",
        max_length=_SELECTED,
        json_schema_extra={"items": {"type": "string", "maxLength": 63, "pattern": LABEL_VALUE}},
    )


class NamespaceSelector(LeanModel):
    """Labels of namespaces; all requirements have to be met."""

    match_labels: dict[str, str] = Field(
        default={},
        description="Labels that the namespace has to bear.",
        max_length=_SELECTED,
        json_schema_extra={
            "additionalProperties": {"type": "string", "maxLength": 63, "pattern": LABEL_VALUE}
        },
    )
    match_expressions: tuple[SelectorExpression, ...] = Field(
        default=(), description="Further requirements.", max_length=_SELECTED
    )


class Requesters(LeanModel):
    """Who proposes. Only names: which groups a proposer is in is not in a request."""

    users: tuple[str, ...] = Field(
        description="User names, exact or with * for any characters, for example "
        "system:serviceaccount:agents:*.",
        min_length=1,
        max_length=_SELECTED,
        json_schema_extra={"items": {"type": "string", "minLength": 1, "maxLength": 256}},
    )


class PolicyMatch(LeanModel):
    """What a request has to be like. Each field that is left out fits any; all given have to fit.

    A request about several objects matches if any one of them fits. Where not all of them do, the
    policy can only demand more: it lets nothing through for the others.
    """

    namespace_selector: NamespaceSelector | None = Field(
        default=None,
        description="Labels of the request's namespace, or of one that a target is in; "
        "kubernetes.io/metadata.name is its name.",
    )
    operations: tuple[OperationType, ...] = Field(
        default=(),
        description="Operations, for example Scale.",
        max_length=_SELECTED,
        json_schema_extra=schema(list_type="set"),
    )
    target_kinds: tuple[str, ...] = Field(
        default=(),
        description="Kinds of the target, for example Deployment.",
        max_length=_SELECTED,
        json_schema_extra={
            "items": {"type": "string", "maxLength": 63, "pattern": r"^[A-Z][A-Za-z0-9]{0,62}$"}
        },
    )
    target_names: tuple[str, ...] = Field(
        default=(),
        description="Names of the target, exact or with * for any characters, for example pay-*.",
        max_length=_SELECTED,
        json_schema_extra={"items": {"type": "string", "maxLength": 253, "pattern": _PATTERN}},
    )
    risk_levels: tuple[Risk, ...] = Field(
        default=(),
        description="Effective risk: low, medium, high, critical.",
        max_length=4,
        json_schema_extra=schema(list_type="set"),
    )
    requesters: Requesters | None = Field(default=None, description="Who proposes.")
