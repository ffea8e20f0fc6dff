"""The API server as the workflow's ports: targets, the operator's desk, ConfigMaps, the Lease."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from countersign.api.approval_request import (
    GROUP,
    PLURAL,
    VERSION,
    ApprovalRequest,
    ApprovalRequestStatus,
)
from countersign.connection import MERGE_PATCH, STRATEGIC_MERGE_PATCH, Call, Connection
from countersign.errors import ApiError
from countersign.ports import Clock, JsonObject, ObjectPath, ServiceAccount
from countersign.records.notice import Notice, event_object

FIELD_MANAGER = "countersign"
TOUCHED = "countersign.dev/touched"


def _url(path: ObjectPath) -> str:
    root = "/api" if path.api_version == "v1" else "/apis"
    where = f"/namespaces/{quote(path.namespace, safe='')}" if path.namespace else ""
    name = f"/{quote(path.name, safe='')}" if path.name else ""
    return f"{root}/{path.api_version}{where}/{path.plural}{name}"


class KubernetesCluster:
    """The ``Cluster`` port: targets of actions, always as a service account."""

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``, whose own account needs the verb ``impersonate``."""
        self._connection = connection

    async def get(self, path: ObjectPath, account: ServiceAccount) -> JsonObject:
        """Read one object."""
        return await self._connection.request(Call("GET", _url(path), account=account))

    async def patch(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool = False
    ) -> JsonObject:
        """One strategic merge patch, with the preconditions in its metadata."""
        query = (("fieldManager", FIELD_MANAGER), *((("dryRun", "All"),) if dry_run else ()))
        call = Call("PATCH", _url(path), body, STRATEGIC_MERGE_PATCH, account, query)
        return await self._connection.request(call)

    @asynccontextmanager
    async def watch(
        self, path: ObjectPath, resource_version: str, account: ServiceAccount
    ) -> AsyncIterator[AsyncIterator[JsonObject]]:
        """The object's versions after ``resource_version``."""
        query = (
            ("watch", "true"),
            ("fieldSelector", f"metadata.name={path.name}"),
            ("resourceVersion", resource_version),
        )
        collection = ObjectPath(path.api_version, path.plural, path.namespace, "")
        call = Call("GET", _url(collection), account=account, query=query)
        async with self._connection.stream(call) as events:
            yield _versions(events)

    async def service_account_exists(self, account: ServiceAccount) -> bool:
        """Asked as the operator itself."""
        path = ObjectPath("v1", "serviceaccounts", account.namespace, account.name)
        try:
            await self._connection.request(Call("GET", _url(path)))
        except ApiError as error:
            if error.not_found:
                return False
            raise
        return True


async def _versions(events: AsyncIterator[JsonObject]) -> AsyncIterator[JsonObject]:
    async for event in events:
        match event.get("type"):
            case "ADDED" | "MODIFIED":
                yield event["object"]
            case "DELETED":
                raise ApiError("the object was deleted", code=404, reason="NotFound")
            case "ERROR":
                status = event.get("object") or {}
                raise ApiError(
                    str(status.get("message")), code=status.get("code"), reason=status.get("reason")
                )
            case _:
                continue


def request_path(request: ApprovalRequest) -> ObjectPath:
    """Where an ApprovalRequest is in the API."""
    metadata = request.metadata
    return ObjectPath(f"{GROUP}/{VERSION}", PLURAL, metadata.namespace, metadata.name)


