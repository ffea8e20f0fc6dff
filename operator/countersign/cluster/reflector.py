"""A list of objects kept up to date by a watch, with word of when it is not.

Kopf has no word for "all have been listed", and does not tell of an object that was deleted while
its watch was away. Where being wrong means to approve what a policy forbids, both matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Protocol

import structlog

from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath

log = structlog.get_logger()
_PAGE = 500
_AGAIN = 1.0
"""Seconds after which what has failed is asked once more."""
_SILENCE = 90.0
"""Seconds; the API server sends a bookmark at least once a minute or so."""


class Mirror(Protocol):
    """Who is told."""

    def replaced(self, items: list[JsonObject]) -> None:
        """These are all that there are."""
        ...

    def changed(self, item: JsonObject) -> None:
        """One was made or changed."""
        ...

    def gone(self, item: JsonObject) -> None:
        """One was deleted."""
        ...

    def lost(self, error: ApiError) -> None:
        """It cannot be told what there is."""
        ...


class Reflector:
    """One collection of the whole cluster, as the operator's own account."""

    def __init__(self, connection: Connection, path: ObjectPath) -> None:
        """Of the collection at ``path``."""
        self._connection = connection
        self._url = url_of(path)

    async def run(self, mirror: Mirror) -> None:
        """List, then watch, and list again where the watch is lost; until cancelled."""
        while True:
            try:
                items, version = await self._list()
                mirror.replaced(items)
                while version:
                    version = await self._watch(mirror, version)
            except ApiError as error:
                mirror.lost(error)
                log.warning("watch is lost", of=self._url, error=str(error))
                await asyncio.sleep(_AGAIN)
            except Exception as error:
                # A defect of ours must not leave an old state standing as if it were the present.
                mirror.lost(ApiError(f"{type(error).__name__}: {error}"))
                log.exception("watch broke", of=self._url)
                await asyncio.sleep(_AGAIN)

    async def pages(self) -> AsyncIterator[tuple[list[JsonObject], str]]:
        """All objects in pages, each with the version of the list. Raises ``ApiError``."""
        following = ""
        while True:
            query = (("limit", str(_PAGE)), *((("continue", following),) if following else ()))
            answer = await self._connection.request(Call("GET", self._url, query=query))
            metadata = answer.get("metadata") or {}
            yield list(answer.get("items") or []), str(metadata.get("resourceVersion") or "")
            following = str(metadata.get("continue") or "")
            if not following:
                return

    async def _list(self) -> tuple[list[JsonObject], str]:
        items, version = [], ""
        async for page, version in self.pages():  # noqa: B007 - the last page's is the list's
            items += page
        return items, version

    async def _watch(self, mirror: Mirror, version: str) -> str:
        """One watch; the version it has come to, empty where it has to be listed again."""
        query = (
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
        )
        call = Call("GET", self._url, query=query)
        try:
            async with (
                asyncio.timeout(_SILENCE) as silence,
                self._connection.stream(call) as events,
            ):
                async for event in events:
                    version = _told(mirror, event)
                    if not version:
                        return ""
                    silence.reschedule(asyncio.get_running_loop().time() + _SILENCE)
        except TimeoutError:
            log.info("watch was silent, opened anew", of=self._url)
        return version


def _told(mirror: Mirror, event: JsonObject) -> str:
    item = event.get("object") or {}
    match event.get("type"):
        case "ADDED" | "MODIFIED":
            mirror.changed(item)
        case "DELETED":
            mirror.gone(item)
        case "ERROR" if item.get("code") == HTTPStatus.GONE:
            return ""
        case "ERROR":
            raise ApiError(str(item.get("message")), code=item.get("code"))
        case _:
            pass  # A bookmark.
    return str((item.get("metadata") or {}).get("resourceVersion") or "")
