"""The requests that the commands make of the API server, under the person's own name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from countersign.api.approval_request import GROUP, KIND, PLURAL, VERSION
from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.ports import JsonObject, ObjectPath, PatchForm

MANAGER = "kubectl-countersign"
_CHUNK = 500
"""Objects an answer holds, as with kubectl: more come in several."""
_OUTLINES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Requests:
    """ApprovalRequests as JSON. Every method raises ``ApiError``."""

    def __init__(self, connection: Connection) -> None:
        """Over this connection."""
        self._connection = connection

    async def get(self, namespace: str, name: str) -> JsonObject:
        """Read one."""
        return await self._connection.request(Call("GET", _url(namespace, name)))

    async def every(self, namespace: str | None) -> list[JsonObject]:
        """Those of a namespace, or of all, in order of their creation."""
        found: list[JsonObject] = []
        token = ""
        while True:
            query = (("limit", str(_CHUNK)), *((("continue", token),) if token else ()))
            answer = await self._connection.request(Call("GET", _url(namespace), query=query))
            found += answer.get("items") or []
            token = (answer.get("metadata") or {}).get("continue") or ""
            if not token:
                return sorted(found, key=_created)

    async def names(self, namespace: str) -> list[str]:
        """The names of those of a namespace, in no order that means anything."""
        return [str(each["metadata"]["name"]) for each in await self._outlines(namespace)]

    async def places(self, name: str) -> list[str]:
        """The namespaces that have one of this name."""
        query = (("fieldSelector", f"metadata.name={name}"),)
        return [str(each["metadata"]["namespace"]) for each in await self._outlines(None, query)]

    async def _outlines(
        self, namespace: str | None, query: tuple[tuple[str, str], ...] = ()
    ) -> list[JsonObject]:
        """Metadata alone, of as many as one answer holds."""
        query = (("limit", str(_CHUNK)), *query)
        answer = await self._connection.request(
            Call("GET", _url(namespace), query=query, accept=_OUTLINES)
        )
        return list(answer.get("items") or [])

    async def create(self, namespace: str, body: JsonObject) -> JsonObject:
        """Propose."""
        query = (("fieldManager", MANAGER),)
        return await self._connection.request(Call("POST", _url(namespace), body, query=query))

    async def apply(self, namespace: str, name: str, body: JsonObject, manager: str) -> JsonObject:
        """Server-side apply; ``force`` takes over fields of these alone that are written here."""
        query = (("fieldManager", manager), ("force", "true"))
        call = Call("PATCH", _url(namespace, name), body, PatchForm.APPLY, query=query)
        return await self._connection.request(call)

    async def merge(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        """Merge patch."""
        query = (("fieldManager", MANAGER),)
        call = Call("PATCH", _url(namespace, name), body, PatchForm.MERGE, query=query)
        return await self._connection.request(call)

    async def patch(self, namespace: str, name: str, body: list[JsonObject]) -> JsonObject:
        """JSON patch."""
        query = (("fieldManager", MANAGER),)
        call = Call("PATCH", _url(namespace, name), body, PatchForm.JSON, query=query)
        return await self._connection.request(call)

    def watch(
        self, namespace: str, name: str, version: str
    ) -> AbstractAsyncContextManager[AsyncIterator[JsonObject]]:
        """What becomes of one from ``version`` on: the server's watch events."""
        query = (
            ("watch", "true"),
            ("fieldSelector", f"metadata.name={name}"),
            ("resourceVersion", version),
        )
        return self._connection.stream(Call("GET", _url(namespace), query=query))


def _url(namespace: str | None, name: str = "") -> str:
    return url_of(ObjectPath(f"{GROUP}/{VERSION}", PLURAL, namespace, name))


def bare(name: str, namespace: str) -> JsonObject:
    """What every body of a request begins with."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace},
    }


def _created(item: JsonObject) -> tuple[str, str]:
    metadata = item.get("metadata") or {}
    return str(metadata.get("creationTimestamp")), str(metadata.get("name"))
