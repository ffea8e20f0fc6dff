"""The CRDs that are generated from the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from countersign.api.approval_request import ApprovalRequest
from countersign.api.crd import all_crds, structural_schema
from countersign.cli import app

GOLDEN = Path(__file__).parents[3] / "crds" / "countersign.dev.yaml"
STRUCTURAL = {
    *("type", "description", "format", "pattern", "enum", "default", "minimum", "maximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "properties", "required", "items"),
    *("maxProperties", "additionalProperties"),
    *(
        "x-kubernetes-validations",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-list-map-keys",
    ),
    "x-kubernetes-preserve-unknown-fields",
}

CRD, POLICY_CRD, INCIDENT_CRD, PLAYBOOK_CRD = all_crds()
VERSION, POLICY_VERSION, INCIDENT_VERSION, PLAYBOOK_VERSION = VERSIONS = [
    crd["spec"]["versions"][0] for crd in all_crds()
]
SCHEMA, POLICY_SCHEMA, INCIDENT_SCHEMA, PLAYBOOK_SCHEMA = SCHEMAS = [
    version["schema"]["openAPIV3Schema"] for version in VERSIONS
]


def nodes(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below one, with its path."""
    for name, child in node.get("properties", {}).items():
        yield f"{path}.{name}", child
        yield from nodes(child, f"{path}.{name}")
    for part, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if part in node:
            yield f"{path}{mark}", node[part]
            yield from nodes(node[part], f"{path}{mark}")


NODES, POLICY_NODES, INCIDENT_NODES, PLAYBOOK_NODES = EACH = [
    dict(nodes(schema)) for schema in SCHEMAS
]
EVERY = pytest.mark.parametrize(
    "every",
    [{"": schema, **below} for schema, below in zip(SCHEMAS, EACH, strict=True)],
    ids=["request", "policy", "incident", "playbook"],
)
Nodes = dict[str, dict[str, Any]]


def test_the_schema_is_walked_to_its_depths() -> None:
    assert len(NODES) > 100
    for deep in (
        ".spec.operation.scale.replicas",
        ".spec.signatures[].plan",
        ".status.plan.steps[].operation.target.kind",
        ".status.timeline[].actorRole",
    ):
        assert deep in NODES


@EVERY
def test_every_field_has_a_type_and_a_description(every: Nodes) -> None:
    types = {"object", "array", "string", "integer", "number", "boolean"}
    untyped = [path for path, node in every.items() if node.get("type") not in types]
    undescribed = [
        path
        for path, node in every.items()
        if path not in ("", ".metadata")
        and not (path.endswith(("[]", "{}")) and node["type"] != "object")
        and not node.get("description", "").endswith((".", "…"))
    ]
    assert (untyped, undescribed) == ([], [])


@EVERY
def test_the_schema_is_structural(every: Nodes) -> None:
    unknown = {path: set(node) - STRUCTURAL for path, node in every.items()}
    assert {path: words for path, words in unknown.items() if words} == {}
    for path, node in every.items():
        assert ("items" in node) == (node["type"] == "array"), path
        if node["type"] == "object" and path != ".metadata":
            free = node.get("x-kubernetes-preserve-unknown-fields", False)
            is_map = "additionalProperties" in node
            assert ("properties" in node) + is_map + free == 1, path


@EVERY
def test_every_text_and_list_is_bounded(every: Nodes) -> None:
    unbounded = [
        path
        for path, node in every.items()
        if (node["type"] == "array" and not node.get("maxItems"))
        or ("additionalProperties" in node and not node.get("maxProperties"))
        or (
            node["type"] == "string"
            and not node.get("maxLength")
            and "enum" not in node
            and node.get("format") != "date-time"
            and path not in (".apiVersion", ".kind")
        )
    ]
    assert unbounded == []


@EVERY
def test_a_required_field_is_a_field(every: Nodes) -> None:
    for path, node in every.items():
        assert set(node.get("required", [])) <= set(node.get("properties", {})), path


def test_signatures_are_a_map_list_so_that_each_signer_owns_an_entry() -> None:
    signatures = NODES[".spec.signatures"]
    assert signatures["x-kubernetes-list-type"] == "map"
    assert signatures["x-kubernetes-list-map-keys"] == ["signer"]
    assert "default" not in signatures


def test_kopfs_own_state_is_not_pruned() -> None:
    assert NODES[".status.kopf"]["x-kubernetes-preserve-unknown-fields"] is True


def test_nothing_but_the_kopf_state_is_left_unpruned() -> None:
    free = [path for path, node in NODES.items() if "x-kubernetes-preserve-unknown-fields" in node]
    assert free == [".status.kopf"]


def test_the_status_is_a_subresource_of_its_own() -> None:
    assert VERSION["subresources"] == {"status": {}}
    assert "default" not in NODES[".status"]


def test_the_rules_of_the_models_are_in_the_crd() -> None:
    rules = [rule["rule"] for rule in NODES[".spec"]["x-kubernetes-validations"]]
    assert "oldSelf.hasValue() || (has(self.action) != has(self.operation))" in rules
    assert "x-kubernetes-validations" in NODES[".status.phase"]
    assert "x-kubernetes-validations" in NODES[".spec.operation"]
    assert "x-kubernetes-validations" in SCHEMA