class OperatorDesk:
    """The ``Desk`` port, and the few other things the operator writes under its own name."""

    def __init__(self, connection: Connection, clock: Clock, *, instance: str) -> None:
        """``instance`` names this replica in Events."""
        self._connection = connection
        self._clock = clock
        self._instance = instance

    async def post(self, request: ApprovalRequest, notice: Notice) -> None:
        """Post an Event under its deterministic name; 409 means that it is there."""
        body = event_object(request, notice, now=self._clock.now(), instance=self._instance)
        path = ObjectPath("events.k8s.io/v1", "events", request.metadata.namespace, "")
        try:
            await self._connection.request(Call("POST", _url(path), body))
        except ApiError as error:
            if not error.conflict:
                raise

    async def save_status(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> None:
        """Merge those fields that differ into the status."""
        body = {"status": changed_fields(request.status, status)}
        await self._patch_status(request_path(request), body)

    async def touch(self, namespace: str, name: str) -> None:
        """Make the API server send the object's event once more; nothing else changes."""
        path = ObjectPath(f"{GROUP}/{VERSION}", PLURAL, namespace, name)
        moment = self._clock.now().isoformat()
        touched = await self._patch_status(path, {"status": {"kopf": {"touch": moment}}})
        if ((touched.get("status") or {}).get("kopf") or {}).get("touch") != moment:
            # An older CRD drops the field: nothing has changed, and no event would come.
            body = {"metadata": {"annotations": {TOUCHED: moment}}}
            await self._connection.request(Call("PATCH", _url(path), body, MERGE_PATCH))

    async def _patch_status(self, path: ObjectPath, body: JsonObject) -> JsonObject:
        call = Call("PATCH", f"{_url(path)}/status", body, MERGE_PATCH)
        return await self._connection.request(call)


def changed_fields(old: ApprovalRequestStatus, new: ApprovalRequestStatus) -> JsonObject:
    """The top-level fields that differ, as a merge patch: None where one is to go."""
    before, after = old.to_json(), new.to_json()
    patch: JsonObject = {}
    for key in (before.keys() | after.keys()) - {"kopf"}:
        if before.get(key) == after.get(key):
            continue
        patch[key] = _merge(before.get(key), after.get(key))
    return patch


def _merge(before: Any, after: Any) -> Any:
    """A merge patch keeps the old keys of an object unless they are named."""
    if isinstance(before, dict) and isinstance(after, dict):
        gone = dict.fromkeys(before.keys() - after.keys())
        return {key: _merge(before.get(key), value) for key, value in after.items()} | gone
    return after


class KubernetesConfigMaps:
    """The requests of ``stores.configmap``."""

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``'s own account."""
        self._connection = connection

    async def patch_config_map(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        """Merge patch."""
        url = _url(ObjectPath("v1", "configmaps", namespace, name))
        return await self._connection.request(Call("PATCH", url, body, MERGE_PATCH))

    async def create_config_map(self, namespace: str, body: JsonObject) -> JsonObject:
        """Create."""
        url = _url(ObjectPath("v1", "configmaps", namespace, ""))
        return await self._connection.request(Call("POST", url, body))

    async def get_config_map(self, namespace: str, name: str) -> JsonObject:
        """Read one."""
        return await self._connection.request(
            Call("GET", _url(ObjectPath("v1", "configmaps", namespace, name)))
        )

    async def list_config_maps(self, namespace: str, selector: str) -> list[JsonObject]:
        """All that bear the labels."""
        url = _url(ObjectPath("v1", "configmaps", namespace, ""))
        call = Call("GET", url, query=(("labelSelector", selector),))
        answer = await self._connection.request(call)
        return list(answer.get("items") or [])


class KubernetesLease:
    """The requests of ``lease``, on one Lease."""

    def __init__(self, connection: Connection, *, namespace: str, name: str) -> None:
        """The Lease ``name`` in ``namespace``, as ``connection``'s own account."""
        self._connection = connection
        self._collection = _url(ObjectPath("coordination.k8s.io/v1", "leases", namespace, ""))
        self._url = f"{self._collection}/{quote(name, safe='')}"

    async def read(self) -> JsonObject:
        """Read it."""
        return await self._connection.request(Call("GET", self._url))

    async def create(self, body: JsonObject) -> JsonObject:
        """Create it."""
        return await self._connection.request(Call("POST", self._collection, body))

    async def replace(self, body: JsonObject) -> JsonObject:
        """Replace it."""
        return await self._connection.request(Call("PUT", self._url, body))


class KubernetesSchema:
    """The installed CustomResourceDefinition of ApprovalRequest."""

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``'s own account."""
        self._connection = connection

    async def installed(self) -> JsonObject | None:
        """The CRD as the API server has it; None where there is none. Raises ``ApiError``."""
        name = f"{PLURAL}.{GROUP}"
        path = ObjectPath("apiextensions.k8s.io/v1", "customresourcedefinitions", None, name)
        try:
            return await self._connection.request(Call("GET", _url(path)))
        except ApiError as error:
            if error.not_found:
                return None
            raise
