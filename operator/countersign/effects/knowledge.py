"""The knowledge entry of an execution, with what lessons are drawn from, in one write."""

from __future__ import annotations

import asyncio

import structlog

from countersign.api.effects import EffectState
from countersign.api.incident import Incident
from countersign.effects.dossier import Dossier
from countersign.policy.bookkeeping import Result
from countersign.ports import Store
from countersign.records.anomaly import anomaly_key
from countersign.records.catalogue import Catalogue
from countersign.records.execution import execution_of
from countersign.records.incident import case_of
from countersign.records.knowledge import NO_CASE, Outcome, knowledge_entry
from countersign.records.playbook import extracted

log = structlog.get_logger()
_LOOK_SECONDS = 5.0
"""For the incident: what it says is good to have, and nothing to wait for."""


class KnowledgeEffect:
    """Written after each execution, good or bad, under the request's UID."""

    def __init__(self, store: Store, words: Catalogue) -> None:
        """Write into ``store``, in these ``words``."""
        self._store = store
        self._words = words

    async def carry_out(self, dossier: Dossier) -> Result:
        """Write it; a second time it is replaced by the same."""
        request, incident = dossier.request, await _looked_up(dossier)
        outcome = Outcome(success=dossier.success, message=request.status.message or "")
        entry = knowledge_entry(
            request,
            dossier.action,
            outcome,
            dossier.now,
            self._words,
            case_of(incident) if incident is not None else NO_CASE,
            incident=dossier.incident_name,
        )
        execution = execution_of(
            request,
            outcome,
            dossier.now,
            incident=dossier.incident_name,
            anomaly=anomaly_key(incident.spec) if incident is not None else None,
            playbook=request.spec.playbook or await _repair(dossier, incident),
        )
        written = await self._store.save(entry, execution, request.status.timeline)
        return Result(EffectState.DONE, knowledge=written)


async def _looked_up(dossier: Dossier) -> Incident | None:
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            return await dossier.incident()
    except Exception as error:  # noqa: BLE001 - whatever it is, the entry is written without it
        log.warning("the incident could not be read; its entry does without", error=str(error))
        return None


async def _repair(dossier: Dossier, incident: Incident | None) -> str | None:
    """Name of the playbook that the repair of an incident belongs to."""
    if incident is None:
        return None
    judged = await dossier.judged_incident()
    found = extracted(judged or incident, dossier.request, dossier.now)
    return found[0] if found is not None else None
