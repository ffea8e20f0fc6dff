"""The manifests, as far as they can be judged without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from countersign.api.playbook import PlaybookSpec
from countersign.config import Settings
from countersign.handlers import operator
from tests.support.manifests import MANIFESTS, documents

FILES = sorted(MANIFESTS.rglob("*.yaml"))
OBJECTS = [file for file in FILES if file.name != "kustomization.yaml"]
APART = {"argocd"}  # applied to another namespace, by those who have it


def policies() -> list[dict[str, Any]]:
    """Every admission policy and binding."""
    folder = MANIFESTS / "cluster" / "admission"
    return [document for file in OBJECTS if folder in file.parents for document in documents(file)]


def named(file: Path) -> str:
    """A file's name for the list of tests."""
    return str(file.relative_to(MANIFESTS))


@pytest.mark.parametrize("folder", sorted({file.parent for file in FILES}), ids=named)
def test_no_file_is_forgotten(folder: Path) -> None:
    kustomization = folder / "kustomization.yaml"
    if not kustomization.exists():
        assert folder == MANIFESTS / "samples"
        return
    [listed] = documents(kustomization)
    present = {file.name for file in folder.glob("*.yaml")} - {"kustomization.yaml"}
    folders = {child.parent.name for child in folder.glob("*/kustomization.yaml")}
    ours = {name for name in listed["resources"] if not name.startswith("..")}
    assert ours == present | folders - APART


@pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy["kind"])
def test_every_policy_is_bound_and_fails_closed_unless_it_only_warns(
    policy: dict[str, Any],
) -> None:
    if policy["kind"].endswith("Binding"):
        return
    binding = next(
        bound
        for bound in policies()
        if bound["kind"] == f"{policy['kind']}Binding"
        and bound["spec"]["policyName"] == policy["metadata"]["name"]
    )
    assert "matchResources" not in binding["spec"], "a policy of ours has no exception"
    matched = policy["spec"]["matchConstraints"].get("matchPolicy", "Equivalent")
    assert matched == "Equivalent", "other versions of the same type are guarded too"
    if binding["spec"].get("validationActions") == ["Warn"]:
        assert policy["spec"]["failurePolicy"] == "Ignore"
        return
    assert policy["spec"]["failurePolicy"] == "Fail"
    assert binding["spec"].get("validationActions", ["Deny"]) == ["Deny"]


@pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy["kind"])
def test_every_rule_has_a_sentence_for_people(policy: dict[str, Any]) -> None:
    for validation in policy["spec"].get("validations", []):
        sentence = validation.get("messageExpression") or validation["message"]
        assert len(sentence.split()) > 5
        assert sentence.rstrip("'").endswith((".", "digest")), sentence


def test_the_container_can_do_nothing_to_its_node() -> None:
    [deployment] = documents(MANIFESTS / "operator" / "deployment.yaml")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_no_role_of_ours_uses_a_wildcard() -> None:
    for file in OBJECTS:
        for document in documents(file):
            for rule in document.get("rules", []):
                for words in rule.values():
                    assert not any("*" in word for word in words), file


def test_whatever_of_a_playbook_can_be_changed_is_what_was_decided_but_its_incidents() -> None:
    text = (MANIFESTS / "cluster" / "admission" / "validating" / "playbooks.yaml").read_text(
        "utf-8"
    )
    fields = {field.alias for field in PlaybookSpec.model_fields.values()}
    named = {field for field in fields if f"object.spec.{field}" in text}
    assert fields - named == {"steps", "sourceIncidents"}


def test_the_operator_is_given_the_time_that_its_orderly_end_may_take() -> None:
    """To end what is under way, Kopf, what channels are still told, and what came of that."""
    [deployment] = [
        each
        for each in documents(MANIFESTS / "operator" / "deployment.yaml")
        if each["kind"] == "Deployment"
    ]
    kopf = operator.kopf_settings(Settings()).queueing.exit_timeout
    longest = operator.DRAIN_SECONDS + kopf + 2 * operator.TELL_SECONDS
    assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > longest + 5
