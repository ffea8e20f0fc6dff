"""The operator's own ConfigMaps and its Lease, in memory.

tests/integration/cluster holds them to the real ones.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath
from tests.support.fakes_faults import (
    LostAnswer,
    conflict,
    invalid,
    not_found,
    resource_of,
)
from tests.support.fakes_patches import merge

_MOST = 1024 * 1024
_MOST_READ = 3 * _MOST
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


class FakeConfigMaps:
    """ConfigMaps with merge-patch semantics; ``before[verb]`` runs before the next such request."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], JsonObject] = {}
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}

    async def patch_config_map(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        live = merge(copy.deepcopy(self._live("patch", namespace, name)), copy.deepcopy(body))
        _must_fit(namespace, name, live, body)
        self.objects[namespace, name] = live
        return copy.deepcopy(live)

    async def create_config_map(self, namespace: str, body: JsonObject) -> JsonObject:
        self._asked("create")
        name = body["metadata"]["name"]
        if (namespace, name) in self.objects:
            text = f"{resource_of(_config_map(namespace, name))} already exists"
            raise ApiError(text, code=409, reason="AlreadyExists")
        _must_fit(namespace, name, body, body)
        self.objects[namespace, name] = copy.deepcopy(body)
        return copy.deepcopy(body)

    async def list_config_maps(self, namespace: str, selector: str) -> list[JsonObject]:
        self._asked("list")
        wanted = dict(part.split("=") for part in selector.split(","))
        return [
            {key: value for key, value in copy.deepcopy(live).items() if key not in _UNLISTED}
            for (where, _), live in sorted(self.objects.items())
            if where == namespace and wanted.items() <= live["metadata"].get("labels", {}).items()
        ]

    def _live(self, verb: str, namespace: str, name: str) -> JsonObject:
        self._asked(verb)
        try:
            return self.objects[namespace, name]
        except KeyError:
            raise not_found(resource_of(_config_map(namespace, name))) from None

    def _asked(self, verb: str) -> None:
        self.calls.append(verb)
        if act := self.before.pop(verb, None):
            act()


class FakeLeases:
    """One Lease whose ``replace`` compares and sets; ``faults`` as in ``FakeCluster``."""

    def __init__(self) -> None:
        self.lease: JsonObject | None = None
        self.faults: defaultdict[str, deque[Any]] = defaultdict(deque)
        self._version = 0
        self._uids = itertools.count(1)

    def put(self, spec: JsonObject) -> None:
        """Somebody writes the Lease."""
        self._version += 1
        uid = self.lease["metadata"]["uid"] if self.lease else f"lease-{next(self._uids)}"
        metadata = {"name": "operator", "uid": uid, "resourceVersion": str(self._version)}
        self.lease = {"metadata": metadata, "spec": spec}

    def vanish(self) -> None:
        """Somebody deletes it."""
        self.lease = None

    @property
    def holder(self) -> str | None:
        return None if self.lease is None else self.lease["spec"].get("holderIdentity")

    async def read(self) -> JsonObject:
        await self._asked("read")
        if self.lease is None:
            raise not_found(_LEASE)
        return copy.deepcopy(self.lease)

    async def create(self, body: JsonObject) -> JsonObject:
        await self._asked("create")
        if self.lease is not None:
            raise ApiError(f"{_LEASE} already exists", code=409, reason="AlreadyExists")
        self.put(copy.deepcopy(body["spec"]))
        return await self.read()

    async def replace(self, body: JsonObject) -> JsonObject:
        lost = await self._asked("replace")
        if self.lease is None:
            raise conflict(_LEASE, "Precondition failed: UID in precondition, none in object meta")
        for field in ("uid", "resourceVersion"):
            if body["metadata"][field] != self.lease["metadata"][field]:
                raise conflict(_LEASE)
        if body["spec"] != self.lease["spec"]:
            self.put(copy.deepcopy(body["spec"]))
        if lost is not None:
            raise lost.error
        return copy.deepcopy(self.lease)

    async def _asked(self, verb: str) -> LostAnswer | None:
        fault = self.faults[verb].popleft() if self.faults[verb] else None
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, LostAnswer):
            return fault
        if fault is not None:
            await fault()
        return None


_UNLISTED = ("apiVersion", "kind")
_LEASE = 'leases.coordination.k8s.io "operator"'


def _config_map(namespace: str, name: str) -> ObjectPath:
    return ObjectPath("v1", "configmaps", namespace, name)


def _must_fit(namespace: str, name: str, live: JsonObject, sent: JsonObject) -> None:
    """What is sent can be read, and what is kept is within the API server's bounds."""
    path, data = _config_map(namespace, name), live.get("data") or {}
    if len(json.dumps(sent)) > _MOST_READ:
        text = f"Request entity too large: limit is {_MOST_READ}"
        raise ApiError(text, code=413, reason="RequestEntityTooLarge")
    for key in data:
        if not _KEY.fullmatch(key) or key in (".", ".."):
            raise invalid(path, "ConfigMap", f'data[{key}]: Invalid value: "{key}"')
    if sum(len(text.encode()) for text in data.values()) > _MOST:
        text = f"[]: Too long: may not be more than {_MOST} bytes"
        raise invalid(path, "ConfigMap", text)
