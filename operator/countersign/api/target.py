"""The object that an operation is about."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from countersign.api.base import LeanModel, rule, schema
from countersign.api.kinds import built_in, is_cluster_scoped
from countersign.api.parameters import NAME_PATTERN

NAMESPACE_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_FREELY_NAMED = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
"""RBAC's own objects may have capitals and colons in their names."""
_ANY_NAME = r"^[A-Za-z0-9]([-A-Za-z0-9.:]*[A-Za-z0-9])?$"
_NAME = re.compile(NAME_PATTERN)
_KIND_PATTERN = r"^[A-Z][A-Za-z0-9]{0,62}$"
_API_VERSION_PATTERN = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9][a-z0-9]*$"


def _schema_of_target(json_schema: dict[str, Any]) -> None:
    free = ", ".join(f"'{kind}'" for kind in _FREELY_NAMED)
    rules = [
        rule("has(self.name) != has(self.selector)", "Write exactly one of name and selector."),
        rule(
            f"!has(self.name) || self.kind in [{free}] || self.name.matches('{NAME_PATTERN}')",
            "A name has lower-case letters, digits, hyphens and dots.",
        ),
    ]
    json_schema.update(schema(validations=rules))


class Target(LeanModel):
    """The object that an operation is about, or the objects that bear certain labels."""

    model_config = ConfigDict(json_schema_extra=_schema_of_target)

    api_version: str | None = Field(
        default=None,
        description="API version, for example apps/v1; needed for kinds that are not "
        "Kubernetes' own.",
        max_length=128,
        pattern=_API_VERSION_PATTERN,
    )
    kind: str = Field(
        description="Kind of the object, for example Deployment.",
        min_length=1,
        max_length=63,
        pattern=_KIND_PATTERN,
    )
    name: str | None = Field(
        default=None,
        description="Name of the object.",
        min_length=1,
        max_length=253,
        pattern=_ANY_NAME,
    )
    selector: str | None = Field(
        default=None,
        description="Instead of a name: all objects with these labels when the plan is made, for "
        "example app=web,tier!=db.",
        min_length=1,
        max_length=1024,
    )
    namespace: str | None = Field(
        default=None,
        description="Namespace of the object; the request's own where it is left out.",
        min_length=1,
        max_length=63,
        pattern=NAMESPACE_PATTERN,
    )

    @model_validator(mode="before")
    @classmethod
    def _own_version_goes_unsaid(cls, value: Any) -> Any:
        """So that ``apps/v1`` and nothing mean the same Deployment, in the digest as well."""
        if isinstance(value, dict):
            given = value.get("apiVersion", value.get("api_version"))
            if given and built_in(str(value.get("kind")), str(given)):
                return {
                    key: each
                    for key, each in value.items()
                    if key not in ("apiVersion", "api_version")
                }
        return value

    @model_validator(mode="after")
    def _name_or_selector(self) -> Target:
        if (self.name is None) == (self.selector is None):
            raise ValueError("write exactly one of name and selector")
        if self.name and self.kind not in _FREELY_NAMED and not _NAME.fullmatch(self.name):
            raise ValueError("a name has lower-case letters, digits, hyphens and dots")
        return self

    @property
    def described(self) -> str:
        """For sentences: ``Deployment shop/web``."""
        name = self.name or f"with {self.selector}"
        return f"{self.kind} {self.namespace}/{name}" if self.namespace else f"{self.kind} {name}"

    @property
    def short(self) -> str:
        """For columns: ``Deployment/web``."""
        return f"{self.kind}/{self.name}" if self.name else f"{self.kind} -l {self.selector}"

    def in_namespace(self, namespace: str) -> Target:
        """The same with its namespace filled in where it was left out and the kind has one."""
        if is_cluster_scoped(self.kind, self.api_version):
            return self.model_copy(update={"namespace": None})
        return self.model_copy(update={"namespace": self.namespace or namespace})
