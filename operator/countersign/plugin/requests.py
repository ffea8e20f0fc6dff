"""The requests that the commands make of the API server, under the person's own name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from http import HTTPStatus

from countersign.api.approval_request import GROUP, KIND, PLURAL, VERSION
from countersign.api.phase import Phase
from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath, PatchForm

MANAGER = "kubectl-countersign"
_LIMIT = (("limit", "500"),)
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

    async def every(
        self,
        namespace: str | None,
        wanted: Callable[[JsonObject], bool] = lambda _: True,
        *,
        phases: Collection[str] = (),
        newest: int | None = None,
    ) -> list[JsonObject]:
        """Those of a namespace, or of all, that are wanted, in order of their creation.

        With ``phases`` the API server need not send others; that does, whose CRD is older. With
        ``newest`` the last so many. No more is held than these and one answer.
        """
        found: list[JsonObject] = []
        async for page in self._in(phases, Call("GET", _url(namespace), query=_LIMIT)):
            found += filter(wanted, page)
            found.sort(key=_created)
            del found[: -newest if newest else 0]
        return found

    async def _in(self, phases: Collection[str], call: Call) -> AsyncIterator[list[JsonObject]]:
        if not phases:
            async for page in self._pages(call):
                yield page
            return
        # Not those that are meant: a new one has no phase yet.
        others = ",".join(f"status.phase!={each}" for each in Phase if each not in phases)
        selected = replace(call, query=(*call.query, ("fieldSelector", others)))
        try:
            async for page in self._pages(selected if others else call):
                yield page
        except ApiError as error:
            if error.code != HTTPStatus.BAD_REQUEST:
                raise
            async for page in self._pages(call):
                yield page

    async def pages(self, namespace: str | None) -> AsyncIterator[list[JsonObject]]:
        """Those of a namespace, or of all, in parts, in no order that means anything."""
        async for page in self._pages(Call("GET", _url(namespace), query=_LIMIT)):
            yield page

    async def names(self, namespace: str) -> list[str]:
        """The names of those of a namespace, the oldest first."""
        call = Call("GET", _url(namespace), query=_LIMIT, accept=_OUTLINES)
        found = [each async for page in self._pages(call) for each in page]
        return [str(each["metadata"]["name"]) for each in sorted(found, key=_created)]

    async def places(self, name: str) -> list[str]:
        """The namespaces that have one of this name, of as many as one answer holds."""
        query = (*_LIMIT, ("fieldSelector", f"metadata.name={name}"))
        answer = await self._connection.request(
            Call("GET", _url(None), query=query, accept=_OUTLINES)
        )
        return [str(each["metadata"]["namespace"]) for each in answer.get("items") or []]

    async def _pages(self, call: Call) -> AsyncIterator[list[JsonObject]]:
        query = call.query
        while True:
            answer = await self._connection.request(replace(call, query=query))
            items = list(answer.get("items") or [])
            for each in items:  # The server's own bookkeeping: a quarter of each, and never shown.
                each["metadata"].pop("managedFields", None)
            yield items
            token = (answer.get("metadata") or {}).get("continue") or ""
            if not token:
                return
            query = (*call.query, ("continue", token))

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
