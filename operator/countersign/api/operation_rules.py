"""What the API server holds an operation to: the union's rules, in CEL."""

from __future__ import annotations

from typing import Any

from countersign.api.base import rule, schema
from countersign.api.operation_type import ALLOWED_KINDS, Kind, OperationType

REQUIRED = {
    OperationType.SCALE: "{replicas: 3}",
    OperationType.SET_IMAGE: "{images: [{container: web, image: 'web:2'}]}",
    OperationType.SET_ENV: "{set: {NAME: value}}",
    OperationType.SET_RESOURCES: "{limits: {memory: 1Gi}}",
    OperationType.LABEL: "{set: {tier: web}}",
    OperationType.ANNOTATE: "{set: {note: text}}",
    OperationType.PATCH: "{patch: '{}'}",
    OperationType.APPLY: "{manifest: '…'}",
    OperationType.TAINT_NODE: "{add: [{key: dedicated, effect: NoSchedule}]}",
    OperationType.EXEC: "{command: [date]}",
}
"""Operations that need parameters, with an example of them."""


def schema_of_union(json_schema: dict[str, Any]) -> None:
    """Add the rules to the schema of an operation."""
    json_schema.update(schema(validations=_rules()))


def _rules() -> list[dict[str, str]]:
    return [
        rule(
            "self.type == 'Apply' ? !has(self.target) && !has(self.targets) "
            ": has(self.target) != has(self.targets)",
            "Write exactly one of target and targets (none of both for Apply, whose manifest "
            "names its objects).",
        ),
        *_parameter_rules(),
        *_kind_rules(),
    ]


def _parameter_rules() -> list[dict[str, str]]:
    return [
        rule(
            f"(self.type == '{operation}') == has(self.{operation.parameters})"
            if operation in REQUIRED
            else f"!has(self.{operation.parameters}) || self.type == '{operation}'",
            f"{operation.parameters} belongs to type {operation}, and only to it"
            + (
                f": {{type: {operation}, …, {operation.parameters}: {REQUIRED[operation]}}}."
                if operation in REQUIRED
                else "."
            ),
        )
        for operation in OperationType
        if operation.parameters
    ]


def _kind_rules() -> list[dict[str, str]]:
    """One rule a set of kinds, for the operations that work on just those."""
    by_kinds: dict[tuple[Kind, ...], list[OperationType]] = {}
    for operation, allowed in ALLOWED_KINDS.items():
        by_kinds.setdefault(allowed, []).append(operation)
    return [
        rule(
            f"!(self.type in [{', '.join(repr(str(each)) for each in operations)}]) || "
            f"((!has(self.target) || {_is_one_of(kinds, 'self.target')}) && "
            f"(!has(self.targets) || self.targets.all(each, {_is_one_of(kinds, 'each')})))",
            f"{' and '.join(operations)} work on {', '.join(allowed)} only."
            if len(operations) > 1
            else f"{operations[0]} works on {', '.join(allowed)} only.",
        )
        for allowed, operations in by_kinds.items()
        for kinds in [", ".join(f"'{kind}'" for kind in allowed)]
    ]


def _is_one_of(kinds: str, target: str) -> str:
    versions = "['v1', 'apps/v1', 'batch/v1']"
    own = f"(!has({target}.apiVersion) || {target}.apiVersion in {versions})"
    return f"({target}.kind in [{kinds}] && {own})"
