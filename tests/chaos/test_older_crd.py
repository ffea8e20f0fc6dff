"""The installed CRD is older than the operator: it says so, and neither dies nor spins."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devcluster import Cluster, OperatorProcess
from tests.chaos.conftest import SETTINGS
from tests.chaos.crowd import PATIENCE
from tests.chaos.repairs import Repair
from tests.chaos.webhook import cut_off_writes, open_writes
from tests.support.eventually import eventually
from tests.support.requests_counted import AuditTrail
from tests.support.shop import JsonObject, Shop, condition, request_object

CRDS = Path(__file__).parents[2] / "crds" / "countersign.dev.yaml"
EXTENSION = "x-kubernetes-preserve-unknown-fields"
RESTART = "kubectl rollout restart deployment/web"
MOST_REQUESTS = 40
"""Of the operator about one request that cannot succeed, until long after its end."""
PLAN = {
    "digest": "sha256:" + "0" * 64,
    "revision": 1,
    "steps": [
        {
            "operation": {
                "type": "RestartRollout",
                "target": {"kind": "Deployment", "name": "web"},
            },
            "target": {
                "apiVersion": "apps/v1", "kind": "Deployment", "name": "web",
                "uid": "1", "resourceVersion": "1",
            },
            "summary": "x",
        }
    ],
    "summary": "x",
    "plannedAt": "2026-01-01T00:00:00Z",
}  # fmt: skip
STATUS = {
    "plan": PLAN,
    "approvedAt": "2026-01-01T00:00:00Z",
    "effects": {"knowledge": {"state": "Done", "since": "2026-01-01T00:00:00Z"}},
    "kopf": {"touch": "x"},
}


def present_crd() -> JsonObject:
    """The one of the ApprovalRequest, as this version has it."""
    found = yaml.safe_load_all(CRDS.read_text())
    crd: JsonObject = next(c for c in found if c["spec"]["names"]["kind"] == "ApprovalRequest")
    return crd


def older_crd(path: str) -> JsonObject:
    """The same before a field was added to it; ``path`` may name an extension as well."""
    crd = copy.deepcopy(present_crd())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    *parents, last = path.split(".")
    node = schema
    for name in parents:
        node = node["properties"][name]
    if last.startswith("x-"):
        del node[last]
        return crd
    del node["properties"][last]
    node["required"] = [name for name in node.get("required", []) if name != last]
    rules = node.get("x-kubernetes-validations", [])
    node["x-kubernetes-validations"] = [r for r in rules if f"self.{last}" not in r["rule"]]
    return crd


class Installation:
    """The CRD of a running cluster, which a test makes older and new again."""

    def __init__(self, cluster: Cluster, shop: Shop) -> None:
        self._cluster = cluster
        self._shop = shop

    def make_older(self, path: str) -> None:
        """Returns when the API server has forgotten the field."""
        self._replace(older_crd(path))
        eventually(lambda: not self._keeps(path), what=f"{path} to be forgotten", seconds=60)

    def make_new(self, path: str) -> None:
        """Returns when the API server knows the field again."""
        self._replace(present_crd())
        eventually(lambda: self._keeps(path), what=f"{path} to be known again", seconds=60)

    def _replace(self, crd: JsonObject) -> None:
        self._cluster.kubectl("replace", "-f", "-", input=json.dumps(crd))

    def _keeps(self, path: str) -> bool:
        """What becomes of the field when it is sent, by a dry run."""
        send = self._send_spec if path.startswith("spec.") else self._send_status
        answer = send("--dry-run=server", "--output=json")
        if answer.returncode:
            return False
        node: Any = json.loads(answer.stdout)
        for name in path.replace(EXTENSION, "touch").split("."):
            node = (node or {}).get(name)
        return node is not None

    def _send_spec(self, *options: str) -> subprocess.CompletedProcess[str]:
        body = json.dumps(request_object("dry", action="x", retry={"limit": 2}))
        create = ("create", "--validate=false", "-f", "-")
        return self._shop.kubectl(*create, *options, input=body, check=False)

    def _send_status(self, *options: str) -> subprocess.CompletedProcess[str]:
        merge = ("--subresource=status", "--type=merge", "-p", json.dumps({"status": STATUS}))
        patch = ("patch", "approvalrequest", "past")
        return self._shop.kubectl(*patch, *merge, *options, check=False)


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[OperatorProcess]:
    """One for all of this: it must outlive every change."""
    operator = cluster.start_operator(name="with-older-crds", env=SETTINGS)
    yield operator
    assert operator.terminate() == 0


@pytest.fixture
def installation(cluster: Cluster, shop: Shop) -> Iterator[Installation]:
    shop.propose("past", action="make it so")
    shop.ended("past")
    yield Installation(cluster, shop)
    cluster.kubectl("replace", "-f", "-", input=json.dumps(present_crd()))


def assert_new_requests_work(shop: Shop) -> None:
    shop.deploy("later", replicas=1)
    shop.settled("later")
    shop.propose("later", action="kubectl rollout restart deployment/later")
    # The watch ended with the old type; one that has broken silently is given up after a while.
    planned = shop.when("later", lambda status: "plan" in status, seconds=PATIENCE)
    assert condition(planned["status"], "Planned")["status"] == "True", planned["status"]
    shop.sign("later")
    done = shop.ended("later", seconds=PATIENCE)
    assert done["status"]["phase"] == "Succeeded", done["status"]


@pytest.mark.parametrize(
    ("missing", "reasons"),
    [
        ("status.plan", {"SchemaOutdated"}),
        ("status.plan.digest", {"SchemaOutdated", "Invalid"}),
        ("status.approvedAt", {"SchemaOutdated"}),
    ],
)
def test_a_request_ends_with_a_reason_where_the_crd_drops_what_the_operator_writes(
    installation: Installation,
    shop: Shop,
    operator: OperatorProcess,
    audit: AuditTrail,
    missing: str,
    reasons: set[str],
) -> None:
    shop.deploy("web", replicas=1)
    shop.settled("web")
    installation.make_older(missing)
    shop.propose("r", action=RESTART)
    if missing == "status.approvedAt":
        shop.planned("r")
        shop.sign("r")
    ended = shop.ended("r")
    status = ended["status"]
    assert status["phase"] == "Failed"
    [bad] = [c for c in status["conditions"] if c["reason"] in reasons]
    assert bad["status"] == "False"
    assert "crds/" in bad["message"]
    installation.make_new(missing)
    assert_new_requests_work(shop)
    assert shop.request("r")["status"] == status
    assert shop.get("deployment", "web")["metadata"]["generation"] == 1
    asked = audit.by_operator(f"{shop.namespace}/approvalrequests/r")
    assert len(asked) <= MOST_REQUESTS
    assert operator.alive()


def test_a_request_does_not_wait_for_ever_for_a_plan_that_an_older_crd_has_dropped(
    installation: Installation, shop: Shop, operator: OperatorProcess
) -> None:
    shop.deploy("web", replicas=1)
    shop.settled("web")
    shop.propose("r", action=RESTART)
    shop.planned("r")
    installation.make_older("status.plan")
    status = shop.ended("r", seconds=PATIENCE)["status"]
    assert condition(status, "Planned")["reason"] == "SchemaOutdated"
    installation.make_new("status.plan")
    assert_new_requests_work(shop)
    assert operator.alive()


def test_where_the_crd_drops_what_is_still_to_be_done_it_is_done_and_nothing_spins(
    installation: Installation,
    cluster: Cluster,
    operator: OperatorProcess,
    audit: AuditTrail,
) -> None:
    repair = Repair.opened(cluster)
    installation.make_older("status.effects")
    repair.begin()
    repair.shop.sign("r")
    status = repair.recorded()["status"]
    assert status["phase"] == "Succeeded"
    assert "effects" not in status
    repair.assert_incident_and_playbook()
    installation.make_new("status.effects")
    assert_new_requests_work(repair.shop)
    assert repair.shop.request("r")["status"] == status
    asked = audit.by_operator(f"{repair.shop.namespace}/approvalrequests/r")
    assert len(asked) <= MOST_REQUESTS
    assert operator.alive()


def test_nothing_spins_where_the_crd_drops_the_framework_s_own_state(
    installation: Installation, shop: Shop, operator: OperatorProcess, audit: AuditTrail
) -> None:
    extension = f"status.kopf.{EXTENSION}"
    shop.deploy("web", replicas=1)
    shop.settled("web")
    shop.propose("retried", action=RESTART, retry={"limit": 1, "delay": "1s"})
    shop.planned("retried")
    installation.make_older(extension)
    cut_off_writes(shop, "web")
    shop.sign("retried")
    shop.propose("brief", action=RESTART, expiresAfter="3s")
    brief = shop.ended("brief", seconds=PATIENCE)["status"]
    retried = shop.ended("retried", seconds=PATIENCE)["status"]
    open_writes(shop)
    assert brief["phase"] == "Expired"
    assert retried["phase"] == "Failed"
    assert len(retried["attempts"]) == 2
    assert condition(retried, "Executed")["reason"] == "RetriesExhausted"
    installation.make_new(extension)
    assert_new_requests_work(shop)
    for name in ("retried", "brief"):
        assert len(audit.by_operator(f"{shop.namespace}/approvalrequests/{name}")) <= MOST_REQUESTS
    assert operator.alive()


def test_a_field_of_the_spec_that_the_crd_does_not_know_has_its_default(
    installation: Installation, shop: Shop, operator: OperatorProcess
) -> None:
    shop.deploy("web", replicas=1)
    shop.settled("web")
    installation.make_older("spec.retry")
    done = shop.carried_out("r", action=RESTART)
    assert "retry" not in done["spec"]
    assert done["status"]["phase"] == "Succeeded"
    installation.make_new("spec.retry")
    assert_new_requests_work(shop)
    assert operator.alive()
