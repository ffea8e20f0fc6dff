"""A request that repairs an incident, and what has to be there in the end: once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

from devcluster import Cluster
from tests.support.eventually import eventually
from tests.support.shop import JsonObject, Shop, condition

SCALE = "kubectl scale deployment/web --replicas=2"
SYSTEM = "countersign-system"
PATIENCE = 60.0


@dataclass
class Repair:
    """A shop with an incident, and one request that repairs it."""

    shop: Shop
    uid: str = ""
    incident_uid: str = ""

    @classmethod
    def opened(cls, cluster: Cluster) -> Self:
        """A namespace and what is in it."""
        repair = cls(Shop.opened(cluster))
        repair.shop.deploy("web", replicas=1)
        repair.shop.settled("web")
        return repair

    def begin(self) -> None:
        """Everything up to the signature."""
        body = {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "Incident",
            "metadata": {"name": "inc-1"},
            "spec": {"signals": [{"labels": {"alertname": "TooFew", "app": "web"}}]},
        }
        self.shop.kubectl("create", "-f", "-", input=json.dumps(body))
        made = self.shop.propose(
            "r", action=SCALE, description="For INC-1.", verify={"enabled": False}
        )
        self.uid = made["metadata"]["uid"]
        self.shop.planned("r")
        self.incident_uid = eventually(self._counted, what="the incident to be counted")

    def _counted(self) -> str | None:
        incident = self.shop.get("incident", "inc-1")
        counted = "anomaly" in incident.get("status", {})
        return str(incident["metadata"]["uid"]) if counted else None

    # --- What there is in the end -----------------------------------------------------------------

    def recorded(self) -> JsonObject:
        """Wait until nothing is left to be done."""

        def is_so(status: JsonObject) -> bool:
            return condition(status, "Recorded").get("status") == "True"

        return self.shop.when("r", is_so, seconds=PATIENCE)

    def assert_all_is_written_once(self) -> None:
        status = self.recorded()["status"]
        assert status["phase"] == "Succeeded"
        effects = {name: each["state"] for name, each in status["effects"].items()}
        messages = {each for name, each in effects.items() if name.startswith("message-")}
        assert messages <= {"Done", "Skipped"}
        rest = {name: each for name, each in effects.items() if not name.startswith("message-")}
        assert rest == dict.fromkeys(("knowledge", "incident", "playbook", "learning"), "Done")
        self.assert_incident_and_playbook()
        assert self.shop.get("deployment", "web")["metadata"]["generation"] == 2

    def assert_incident_and_playbook(self) -> None:
        """The incident is resolved by this request, and what was learned is counted."""
        incident = self.shop.get("incident", "inc-1")["status"]
        assert incident["phase"] == "Resolved"
        assert [each["uid"] for each in incident["dispositions"]] == [self.uid]
        [playbook] = json.loads(self.shop.kubectl("get", "playbooks", "-o", "json").stdout)["items"]
        assert playbook["spec"]["sourceIncidents"] == ["inc-1"]
        assert [each["uid"] for each in playbook["status"]["outcomes"]] == [self.uid]
        assert (playbook["status"]["executions"], playbook["status"]["successes"]) == (1, 1)
