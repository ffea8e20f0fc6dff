"""Incidents: each is opened, counted among those like it, and closed when people say so.

What a repair does to an incident is not here: that is an effect of the request that repaired it.
"""

from __future__ import annotations

from countersign.api.incident import Incident, IncidentStatus
from countersign.errors import ApiError, StoreError
from countersign.ports import Casebook, Clock, Store
from countersign.records.anomaly import anomaly_key
from countersign.records.execution import Choice, Occurrence
from countersign.records.incident import closed, judged, opened


class Casework:
    """It holds no state: everything is in the incidents and in the store."""

    def __init__(self, casebook: Casebook, store: Store, clock: Clock) -> None:
        """Take the real things, or those of a test."""
        self._casebook = casebook
        self._store = store
        self._clock = clock

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
        status, failure = judged(incident.spec, closed(incident.spec, incident.status)), None
        if status.anomaly is None:
            try:
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
