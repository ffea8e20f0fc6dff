"""A bare client of the API server: raw JSON, one pool of connections, one token."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

JsonObject = dict[str, Any]
_MERGE_PATCH = "application/merge-patch+json"
_TIMEOUT = aiohttp.ClientTimeout(total=60)


class BenchError(Exception):
    """The benchmark cannot go on; its text says why."""


class Api:
    """One user's connections."""

    def __init__(self, server: str, ca_file: Path, token: str) -> None:
        context = ssl.create_default_context(cafile=str(ca_file))
        self._session = aiohttp.ClientSession(
            server,
            connector=aiohttp.TCPConnector(ssl=context, limit=0),
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=_TIMEOUT,
        )

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first request."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, path: str) -> JsonObject:
        """Read an object or a collection."""
        value: JsonObject = json.loads(await self._request("GET", path))
        return value

    async def text(self, path: str) -> str:
        """Read something that is no object."""
        return (await self._request("GET", path)).decode()

    async def create(self, path: str, body: JsonObject) -> None:
        """Create an object in a collection."""
        await self._request("POST", path, body)

    async def patch(self, path: str, body: JsonObject) -> None:
        """Merge patch."""
        await self._request("PATCH", path, body, _MERGE_PATCH)

    async def watch(self, path: str, version: str) -> AsyncIterator[JsonObject]:
        """A collection's objects as they change after ``version``."""
        query = {"watch": "true", "resourceVersion": version}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(path, params=query, timeout=timeout) as response:
            if response.status >= 400:
                raise BenchError(f"watch of {path}: {await response.text()}")
            async for line in response.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise BenchError(f"watch of {path}: {event['object'].get('message')}")
                yield event["object"]
        raise BenchError(f"watch of {path}: the API server ended it")

    async def _request(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        async with self._session.request(method, path, data=data, headers=headers) as response:
            answer = await response.read()
            if response.status >= 400:
                raise BenchError(f"{method} {path}: HTTP {response.status} {answer.decode()[:300]}")
            return answer
