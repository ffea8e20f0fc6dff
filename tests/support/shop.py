"""A namespace to test in, and what people do in it with kubectl: the same requests."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from devcluster import Cluster
from tests.support.caller import OWN, Caller, place
from tests.support.eventually import eventually
from tests.support.rollouts import settled

JsonObject = dict[str, Any]
TERMINAL = {"Succeeded", "Failed", "Denied", "Expired", "Cancelled"}
EXECUTOR = "countersign-executor"
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
        admin, name = Caller(cluster), {"name": shop.namespace}
        admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": name}).accepted()
        if executor:
            shop.send(*yaml.safe_load_all(SAMPLE_EXECUTOR.read_text("utf-8")))
            eventually(shop.is_empowered, what="the account's rights to be in force")
        return shop

    def disempowered(self) -> None:
        """Take the executing account's rights away, and wait until the API server knows it."""
        self.delete("RoleBinding", "countersign-can-restart-and-scale")
        eventually(lambda: not self.is_empowered(), what="the account's rights to be gone")

    def is_empowered(self, namespace: str = "") -> bool:
        """Whether the executing account may change Deployments here, or in another namespace."""
        account = f"system:serviceaccount:{self.namespace}:{EXECUTOR}"
        caller = self.by("admin").acting_as(account)
        return caller.may("patch", "deployments", namespace=namespace or self.namespace)

    def by(self, user: str) -> Caller:
        """One of the people here."""
        return Caller(self.cluster, user)

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
        return self.by("admin").get(kind, self.namespace, name)

    def every(self, kind: str, labels: str = "") -> list[JsonObject]:
        """All objects of a kind."""
        return self.by("admin").every(kind, self.namespace, labels)

    def delete(self, kind: str, name: str) -> None:
        """Delete an object; it is gone when its finalizers are, and what it owns after it."""
        self.by("admin").delete(kind, self.namespace, name).accepted()

    def events(self, request: str) -> list[JsonObject]:
        """The Events about one request."""
        return [item for item in self.every("Event") if item["regarding"]["name"] == request]

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
        self.send(body)

    def settled(self, name: str = "web", kind: str = "deployment") -> JsonObject:
        """Wait until a workload is rolled out and its status no longer moves."""
        return settled(lambda: self.get(kind, name), what=f"{kind}/{name}")

    def revisions(self, name: str = "web") -> int:
        """How many ReplicaSets, that is revisions, a Deployment has had."""
        return len(self.every("ReplicaSet", f"app={name}"))

    # --- Requests -----------------------------------------------------------------------------

    def propose(
        self, name: str, *, user: str = "agent", verb: str = "apply", **spec: Any
    ) -> JsonObject:
        """Apply an ApprovalRequest; ``requestedBy`` is filled in by the API server."""
        self.send(request_object(name, **spec), user=user, verb=verb)
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
        body = request_object(name, signatures=[signature])
        self.by(user).apply(body, self.namespace, manager=user).accepted()

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
        """Create (or apply) many objects, one after the other."""
        caller = self.by(user)
        for body in objects:
            if verb == "apply":
                self._apply(caller, body)
            else:
                caller.create(body, self.namespace).accepted()

    def _apply(self, caller: Caller, body: JsonObject) -> None:
        """What is there already kubectl itself has to merge."""
        path = place(body["kind"], self.namespace, body["metadata"]["name"])
        if caller.ask("GET", path).there:
            self.kubectl("apply", "-f", "-", user=caller.user, input=json.dumps(body))
            return
        noted = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(body)}
        annotated = {**body, "metadata": {**body["metadata"], "annotations": noted}}
        manager = "kubectl-client-side-apply"
        caller.create(annotated, self.namespace, fieldManager=manager).accepted()

    def requests(self) -> dict[str, JsonObject]:
        """Every ApprovalRequest, by name."""
        return {item["metadata"]["name"]: item for item in self.every("ApprovalRequest")}

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
        "apiVersion": OWN,
        "kind": "ApprovalRequest",
        "metadata": {"name": name},
        "spec": spec,
    }


def condition(status: JsonObject, kind: str) -> JsonObject:
    """One condition of a status, or {}."""
    return next((c for c in status.get("conditions") or [] if c["type"] == kind), {})
