"""The knowledge entry of an execution: what later searches find it by.

"Every anomaly and every automatic repair must be written back": one entry for each request that
was carried out, good or bad, under the request's UID. The alert's name stands in the title and
the tags have several dimensions because retrieval relies on both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from countersign.api.approval_request import ApprovalRequest
from countersign.api.base import Model, Time
from countersign.api.risk import Risk
from countersign.api.status import ApprovalMode
from countersign.api.text import one_line, visible
from countersign.records.catalogue import Catalogue
from countersign.records.catalogue_en import ENGLISH

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


@dataclass(frozen=True)
class Case:
    """What is known of the incident that an execution was for."""

    alert: str = "unknown"
    """Label ``alertname`` of its first signal."""
    category: str = "general"
    services: tuple[str, ...] = ()


NO_CASE = Case()


def knowledge_entry(
    request: ApprovalRequest,
    action: str,
    outcome: Outcome,
    now: datetime,
    words: Catalogue = ENGLISH,
    case: Case = NO_CASE,
    incident: str | None = None,
) -> KnowledgeEntry:
    """Write the entry. ``action``: as the proposer wrote it.

    ``incident``: name of the one that is linked by the texts, where ``spec.incident`` is left out.
    """
    incident = request.spec.incident or incident
    automatic = is_automatic(request)
    mode = words.automatic if automatic else words.human
    alert, category = one_line(case.alert), one_line(case.category)
    return KnowledgeEntry(
        id=request.metadata.uid,
        title=f"[{mode.title}] {alert}: {one_line(action)[:_TITLE_ACTION]}",
        content=_content(request, action, outcome, words, case, incident),
        category=category,
        tags=_tags(request, outcome, category),
        related_incident=incident,
        created_by="auto_execute" if automatic else "approval_execution",
        created_at=now,
        namespace=request.metadata.namespace,
        request=request.metadata.name,
    )


def is_automatic(request: ApprovalRequest) -> bool:
    """Whether a policy approved it without a person, or its proposer is ``auto_approve``."""
    approval = request.status.approval
    if approval is not None and approval.mode is ApprovalMode.AUTOMATIC:
        return True
    return (request.spec.requested_by or "").lower() == AUTOMATIC_REQUESTER


def _tags(request: ApprovalRequest, outcome: Outcome, category: str) -> tuple[str, ...]:
    return (
        "auto_executed" if is_automatic(request) else "human_approved",
        "success" if outcome.success else "failure",
        category,
        "execution",
        *(() if outcome.success else ("execution_failed",)),
        *(("break_glass",) if _is_break_glass(request) else ()),
    )


def _is_break_glass(request: ApprovalRequest) -> bool:
    approval = request.status.approval
    return approval is not None and approval.mode is ApprovalMode.BREAK_GLASS


def _content(
    request: ApprovalRequest,
    action: str,
    outcome: Outcome,
    words: Catalogue,
    case: Case,
    incident: str | None,
) -> str:
    mode = words.automatic if is_automatic(request) else words.human
    signers = request.status.approval.signers if request.status.approval else ()
    alert = one_line(case.alert)
    risk: Risk | None = request.status.risk_level
    rows = [
        (words.alert, alert),
        (words.category, one_line(case.category)),
        (words.services, one_line(words.separator.join(case.services)) or words.no_services),
        (words.command, _code(action)),
        (words.result, one_line(_result(outcome, words))[:_ERROR]),
        (words.risk, str(risk) if risk else words.unknown_risk),
        (words.path, _path(request, words)),
        (words.signers, one_line(words.separator.join(signers)) or words.no_signers),
        (words.incident, one_line(incident or "") or words.no_incident),
        (words.approval, f"{request.key} ({request.metadata.uid})"),
    ]
    lines = [f"- **{label}**: {value}" for label, value in rows]
    mark = "✅" if outcome.success else "❌"
    description = visible(request.spec.description or "") or words.no_description
    return "\n".join(
        [
            f"# {mark} {mode.heading}: {alert}",
            "",
            *lines,
            "",
            f"## {words.description}",
            "",
            description,
        ]
    )


def _result(outcome: Outcome, words: Catalogue) -> str:
    if outcome.success:
        return outcome.message
    return words.failed.format(outcome.message or words.unknown_reason)


def _path(request: ApprovalRequest, words: Catalogue) -> str:
    """How it came to be approved."""
    approval = request.status.approval
    if approval is not None and approval.mode is ApprovalMode.BREAK_GLASS:
        return one_line(words.break_glass.format(approval.reason))
    return words.automatic.path if is_automatic(request) else words.human.path


def _code(action: str) -> str:
    """As Markdown code that the text itself cannot end."""
    text = one_line(action)[:_COMMAND]
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    padding = " " if "`" in text else ""
    return f"{fence}{padding}{text}{padding}{fence}"
