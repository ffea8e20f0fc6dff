"""What lessons are drawn from, as rows: executions with their targets, and occurrences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from countersign.records.execution import SPANS, Choice, Execution, Frequency, Occurrence, chosen
from countersign.stores.documents import ascii_document, key_of
from countersign.stores.sql.dialect import Dialect
from countersign.stores.sql.rows import replacing
from countersign.stores.sql.schema import EXECUTIONS, OCCURRENCES, TARGETS


async def put_execution(
    dialect: Dialect, connection: AsyncConnection, execution: Execution
) -> None:
    """Write an execution and what it acted on."""
    id_ = key_of(execution.id)
    row = {
        "id": id_,
        "finished_at": execution.finished_at,
        "namespace": key_of(execution.namespace),
        "operation": key_of(execution.operation),
        "playbook": _key(execution.playbook),
        "anomaly": _key(execution.anomaly),
        "document": ascii_document(execution),
    }
    await connection.execute(replacing(dialect, EXECUTIONS, row))
    await connection.execute(delete(TARGETS).where(TARGETS.c.execution == id_))
    targets = dict.fromkeys(map(key_of, execution.targets))
    if targets:
        rows = [{"target": target, "execution": id_} for target in targets]
        await connection.execute(insert(TARGETS), rows)


async def chosen_executions(connection: AsyncConnection, choice: Choice) -> list[Execution]:
    """Those that are asked for, newest first."""
    documents = (await connection.execute(_choosing(choice))).scalars()
    return chosen(map(Execution.model_validate_json, documents), choice)


async def put_occurrence(
    dialect: Dialect, connection: AsyncConnection, occurrence: Occurrence
) -> None:
    """Write an occurrence under its id."""
    row = {
        "id": key_of(occurrence.id),
        "anomaly": key_of(occurrence.anomaly),
        "namespace": key_of(occurrence.namespace),
        "at": occurrence.at,
    }
    await connection.execute(replacing(dialect, OCCURRENCES, row))


async def frequency(connection: AsyncConnection, anomaly: str, now: datetime) -> Frequency:
    """Count the occurrences of an anomaly."""
    at = OCCURRENCES.c.at
    counts = [func.count().filter(at > now - span).label(name) for name, span in SPANS.items()]
    statement = select(*counts).where(
        OCCURRENCES.c.anomaly == key_of(anomaly), at <= now, at > now - max(SPANS.values())
    )
    row = (await connection.execute(statement)).mappings().one()
    return Frequency(**row)


def _choosing(choice: Choice) -> Select[Any]:
    columns = EXECUTIONS.c
    statement = select(columns.document)
    if choice.operation is not None:
        statement = statement.where(columns.operation == key_of(choice.operation))
    if choice.anomaly is not None:
        statement = statement.where(columns.anomaly == key_of(choice.anomaly))
    if choice.playbook is not None:
        namespace, name = map(key_of, choice.playbook)
        statement = statement.where(columns.namespace == namespace, columns.playbook == name)
    if choice.target is not None:
        acted_on = select(TARGETS.c.execution).where(TARGETS.c.target == key_of(choice.target))
        statement = statement.where(columns.id.in_(acted_on))
    if choice.since is not None:
        statement = statement.where(columns.finished_at >= choice.since)
    newest_first = (columns.finished_at.desc(), columns.id.desc())
    return statement.order_by(*newest_first).limit(max(0, choice.limit))


def _key(text: str | None) -> str | None:
    return None if text is None else key_of(text)
