"""Incidents: each is opened, counted among those like it, and closed when people say so.

What a repair does to an incident is not here: that is an effect of the request that repaired it.
What people say of the repair afterwards is: it goes into the knowledge, and may approve the
playbook that was made of it.
"""

from __future__ import annotations

import structlog

from countersign.api.incident import Incident, IncidentStatus
from countersign.effects.dossier import Dossier
from countersign.effects.playbook import PlaybookEffect
from countersign.errors import ApiError, StoreError
from countersign.ports import Casebook, Clock, Store
from countersign.records.anomaly import anomaly_key
from countersign.records.catalogue import Catalogue
from countersign.records.catalogue_en import ENGLISH
from countersign.records.execution import Choice, Occurrence
from countersign.records.incident import (
    closed,
    incident_entry,
    is_praised,
    judged,
    opened,
    resolving,
)

log = structlog.get_logger()


class Casework:
    """It holds no state: everything is in the incidents and in the store."""

    def __init__(
        self, casebook: Casebook, store: Store, clock: Clock, *, words: Catalogue = ENGLISH
    ) -> None:
        """Take the real things, or those of a test; entries are in these ``words``."""
        self._casebook = casebook
        self._store = store
        self._clock = clock
        self._words = words

    async def look_again(self, namespace: str, name: str) -> None:
        """Attend to an incident as it is now, if it is still there. Raises as ``attend`` does."""
        incident = await self._casebook.incident(namespace, name)
        if incident is not None:
            await self.attend(incident)

    async def attend(self, incident: Incident) -> None:
        """Write what is new about an incident; nothing where nothing is.

        One that has changed since it was read is left alone: its news are on their way. Raises
        ``ApiError`` or ``StoreError`` where it is to be attended to once more; while the store is
        down it is open all the same, and counted later.
        """
        status, failure = closed(incident.spec, incident.status), None
        try:
            status = await self._judged(incident, status)
            if status.anomaly is None:
                status = await self._counted(incident, status)
        except (ApiError, StoreError) as error:
            failure = error
            status = status.model_copy(update={"phase": status.phase or incident.phase})
        try:
            await self._casebook.write_incident(incident, status)
        except ApiError as error:
            if not (error.conflict or error.not_found):
                raise
        if failure is not None:
            raise failure

    async def _judged(self, incident: Incident, status: IncidentStatus) -> IncidentStatus:
        """With what people say of its repair, once the playbook and the knowledge have it too.

        In this order: when it is in the status, nobody looks again.
        """
        found = judged(incident.spec, status)
        if found.outcome == status.outcome:
            return status
        if is_praised(found) and not is_praised(status):
            await self._praised(incident)
        if found.knowledge is not None:
            told = incident.model_copy(update={"status": found})
            await self._store.save(incident_entry(told, self._clock.now(), self._words))
        return found

    async def _praised(self, incident: Incident) -> None:
        """The repair that resolved it is meant; one whose request is gone is left to people."""
        repair = resolving(incident.status)
        if repair is None:
            return
        request = await self._casebook.request(incident.metadata.namespace, repair.request)
        if request is None or request.metadata.uid != repair.uid:
            return
        dossier = Dossier(request, self._casebook, self._clock.now())
        result = await PlaybookEffect(self._casebook).praised(dossier)
        log.info("a repair was judged", incident=incident.metadata.name, playbook=result.message)

    async def _counted(self, incident: Incident, status: IncidentStatus) -> IncidentStatus:
        metadata, now = incident.metadata, self._clock.now()
        key = anomaly_key(incident.spec)
        occurrence = Occurrence(
            id=metadata.uid,
            anomaly=key,
            namespace=metadata.namespace,
            at=min(metadata.creation_timestamp, now),
        )
        await self._store.occurred(occurrence)
        frequency = await self._store.frequency(key, now)
        repairs = await self._store.executions(Choice(anomaly=key))
        return opened(incident.model_copy(update={"status": status}), frequency, repairs, now)
