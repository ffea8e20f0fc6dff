"""The incident that a request was for: resolved by its success, and then known."""

from __future__ import annotations

from countersign.api.incident import Incident, IncidentStatus
from countersign.effects.dossier import Dossier
from countersign.effects.effect import done, skipped
from countersign.policy.bookkeeping import NO_INCIDENT, Result
from countersign.ports import Casebook, Store
from countersign.records.catalogue import Catalogue
from countersign.records.incident import incident_entry, resolved


class IncidentEffect:
    """Outcome, disposition and phase in one write, after its own knowledge entry."""

    def __init__(self, casebook: Casebook, store: Store, words: Catalogue) -> None:
        """Write its status through ``casebook``, its entry into ``store``."""
        self._casebook = casebook
        self._store = store
        self._words = words

    async def carry_out(self, dossier: Dossier) -> Result:
        """Resolve it; where the request has done so already, nothing is written."""
        return await dossier.compared_and_set(self._resolve)

    async def _resolve(self, dossier: Dossier) -> Result:
        incident = await dossier.incident()
        if incident is None:
            return skipped(no_such_incident(dossier))
        status = resolved(incident, dossier.request, dossier.action, dossier.now)
        failure: Exception | None = None
        if status != incident.status or status.knowledge is None:
            status, failure = await self._known(incident, status, dossier)
        if status != incident.status:
            dossier.incident_is(await self._casebook.write_incident(incident, status))
        if failure is not None:
            raise failure
        return done(f"Incident {incident.metadata.name}: {status.phase}.")

    async def _known(
        self, incident: Incident, status: IncidentStatus, dossier: Dossier
    ) -> tuple[IncidentStatus, Exception | None]:
        """The status with where its entry is. A store that is down must not leave it open."""
        told = incident.model_copy(update={"status": status})
        try:
            written = await self._store.save(incident_entry(told, dossier.now, self._words))
        except Exception as error:  # noqa: BLE001 - raised once the incident is resolved
            return status.model_copy(update={"knowledge": None}), error
        return status.model_copy(update={"knowledge": written}), None


def no_such_incident(dossier: Dossier) -> str:
    """Why nothing is done about the incident."""
    if dossier.incident_name is None:
        return NO_INCIDENT
    return f"There is no Incident {dossier.incident_name} in namespace {dossier.namespace}."
