"""What lessons are drawn from: executions, timelines, and when anomalies were seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; those of the knowledge stay as they are."""
    _executions()
    op.create_table(
        "countersign_event",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("record", sa.String(253), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("record", "digest", name="uq_countersign_event"),
    )
    op.create_table(
        "countersign_occurrence",
        sa.Column("id", sa.String(253), primary_key=True),
        sa.Column("anomaly", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Index("ix_countersign_occurrence_anomaly", "anomaly", "at"),
    )


def _executions() -> None:
    op.create_table(
        "countersign_execution",
        sa.Column("id", sa.String(253), primary_key=True),
        sa.Column("finished_at", _TIME, nullable=False, index=True),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("playbook", sa.Text),
        sa.Column("anomaly", sa.Text),
        sa.Column("document", sa.Text, nullable=False),
        sa.Index("ix_countersign_execution_operation", "operation", "finished_at"),
        sa.Index("ix_countersign_execution_playbook", "namespace", "playbook", "finished_at"),
        sa.Index("ix_countersign_execution_anomaly", "anomaly", "finished_at"),
    )
    op.create_table(
        "countersign_execution_target",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column(
            "execution",
            sa.String(253),
            sa.ForeignKey("countersign_execution.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
    )
