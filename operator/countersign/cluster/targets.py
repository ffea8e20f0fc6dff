"""The ``Cluster`` port: targets of actions, always spoken to as a service account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from countersign.api.kinds import Resource, built_in
from countersign.api.status import OUTPUT_LIMIT
from countersign.api.text import ending
from countersign.cluster.commands import run_in_pod
from countersign.cluster.discovery import Discovery
from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.ports import Finished, JsonObject, ObjectPath, PatchForm, ServiceAccount

FIELD_MANAGER = "countersign"
_MANAGER = (("fieldManager", FIELD_MANAGER),)
_DRY = (("dryRun", "All"),)


class KubernetesCluster:
    """The API server, through one connection whose own account may impersonate."""

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``, whose own account needs the verb ``impersonate``."""
        self._connection = connection
        self._discovery = Discovery(connection)

    async def get(self, path: ObjectPath, account: ServiceAccount) -> JsonObject:
        """Read one object."""
        return await self._connection.request(Call("GET", url_of(path), account=account))

    async def select(
        self,
        path: ObjectPath,
        account: ServiceAccount,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
    ) -> list[JsonObject]:
        """A collection, as its latest state."""
        query = tuple(
            (name, value)
            for name, value in (
                ("labelSelector", labels),
                ("fieldSelector", fields),
                ("limit", str(limit)),
            )
            if value
        )
        answer = await self._connection.request(
            Call("GET", url_of(path), account=account, query=query)
        )
        return list(answer.get("items") or [])

    async def patch(
        self,
        path: ObjectPath,
        body: JsonObject | list[JsonObject],
        account: ServiceAccount,
        *,
        form: PatchForm = PatchForm.STRATEGIC,
        dry_run: bool = False,
        force: bool = False,
    ) -> JsonObject:
        """One patch, with the preconditions in its metadata (of a JSON patch: in its tests)."""
        query = (*_MANAGER, *(_DRY if dry_run else ()), *((("force", "true"),) if force else ()))
        call = Call("PATCH", url_of(path), body, form, account, query)
        return await self._connection.request(call)

    async def create(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool = False
    ) -> JsonObject:
        """Create an object, or post to an object's sub-resource."""
        query = (*_MANAGER, *(_DRY if dry_run else ()))
        call = Call("POST", url_of(path), body, account=account, query=query)
        return await self._connection.request(call)

    async def delete(
        self,
        path: ObjectPath,
        options: JsonObject,
        account: ServiceAccount,
        *,
        dry_run: bool = False,
    ) -> JsonObject:
        """Delete one object under the preconditions in its options.

        A dry run is asked for in the options: where there are any, the API server reads no query,
        and would really delete.
        """
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
        if dry_run:
            body["dryRun"] = ["All"]
        call = Call("DELETE", url_of(path), body, account=account)
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
        collection = ObjectPath(path.api_version, path.plural, path.namespace)
        call = Call("GET", url_of(collection), account=account, query=query)
        async with self._connection.stream(call) as events:
            yield _versions(events)

    async def resource(
        self, kind: str, api_version: str | None, account: ServiceAccount
    ) -> Resource:
        """Where the API keeps a kind."""
        return built_in(kind, api_version) or await self._discovery.resource(
            kind, api_version, account
        )

    async def logs(self, path: ObjectPath, container: str | None, account: ServiceAccount) -> str:
        """The end of a container's log."""
        logs = ObjectPath(path.api_version, path.plural, path.namespace, path.name, "log")
        query = (
            ("tailLines", "200"),
            ("limitBytes", str(8 * OUTPUT_LIMIT)),
            *((("container", container),) if container else ()),
        )
        text = await self._connection.text(Call("GET", url_of(logs), account=account, query=query))
        return ending(text, OUTPUT_LIMIT)

    async def run(
        self,
        path: ObjectPath,
        container: str | None,
        command: Sequence[str],
        account: ServiceAccount,
    ) -> Finished:
        """Run a command in a container, as ``kubectl exec`` does."""
        return await run_in_pod(self._connection, path, container, command, account)


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
