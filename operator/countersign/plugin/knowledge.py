"""Entries of the knowledge base: under each other, and one as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from countersign.plugin import words
from countersign.plugin.screen import Line, Span, columns, line
from countersign.records.knowledge import KnowledgeEntry

_HEAD = ("ID", "AGE", "OUTCOME", "NAMESPACE", "TITLE")
_WIDE = ("ID", "AGE", "OUTCOME", "NAMESPACE", "REQUEST", "CATEGORY", "INCIDENT", "TITLE")
_SHORT = (8, 13, 36)
"""Characters of an id, which is a UID: as few as tell those apart that are shown."""
_OUTCOMES: dict[str, Span] = {"success": ("success", "green"), "failure": ("failure", "red")}


def table(entries: Sequence[KnowledgeEntry], now: datetime, *, wide: bool) -> list[Line]:
    """One a line; on a terminal a long title goes on under itself."""
    rows: list[tuple[str | Span, ...]] = [tuple((each, "bold") for each in _head(wide=wide))]
    ids = short_ids(entries)
    for each, id_ in zip(entries, ids, strict=True):
        rows.append(_wide_cells(each, now) if wide else (id_, *_cells(each, now)))
    lines = columns(rows, gap=2)
    hang = lines[0].plain.index(_HEAD[-1])
    return lines if wide else [replace(each, hang=hang) for each in lines]


def about(entry: KnowledgeEntry) -> list[Line]:
    """What is known of an entry beside its text."""
    rows: list[tuple[str | Span, ...]] = [
        ((name, "dim"), value) for name, value in fields(entry).items()
    ]
    return [*columns(rows, gap=2), line("")]


def fields(entry: KnowledgeEntry) -> dict[str, str]:
    """The same, by name; what is not known is left out."""
    known = {
        "id": entry.id,
        "title": entry.title,
        "request": f"{entry.namespace}/{entry.request}",
        "incident": entry.related_incident or "",
        "category": entry.category,
        "tags": ", ".join(entry.tags),
        "written": words.clock(entry.created_at),
    }
    return {name: value for name, value in known.items() if value}


def short_ids(entries: Sequence[KnowledgeEntry]) -> list[str]:
    """As much of each id as people have to type."""
    ids = [each.id for each in entries]
    enough = (size for size in _SHORT if len({each[:size] for each in ids}) == len(ids))
    size = next(enough, None)
    return [each[:size] for each in ids]


def _head(*, wide: bool) -> tuple[str, ...]:
    return _WIDE if wide else _HEAD


def _cells(entry: KnowledgeEntry, now: datetime) -> tuple[str | Span, ...]:
    return words.age(entry.created_at, now), _outcome(entry), entry.namespace, entry.title


def _wide_cells(entry: KnowledgeEntry, now: datetime) -> tuple[str | Span, ...]:
    age, outcome, namespace, title = _cells(entry, now)
    incident = entry.related_incident or "-"
    return entry.id, age, outcome, namespace, entry.request, entry.category, incident, title


def _outcome(entry: KnowledgeEntry) -> Span:
    return next((_OUTCOMES[each] for each in entry.tags if each in _OUTCOMES), ("-", ""))
