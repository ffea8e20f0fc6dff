"""Asking the API server as one of its people, without starting a kubectl for it.

To start kubectl takes fifty times what the API server takes to answer, and tests ask by the
thousand. What is sent is what kubectl sends; tests that are about kubectl start the real thing.
"""

from __future__ import annotations

import functools
import json
import ssl
import threading
from dataclasses import dataclass
from typing import Any

import httpx

from countersign.api.kinds import BUILT_IN, Resource
from devcluster import Cluster

JsonObject = dict[str, Any]
JSON = "application/json"
FORMS = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
OWN = "countersign.dev/v1alpha1"
WIDGET = Resource("Widget", "shop.example.com/v1", "widgets")
_OTHERS = (
    WIDGET,
    Resource("ApprovalRequest", OWN, "approvalrequests", names=("approval",)),
    Resource("ApprovalPolicy", OWN, "approvalpolicies", namespaced=False, names=("apol",)),
    Resource("Incident", OWN, "incidents"),
    Resource("Playbook", OWN, "playbooks"),
    Resource("Event", "events.k8s.io/v1", "events"),
)
_RESOURCES = {
    name: resource
    for resource in (*BUILT_IN, *_OTHERS)
    for name in (resource.kind, resource.kind.lower(), resource.plural, *resource.names)
}
_making = threading.Lock()


class RefusedError(Exception):
    """The API server has refused; the text is its sentence."""


@dataclass(frozen=True)
class Answer:
    """What the API server has answered: a refusal is an answer too."""

    code: int
    body: JsonObject
    warnings: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The API server's sentence, where it is a refusal."""
        return str(self.body.get("message", ""))

    @property
    def is_refusal(self) -> bool:
        """Whether it is one."""
        return self.code >= httpx.codes.BAD_REQUEST

    @property
    def there(self) -> bool:
        """Whether what was asked for is there."""
        return self.code != httpx.codes.NOT_FOUND

    def accepted(self) -> JsonObject:
        """The object; RefusedError where it was refused."""
        if self.is_refusal:
            raise RefusedError(self.message)
        return self.body

    def refused(self, sentence: str, code: int = 403) -> None:
        """It was refused, with this code, and in these words."""
        assert self.is_refusal, f"this should have been refused: {self.body}"
        assert sentence in self.message, self.message
        assert self.code == code, (self.code, self.message)


@dataclass(frozen=True)
class Caller:
    """One user of a test cluster; ``acting`` are headers, to impersonate."""

    cluster: Cluster
    user: str = "admin"
    acting: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Whom the API server takes them for."""
        return dict(self.acting).get("Impersonate-User", self.user)

    def acting_as(self, user: str, *groups: str) -> Caller:
        """The same person as somebody else, as with kubectl's --as."""
        acting = (("Impersonate-User", user), *(("Impersonate-Group", group) for group in groups))
        return Caller(self.cluster, self.user, acting)

    def ask(
        self, method: str, path: str, body: Any = None, form: str = JSON, **query: str
    ) -> Answer:
        """One request."""
        http = client(self.cluster.server, str(self.cluster.ca_file), self.cluster.token(self.user))
        answer = http.request(
            method,
            path,
            params=query,
            headers=[("Content-Type", form), *self.acting],
            content=None if body is None else json.dumps(body),
        )
        return _read(answer)

    def find(self, kind: str, namespace: str, name: str) -> JsonObject | None:
        """One object, or None."""
        answer = self.ask("GET", place(kind, namespace, name))
        return answer.accepted() if answer.there else None

    def get(self, kind: str, namespace: str, name: str) -> JsonObject:
        """One object, which is there."""
        return self.ask("GET", place(kind, namespace, name)).accepted()

    def every(self, kind: str, namespace: str = "", labels: str = "") -> list[JsonObject]:
        """All objects of a kind; in all namespaces where none is named."""
        found = self.ask("GET", place(kind, namespace), labelSelector=labels).accepted()
        return list(found["items"])

    def create(self, body: JsonObject, namespace: str = "", **query: str) -> Answer:
        """As `kubectl create`."""
        path = place(body["kind"], namespace)
        strict = {"fieldManager": "kubectl-create", "fieldValidation": "Strict"}
        return self.ask("POST", path, body, **(strict | query))

    def apply(self, body: JsonObject, namespace: str, manager: str, **query: str) -> Answer:
        """As `kubectl apply --server-side`."""
        path = place(body["kind"], namespace, body["metadata"]["name"])
        strict = {"fieldManager": manager, "fieldValidation": "Strict"}
        return self.ask("PATCH", path, body, FORMS["apply"], **(strict | query))

    def merge(
        self, kind: str, namespace: str, name: str, change: Any, *, sub: str = "", **query: str
    ) -> Answer:
        """As `kubectl patch --type=merge`; ``sub`` is a sub-resource."""
        path = place(kind, namespace, name, sub)
        return self.ask(
            "PATCH", path, change, FORMS["merge"], fieldManager="kubectl-patch", **query
        )

    def delete(self, kind: str, namespace: str, name: str) -> Answer:
        """As `kubectl delete --wait=false`."""
        return self.ask("DELETE", place(kind, namespace, name))

    def may(
        self, verb: str, resource: str, *, sub: str = "", name: str = "", namespace: str = ""
    ) -> bool:
        """As `kubectl auth can-i`; ``resource`` is PLURAL or PLURAL.GROUP, "" the whole cluster."""
        plural, _dot, group = resource.partition(".")
        known = _RESOURCES.get(plural)
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {
                "resourceAttributes": {
                    "verb": verb,
                    "group": group or (known.group if known is not None else ""),
                    "resource": plural,
                    "subresource": sub,
                    "name": name,
                    "namespace": namespace,
                }
            },
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        return bool(self.ask("POST", path, review).accepted()["status"]["allowed"])


def place(kind: str, namespace: str, name: str = "", sub: str = "") -> str:
    """The path of an object, or of all of a kind; ``kind`` is any word that kubectl knows it by.

    Without a namespace it is the whole cluster's.
    """
    resource = _RESOURCES[kind]
    root = "/apis" if resource.group else "/api"
    within = f"/namespaces/{namespace}" if resource.namespaced and namespace else ""
    path = f"{root}/{resource.api_version}{within}/{resource.plural}"
    return "/".join(filter(None, (path, name, sub)))


def client(server: str, ca_file: str, token: str) -> httpx.Client:
    """The API server as one of its people; kept, because a TLS context is dear."""
    with _making:  # Two threads would make two, and one of them would never be closed.
        return _client(server, ca_file, token)


@functools.lru_cache(maxsize=32)
def _client(server: str, ca_file: str, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=server,
        headers={"Authorization": f"Bearer {token}"},
        verify=ssl.create_default_context(cafile=ca_file),
        timeout=30.0,
        trust_env=False,
    )


def _read(answer: httpx.Response) -> Answer:
    is_json = answer.headers.get("Content-Type", "").startswith(JSON)
    body = answer.json() if is_json else {"message": answer.text}
    return Answer(answer.status_code, body, tuple(answer.headers.get_list("Warning")))
