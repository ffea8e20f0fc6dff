"""The ``Casebook`` port in memory; what the API server promises of its objects, this keeps as well."""

from __future__ import annotations

import uuid
from typing import TypeVar

from countersign.api.approval_request import Metadata
from countersign.api.incident import Incident, IncidentStatus
from countersign.api.playbook import Playbook, PlaybookSpec, PlaybookStatus
from countersign.errors import ApiError
from tests.support.fakes_faults import conflict, not_found
from tests.support.fakes_time import START

Kept = TypeVar("Kept", Incident, Playbook)


class FakeCasebook:
    """``error`` is raised by everything while it is set; ``written`` names each write in order."""

    def __init__(self, *objects: Incident | Playbook) -> None:
        self._version = 1000
        self.incidents: dict[tuple[str, str], Incident] = {}
        self.playbooks: dict[tuple[str, str], Playbook] = {}
        self.error: Exception | None = None
        self.written: list[str] = []
        for each in objects:
            self.put(each)

    def put(self, kept: Incident | Playbook) -> None:
        """As if somebody else had written it."""
        key = (kept.metadata.namespace, kept.metadata.name)
        match kept:
            case Incident():
                self.incidents[key] = kept
            case Playbook():
                self.playbooks[key] = kept

    async def incident(self, namespace: str, name: str) -> Incident | None:
        self._may_fail()
        return self.incidents.get((namespace, name))

    async def playbook(self, namespace: str, name: str) -> Playbook | None:
        self._may_fail()
        return self.playbooks.get((namespace, name))

    async def write_incident(self, incident: Incident, status: IncidentStatus) -> Incident:
        self._may_fail()
        if status == incident.status:
            return incident
        live = self._compared(self.incidents, incident)
        uid = live.metadata.uid
        status = status.model_copy(update={"uid": uid})
        return self._set(self.incidents, live.model_copy(update={"status": status}))

    async def create_playbook(self, namespace: str, name: str, spec: PlaybookSpec) -> Playbook:
        self._may_fail()
        if (namespace, name) in self.playbooks:
            raise ApiError(f'playbooks "{name}" already exists', code=409, reason="AlreadyExists")
        metadata = Metadata(
            name=name, namespace=namespace, uid=str(uuid.uuid4()), creation_timestamp=START
        )
        return self._set(self.playbooks, Playbook(metadata=metadata, spec=spec))

    async def extend_playbook(self, playbook: Playbook, spec: PlaybookSpec) -> Playbook:
        self._may_fail()
        if spec == playbook.spec:
            return playbook
        live = self._compared(self.playbooks, playbook)
        if spec.steps != live.spec.steps:
            raise ApiError("The steps of a playbook cannot be changed", code=422, reason="Invalid")
        return self._set(self.playbooks, live.model_copy(update={"spec": spec}))

    async def write_playbook(self, playbook: Playbook, status: PlaybookStatus) -> Playbook:
        self._may_fail()
        if status == playbook.status:
            return playbook
        live = self._compared(self.playbooks, playbook)
        status = status.model_copy(update={"uid": live.metadata.uid})
        return self._set(self.playbooks, live.model_copy(update={"status": status}))

    def _may_fail(self) -> None:
        if self.error is not None:
            raise self.error

    def _compared(self, kept: dict[tuple[str, str], Kept], read: Kept) -> Kept:
        live = kept.get((read.metadata.namespace, read.metadata.name))
        if live is None:
            raise not_found(f'"{read.metadata.name}"')
        if live.metadata != read.metadata:
            raise conflict()
        return live

    def _set(self, kept: dict[tuple[str, str], Kept], new: Kept) -> Kept:
        self._version += 1
        metadata = new.metadata.model_copy(update={"resource_version": str(self._version)})
        new = new.model_copy(update={"metadata": metadata})
        kept[metadata.namespace, metadata.name] = new
        self.written.append(f"{type(new).__name__} {metadata.name}")
        return new
