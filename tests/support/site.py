"""A namespace whose executing account may do all that there is a role for, and its people.

Everything goes through the API itself: so many tests would spend their time in starting kubectl.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from devcluster import Cluster
from tests.support.caller import FORMS, OWN, client, place
from tests.support.eventually import eventually
from tests.support.shop import TERMINAL, condition

JsonObject = dict[str, Any]
Look = Callable[[JsonObject], object]

EXECUTOR = "countersign-executor"
STAMP = "countersign.dev/executed"
NAMESPACED_ROLES = ("restart-and-scale", "rollouts", "pods", "jobs", "exec", "objects")
_RBAC = "rbac.authorization.k8s.io/v1"
_SIGNERS = ("carol", "erin")
"""Who signs: each of them may sign every tier, and a high one takes both."""


@dataclass(frozen=True)
class Site:
    """One namespace; ``node`` is a name for a node of its own, if it wants one."""

    cluster: Cluster
    namespace: str = field(default_factory=lambda: f"site-{uuid.uuid4().hex[:8]}")

    @classmethod
    def opened(cls, cluster: Cluster) -> Site:
        """Create the namespace, its executing account and all that it may do."""
        site = cls(cluster)
        name = {"name": site.namespace}
        site.create({"apiVersion": "v1", "kind": "Namespace", "metadata": name})
        site.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": EXECUTOR}})
        for role in NAMESPACED_ROLES:
            site.create(site.binding("RoleBinding", f"countersign-can-{role}"))
        return site

    def closed(self) -> None:
        """Remove what a namespace's deletion does not, and the namespace."""
        ours = [
            ("ClusterRoleBinding", f"{self.namespace}.countersign-can-nodes"),
            ("Node", self.node),
            ("Namespace", self.namespace),
        ]
        for kind, name in ours:
            if self.find(kind, name) is not None:
                _object(self._as("admin").delete(self._path(kind, name)))

    def binding(self, kind: str, role: str) -> JsonObject:
        """A binding of the executing account to a ClusterRole; named so that it can be found."""
        return {
            "apiVersion": _RBAC,
            "kind": kind,
            "metadata": {"name": role if kind == "RoleBinding" else f"{self.namespace}.{role}"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": role,
            },
            "subjects": [{"kind": "ServiceAccount", "name": EXECUTOR, "namespace": self.namespace}],
        }

    @property
    def node(self) -> str:
        """The name of this test's own node."""
        return f"node-of-{self.namespace}"

    # --- Objects ------------------------------------------------------------------------------

    def create(self, body: JsonObject, *, user: str = "admin") -> JsonObject:
        """Create an object; in this namespace if its kind has one."""
        return _object(self._as(user).post(self._path(body["kind"]), json=body))

    def get(self, kind: str, name: str) -> JsonObject:
        """One object, which is there."""
        return _object(self._as("admin").get(self._path(kind, name)))

    def find(self, kind: str, name: str) -> JsonObject | None:
        """One object, or None."""
        answer = self._as("admin").get(self._path(kind, name))
        return None if answer.status_code == httpx.codes.NOT_FOUND else _object(answer)

    def every(self, kind: str, labels: str = "") -> list[JsonObject]:
        """All objects of a kind with these labels."""
        answer = self._as("admin").get(self._path(kind), params={"labelSelector": labels})
        return list(_object(answer)["items"])

    def patch(
        self,
        kind: str,
        name: str,
        body: Any,
        *,
        form: str = "merge",
        manager: str = "person",
        sub: str = "",
        user: str = "admin",
    ) -> JsonObject:
        """What a person changes."""
        answer = self._as(user).patch(
            self._path(kind, name) + (f"/{sub}" if sub else ""),
            params={"fieldManager": manager},
            headers={"Content-Type": FORMS[form]},
            content=json.dumps(body),
        )
        return _object(answer)

    def delete(self, kind: str, name: str, **options: Any) -> None:
        """Delete an object and wait until it is gone."""
        uid = self.get(kind, name)["metadata"]["uid"]
        path = self._path(kind, name)
        _object(self._as("admin").request("DELETE", path, json=options or None))

        def gone() -> bool:
            found = self.find(kind, name)
            return found is None or found["metadata"]["uid"] != uid

        eventually(gone, what=f"{kind} {name} to be gone")

    def replace(self, kind: str, name: str) -> JsonObject:
        """Delete an object and create it again: the same in everything but its UID."""
        live = self.get(kind, name)
        self.delete(kind, name, gracePeriodSeconds=0)
        kept = {key: live["metadata"][key] for key in ("name", "labels") if key in live["metadata"]}
        body = {**live, "metadata": kept}
        body.pop("status", None)
        return self.create(body)

    def becomes(self, kind: str, name: str, is_so: Look, what: str) -> JsonObject:
        """Wait until an object is so."""

        def look() -> JsonObject | None:
            found = self.find(kind, name)
            return found if found is not None and is_so(found) else None

        return eventually(look, what=f"{kind} {name} {what}")

    # --- Requests -----------------------------------------------------------------------------

    def propose(self, name: str, **spec: Any) -> JsonObject:
        """The agent proposes."""
        body = {
            "apiVersion": OWN,
            "kind": "ApprovalRequest",
            "metadata": {"name": name},
            "spec": spec,
        }
        return self.create(body, user="agent")

    def request(self, name: str) -> JsonObject:
        """An ApprovalRequest as it is now."""
        return self.get("ApprovalRequest", name)

    def when(self, name: str, is_so: Look, what: str, *, seconds: float = 40.0) -> JsonObject:
        """Wait until a request's status is so; what it said last, where that does not come."""
        last: JsonObject = {}

        def look() -> JsonObject | None:
            last.update(self.request(name))
            return last if is_so(last.get("status") or {}) else None

        try:
            return eventually(look, what=f"{name} {what}", seconds=seconds)
        except AssertionError as error:
            status = last.get("status") or {}
            said = {key: status.get(key) for key in ("phase", "message", "attempts", "conditions")}
            raise AssertionError(f"{error}: {json.dumps(said, indent=1)}") from None

    def planned(self, name: str, revision: int = 1) -> JsonObject:
        """Wait until a request has its plan of that revision; its status."""

        def is_so(status: JsonObject) -> bool:
            assert status.get("phase") not in TERMINAL, status.get("message")
            made = condition(status, "Planned").get("status") == "True"
            return made and status["plan"]["revision"] == revision

        status: JsonObject = self.when(name, is_so, f"to have plan {revision}")["status"]
        return status

    def sign(self, name: str) -> None:
        """As many sign the current plan as its risk demands."""
        status = self.request(name)["status"]
        for user in _SIGNERS[: status["requiredSignatures"]]:
            self._sign(name, user, status["plan"]["digest"])

    def _sign(self, name: str, user: str, plan: str) -> None:
        entry = {"signer": user, "decision": "Approve", "plan": plan}
        body = {
            "apiVersion": OWN,
            "kind": "ApprovalRequest",
            "metadata": {"name": name},
            "spec": {"signatures": [entry]},
        }
        self.patch("ApprovalRequest", name, body, form="apply", manager=user, user=user)

    def ended(self, name: str, *, seconds: float = 40.0) -> JsonObject:
        """Wait until a request is over and written down; its status."""

        def is_so(status: JsonObject) -> bool:
            recorded = condition(status, "Recorded").get("status", "True") == "True"
            return status.get("phase") in TERMINAL and recorded

        status: JsonObject = self.when(name, is_so, "to end", seconds=seconds)["status"]
        return status

    def carried_out(self, name: str, **spec: Any) -> JsonObject:
        """Propose, plan, sign, run to the end; its status."""
        self.propose(name, **spec)
        self.planned(name)
        self.sign(name)
        return self.ended(name)

    def events(self, request: str) -> list[str]:
        """The reasons of the Events about a request."""
        return [
            item["reason"] for item in self.every("Event") if item["regarding"]["name"] == request
        ]

    def assert_told(self, request: str, reason: str) -> None:
        """An Event of this reason is there, or comes: it is posted after the status it is about."""
        eventually(lambda: reason in self.events(request), what=f"an Event {reason}")

    def knowledge(self, uid: str) -> JsonObject | None:
        """The knowledge entry of a request, by its UID."""
        where = {"labelSelector": "countersign.dev/store=knowledge"}
        maps = _object(self._as("admin").get("/api/v1/configmaps", params=where))["items"]
        texts = [each["data"][uid] for each in maps if uid in (each.get("data") or {})]
        return json.loads(texts[0]) if texts else None

    # --- The API ------------------------------------------------------------------------------

    def _as(self, user: str) -> httpx.Client:
        cluster = self.cluster
        return client(cluster.server, str(cluster.ca_file), cluster.token(user))

    def _path(self, kind: str, name: str = "") -> str:
        return place(kind, self.namespace, name)


def _object(answer: httpx.Response) -> JsonObject:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.text}"
    value: JsonObject = answer.json()
    return value
