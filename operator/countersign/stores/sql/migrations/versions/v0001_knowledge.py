"""Knowledge entries, their tags, and what they are found by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "countersign_knowledge",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("id", sa.String(253), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        *(
            (sa.Column("terms", TSVECTOR), sa.Column("vocabulary", sa.Text))
            if on_postgresql
            else ()
        ),
    )
    op.create_table(
        "countersign_knowledge_tag",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column(
            "entry",
            _NUMBER,
            sa.ForeignKey("countersign_knowledge.number", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
    )
    if on_postgresql:
        _index_in_postgresql()
    else:
        op.execute(
            "CREATE VIRTUAL TABLE countersign_knowledge_text "
            "USING fts5(title, tags, content, tokenize = 'trigram')"
        )


def _index_in_postgresql() -> None:
    op.create_index(
        "countersign_knowledge_terms", "countersign_knowledge", ["terms"], postgresql_using="gin"
    )
    if _has_trigrams(op.get_bind()):
        op.create_index(
            "countersign_knowledge_vocabulary",
            "countersign_knowledge",
            ["vocabulary"],
            postgresql_using="gin",
            postgresql_ops={"vocabulary": "gin_trgm_ops"},
        )


def _has_trigrams(connection: sa.Connection) -> bool:
    """Whether pg_trgm is there, or can be put there by us: it is of use, and not needed."""
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    except sa.exc.DBAPIError:
        return False
    return True
