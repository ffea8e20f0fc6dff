"""What people try on the requests of a namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devcluster import Cluster
from tests.support.caller import FORMS, JSON, OWN, Answer, Caller, JsonObject


@dataclass(frozen=True)
class Person:
    """One user of the test cluster in one namespace; ``acting`` are headers, to impersonate."""

    cluster: Cluster
    namespace: str
    user: str
    acting: tuple[tuple[str, str], ...] = ()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        form: str = JSON,
        headers: tuple[tuple[str, str], ...] = (),
        **query: str,
    ) -> Answer:
        """One request; ``path`` begins after the namespace's collection of requests, or with /."""
        own = f"/apis/{OWN}/namespaces/{self.namespace}/approvalrequests"
        url = path if path.startswith(("/api/", "/apis/")) else own + path
        caller = Caller(self.cluster, self.user, (*self.acting, *headers))
        return caller.ask(method, url, body, form, **query)

    def propose(self, name: str, *, metadata: JsonObject | None = None, **spec: Any) -> Answer:
        """Create a request."""
        return self.call("POST", "", request_object(name, spec, **(metadata or {})))

    def apply(self, name: str, spec: JsonObject, *, manager: str = "", **query: str) -> Answer:
        """Server-side apply, under one's own field manager unless another is named."""
        manager = manager or self.user
        body = request_object(name, spec)
        return self.call("PATCH", f"/{name}", body, FORMS["apply"], fieldManager=manager, **query)

    def sign(self, name: str, *, manager: str = "", dry: bool = False, **entry: Any) -> Answer:
        """Apply one entry, one's own unless it says otherwise."""
        query = {"dryRun": "All"} if dry else {}
        spec = {"signatures": [{"signer": self.user, **entry}]}
        return self.apply(name, spec, manager=manager, **query)

    def merge(self, name: str, body: JsonObject, sub: str = "", **query: str) -> Answer:
        """A merge patch: lists are replaced as a whole."""
        return self.call("PATCH", f"/{name}{sub}", body, FORMS["merge"], **query)

    def edit(self, name: str, *steps: JsonObject, sub: str = "") -> Answer:
        """A JSON patch."""
        return self.call("PATCH", f"/{name}{sub}", list(steps), FORMS["json"])

    def replace(self, body: JsonObject, sub: str = "") -> Answer:
        """PUT an object."""
        return self.call("PUT", f"/{body['metadata']['name']}{sub}", body)

    def get(self, name: str) -> JsonObject:
        """A request as it is now."""
        return self.call("GET", f"/{name}").accepted()

    def delete(self, name: str) -> Answer:
        """Delete a request."""
        return self.call("DELETE", f"/{name}")


def request_object(name: str, spec: JsonObject, **metadata: Any) -> JsonObject:
    """An ApprovalRequest as it is sent; with no name where one is to be made up."""
    named = {"name": name} if name else {}
    return {
        "apiVersion": OWN,
        "kind": "ApprovalRequest",
        "metadata": {**named, **metadata},
        "spec": spec,
    }