def test_operations_in_the_status_are_not_checked_once_more() -> None:
    with_rules = [path for path, node in NODES.items() if "x-kubernetes-validations" in node]
    assert [path for path in with_rules if path.startswith(".status")] == [".status.phase"]


def test_what_never_changes_is_judged_at_creation_and_not_at_each_write_again() -> None:
    for path in (".spec", ".spec.operation", ".spec.operation.target"):
        for rule in NODES[path]["x-kubernetes-validations"]:
            if rule.get("optionalOldSelf"):
                assert rule["rule"].startswith("oldSelf.hasValue() || (")
            else:
                assert "oldSelf" in rule["rule"]
    for rule in PLAYBOOK_NODES[".spec.steps[].operation"]["x-kubernetes-validations"]:
        assert "oldSelf" not in rule["rule"]  # A draft's steps can change.


@EVERY
def test_every_rule_tells_people_something(every: Nodes) -> None:
    for path, node in every.items():
        for rule in node.get("x-kubernetes-validations", []):
            assert rule["rule"], path
            said = rule.get("message") or rule["messageExpression"].strip("'")
            assert said.endswith("."), (path, said)


def test_a_policy_is_for_the_whole_cluster_and_has_a_status_of_its_own() -> None:
    assert POLICY_CRD["spec"]["scope"] == "Cluster"
    assert POLICY_CRD["spec"]["names"]["shortNames"] == ["apol"]
    assert POLICY_CRD["spec"]["names"]["categories"] == ["countersign"]
    assert POLICY_VERSION["subresources"] == {"status": {}}
    assert "default" not in POLICY_NODES[".spec.match"]


def test_every_demand_of_a_policy_is_a_field_that_its_rule_knows() -> None:
    require = POLICY_NODES[".spec.require"]
    [anything] = [
        rule["rule"]
        for rule in require["x-kubernetes-validations"]
        if "an empty one" in rule["message"]
    ]
    assert {f"has(self.{name})" for name in require["properties"]} == set(anything.split(" || "))


@pytest.mark.parametrize(
    ("version", "found"),
    [(VERSION, NODES), (INCIDENT_VERSION, INCIDENT_NODES), (PLAYBOOK_VERSION, PLAYBOOK_NODES)],
    ids=["request", "incident", "playbook"],
)
def test_every_printed_column_shows_a_field_that_there_is(
    version: dict[str, Any], found: Nodes
) -> None:
    for column in version["additionalPrinterColumns"]:
        if column["jsonPath"] != ".metadata.creationTimestamp":
            assert column["jsonPath"] in found, column["name"]


@pytest.mark.parametrize("crd", [INCIDENT_CRD, PLAYBOOK_CRD], ids=["incident", "playbook"])
def test_incidents_and_playbooks_are_in_a_namespace_with_a_status_of_their_own(
    crd: dict[str, Any],
) -> None:
    assert crd["spec"]["scope"] == "Namespaced"
    assert crd["spec"]["names"]["categories"] == ["countersign"]
    [version] = crd["spec"]["versions"]
    assert version["subresources"] == {"status": {}}
    schema = version["schema"]["openAPIV3Schema"]
    assert schema["required"] == ["spec"]
    assert "default" not in schema["properties"]["status"]


def test_what_is_decided_of_an_incident_and_what_a_playbook_does_are_held_by_rules() -> None:
    [phase] = INCIDENT_SCHEMA["x-kubernetes-validations"]
    assert "oldSelf.status.phase != 'Open'" in phase["rule"]
    [steps] = PLAYBOOK_SCHEMA["x-kubernetes-validations"]
    assert steps["rule"] == "self.spec.steps == oldSelf.spec.steps"
    [one_of] = PLAYBOOK_NODES[".spec.steps[]"]["x-kubernetes-validations"]
    assert one_of["rule"] == "has(self.operation) != has(self.ssh)"


def test_people_can_say_kubectl_get_approvals() -> None:
    assert CRD["spec"]["names"]["shortNames"] == ["approvals", "approval"]
    assert CRD["spec"]["names"]["categories"] == ["countersign"]
    assert CRD["spec"]["scope"] == "Namespaced"


def test_defaults_of_the_crd_are_those_of_the_models() -> None:
    spec = NODES[".spec"]["properties"]
    assert spec["retry"]["default"] == {"limit": 2, "delay": "30s"}
    assert spec["verify"]["default"] == {"enabled": True, "timeout": "5m"}
    assert spec["serviceAccountName"]["default"] == "countersign-executor"


def test_one_model_alone_makes_a_schema() -> None:
    assert structural_schema(ApprovalRequest)["properties"].keys() == {"metadata", "spec", "status"}


def test_the_command_prints_the_file_in_the_repository() -> None:
    result = CliRunner().invoke(app, ["crds"])
    assert result.exit_code == 0
    assert result.output == GOLDEN.read_text("utf-8"), "run: make crds"
    assert list(yaml.safe_load_all(result.output)) == all_crds()
