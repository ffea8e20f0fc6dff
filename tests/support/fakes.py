"""Every port of the workflow, in memory; what the API server promises, these keep as well."""

from __future__ import annotations

import asyncio
import copy
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from countersign.api.approval_request import ApprovalRequest, ApprovalRequestStatus
from countersign.api.operation import Kind
from countersign.api.status import KnowledgeReference
from countersign.errors import ApiError
from countersign.executors.kinds import path_of
from countersign.ports import JsonObject, ObjectPath, ServiceAccount
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.notice import Notice
from countersign.stores.memory import MemoryStore
from tests.support.fakes_objects import operation

EXECUTOR = ServiceAccount("shop", "countersign-executor")


def not_found(what: str = 'deployments.apps "web"') -> ApiError:
    return ApiError(f"{what} not found", code=404, reason="NotFound")


def conflict() -> ApiError:
    text = "Operation cannot be fulfilled: the object has been modified"
    return ApiError(text, code=409, reason="Conflict")


def forbidden(account: ServiceAccount = EXECUTOR) -> ApiError:
    """RBAC's own words."""
    text = (
        f'deployments.apps "web" is forbidden: User "{account.user}" cannot patch resource '
        '"deployments" in API group "apps" in the namespace "shop"'
    )
    return ApiError(text, code=403, reason="Forbidden")


def unavailable(retry_after: float | None = None) -> ApiError:
    return ApiError("service unavailable", code=503, retry_after=retry_after)


class LostAnswer:
    """A write that went through, and whose answer did not come back."""

    error = ApiError("PATCH /apis/apps/v1/…: connection reset")


Fault = ApiError | LostAnswer | Callable[[], None] | None


class FakeCluster:
    """Objects with resource versions, UIDs as preconditions, and watches.

    ``faults[verb]`` holds what happens at the next requests of that verb (``get``, ``patch``,
    ``dry-run``, ``watch``), one each: an error instead of an answer, a lost answer, a function
    that is called just before (somebody else was first), or None for nothing special.
    """

    def __init__(self, journal: list[str] | None = None) -> None:
        self.objects: dict[ObjectPath, JsonObject] = {}
        self.accounts: set[ServiceAccount] = {EXECUTOR}
        self.asked_as: set[ServiceAccount] = set()
        self.calls: list[str] = []
        self.bodies: list[JsonObject] = []
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.journal = journal if journal is not None else []
        self.account_error: ApiError | None = None
        self._version = 7
        self._history: defaultdict[ObjectPath, list[tuple[int, JsonObject | None]]]
        self._history = defaultdict(list)
        self._news = asyncio.Event()
        self._streams = 0

    # --- What a test does to it -------------------------------------------------------------------

    def put(self, live: JsonObject) -> ObjectPath:
        """Create or replace a workload."""
        kind = Kind(live["kind"])
        replicas = None if kind is Kind.DAEMON_SET else 1
        path = path_of(operation(kind, live["metadata"]["name"], replicas=replicas))
        self._write(path, copy.deepcopy(live))
        return path

    def change(self, path: ObjectPath, how: Callable[[JsonObject], None]) -> None:
        """Somebody changes an object."""
        live = copy.deepcopy(self.objects[path])
        how(live)
        self._write(path, live)

    def delete(self, path: ObjectPath) -> None:
        """Somebody deletes an object."""
        del self.objects[path]
        self._version += 1
        self._history[path].append((self._version, None))
        self._announce()

    def end_streams(self) -> None:
        """Every watch that is open ends, as the API server ends them every few minutes."""
        self._streams += 1
        self._announce()

    def count(self, verb: str) -> int:
        return self.calls.count(verb)

    # --- The port ---------------------------------------------------------------------------------

    async def get(self, path: ObjectPath, account: ServiceAccount) -> JsonObject:
        self._asked("get", account)
        if path not in self.objects:
            raise not_found()
        return copy.deepcopy(self.objects[path])

    async def patch(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool = False
    ) -> JsonObject:
        self.bodies.append(copy.deepcopy(body))
        lost = self._asked("dry-run" if dry_run else "patch", account)
        if path not in self.objects:
            raise not_found()
        live = copy.deepcopy(self.objects[path])
        for precondition in ("uid", "resourceVersion"):
            wanted = body.get("metadata", {}).get(precondition)
            if wanted is not None and wanted != live["metadata"][precondition]:
                raise conflict()
        before = copy.deepcopy(live)
        _merge(live, body)
        if live["spec"] != before["spec"]:
            live["metadata"]["generation"] += 1
        if not dry_run and live != before:
            self.journal.append("effect")
            self._write(path, live)
        if lost is not None:
            raise lost.error
        return copy.deepcopy(live if dry_run else self.objects[path])

    @asynccontextmanager
    async def watch(
        self, path: ObjectPath, resource_version: str, account: ServiceAccount
    ) -> AsyncIterator[AsyncIterator[JsonObject]]:
        self._asked("watch", account)
        yield self._versions(path, int(resource_version), self._streams)

    async def service_account_exists(self, account: ServiceAccount) -> bool:
        self.calls.append("service-account")
        if self.account_error is not None:
            raise self.account_error
        return account in self.accounts

    # --- Inside -----------------------------------------------------------------------------------

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

    def _write(self, path: ObjectPath, live: JsonObject) -> None:
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
        while True:
            for version, live in list(self._history[path]):
                if version <= since:
                    continue
                since = version
                if live is None:
                    raise not_found()
                yield copy.deepcopy(live)
            if stream != self._streams:
                return
            await self._news.wait()


