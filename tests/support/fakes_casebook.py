"""The ``Casebook`` port in memory: compare-and-set as the API server does it.

tests/integration/test_casebook.py holds it to the real one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import uuid4

from countersign.api.approval_request import ApprovalRequest
from countersign.api.incident import Incident, IncidentStatus
from countersign.api.playbook import Playbook, PlaybookSpec, PlaybookState, PlaybookStatus
from countersign.errors import ApiError
from tests.support.fakes_faults import LostAnswer, conflict, not_found
from tests.support.incidents import playbook as playbook_object

Key = tuple[str, str]
Befalls = Exception | LostAnswer | Callable[[], object] | None
Kept = TypeVar("Kept", Incident, Playbook)


class FakeCasebook:
    """``faults`` by the port's methods, as in ``FakeCluster``; ``calls`` are all that were made."""

    def __init__(self, journal: list[str] | None = None) -> None:
        self.incidents: dict[Key, Incident] = {}
        self.playbooks: dict[Key, Playbook] = {}
        self.requests: dict[Key, ApprovalRequest] = {}
        self.faults: defaultdict[str, deque[Befalls]] = defaultdict(deque)
        self.error: Exception | None = None
        self.calls: list[str] = []
        self.journal = journal if journal is not None else []
        self._version = 1000

    def put(self, *objects: Incident | Playbook) -> None:
        """Somebody else writes them."""
        for each in objects:
            self._version += 1
            update = {"resource_version": str(self._version)}
            metadata = each.metadata.model_copy(update=update)
            key = (metadata.namespace, metadata.name)
            if isinstance(each, Incident):
                self.incidents[key] = each.model_copy(update={"metadata": metadata})
            else:
                self.playbooks[key] = each.model_copy(update={"metadata": metadata})

    # --- The port ---------------------------------------------------------------------------------

    async def incident(self, namespace: str, name: str) -> Incident | None:
        await self._asked("incident")
        return self.incidents.get((namespace, name))

    async def write_incident(self, incident: Incident, status: IncidentStatus) -> Incident:
        if status == incident.status:
            return incident
        lost = await self._asked("write_incident")
        live = self._unchanged(self.incidents, incident)
        status = status.model_copy(update={"uid": live.metadata.uid})
        self.put(live.model_copy(update={"status": status}))
        _raise(lost)
        return self.incidents[_key(incident)]

    async def playbook(self, namespace: str, name: str) -> Playbook | None:
        await self._asked("playbook")
        return self.playbooks.get((namespace, name))

    async def retired(self, namespace: str) -> list[Playbook]:
        await self._asked("retired")
        here = [each for (space, _), each in self.playbooks.items() if space == namespace]
        return [each for each in here if each.spec.state is PlaybookState.RETIRED]

    async def create_playbook(self, namespace: str, name: str, spec: PlaybookSpec) -> Playbook:
        lost = await self._asked("create_playbook")
        if (namespace, name) in self.playbooks:
            raise ApiError("already exists", code=409, reason="AlreadyExists")
        empty = playbook_object(name=name, namespace=namespace, uid=str(uuid4()))
        self.put(empty.model_copy(update={"spec": spec}))
        _raise(lost)
        return self.playbooks[namespace, name]

    async def extend_playbook(self, playbook: Playbook, spec: PlaybookSpec) -> Playbook:
        if spec == playbook.spec:
            return playbook
        lost = await self._asked("extend_playbook")
        live = self._unchanged(self.playbooks, playbook)
        if spec.steps != live.spec.steps:
            raise ApiError("The steps of a playbook cannot be changed", code=422, reason="Invalid")
        self.put(live.model_copy(update={"spec": spec}))
        _raise(lost)
        return self.playbooks[_key(playbook)]

    async def write_playbook(self, playbook: Playbook, status: PlaybookStatus) -> Playbook:
        if status == playbook.status:
            return playbook
        lost = await self._asked("write_playbook")
        live = self._unchanged(self.playbooks, playbook)
        status = status.model_copy(update={"uid": live.metadata.uid})
        self.put(live.model_copy(update={"status": status}))
        _raise(lost)
        return self.playbooks[_key(playbook)]

    async def request(self, namespace: str, name: str) -> ApprovalRequest | None:
        await self._asked("request")
        return self.requests.get((namespace, name))

    async def _asked(self, what: str) -> LostAnswer | None:
        self.calls.append(what)
        if "_" in what:
            self.journal.append(what)
        if self.error is not None:
            raise self.error
        fault = self.faults[what].popleft() if self.faults[what] else None
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, LostAnswer):
            return fault
        if fault is not None and isinstance(doing := fault(), Awaitable):
            await doing
        return None

    def _unchanged(self, objects: Mapping[Key, Kept], seen: Kept) -> Kept:
        live = objects.get(_key(seen))
        if live is None:
            raise not_found(seen.metadata.name)
        if live.metadata.resource_version != seen.metadata.resource_version:
            raise conflict()
        return live


def _key(of: Incident | Playbook) -> Key:
    return of.metadata.namespace, of.metadata.name


def _raise(lost: LostAnswer | None) -> None:
    if lost is not None:
        raise lost.error
