"""Incidents, playbooks and requests, read and written under the operator's own name."""

from __future__ import annotations

from typing import TypeVar

import structlog
from pydantic import ValidationError

from countersign.api.approval_request import API_VERSION, PLURAL, ApprovalRequest
from countersign.api.base import Model, first_problem
from countersign.api.incident import INCIDENT_KIND, INCIDENT_PLURAL, Incident, IncidentStatus
from countersign.api.metadata import Metadata
from countersign.api.playbook import (
    PLAYBOOK_KIND,
    PLAYBOOK_PLURAL,
    Playbook,
    PlaybookSpec,
    PlaybookState,
    PlaybookStatus,
)
from countersign.api.text import clip
from countersign.cluster.comparing import changed_fields, precondition, read_as, status_changes
from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath, PatchForm

log = structlog.get_logger()
Found = TypeVar("Found", bound=Model)


class KubernetesCasebook:
    """The ``Casebook`` port: at most one request for each of its methods."""

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``'s own account."""
        self._connection = connection

    async def incident(self, namespace: str, name: str) -> Incident | None:
        """Read one; None where there is none, or it cannot be read as one."""
        return await self._found(Incident, _path(INCIDENT_PLURAL, namespace, name))

    async def write_incident(self, incident: Incident, status: IncidentStatus) -> Incident:
        """Write those fields of the status that differ; 409 where it has changed since."""
        changes = status_changes(incident, status)
        if not changes:
            return incident
        answer = await self._patch_status(INCIDENT_PLURAL, incident.metadata, changes)
        return read_as(Incident, INCIDENT_KIND, answer)

    async def playbook(self, namespace: str, name: str) -> Playbook | None:
        """Read one; None where there is none, or it cannot be read as one."""
        return await self._found(Playbook, _path(PLAYBOOK_PLURAL, namespace, name))

    async def retired(self, namespace: str) -> list[Playbook]:
        """Those of a namespace that people have retired; what cannot be read as one is left out."""
        path = _path(PLAYBOOK_PLURAL, namespace, "")
        answer = await self._connection.request(Call("GET", url_of(path)))
        found = (_readable(Playbook, path, each) for each in answer.get("items") or [])
        return [each for each in found if each and each.spec.state is PlaybookState.RETIRED]

    async def create_playbook(self, namespace: str, name: str, spec: PlaybookSpec) -> Playbook:
        """Make one; 409 where the name is taken."""
        body = {
            "apiVersion": API_VERSION,
            "kind": PLAYBOOK_KIND,
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec.to_json(),
        }
        url = url_of(_path(PLAYBOOK_PLURAL, namespace, ""))
        answer = await self._connection.request(Call("POST", url, body))
        return read_as(Playbook, PLAYBOOK_KIND, answer)

    async def extend_playbook(self, playbook: Playbook, spec: PlaybookSpec) -> Playbook:
        """Write those fields of the spec that differ; 409 where it has changed since."""
        changes = changed_fields(playbook.spec, spec)
        if not changes:
            return playbook
        metadata = playbook.metadata
        url = url_of(_path(PLAYBOOK_PLURAL, metadata.namespace, metadata.name))
        body = {"metadata": precondition(metadata), "spec": changes}
        answer = await self._connection.request(Call("PATCH", url, body, PatchForm.MERGE))
        return read_as(Playbook, PLAYBOOK_KIND, answer)

    async def write_playbook(self, playbook: Playbook, status: PlaybookStatus) -> Playbook:
        """Write those fields of the status that differ; 409 where it has changed since."""
        changes = status_changes(playbook, status)
        if not changes:
            return playbook
        answer = await self._patch_status(PLAYBOOK_PLURAL, playbook.metadata, changes)
        return read_as(Playbook, PLAYBOOK_KIND, answer)

    async def request(self, namespace: str, name: str) -> ApprovalRequest | None:
        """Read one; None where there is none, or it cannot be read as one."""
        return await self._found(ApprovalRequest, _path(PLURAL, namespace, name))

    async def _found(self, model: type[Found], path: ObjectPath) -> Found | None:
        try:
            answer = await self._connection.request(Call("GET", url_of(path)))
        except ApiError as error:
            if error.not_found:
                return None
            raise
        return _readable(model, path, answer)

    async def _patch_status(
        self, plural: str, metadata: Metadata, changes: JsonObject
    ) -> JsonObject:
        body = {"metadata": precondition(metadata), "status": changes}
        url = f"{url_of(_path(plural, metadata.namespace, metadata.name))}/status"
        return await self._connection.request(Call("PATCH", url, body, PatchForm.MERGE))


def _readable(model: type[Found], path: ObjectPath, answer: JsonObject) -> Found | None:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        log.warning(
            "an object cannot be read; it is left alone",
            object=f"{path.plural} {path.namespace}/{path.name}",
            why=clip(first_problem(error)),
        )
        return None


def _path(plural: str, namespace: str, name: str) -> ObjectPath:
    return ObjectPath(API_VERSION, plural, namespace, name)
