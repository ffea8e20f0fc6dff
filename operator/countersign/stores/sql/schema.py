"""The tables as the newest migration leaves them, as far as both databases have them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

VERSION_TABLE = "countersign_schema"
"""Where Alembic keeps the revision: of its own name, as the database may be somebody else's too."""


class Moment(TypeDecorator[datetime]):
    """A time in UTC: SQLite keeps the digits of a time and forgets of which zone they are."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """As it is stored and compared with."""
        del dialect
        return None if value is None else value.astimezone(UTC)


METADATA = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

KNOWLEDGE = Table(
    "countersign_knowledge",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("id", String(253), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False, index=True),
    Column("namespace", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("document", Text, nullable=False),  # The entry as JSON, in ASCII.
)

TAGS = Table(
    "countersign_knowledge_tag",
    METADATA,
    Column("tag", Text, primary_key=True),
    Column(
        "entry",
        _NUMBER,
        ForeignKey("countersign_knowledge.number", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)

WORDS = Table(
    "countersign_word",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("word", String(64), nullable=False, unique=True),
)
"""Every word that has been in an entry: what is misspelt is looked for here."""

EXECUTIONS = Table(
    "countersign_execution",
    METADATA,
    Column("id", String(253), primary_key=True),
    Column("finished_at", Moment, nullable=False, index=True),
    Column("namespace", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("playbook", Text),
    Column("anomaly", Text),
    Column("document", Text, nullable=False),  # The execution as JSON, in ASCII.
    Index("ix_countersign_execution_operation", "operation", "finished_at"),
    Index("ix_countersign_execution_playbook", "namespace", "playbook", "finished_at"),
    Index("ix_countersign_execution_anomaly", "anomaly", "finished_at"),
)

TARGETS = Table(
    "countersign_execution_target",
    METADATA,
    Column("target", Text, primary_key=True),
    Column(
        "execution",
        String(253),
        ForeignKey("countersign_execution.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)

EVENTS = Table(
    "countersign_event",
    METADATA,
    Column("number", _NUMBER, primary_key=True),  # Orders those of the same time.
    Column("record", String(253), nullable=False),  # There may be no entry of this id yet.
    Column("digest", String(64), nullable=False),
    Column("time", Moment, nullable=False),
    Column("document", Text, nullable=False),  # The event as JSON, in ASCII.
    UniqueConstraint("record", "digest", name="uq_countersign_event"),
)

OCCURRENCES = Table(
    "countersign_occurrence",
    METADATA,
    Column("id", String(253), primary_key=True),
    Column("anomaly", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_countersign_occurrence_anomaly", "anomaly", "at"),
)
