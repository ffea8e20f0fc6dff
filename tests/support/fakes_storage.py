"""Objects as the API server keeps them: with UIDs, versions, and watches on them."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from countersign.api.kinds import Resource, built_in
from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath, ServiceAccount
from tests.support.fakes_faults import Fault, LostAnswer, not_found, resource_of
from tests.support.fakes_owners import OTHERS, Manager, Owners

OLDEST = 7
"""The first version that a watch may begin with: the API server, too, forgets what was before."""
CREATED = "2026-03-01T11:00:00Z"
UNCOUNTED = {
    "configmaps",
    "endpoints",
    "events",
    "horizontalpodautoscalers",
    "leases",
    "namespaces",
    "nodes",
    "persistentvolumeclaims",
    "persistentvolumes",
    "resourcequotas",
    "secrets",
    "serviceaccounts",
    "services",
}
"""Kinds of Kubernetes' own whose objects have no generation."""

CUSTOM_KINDS = (
    Resource("Certificate", "cert-manager.io/v1", "certificates"),
    Resource("Widget", "example.com/v1", "widgets"),
    Resource("ClusterWidget", "example.com/v1", "clusterwidgets", namespaced=False),
    Resource("ApprovalRequest", "countersign.dev/v1alpha1", "approvalrequests"),
)


class FakeStorage:
    """The objects of a ``FakeCluster``, and what befalls its next requests.

    ``faults[verb]`` holds what happens at the next requests of that verb, one each: an error
    instead of an answer, a lost answer, a function that is called just before (somebody else was
    first), or None for nothing special. ``calls`` lists the requests' verbs as they came.
    """

    def __init__(self, journal: list[str] | None = None) -> None:
        self.objects: dict[ObjectPath, JsonObject] = {}
        self.asked_as: set[ServiceAccount] = set()
        self.calls: list[str] = []
        self.bodies: list[Any] = []
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.journal = journal if journal is not None else []
        self.custom: list[Resource] = list(CUSTOM_KINDS)
        self.plain: set[str] = {"example.com/v1"}
        """API versions whose kinds have no ``status`` sub-resource."""
        self._owners: defaultdict[ObjectPath, Owners] = defaultdict(Owners)
        self._version = OLDEST
        self._uids = itertools.count(1)
        self._history: defaultdict[ObjectPath, list[tuple[int, JsonObject | None]]]
        self._history = defaultdict(list)
        self._news = asyncio.Event()
        self._streams = 0

    # --- What a test does to it -------------------------------------------------------------------

    def new(self, path: ObjectPath, body: JsonObject) -> JsonObject:
        """What the server makes of an object that is sent to be created."""
        live = copy.deepcopy(body)
        metadata = live.setdefault("metadata", {})
        metadata |= {"uid": self._uid(), "creationTimestamp": CREATED}
        if path.namespace:
            metadata["namespace"] = path.namespace
        metadata.pop("generation", None)
        if path.plural not in UNCOUNTED:
            metadata["generation"] = 1
        if path.api_version not in self.plain:
            live.pop("status", None)
        return live

    def put(self, live: JsonObject) -> ObjectPath:
        """Create or replace an object; what it lacks of a UID and a namespace is filled in."""
        live = copy.deepcopy(live)
        path = self._path_of(live)
        live["metadata"].setdefault("uid", self._uid())
        self._write(path, live)
        return path

    def change(self, path: ObjectPath, how: Callable[[JsonObject], None]) -> None:
        """Somebody changes an object."""
        live = copy.deepcopy(self.objects[path])
        how(live)
        self._write(path, live)

    def vanish(self, path: ObjectPath) -> None:
        """Somebody deletes an object, or it is gone at last."""
        del self.objects[path]
        self._owners.pop(path, None)
        self._version += 1
        self._history[path].append((self._version, None))
        self._announce()

    def end_streams(self) -> None:
        """Every watch that is open ends, as the API server ends them every few minutes."""
        self._streams += 1
        self._announce()

    def count(self, verb: str) -> int:
        return self.calls.count(verb)

    # --- What the port is made of -------------------------------------------------------------------

    @asynccontextmanager
    async def watch(
        self, path: ObjectPath, resource_version: str, account: ServiceAccount
    ) -> AsyncIterator[AsyncIterator[JsonObject]]:
        self._asked("watch", account)
        yield self._versions(path, int(resource_version), self._streams)

    def is_custom(self, path: ObjectPath) -> bool:
        """Whether its kind is not of Kubernetes' own."""
        return any(each.api_version == path.api_version for each in self.custom)

    def _asked(self, verb: str, account: ServiceAccount) -> LostAnswer | None:
        self.calls.append(verb)
        self.asked_as.add(account)
        fault = self.faults[verb].popleft() if self.faults[verb] else None
        if isinstance(fault, ApiError):
            raise fault
        if isinstance(fault, LostAnswer):
            return fault
        if fault is not None:
            fault()
        return None

    def _live(self, path: ObjectPath) -> JsonObject:
        if path not in self.objects:
            raise not_found(resource_of(path))
        return self.objects[path]

    def _uid(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._uids):012x}"

    def _path_of(self, live: JsonObject) -> ObjectPath:
        kind, version = live["kind"], live.get("apiVersion")
        ours = [each for each in self.custom if each.kind == kind]
        resource = built_in(kind, version) or next(
            each for each in ours if version in (None, each.api_version)
        )
        live["apiVersion"] = resource.api_version
        name = live["metadata"]["name"]
        if not resource.namespaced:
            return ObjectPath(resource.api_version, resource.plural, None, name)
        namespace = live["metadata"].setdefault("namespace", "shop")
        return ObjectPath(resource.api_version, resource.plural, namespace, name)

    def _write(self, path: ObjectPath, live: JsonObject, by: Manager | None = OTHERS) -> None:
        """Keep it as a new version; ``by`` None where it is settled whose fields are whose."""
        before = self.objects.get(path, {})
        if _was_only_held(before, live):
            self.vanish(path)
            return
        if by is not None:
            self._owners[path].updated(by, before, live)
        self._version += 1
        live["metadata"]["resourceVersion"] = str(self._version)
        self.objects[path] = live
        self._history[path].append((self._version, copy.deepcopy(live)))
        self._announce()

    def _announce(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _versions(
        self, path: ObjectPath, since: int, stream: int
    ) -> AsyncIterator[JsonObject]:
        if since < OLDEST:
            text = f"too old resource version: {since} ({OLDEST})"
            raise ApiError(text, code=410, reason="Expired")
        while True:
            news = self._news  # From before it is looked at: what comes meanwhile is not missed.
            for version, live in list(self._history[path]):
                if version <= since:
                    continue
                since = version
                if live is None:
                    raise ApiError("the object was deleted", code=404, reason="NotFound")
                yield copy.deepcopy(live)
            if stream != self._streams:
                return
            await news.wait()


def _was_only_held(before: JsonObject, live: JsonObject) -> bool:
    """Whether the last of the finalizers goes that kept a deleted object there."""
    old, new = before.get("metadata") or {}, live["metadata"]
    ends = "deletionTimestamp" in new and not new.get("deletionGracePeriodSeconds")
    return bool(ends and old.get("finalizers") and not new.get("finalizers"))