def _merge(live: JsonObject, body: JsonObject) -> None:
    """A strategic merge patch of maps (there are no lists in the recipes' patches)."""
    for key, value in body.items():
        if value is None:
            live.pop(key, None)
        elif isinstance(value, dict):
            _merge(live.setdefault(key, {}), value)
        else:
            live[key] = value


class FakeDesk:
    """The ``Desk`` port; ``error`` is raised by everything while it is set."""

    def __init__(self, journal: list[str] | None = None) -> None:
        self.posted: list[Notice] = []
        self.saved: list[ApprovalRequestStatus] = []
        self.touched: list[tuple[str, str]] = []
        self.error: Exception | None = None
        self.journal = journal if journal is not None else []

    async def post(self, request: ApprovalRequest, notice: Notice) -> None:
        self.journal.append(f"event {notice.step}")
        if self.error is not None:
            raise self.error
        self.posted.append(notice)

    async def save_status(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> None:
        self.journal.append(f"status {status.phase}")
        if self.error is not None:
            raise self.error
        self.saved.append(status)


class FakeStore(MemoryStore):
    """A ``MemoryStore`` that can be down."""

    def __init__(self, journal: list[str] | None = None) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.journal = journal if journal is not None else []

    async def save(self, entry: KnowledgeEntry) -> KnowledgeReference:
        self.journal.append("knowledge")
        if self.error is not None:
            raise self.error
        return await super().save(entry)


class FakeMeter:
    """The ``Meter`` port: everything it was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def decided(self, decision: str) -> None:
        self.told.append(("decided", decision))

    def finished(self, operation: str, phase: str, seconds: float) -> None:
        self.told.append(("finished", str(operation), phase, seconds))

    def retried(self, operation: str) -> None:
        self.told.append(("retried", str(operation)))

    def failed_effect(self, effect: str) -> None:
        self.told.append(("failed effect", effect))


class FakeConfigMaps:
    """ConfigMaps with merge-patch semantics; ``before[verb]`` runs before the next such request."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], JsonObject] = {}
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}

    async def patch_config_map(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        live = self._live("patch", namespace, name)
        _merge(live, body)
        return copy.deepcopy(live)

    async def create_config_map(self, namespace: str, body: JsonObject) -> JsonObject:
        self._asked("create")
        key = (namespace, body["metadata"]["name"])
        if key in self.objects:
            raise ApiError("already exists", code=409, reason="AlreadyExists")
        self.objects[key] = copy.deepcopy(body)
        return copy.deepcopy(body)

    async def get_config_map(self, namespace: str, name: str) -> JsonObject:
        return copy.deepcopy(self._live("get", namespace, name))

    async def list_config_maps(self, namespace: str, selector: str) -> list[JsonObject]:
        self._asked("list")
        wanted = dict(part.split("=") for part in selector.split(","))
        return [
            copy.deepcopy(live)
            for (where, _), live in self.objects.items()
            if where == namespace and wanted.items() <= live["metadata"].get("labels", {}).items()
        ]

    def _live(self, verb: str, namespace: str, name: str) -> JsonObject:
        self._asked(verb)
        try:
            return self.objects[namespace, name]
        except KeyError:
            raise not_found(f'configmaps "{name}"') from None

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

    def put(self, spec: JsonObject) -> None:
        """Somebody writes the Lease."""
        self._version += 1
        metadata = {"name": "operator", "resourceVersion": str(self._version)}
        self.lease = {"metadata": metadata, "spec": spec}

    @property
    def holder(self) -> str | None:
        return None if self.lease is None else self.lease["spec"].get("holderIdentity")

    async def read(self) -> JsonObject:
        await self._asked("read")
        if self.lease is None:
            raise not_found('leases "operator"')
        return copy.deepcopy(self.lease)

    async def create(self, body: JsonObject) -> JsonObject:
        await self._asked("create")
        if self.lease is not None:
            raise ApiError("already exists", code=409, reason="AlreadyExists")
        self.put(copy.deepcopy(body["spec"]))
        return await self.read()

    async def replace(self, body: JsonObject) -> JsonObject:
        lost = await self._asked("replace")
        if self.lease is None:
            raise not_found('leases "operator"')
        if body["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise conflict()
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
