"""The tables as the newest migration leaves them, as far as both databases have them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

VERSION_TABLE = "countersign_schema"
"""Where Alembic keeps the revision: of its own name, as the database may be somebody else's too."""

METADATA = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

KNOWLEDGE = Table(
    "countersign_knowledge",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("id", String(253), nullable=False, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False, index=True),  # Always in UTC.
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
