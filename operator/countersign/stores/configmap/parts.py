"""The parts of a record, each under a key of its own, and how they are written and read.

    <uid>                      the knowledge entry
    <uid>.execution            how the request was carried out
    <uid>.timeline-<digest>    a page of its timeline: the events that were written at once

So a merge patch adds to a record without having read it: what is there already stays, and a page
that is written twice is there once. Whoever knows entries only finds them where they always were.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar, get_args

from pydantic import Field, ValidationError

from countersign.api.base import Model, format_time
from countersign.api.status import TimelineEvent
from countersign.api.text import clip
from countersign.records.execution import Execution
from countersign.records.knowledge import KnowledgeEntry
from countersign.stores.configmap.shards import Data, size_of
from countersign.stores.documents import digest_of, document

ENTRY_BYTES = 32 * 1024
"""Most bytes of an entry, and of an execution."""
TIMELINE_BYTES = 32 * 1024
"""Most bytes of the timeline of one request: some hundred events."""
PAGE_BYTES = TIMELINE_BYTES // 2
"""Of one page: so that a new one fits beside the latest before it."""
_PART = re.compile(r"(?P<owner>.+)\.(?P<part>execution|timeline)(?:-[0-9a-f]+)?", re.DOTALL)
_AROUND_EVENTS = 512
"""Bytes of a page's key, and of what else is in it."""
_TARGETS = 64
_STEPS = get_args(TimelineEvent.model_fields["type"].annotation)
_AnyModel = TypeVar("_AnyModel", bound=Model)


class _Page(Model):
    events: tuple[TimelineEvent, ...] = Field(min_length=1, description="Oldest first.")


def split(key: str) -> tuple[str, str]:
    """Whose part a key is, and which: ``entry``, ``execution`` or ``timeline``."""
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


def timeline_part(owner: str, timeline: Sequence[TimelineEvent]) -> dict[str, str]:
    """A page with the events, without the oldest where they are too many for it."""
    events = sorted(dict.fromkeys(timeline), key=lambda event: event.time)
    room = PAGE_BYTES - _AROUND_EVENTS
    sizes = itertools.accumulate(len(document(event).encode()) + 2 for event in reversed(events))
    fitting = sum(size <= room for size in sizes)
    if not fitting:
        return {}
    page = _Page(events=tuple(events[-fitting:]))
    return {f"{owner}.timeline-{digest_of(page)}": document(page)}


def surplus(pages: Data) -> list[str]:
    """The keys of the oldest pages of a record, where all of them are too much; the last stays."""
    size = size_of(pages)
    if size <= TIMELINE_BYTES:
        return []
    doomed: list[str] = []
    for key in sorted(pages, key=lambda key: (_last_time(pages[key]), key))[:-1]:
        if size <= TIMELINE_BYTES * 9 // 10:
            break
        doomed.append(key)
        size -= size_of({key: pages[key]})
    return doomed


def entry_of(data: Data, entry_id: str) -> KnowledgeEntry | None:
    """The entry under an id; None where there is none, or what is there is no entry."""
    return _decode(KnowledgeEntry, data.get(entry_id, ""))


def entries_of(shards: Iterable[Data]) -> list[KnowledgeEntry]:
    """Every entry once; a value that is none is passed over.

    After a change of the number of shards an older one may be left under the same key elsewhere.
    """
    oldest_first = sorted(_all(KnowledgeEntry, "entry", shards), key=lambda each: each.created_at)
    return list({each.id: each for each in oldest_first}.values())


def executions_of(shards: Iterable[Data]) -> list[Execution]:
    """Every execution."""
    return list(_all(Execution, "execution", shards))


def timeline_of(data: Data, owner: str) -> list[TimelineEvent]:
    """The events of one record, oldest first; those of one moment as they were told."""
    read = (_decode(_Page, data[key]) for key in sorted(data) if split(key) == (owner, "timeline"))
    pages = sorted((page for page in read if page is not None), key=_begins)
    events = dict.fromkeys(event for page in pages for event in page.events)
    return sorted(events, key=lambda event: event.time)


def _begins(page: _Page) -> tuple[datetime, int, int]:
    """What puts pages in order that begin with the same moment.

    The steps of a request's life tell; then that with more of the moment is first, as a later one
    lacks the events that had left the status.
    """
    first = page.events[0]
    of_first = sum(event.time == first.time for event in page.events)
    return first.time, _STEPS.index(first.type), -of_first


def _last_time(text: str) -> str:
    """Of a page that cannot be read: before all others."""
    page = _decode(_Page, text)
    return format_time(page.events[-1].time) if page else ""


def _all(model: type[_AnyModel], part: str, shards: Iterable[Data]) -> Iterator[_AnyModel]:
    texts = (text for data in shards for key, text in data.items() if split(key)[1] == part)
    return (each for each in (_decode(model, text) for text in texts) if each is not None)


def _decode(model: type[_AnyModel], text: str) -> _AnyModel | None:
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None
