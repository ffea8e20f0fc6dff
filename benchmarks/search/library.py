"""Entries as the operator writes them, and what people ask: a small set, and a large one."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from countersign.api.approval_request import ApprovalRequest
from countersign.api.status import TimelineEvent
from countersign.records.catalogue import Catalogue
from countersign.records.catalogue_en import ENGLISH
from countersign.records.catalogue_zh_tw import TRADITIONAL_CHINESE
from countersign.records.execution import Execution
from countersign.records.knowledge import Case, KnowledgeEntry, Outcome, knowledge_entry

LANGUAGES: Mapping[str, Catalogue] = {"en": ENGLISH, "zh": TRADITIONAL_CHINESE}
_DATA = Path(__file__).parent / "data"
_START = datetime(2026, 5, 1, tzinfo=UTC)
_FAILED = "failed: "


@dataclass(frozen=True)
class Row:
    """One execution, in the words of whoever proposed it."""

    name: str
    namespace: str
    action: str
    description: str
    alert: str
    category: str
    services: tuple[str, ...]
    result: str
    language: str


@dataclass(frozen=True)
class Question:
    """What somebody types, and the ids that they should be shown. ``held``: not tuned by."""

    text: str
    relevant: frozenset[str]
    language: str
    held: bool


@cache
def rows() -> tuple[Row, ...]:
    """The small set."""
    read: Mapping[str, Mapping[str, Sequence[Any]]] = yaml.safe_load(_text("entries.yaml"))
    return tuple(
        _row(name, values, language)
        for language, of_language in read.items()
        for name, values in of_language.items()
    )


def entries() -> list[KnowledgeEntry]:
    """The small set, an hour apart."""
    return [written(row, number) for number, row in enumerate(rows())]


def questions() -> list[Question]:
    """What is asked about the small set."""
    read: Mapping[str, Sequence[tuple[str, list[str]]]] = yaml.safe_load(_text("queries.yaml"))
    return [
        Question(text, frozenset(map(_uid, relevant)), language, held=number % 2 == 1)
        for language, of_language in read.items()
        for number, (text, relevant) in enumerate(of_language)
    ]


def routine(count: int) -> Iterator[KnowledgeEntry]:
    """What nobody asks for: the everyday work of other teams, in both languages."""
    read: Mapping[str, Sequence[Sequence[str]]] = yaml.safe_load(_text("routine.yaml"))
    draw = random.Random(1)
    templates = [(language, each) for language, several in read.items() for each in several]
    for number in range(count):
        language, (alert, category, action, description) = draw.choice(templates)
        app = f"{draw.choice(_APPS)}-{draw.choice(_PARTS)}"
        row = Row(
            name=f"routine-{number}",
            namespace=draw.choice(_TEAMS),
            action=action.format(app=app, n=draw.randint(2, 40)),
            description=description.format(app=app, n=draw.randint(2, 400)),
            alert=alert,
            category=category,
            services=(app,),
            result="done" if draw.random() < 0.9 else f"{_FAILED}deadline exceeded",
            language=language,
        )
        yield written(row, -number)


def varied(count: int) -> Iterator[KnowledgeEntry]:
    """The small set over and over, of other teams and at other times, among routine."""
    small = itertools.cycle(rows())
    for number, usual in enumerate(routine(count)):
        if number % 4:
            yield usual
            continue
        changed = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"varied-{number}")),
            "namespace": usual.namespace,
            "request": f"{usual.request}-{number}",
            "created_at": usual.created_at,
        }
        yield written(next(small), number).model_copy(update=changed)


def written(row: Row, hours: int) -> KnowledgeEntry:
    """The entry of an execution that ended so many hours after the start."""
    request = ApprovalRequest.model_validate(
        {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "ApprovalRequest",
            "metadata": {
                "name": row.name,
                "namespace": row.namespace,
                "uid": _uid(row.name),
                "creationTimestamp": _START.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "generation": 1,
                "resourceVersion": "1",
            },
            "spec": {
                "action": row.action,
                "description": row.description,
                "requestedBy": "auto_approve" if hours % 3 == 0 else "alert-agent",
            },
        }
    )
    success = not row.result.startswith(_FAILED)
    return knowledge_entry(
        request,
        row.action,
        Outcome(success=success, message=row.result.removeprefix(_FAILED)),
        _START + timedelta(hours=hours),
        LANGUAGES[row.language],
        Case(row.alert, row.category, row.services),
    )


def execution_of(entry: KnowledgeEntry) -> Execution:
    """What is kept beside an entry."""
    return Execution(
        id=entry.id,
        request=entry.request,
        namespace=entry.namespace,
        operation="RestartRollout",
        targets=(f"{entry.namespace}/Deployment/{entry.request}",),
        success="success" in entry.tags,
        disposition="human_approved",
        duration_seconds=4.2,
        finished_at=entry.created_at,
    )


def timeline_of(entry: KnowledgeEntry) -> tuple[TimelineEvent, ...]:
    """A usual timeline: seven events."""
    return tuple(
        TimelineEvent(
            type="exec",
            status="success",
            title=f"Step {number} of the execution",
            description=entry.title,
            actor="countersign",
            actor_role="executor",
            time=entry.created_at + timedelta(seconds=number),
        )
        for number in range(7)
    )


def _row(name: str, values: Sequence[Any], language: str) -> Row:
    namespace, action, description, alert, category, services, result = values
    return Row(
        name, namespace, action, description, alert, category, tuple(services), result, language
    )


def _text(name: str) -> str:
    return (_DATA / name).read_text("utf-8")


def _uid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


_TEAMS = tuple(f"team-{name}" for name in ("ares", "bora", "cleo", "dune", "echo", "faro", "gaia"))
_APPS = ("atlas", "basil", "cedar", "daisy", "ember", "fjord", "grove", "heron", "iris", "jade")
_PARTS = ("front", "store", "sync", "mailer", "stats", "media", "maps", "forms", "chat", "feed")
