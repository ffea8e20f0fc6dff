"""Making a request of a playbook's step and an incident."""

from __future__ import annotations

from dataclasses import dataclass

from countersign.plugin import proposals, repairs
from countersign.plugin.cases import Cases
from countersign.plugin.exits import refused
from countersign.plugin.session import Session
from countersign.plugin.together import together
from countersign.ports import JsonObject


@dataclass(frozen=True)
class Asked:
    """What the command line says; ``given`` is the rest of the request's spec."""

    playbook: str
    incident: str
    step: int | None
    anyway: bool
    name: str | None
    given: JsonObject


async def body(session: Session, asked: Asked) -> JsonObject:
    """The request to be created, beside playbook and incident. Raises ``ApiError``."""
    cases, namespace = Cases(session.connection), session.namespace
    playbook, incident = await together(
        cases.playbook(namespace, asked.playbook),
        cases.incident(namespace, asked.incident),
    )
    operation = repairs.chosen(playbook, asked.step)
    against = repairs.misfits(playbook, incident)
    if against and not asked.anyway:
        raise refused(
            f"Nothing was proposed: {'; '.join(against)}. Look at both; --anyway proposes it all "
            "the same, and tells those who sign."
        )
    said = asked.given.get("description")
    spec = proposals.merged(
        {"operation": operation.to_json()},
        asked.given
        | {
            "playbook": playbook.metadata.name,
            "incident": incident.metadata.name,
            "description": repairs.description(playbook, incident, said, against),
        },
    )
    return proposals.body_of(spec, name=asked.name, operation=operation)
