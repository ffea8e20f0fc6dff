"""The same ground twice: the API server, and what unit tests take for it.

A contract test asks the port, and does by other means what others do beside it: in memory that is
a call of the fake, on the API server a request of the admin's, under another field manager.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest

from countersign.api.kinds import Resource, built_in
from countersign.cluster.targets import KubernetesCluster
from countersign.cluster.urls import url_of
from countersign.connection import Connection
from countersign.errors import ApiError
from countersign.ports import Cluster, JsonObject, ObjectPath, ServiceAccount
from tests.support.caller import FORMS, Caller
from tests.support.fakes_cluster import FakeCluster
from tests.support.fakes_patches import merge

OTHERS = "kubectl"
"""The field manager of whoever else is there."""
GROUP = "contract.example.com"
GIZMO = Resource("Gizmo", f"{GROUP}/v1", "gizmos")
"""A kind without a schema and without sub-resources."""
WORLD_GIZMO = Resource("WorldGizmo", f"{GROUP}/v1", "worldgizmos", namespaced=False)
GADGETS = tuple(Resource("Gadget", f"{name}.{GROUP}/v1", "gadgets") for name in ("one", "two"))
"""One kind of two groups."""
_ALMIGHTY = ServiceAccount("contract", "countersign-executor")
CUSTOM = (GIZMO, WORLD_GIZMO, *GADGETS)


class Ground(Protocol):
    """A port, and a place where a test is alone."""

    port: Cluster
    namespace: str
    account: ServiceAccount
    """Who may do everything."""

    def put(self, body: JsonObject) -> ObjectPath:
        """Somebody else creates an object, in the test's namespace if it is in one."""
        ...

    def change(self, path: ObjectPath, patch: JsonObject) -> None:
        """Somebody else changes it (merge patch); of its ``status`` sub-resource too."""
        ...

    def vanish(self, path: ObjectPath) -> None:
        """Somebody else deletes it, and it is gone."""
        ...

    def stranger(self, verb: str, resource: str) -> ServiceAccount:
        """Who may not do this, as far as it can be asked."""
        ...


@dataclass
class InMemory:
    """What unit tests stand on."""

    port: FakeCluster = field(default_factory=FakeCluster)
    namespace: str = field(default_factory=lambda: f"contract-{uuid.uuid4().hex[:8]}")
    account: ServiceAccount = _ALMIGHTY

    def __post_init__(self) -> None:
        self.port.custom.extend(CUSTOM)
        self.port.plain.update(each.api_version for each in CUSTOM)
        self.port.lingering = True

    def put(self, body: JsonObject) -> ObjectPath:
        path = place(body, self.namespace)
        live = self.port.new(path, body)
        live["metadata"]["namespace"] = path.namespace
        if path.namespace is None:
            del live["metadata"]["namespace"]
        return self.port.put(live)

    def change(self, path: ObjectPath, patch: JsonObject) -> None:
        whole = ObjectPath(path.api_version, path.plural, path.namespace, path.name)
        self.port.change(whole, lambda live: merge(live, copy.deepcopy(patch)))

    def vanish(self, path: ObjectPath) -> None:
        self.port.vanish(path)

    def stranger(self, verb: str, resource: str) -> ServiceAccount:
        self.port.denied.add((verb, resource))
        return self.account


@dataclass
class OnServer:
    """The real thing."""

    port: KubernetesCluster
    namespace: str
    account: ServiceAccount
    admin: Caller

    def put(self, body: JsonObject) -> ObjectPath:
        path = place(body, self.namespace)
        collection = ObjectPath(path.api_version, path.plural, path.namespace)
        body = copy.deepcopy(body)
        body.setdefault("apiVersion", path.api_version)
        self.admin.ask("POST", url_of(collection), body, fieldManager=OTHERS).accepted()
        return path

    def change(self, path: ObjectPath, patch: JsonObject) -> None:
        form = FORMS["merge"]
        self.admin.ask("PATCH", url_of(path), patch, form, fieldManager=OTHERS).accepted()

    def vanish(self, path: ObjectPath) -> None:
        self.admin.ask("DELETE", url_of(path), {"gracePeriodSeconds": 0}).accepted()

    def stranger(self, verb: str, resource: str) -> ServiceAccount:
        del verb, resource
        return ServiceAccount(self.namespace, "countersign-executor")


@dataclass
class Beside:
    """A namespace of a test's own on the API server, asked as the admin or the operator."""

    connection: Connection
    namespace: str
    admin: Caller

    def vanish(self, kind: str, name: str) -> None:
        """Somebody else deletes an object."""
        self.admin.delete(kind, self.namespace, name).accepted()


class Opener(Protocol):
    """Opens one."""

    def __call__(self, *, operator: bool = False) -> AbstractAsyncContextManager[Beside]:
        """As the admin, or as the operator's own account."""
        ...


def place(body: JsonObject, namespace: str) -> ObjectPath:
    """Where a test's own object is."""
    kind, version = body["kind"], body.get("apiVersion")
    own = [each for each in CUSTOM if each.kind == kind and version in (None, each.api_version)]
    resource = built_in(kind, version) or own[0]
    where = namespace if resource.namespaced else None
    return ObjectPath(resource.api_version, resource.plural, where, body["metadata"]["name"])


async def refusal(of: Awaitable[Any]) -> ApiError:
    """The error that it must end with."""
    with pytest.raises(ApiError) as caught:
        await of
    return caught.value


async def said(of: Awaitable[Any]) -> tuple[int | None, str | None, str]:
    """Code, reason and words of the refusal that it must end with."""
    error = await refusal(of)
    return error.code, error.reason, str(error)


def plain(live: JsonObject) -> JsonObject:
    """Without what only the API server keeps account of."""
    metadata = {k: v for k, v in live["metadata"].items() if k != "managedFields"}
    return {**live, "metadata": metadata}


def succeeded(answer: JsonObject) -> bool:
    """Whether an answer is the Status of a success, and no object."""
    return (answer["kind"], answer["apiVersion"], answer["status"]) == ("Status", "v1", "Success")
