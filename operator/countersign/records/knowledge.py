"""The knowledge entry of an execution: what later searches find it by.

"Every anomaly and every automatic repair must be written back": one entry for each request that
was carried out, good or bad, under the request's UID. The alert's name stands in the title and
the tags have several dimensions because retrieval relies on both.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from pydantic import Field

from countersign.api.approval_request import ApprovalRequest, Risk
from countersign.api.base import Model, Time
from countersign.api.status import ApprovalMode
from countersign.api.text import one_line

AUTOMATIC_REQUESTER = "auto_approve"
_TITLE_ACTION = 50
_COMMAND = 200
_ERROR = 500


class Outcome(Model):
    """How the execution went."""

    success: bool
    message: str


class KnowledgeEntry(Model):
    """One entry, the same whichever store holds it."""

    id: str = Field(description="UID of the request: one entry each.")
    type: Literal["INCIDENT_CASE"] = "INCIDENT_CASE"
    title: str
    content: str = Field(description="Markdown.")
    category: str
    tags: tuple[str, ...]
    source: Literal["AI_EXTRACTED"] = "AI_EXTRACTED"
    related_incident: str | None = None
    created_by: Literal["auto_execute", "approval_execution"]
    created_at: Time
    namespace: str
    request: str


def knowledge_entry(
    request: ApprovalRequest,
    action: str,
    outcome: Outcome,
    now: datetime,
) -> KnowledgeEntry:
    """Write the entry. ``action``: as the proposer wrote it."""
    mode_of_approval = request.status.approval.mode if request.status.approval else None
    automatic = (
        mode_of_approval is ApprovalMode.AUTOMATIC
        or (request.spec.requested_by or "").lower() == AUTOMATIC_REQUESTER
    )
    broken = mode_of_approval is ApprovalMode.BREAK_GLASS
    alert, category = "unknown", "general"  # Until incidents are linked to requests.
    prefix = "[Automatic repair]" if automatic else "[Human-approved repair]"
    outcome_tags = ("success",) if outcome.success else ("failure",)
    failed_tags = () if outcome.success else ("execution_failed",)
    mode = "auto_executed" if automatic else "human_approved"
    return KnowledgeEntry(
        id=request.metadata.uid,
        title=f"{prefix} {alert}: {one_line(action)[:_TITLE_ACTION]}",
        content=_content(request, action, outcome, automatic=automatic, alert=alert),
        category=category,
        tags=(
            mode,
            *outcome_tags,
            category,
            "execution",
            *failed_tags,
            *(("break_glass",) if broken else ()),
        ),
        related_incident=request.spec.incident,
        created_by="auto_execute" if automatic else "approval_execution",
        created_at=now,
        namespace=request.metadata.namespace,
        request=request.metadata.name,
    )


def _content(
    request: ApprovalRequest,
    action: str,
    outcome: Outcome,
    *,
    automatic: bool,
    alert: str,
) -> str:
    mark, mode = (
        ("✅" if outcome.success else "❌"),
        ("Automatic" if automatic else "Human-approved"),
    )
    signers = request.status.approval.signers if request.status.approval else ()
    result = (
        outcome.message if outcome.success else f"failed: {outcome.message or 'unknown reason'}"
    )
    risk: Risk | None = request.status.risk_level
    rows = [
        ("Alert", alert),
        ("Category", "general"),
        ("Affected services", "not linked"),
        ("Command", _code(action)),
        ("Result", one_line(result)[:_ERROR]),
        ("Risk", str(risk) if risk else "unknown"),
        ("Path", _path(request, automatic=automatic)),
        ("Signed by", one_line(", ".join(signers)) or "nobody"),
        ("Incident", one_line(request.spec.incident or "") or "none"),
        ("Request", f"{request.key} ({request.metadata.uid})"),
    ]
    lines = [f"- **{label}**: {value}" for label, value in rows]
    description = request.spec.description or "no description"
    return "\n".join(
        [f"# {mark} {mode} repair: {alert}", "", *lines, "", "## Description", "", description]
    )


def _path(request: ApprovalRequest, *, automatic: bool) -> str:
    """How it came to be approved."""
    approval = request.status.approval
    if approval is not None and approval.mode is ApprovalMode.BREAK_GLASS:
        return one_line(f"break-glass: {approval.reason}")
    return "automatic: confidence >= 0.65" if automatic else "approved by people"


def _code(action: str) -> str:
    """As Markdown code that the text itself cannot end."""
    text = one_line(action)[:_COMMAND]
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    padding = " " if "`" in text else ""
    return f"{fence}{padding}{text}{padding}{fence}"
