"""CustomResourceDefinitions, generated from the models.

Pydantic's JSON schema is turned into the *structural* schema that Kubernetes wants: no references,
no titles, no ``anyOf`` for optional fields, a description on every field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from countersign.api.approval_policy import POLICY_KIND, POLICY_PLURAL, ApprovalPolicy
from countersign.api.approval_request import (
    API_VERSION,
    GROUP,
    KIND,
    PLURAL,
    VERSION,
    ApprovalRequest,
)
from countersign.api.base import Model
from countersign.api.incident import INCIDENT_KIND, INCIDENT_PLURAL, Incident
from countersign.api.playbook import PLAYBOOK_KIND, PLAYBOOK_PLURAL, Playbook

JsonObject = dict[str, Any]
_KEPT = (
    "type",
    "description",
    "format",
    "pattern",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
)
_RULES = "x-kubernetes-validations"


def structural_schema(model: type[Model]) -> JsonObject:
    """One model as an OpenAPI v3 structural schema."""
    raw = model.model_json_schema(by_alias=True)
    return _structural(raw, raw.get("$defs", {}))


def _structural(node: JsonObject, definitions: JsonObject) -> JsonObject:
    node = _without_indirection(node, definitions)
    result: JsonObject = {key: node[key] for key in _KEPT if node.get(key) is not None}
    if result.get("default") in ([], {}, ""):
        del result["default"]  # An empty default would only show up as drift in Git.
    if "const" in node:
        result["enum"] = [node["const"]]
    result |= {key: value for key, value in node.items() if key.startswith("x-kubernetes-")}
    if "properties" in node:
        result["properties"] = {
            name: _structural(child, definitions) for name, child in node["properties"].items()
        }
        if node.get("required"):
            result["required"] = list(node["required"])
    if "items" in node:
        result["items"] = _structural(node["items"], definitions)
    if isinstance(node.get("additionalProperties"), dict):
        result["additionalProperties"] = _structural(node["additionalProperties"], definitions)
    return result


def _without_repetition(schema: JsonObject) -> JsonObject:
    """The same without the rules that the status would only repeat: the spec was held to them."""
    kept = {key: value for key, value in schema.items() if key != _RULES}
    if of_changes := [each for each in schema.get(_RULES, ()) if "oldSelf" in each["rule"]]:
        kept[_RULES] = of_changes
    if "properties" in kept:
        kept["properties"] = {
            name: _without_repetition(child) for name, child in kept["properties"].items()
        }
    for part in ("items", "additionalProperties"):
        if part in kept:
            kept[part] = _without_repetition(kept[part])
    return kept


def _without_indirection(node: JsonObject, definitions: JsonObject) -> JsonObject:
    """Resolve ``$ref`` and ``anyOf: [X, null]``; the field's own words win over the type's."""
    outer = {key: value for key, value in node.items() if key not in ("$ref", "anyOf")}
    if "$ref" in node:
        inner = definitions[node["$ref"].rsplit("/", 1)[1]]
    elif "anyOf" in node:
        [inner] = [option for option in node["anyOf"] if option.get("type") != "null"]
    else:
        return node
    inner = _without_indirection(inner, definitions)
    rules = [*inner.get(_RULES, ()), *outer.get(_RULES, ())]
    return inner | outer | ({_RULES: rules} if rules else {})


def _at_creation(schema: JsonObject) -> JsonObject:
    """The same for what never changes: its own rules are not judged again at each write.

    Items of a list are: the API server cannot tell which of the old ones an item was.
    """
    kept = dict(schema)
    if _RULES in kept:
        kept[_RULES] = [each if "oldSelf" in each["rule"] else _once(each) for each in kept[_RULES]]
    if "properties" in kept:
        kept["properties"] = {
            name: _at_creation(child) for name, child in kept["properties"].items()
        }
    return kept


def _once(rule: JsonObject) -> JsonObject:
    only_new = f"oldSelf.hasValue() || ({rule['rule']})"
    return {**rule, "rule": only_new, "optionalOldSelf": True}


Column = tuple[str, str, str, int, str]
_ACCEPTED = ".status.conditions[?(@.type=='Accepted')].{0}"
_COLUMNS: list[Column] = [
    ("Phase", "string", ".status.phase", 0, "Where the request is in its life."),
    ("Operation", "string", ".status.operation", 0, "What is to be done."),
    ("Target", "string", ".status.target", 0, "The object it is done to."),
    ("Risk", "string", ".status.riskLevel", 0, "Effective risk."),
    ("Signed", "string", ".status.signed", 0, "Signatures that count, of those needed."),
    ("Requested-By", "string", ".spec.requestedBy", 0, "Who proposed it."),
    ("Age", "date", ".metadata.creationTimestamp", 0, "Since when."),
    ("Expires", "string", ".status.expiresAt", 1, "Until when it can be approved."),
    ("Message", "string", ".status.message", 1, "What is going on."),
]


_POLICY_COLUMNS: list[Column] = [
    ("Accepted", "string", _ACCEPTED.format("status"), 0, "Whether it can be applied."),
    ("Signatures", "integer", ".spec.require.signatures", 0, "How many people have to sign."),
    ("Suspend", "boolean", ".spec.require.suspend", 0, "Whether nothing may be begun."),
    ("Age", "date", ".metadata.creationTimestamp", 0, "Since when."),
    ("Message", "string", _ACCEPTED.format("message"), 1, "Why it cannot be applied."),
]


_INCIDENT_COLUMNS: list[Column] = [
    ("Phase", "string", ".status.phase", 0, "Open, Resolved or Closed."),
    ("Category", "string", ".spec.alertCategory", 0, "Alert category."),
    ("Last-Day", "integer", ".status.anomaly.lastDay", 0, "The same in the last 24 hours."),
    ("Age", "date", ".metadata.creationTimestamp", 0, "Since when."),
    ("Summary", "string", ".spec.summary", 1, "What went wrong."),
]


_PLAYBOOK_COLUMNS: list[Column] = [
    ("State", "string", ".spec.state", 0, "Draft, Approved or Retired."),
    ("Trust", "number", ".status.trust", 0, "0 to 1, as of when it was last used."),
    ("Executions", "integer", ".status.executions", 0, "How often it was carried out."),
    ("Successes", "integer", ".status.successes", 0, "How often it went well."),
    ("Last-Used", "date", ".status.lastUsed", 0, "When it was last carried out."),
    ("Title", "string", ".spec.title", 1, "What it does."),
]


@dataclass(frozen=True)
class _Kind:
    """One of our kinds, and what kubectl shows of it."""

    model: type[Model]
    kind: str
    plural: str
    short_names: tuple[str, ...]
    columns: Sequence[Column]
    scope: str = "Namespaced"
    immutable: bool = False
    """Whether the rules of the CRD keep its spec as it was created, signatures aside."""
    selectable: tuple[str, ...] = ()
    """Fields by which the API server picks what it answers with: few are wanted, most are over."""

    @property
    def names(self) -> JsonObject:
        return {
            "kind": self.kind,
            "listKind": f"{self.kind}List",
            "plural": self.plural,
            "singular": self.kind.lower(),
            **({"shortNames": list(self.short_names)} if self.short_names else {}),
            "categories": ["countersign"],
        }


_KINDS = (
    _Kind(
        ApprovalRequest,
        KIND,
        PLURAL,
        ("approvals", "approval"),
        _COLUMNS,
        immutable=True,
        selectable=(".status.phase",),
    ),
    _Kind(ApprovalPolicy, POLICY_KIND, POLICY_PLURAL, ("apol",), _POLICY_COLUMNS, "Cluster"),
    _Kind(Incident, INCIDENT_KIND, INCIDENT_PLURAL, ("inc",), _INCIDENT_COLUMNS),
    _Kind(Playbook, PLAYBOOK_KIND, PLAYBOOK_PLURAL, (), _PLAYBOOK_COLUMNS),
)


def _definition(of: _Kind) -> JsonObject:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{of.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": of.scope,
            "names": of.names,
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": _schema(of)},
                    "subresources": {"status": {}},
                    **(
                        {"selectableFields": [{"jsonPath": each} for each in of.selectable]}
                        if of.selectable
                        else {}
                    ),
                    "additionalPrinterColumns": [
                        {
                            "name": name,
                            "type": kind,
                            "jsonPath": path,
                            "description": description,
                            **({"priority": priority} if priority else {}),
                        }
                        for name, kind, path, priority, description in of.columns
                    ],
                }
            ],
        },
    }


def _schema(of: _Kind) -> JsonObject:
    schema = structural_schema(of.model)
    schema["properties"]["metadata"] = {"type": "object"}
    schema["properties"] = {
        "apiVersion": {"type": "string", "description": f"{API_VERSION}."},
        "kind": {"type": "string", "description": f"{of.kind}."},
        **schema["properties"],
    }
    schema["required"] = ["spec"]
    if of.immutable:
        schema["properties"]["spec"] = _at_creation(schema["properties"]["spec"])
    status = schema["properties"]["status"]
    status["properties"] = {
        name: _without_repetition(child) for name, child in status["properties"].items()
    }
    status.pop("default", None)
    return schema


def all_crds() -> list[JsonObject]:
    """Every CRD, in the order they are printed."""
    return [_definition(each) for each in _KINDS]


def missing_fields(installed: JsonObject) -> list[str]:
    """Fields of ours that an installed CRD would drop, as paths; empty where it is up to date."""
    kind = ((installed.get("spec") or {}).get("names") or {}).get("kind")
    [crd] = [each for each in all_crds() if each["spec"]["names"]["kind"] == kind]
    ours = crd["spec"]["versions"][0]
    for version in (installed.get("spec") or {}).get("versions") or []:
        if version.get("name") == VERSION:
            theirs = (version.get("schema") or {}).get("openAPIV3Schema") or {}
            return list(_missing(ours["schema"]["openAPIV3Schema"], theirs, ""))
    return [VERSION]


def _missing(ours: JsonObject, theirs: JsonObject, path: str) -> Iterator[str]:
    preserved = "x-kubernetes-preserve-unknown-fields"
    if ours.get(preserved) and not theirs.get(preserved):
        yield path
    for name, child in (ours.get("properties") or {}).items():
        where = f"{path}.{name}".lstrip(".")
        found = (theirs.get("properties") or {}).get(name)
        if found is None:
            yield where
        else:
            yield from _missing(child, found, where)
    if "items" in ours:
        yield from _missing(ours["items"], theirs.get("items") or {}, f"{path}[]")
