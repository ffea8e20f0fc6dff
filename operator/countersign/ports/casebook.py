"""Incidents and playbooks, as the operator reads and writes them, and the requests they tell of."""

from __future__ import annotations

from typing import Protocol

from countersign.api.approval_request import ApprovalRequest
from countersign.api.incident import Incident, IncidentStatus
from countersign.api.playbook import Playbook, PlaybookSpec, PlaybookStatus


class Casebook(Protocol):
    """Every write is a compare-and-set on the object that was read. Each raises ``ApiError``."""

    async def incident(self, namespace: str, name: str) -> Incident | None:
        """Read one; None where there is none, or it cannot be read as one."""
        ...

    async def write_incident(self, incident: Incident, status: IncidentStatus) -> Incident:
        """Write those fields of the status that differ; 409 where it has changed since."""
        ...

    async def playbook(self, namespace: str, name: str) -> Playbook | None:
        """Read one; None where there is none, or it cannot be read as one."""
        ...

    async def retired(self, namespace: str) -> list[Playbook]:
        """Those of a namespace that people have retired; what cannot be read as one is left out."""
        ...

    async def create_playbook(self, namespace: str, name: str, spec: PlaybookSpec) -> Playbook:
        """Make one; 409 where the name is taken."""
        ...

    async def extend_playbook(self, playbook: Playbook, spec: PlaybookSpec) -> Playbook:
        """Write those fields of the spec that differ; 409 where it has changed since."""
        ...

    async def write_playbook(self, playbook: Playbook, status: PlaybookStatus) -> Playbook:
        """Write those fields of the status that differ; 409 where it has changed since."""
        ...

    async def request(self, namespace: str, name: str) -> ApprovalRequest | None:
        """Read one; None where there is none, or it cannot be read as one."""
        ...
