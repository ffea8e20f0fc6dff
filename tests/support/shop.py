"""A namespace to test in, and what people do in it: all through kubectl, as people do."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devcluster import Cluster
from tests.support.eventually import eventually

JsonObject = dict[str, Any]
TERMINAL = {"Succeeded", "Failed", "Denied", "Expired", "Cancelled"}
SAMPLE_EXECUTOR = Path("manifests/samples/executor.yaml")


@dataclass(frozen=True)
class Shop:
    """One namespace."""

    cluster: Cluster
    namespace: str = field(default_factory=lambda: f"shop-{uuid.uuid4().hex[:8]}")

    @classmethod
    def opened(cls, cluster: Cluster, *, executor: bool = True) -> Shop:
        """Create the namespace and, as the samples tell people to, its executing account."""
        shop = cls(cluster)
        cluster.kubectl("create", "namespace", shop.namespace)
        if executor:
            shop.kubectl("apply", "-f", str(SAMPLE_EXECUTOR))
        return shop

    def kubectl(
        self,
        *args: str,
        user: str = "admin",
        input: str | None = None,  # noqa: A002 - subprocess.run's own name for it
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """kubectl in this namespace."""
        return self.cluster.kubectl(
            "-n", self.namespace, *args, user=user, input=input, check=check
        )

    def get(self, kind: str, name: str) -> JsonObject:
        """One object."""
        value: JsonObject = json.loads(self.kubectl("get", kind, name, "-o", "json").stdout)
        return value

    def events(self, request: str) -> list[JsonObject]:
        """The Events about one request."""
        items = json.loads(self.kubectl("get", "events.events.k8s.io", "-o", "json").stdout)[
            "items"
        ]
        return [item for item in items if item["regarding"]["name"] == request]

    # --- Workloads ----------------------------------------------------------------------------

    def deploy(
        self, name: str = "web", *, replicas: int = 3, kind: str = "Deployment", **spec: Any
    ) -> None:
        """Create a workload; ``settled`` waits for it."""
        labels = {"app": name}
        body: JsonObject = {
            "apiVersion": "apps/v1",
            "kind": kind,
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "main", "image": "example/web:1"}]},
                },
                **spec,
            },
        }
        if kind != "DaemonSet":
            body["spec"]["replicas"] = replicas
        if kind == "StatefulSet":
            body["spec"]["serviceName"] = name
        self.kubectl("apply", "-f", "-", input=json.dumps(body))

    def settled(self, name: str = "web", kind: str = "deployment") -> JsonObject:
        """Wait until a workload is rolled out and its status no longer moves."""
        self.kubectl("rollout", "status", f"{kind}/{name}", "--timeout=60s")
        seen: list[str] = []

        def still() -> JsonObject | None:
            live = self.get(kind, name)
            seen.append(live["metadata"]["resourceVersion"])
            return live if len(seen) > 3 and len(set(seen[-3:])) == 1 else None

        return eventually(still, what=f"{kind}/{name} to settle")

    def revisions(self, name: str = "web") -> int:
        """How many ReplicaSets, that is revisions, a Deployment has had."""
        sets = json.loads(
            self.kubectl("get", "replicasets", "-l", f"app={name}", "-o", "json").stdout
        )
        return len(sets["items"])

    # --- Requests -----------------------------------------------------------------------------

    def propose(
        self, name: str, *, user: str = "agent", verb: str = "apply", **spec: Any
    ) -> JsonObject:
        """Apply an ApprovalRequest; ``requestedBy`` is filled in by the API server."""
        body = {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "ApprovalRequest",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": spec,
        }
        self.kubectl(verb, "-f", "-", user=user, input=json.dumps(body))
        return self.request(name)

    def request(self, name: str) -> JsonObject:
        """The ApprovalRequest as it is now."""
        return self.get("approvalrequest", name)

    def planned(self, name: str) -> JsonObject:
        """Wait until a request has a plan."""
        return self.when(name, lambda status: condition(status, "Planned").get("status") == "True")

    def sign(
        self, name: str, *, user: str = "alice", decision: str = "Approve", **entry: Any
    ) -> None:
        """Server-side apply of the user's own entry; its plan is filled in by the API server."""
        signature = {"signer": user, "decision": decision, **entry}
        body = {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "ApprovalRequest",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"signatures": [signature]},
        }
        manager = f"--field-manager={user}"
        self.kubectl(
            "apply", "--server-side", manager, "-f", "-", user=user, input=json.dumps(body)
        )

    def when(self, name: str, is_so: Any, *, seconds: float = 30.0) -> JsonObject:
        """Wait until a request's status is as ``is_so`` says, and return the request."""

        def look() -> JsonObject | None:
            request = self.request(name)
            return request if is_so(request.get("status") or {}) else None

        try:
            return eventually(look, what=f"{name} to come so far", seconds=seconds)
        except AssertionError as error:
            found = self.request(name)
            standing = {"spec": found["spec"], "status": found.get("status")}
            raise AssertionError(f"{error}; it is {json.dumps(standing)}") from None

    def ended(self, name: str, *, seconds: float = 30.0) -> JsonObject:
        """Wait until a request is in a terminal phase."""
        return self.when(name, lambda status: status.get("phase") in TERMINAL, seconds=seconds)

    def carried_out(self, name: str, *, user: str = "alice", **spec: Any) -> JsonObject:
        """Propose, wait for the plan, sign, wait for the end."""
        self.propose(name, **spec)
        self.planned(name)
        self.sign(name, user=user)
        return self.ended(name)

    # --- Many at once -------------------------------------------------------------------------

    def send(self, *objects: JsonObject, user: str = "admin", verb: str = "create") -> None:
        """Create (or apply) many objects with one kubectl."""
        body = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl(verb, "-f", "-", user=user, input=json.dumps(body))

    def requests(self) -> dict[str, JsonObject]:
        """Every ApprovalRequest, by name."""
        items = json.loads(self.kubectl("get", "approvalrequests", "-o", "json").stdout)["items"]
        return {item["metadata"]["name"]: item for item in items}

    def all_ended(self, *, seconds: float = 60.0) -> dict[str, JsonObject]:
        """Wait until every request is in a terminal phase."""

        def look() -> dict[str, JsonObject] | None:
            found = self.requests()
            phases = [item.get("status", {}).get("phase") for item in found.values()]
            return found if all(phase in TERMINAL for phase in phases) else None

        return eventually(look, what="every request to end", seconds=seconds)


def request_object(name: str, **spec: Any) -> JsonObject:
    """An ApprovalRequest as it is sent."""
    return {
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ApprovalRequest",
        "metadata": {"name": name},
        "spec": spec,
    }


def condition(status: JsonObject, kind: str) -> JsonObject:
    """One condition of a status, or {}."""
    return next((c for c in status.get("conditions") or [] if c["type"] == kind), {})
