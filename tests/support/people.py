"""What people try on a request, as the API server answers them: a refusal is an answer too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from devcluster import Cluster
from tests.support.caller import client

JsonObject = dict[str, Any]
API_VERSION = "countersign.dev/v1alpha1"
_MERGE, _JSON = "application/merge-patch+json", "application/json-patch+json"
_APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    code: int
    body: JsonObject

    @property
    def message(self) -> str:
        """The API server's sentence, where it is a refusal."""
        return str(self.body.get("message", ""))

    def accepted(self) -> JsonObject:
        """The object; an AssertionError where it was refused."""
        assert self.code < httpx.codes.BAD_REQUEST, self.message
        return self.body

    def refused(self, sentence: str, code: int = 403) -> None:
        """It was refused, with this code, and in these words."""
        assert self.code >= httpx.codes.BAD_REQUEST, f"this should have been refused: {self.body}"
        assert sentence in self.message, self.message
        assert self.code == code, (self.code, self.message)


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
        form: str = "application/json",
        headers: tuple[tuple[str, str], ...] = (),
        **query: str,
    ) -> Answer:
        """One request; ``path`` begins after the namespace's collection of requests, or with /."""
        own = f"/apis/{API_VERSION}/namespaces/{self.namespace}/approvalrequests"
        url = path if path.startswith(("/api/", "/apis/")) else own + path
        http = client(self.cluster.server, str(self.cluster.ca_file), self.cluster.token(self.user))
        answer = http.request(
            method,
            url,
            params=query,
            headers=[("Content-Type", form), *self.acting, *headers],
            content=None if body is None else json.dumps(body),
        )
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        body = answer.json() if is_json else {"message": answer.text}
        return Answer(answer.status_code, body)

    def propose(self, name: str, *, metadata: JsonObject | None = None, **spec: Any) -> Answer:
        """Create a request."""
        return self.call("POST", "", request_object(name, spec, **(metadata or {})))

    def apply(self, name: str, spec: JsonObject, *, manager: str = "", **query: str) -> Answer:
        """Server-side apply, under one's own field manager unless another is named."""
        manager = manager or self.user
        body = request_object(name, spec)
        return self.call("PATCH", f"/{name}", body, _APPLY, fieldManager=manager, **query)

    def sign(self, name: str, *, manager: str = "", dry: bool = False, **entry: Any) -> Answer:
        """Apply one entry, one's own unless it says otherwise."""
        query = {"dryRun": "All"} if dry else {}
        spec = {"signatures": [{"signer": self.user, **entry}]}
        return self.apply(name, spec, manager=manager, **query)

    def merge(self, name: str, body: JsonObject, sub: str = "", **query: str) -> Answer:
        """A merge patch: lists are replaced as a whole."""
        return self.call("PATCH", f"/{name}{sub}", body, _MERGE, **query)

    def edit(self, name: str, *steps: JsonObject, sub: str = "") -> Answer:
        """A JSON patch."""
        return self.call("PATCH", f"/{name}{sub}", list(steps), _JSON)

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
        "apiVersion": API_VERSION,
        "kind": "ApprovalRequest",
        "metadata": {**named, **metadata},
        "spec": spec,
    }
