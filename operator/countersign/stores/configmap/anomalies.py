"""When anomalies were seen: one key for each incident, in ConfigMaps that no search reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import ValidationError

from countersign.records.execution import SPANS, Frequency, Occurrence, frequency_of
from countersign.stores.configmap.index import Index
from countersign.stores.configmap.shards import ConfigMaps, Data, Shards
from countersign.stores.documents import document, key_of

SHARDS = 4
OCCURRENCES = 1000
"""Most in one ConfigMap: of about 250 bytes each."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class Anomalies:
    """Occurrences of the last week, spread over ``countersign-anomalies-00`` and so on."""

    def __init__(self, config_maps: ConfigMaps, *, namespace: str) -> None:
        """Keep them in ``namespace``."""
        self._shards = Shards(config_maps, namespace=namespace, kind="anomalies", count=SHARDS)
        self._index: Index[Occurrence] = Index(self._read)
        self._now: datetime | None = None

    async def add(self, occurrence: Occurrence) -> None:
        """Write one under its id, and remove those that count no longer."""
        kept = occurrence.model_copy(update={"anomaly": key_of(occurrence.anomaly)})
        name = self._shards.name_of(kept.id)
        data = await self._shards.put(name, {kept.id: document(kept)})
        self._index.put(kept.id, kept)
        doomed = outdated(data, self._now)
        await self._shards.drop(name, doomed)
        self._index.drop(doomed)

    async def frequency(self, anomaly: str, now: datetime) -> Frequency:
        """Count those of one anomaly."""
        self._now = now  # The time as whoever asks tells it: those of the incidents may be wrong.
        wanted = key_of(anomaly)
        times = [each.at for each in await self._index.values() if each.anomaly == wanted]
        return frequency_of(times, now)

    async def _read(self) -> Mapping[str, Occurrence]:
        found = (_decode(text) for data in await self._shards.every() for text in data.values())
        return {each.id: each for each in found if each is not None}


def outdated(data: Data, now: datetime | None) -> list[str]:
    """The keys to drop: of a full ConfigMap the oldest, and what is from before the last week.

    A tenth goes at a time, so that not every write is two; a value that is no occurrence counts as
    the oldest. Without ``now`` nothing is too old.
    """
    times = {key: found.at if (found := _decode(text)) else _NEVER for key, text in data.items()}
    old = sum(now is not None and now - time >= SPANS["last_week"] for time in times.values())
    full = len(data) - OCCURRENCES * 9 // 10 if len(data) > OCCURRENCES else 0
    oldest_first = sorted(times, key=lambda key: (times[key], key))
    return oldest_first[: max(full, old if old > OCCURRENCES // 10 else 0)]


def _decode(text: str) -> Occurrence | None:
    try:
        return Occurrence.model_validate_json(text)
    except ValidationError:
        return None
