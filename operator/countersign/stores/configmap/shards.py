"""Keys that are spread over a fixed number of ConfigMaps: small ones are fast to write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

from countersign.errors import ApiError
from countersign.turns import Turns

JsonObject = dict[str, Any]
Data = Mapping[str, str]
"""What is in a ConfigMap: a text for each key."""
_AT_A_TIME, _TO_ONE_SHARD = 16, 4
"""Writes: each is answered with all that is in its ConfigMap. One that hangs stops no other."""


class ConfigMaps(Protocol):
    """The few requests that are made. Each raises ``ApiError``."""

    async def patch_config_map(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        """Merge patch."""
        ...

    async def create_config_map(self, namespace: str, body: JsonObject) -> JsonObject:
        """Create."""
        ...

    async def list_config_maps(self, namespace: str, selector: str) -> list[JsonObject]:
        """All that bear the labels."""
        ...


class Shards:
    """The ConfigMaps ``countersign-<kind>-00`` and so on."""

    def __init__(self, config_maps: ConfigMaps, *, namespace: str, kind: str, count: int) -> None:
        """Spread over ``count`` of them in ``namespace``, which the label of the kind tells."""
        self._config_maps = config_maps
        self._namespace = namespace
        self._kind = kind
        self._count = count
        self._turns = Turns(in_all=_AT_A_TIME, of_each=_TO_ONE_SHARD)
        self._labels = {"app.kubernetes.io/part-of": "countersign", "countersign.dev/store": kind}

    def name_of(self, owner: str) -> str:
        """The ConfigMap for what belongs to ``owner``."""
        digest = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()
        return f"countersign-{self._kind}-{int(digest, 16) % self._count:02d}"

    async def put(self, name: str, data: Data) -> Data:
        """Write some keys, in one request once the ConfigMap is there; all that is in it then.

        It is a merge patch: idempotent, and two writers of different keys never meet. But of many
        at once the API server refuses some, as it tries each five times: so a few go at a time.
        """
        async with self._turns.of(name):
            try:
                return await self._patch(name, data)
            except ApiError as error:
                if not error.not_found:
                    raise
                return await self._create(name, data)

    async def drop(self, name: str, keys: list[str]) -> None:
        """Remove some keys."""
        if keys:
            async with self._turns.of(name):
                await self._patch(name, dict.fromkeys(keys))

    async def every(self) -> list[Data]:
        """All that is in each of them, in one request."""
        selector = ",".join(f"{key}={value}" for key, value in self._labels.items())
        found = await self._config_maps.list_config_maps(self._namespace, selector)
        return [_data(each) for each in found]

    async def _patch(self, name: str, data: Mapping[str, str | None]) -> Data:
        body = {"data": dict(data)}
        return _data(await self._config_maps.patch_config_map(self._namespace, name, body))

    async def _create(self, name: str, data: Data) -> Data:
        metadata = {"name": name, "namespace": self._namespace, "labels": self._labels}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}
        try:
            return _data(await self._config_maps.create_config_map(self._namespace, body))
        except ApiError as error:
            if not error.conflict:  # Another writer was first: then the patch goes through.
                raise
            return await self._patch(name, data)


def size_of(data: Data) -> int:
    """Bytes of the keys and their texts."""
    return sum(len(key.encode()) + len(text.encode()) for key, text in data.items())


def _data(config_map: JsonObject) -> Data:
    return config_map.get("data") or {}
