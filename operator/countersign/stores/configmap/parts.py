"""The parts of a record, each under a key of its own, and how they are written and read.

    <uid>                   the knowledge entry
    <uid>.execution         how the request was carried out
    <uid>.event-<digest>    one event of its timeline

So a merge patch adds to a record without having read it: what is there already stays, and an event
that is written twice is there once. Whoever knows entries only finds them where they always were.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from countersign.api.base import Model
from countersign.api.status import TimelineEvent
from countersign.api.text import clip
from countersign.records.execution import Execution
from countersign.records.knowledge import KnowledgeEntry
from countersign.stores.configmap.shards import Data, size_of
from countersign.stores.documents import document, event_digest

ENTRY_BYTES = 32 * 1024
"""Most bytes of an entry, and of an execution."""
TIMELINE_BYTES = 32 * 1024
"""Most bytes of the timeline of one request: some hundred events."""
_PART = re.compile(r"(?P<owner>.+)\.(?P<part>execution|event)(?:-[0-9a-f]+)?", re.DOTALL)
_TARGETS = 64
_AnyModel = TypeVar("_AnyModel", bound=Model)


class _KeptEvent(TimelineEvent):
    order: int = 0
    """Among those of the same moment."""


def split(key: str) -> tuple[str, str]:
    """Whose part a key is, and which: ``entry``, ``execution`` or ``event``."""
    match = _PART.fullmatch(key)
    return (match["owner"], match["part"]) if match else (key, "entry")


def entry_part(entry: KnowledgeEntry) -> dict[str, str]:
    """An entry; the content of a large one is shortened."""
    text = document(entry)
    if len(text.encode()) > ENTRY_BYTES:
        shorter = entry.content[: ENTRY_BYTES // 8] + "…"
        text = document(entry.model_copy(update={"content": shorter}))
    return {entry.id: text}


def execution_part(execution: Execution | None) -> dict[str, str]:
    """An execution; of one that is too large to be true the last targets are left out."""
    if execution is None:
        return {}
    text = document(execution)
    if len(text.encode()) > ENTRY_BYTES:
        error = clip(execution.error) if execution.error is not None else None
        fewer = {"error": error, "targets": execution.targets[:_TARGETS]}
        text = document(execution.model_copy(update=fewer))
    return {f"{execution.id}.execution": text}


def timeline_parts(owner: str, timeline: Sequence[TimelineEvent]) -> dict[str, str]:
    """The events, without the oldest where they are too many for one record."""
    parts: dict[str, str] = {}
    moments = Counter[datetime]()
    for event in dict.fromkeys(timeline):
        order = moments[event.time]
        parts[f"{owner}.event-{event_digest(event)}"] = document(event, order=order)
        moments[event.time] += 1
    for key in surplus(parts):
        del parts[key]
    return parts


def surplus(events: Data) -> list[str]:
    """The keys of the oldest events of a record, where all of them are too many."""
    size = size_of(events)
    if size <= TIMELINE_BYTES:
        return []
    oldest_first = [key for key, _ in _in_order(events)]
    garbage = [key for key in events if key not in set(oldest_first)]
    doomed: list[str] = []
    for key in [*garbage, *oldest_first]:
        if size <= TIMELINE_BYTES * 9 // 10:
            break
        doomed.append(key)
        size -= size_of({key: events[key]})
    return doomed


def entry_of(data: Data, entry_id: str) -> KnowledgeEntry | None:
    """The entry under an id; None where there is none, or what is there is no entry."""
    return _decode(KnowledgeEntry, data.get(entry_id, ""))


def entries_of(shards: Iterable[Data]) -> list[KnowledgeEntry]:
    """Every entry; a value that is none is passed over."""
    return list(_all(KnowledgeEntry, "entry", shards))


def executions_of(shards: Iterable[Data]) -> list[Execution]:
    """Every execution."""
    return list(_all(Execution, "execution", shards))


def timeline_of(data: Data, owner: str) -> list[TimelineEvent]:
    """The events of one record, oldest first."""
    events = {key: text for key, text in data.items() if split(key) == (owner, "event")}
    return [event for _, event in _in_order(events)]


def _in_order(events: Data) -> list[tuple[str, TimelineEvent]]:
    read = ((key, _decode(_KeptEvent, text)) for key, text in events.items())
    found = [(kept.time, kept.order, key, kept) for key, kept in read if kept is not None]
    ordered = sorted(found, key=lambda each: each[:3])
    return [(key, TimelineEvent.model_validate(dict(kept))) for _, _, key, kept in ordered]


def _all(model: type[_AnyModel], part: str, shards: Iterable[Data]) -> Iterator[_AnyModel]:
    texts = (text for data in shards for key, text in data.items() if split(key)[1] == part)
    return (each for each in (_decode(model, text) for text in texts) if each is not None)


def _decode(model: type[_AnyModel], text: str) -> _AnyModel | None:
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None
