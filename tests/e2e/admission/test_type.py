"""The type as people find it: what can be written, what stays as it was, and how it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from devcluster import Cluster
from tests.support.admission import ACTION, OPERATION, Request, Spec, accepted, create, invalid
from tests.support.caller import Caller
from tests.support.people import request_object
from tests.support.rights import grant

# Each field of the spec that is fixed at creation, with two values it may have.
FIXED: dict[str, tuple[object, object]] = {
    "action": (ACTION, "kubectl delete pod web-0"),
    "operation": (OPERATION, {**OPERATION, "target": {"kind": "Deployment", "name": "db"}}),
    "description": ("why", "why not"),
    "incident": ("INC-1", "INC-2"),
    "playbook": ("restart-web", "restart-db"),
    "requestedBy": ("agent", "alice"),
    "submittedBy": ("agent", "alice"),
    "riskLevel": ("high", "low"),
    "confidence": (0.5, 0.9),
    "requiredSignatures": (2, 1),
    "blastRadius": ({"affectedPods": 3}, {"affectedPods": 0}),
    "expiresAfter": ("24h", "999h"),
    "notBefore": ("2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    "retry": ({"limit": 1}, {"limit": 9}),
    "verify": ({"timeout": "1m"}, {"enabled": False}),
    "serviceAccountName": ("restarter", "administrator"),
    "dryRun": (True, False),
}


def schema_of(cluster: Cluster) -> dict[str, Any]:
    """The type as the API server serves it."""
    crd = Caller(cluster).get("crd", "", "approvalrequests.countersign.dev")
    schema: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


@pytest.fixture(scope="module")
def full(cluster: Cluster, shared_namespace: str) -> Request:
    """A request with every field set (of action and operation, the former)."""
    grant(cluster, shared_namespace, "agent", "serviceaccounts", "use")
    spec = {field: values[0] for field, values in FIXED.items() if field != "operation"}
    body = request_object("full", spec)
    Caller(cluster, "agent").create(body, shared_namespace).accepted()
    return Request(cluster, shared_namespace, "full")


@pytest.fixture(scope="module")
def bare(cluster: Cluster, shared_namespace: str) -> Request:
    """A request with the typed operation, and no other field set."""
    body = request_object("bare", {"operation": OPERATION})
    Caller(cluster, "agent").create(body, shared_namespace).accepted()
    return Request(cluster, shared_namespace, "bare")


class TestType:
    def test_every_field_of_the_spec_but_two_is_known_to_be_fixed(self, cluster: Cluster) -> None:
        spec = schema_of(cluster)["properties"]["spec"]
        assert set(FIXED) == set(spec["properties"]) - {"signatures", "cancelled"}

    @pytest.mark.parametrize("field", [field for field in FIXED if field != "operation"])
    def test_a_fixed_field_cannot_be_changed_or_removed(self, full: Request, field: str) -> None:
        for value in (FIXED[field][1], None):
            said = invalid(full.merge("admin", {field: value}))
            assert f"spec.{field} cannot be changed after creation; create a new request." in said

    @pytest.mark.parametrize("field", [field for field in FIXED if field != "operation"])
    def test_a_fixed_field_cannot_be_added_later(self, bare: Request, field: str) -> None:
        value = FIXED[field][0] if field != "requestedBy" else "alice"
        said = invalid(bare.merge("admin", {field: value}))
        assert f"spec.{field} cannot be changed after creation; create a new request." in said

    @pytest.mark.parametrize("value", [FIXED["operation"][1], None])
    def test_the_operation_cannot_be_changed_or_removed(self, bare: Request, value: object) -> None:
        said = invalid(bare.merge("admin", {"operation": value}))
        assert "spec.operation cannot be changed after creation" in said

    @pytest.mark.parametrize("spec", [{}, {"action": ACTION, "operation": OPERATION}])
    def test_it_takes_exactly_one_of_action_and_operation(
        self, cluster: Cluster, shared_namespace: str, spec: Spec
    ) -> None:
        said = invalid(create(cluster, shared_namespace, "agent", spec, dryRun="All"))
        assert "Write exactly one of action (text) and operation (typed)." in said

    @pytest.mark.parametrize(
        ("operation", "sentence"),
        [
            ({**OPERATION, "scale": {"replicas": 1}}, "scale belongs to type Scale"),
            ({**OPERATION, "type": "Scale"}, "scale belongs to type Scale"),
            (
                {**OPERATION, "target": {"kind": "ReplicaSet", "name": "web"}},
                "RestartRollout and RollbackRollout work on Deployment, StatefulSet, DaemonSet only.",
            ),
        ],
    )
    def test_an_operation_that_makes_no_sense_is_refused_with_a_reason(
        self, cluster: Cluster, shared_namespace: str, operation: Spec, sentence: str
    ) -> None:
        answer = create(cluster, shared_namespace, "agent", {"operation": operation}, dryRun="All")
        assert sentence in invalid(answer)

    def test_get_approvals_shows_what_people_look_for(self, planned: Request) -> None:
        accepted(
            planned.set_status(operation="RestartRollout", target="Deployment/web", signed="0/1")
        )
        get = ("get", "approvals", "--namespace", planned.namespace)
        header, row = planned.cluster.kubectl(*get, user="eve").stdout.splitlines()
        assert header.split() == [
            *("NAME", "PHASE", "OPERATION", "TARGET", "RISK", "SIGNED", "REQUESTED-BY", "AGE")
        ]
        assert row.split()[:-1] == [
            *("fix", "Pending", "RestartRollout", "Deployment/web", "low", "0/1", "agent")
        ]
        wide = planned.cluster.kubectl(*get, "--output=wide").stdout
        assert wide.split("\n", 1)[0].split()[-2:] == ["EXPIRES", "MESSAGE"]

    def test_explain_is_the_reference_manual(self, cluster: Cluster) -> None:
        said = cluster.kubectl("explain", "approvalrequests.spec.action").stdout
        assert "What to do, as text: a kubectl command or a plain sentence" in said

    def test_every_field_is_described(self, cluster: Cluster) -> None:
        def undescribed(schema: dict[str, Any], path: str) -> list[str]:
            below = [
                *((f"{path}.{name}", part) for name, part in schema.get("properties", {}).items()),
                *(
                    [(f"{path}[]", schema["items"])]
                    if "properties" in schema.get("items", {})
                    else []
                ),
            ]
            own = [] if schema.get("description") or path.endswith(".metadata") else [path]
            return own + [field for where, part in below for field in undescribed(part, where)]

        assert undescribed(schema_of(cluster), "approvalrequests") == []
