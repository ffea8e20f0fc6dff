"""What becomes of an incident: it is opened, resolved by a repair, and closed; then it is known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.api.incident import (
    MAX_DISPOSITIONS,
    Anomaly,
    Disposition,
    Incident,
    IncidentOutcome,
    IncidentPhase,
    IncidentSpec,
    IncidentStatus,
)
from countersign.api.text import clip, one_line, visible
from countersign.records.anomaly import alert_of, anomaly_key
from countersign.records.catalogue import Catalogue
from countersign.records.catalogue_en import ENGLISH
from countersign.records.execution import DispositionKind, Execution, Frequency
from countersign.records.knowledge import NO_CASE, Case, KnowledgeEntry, is_automatic

WORKED = 4
"""What a repair that went well is worth at least, of 5."""
APPROVED_FROM = 5
"""From this effectiveness on, of 5, a playbook is approved at once."""
_NOTES = 4096
_NAME = 253
_CATEGORY = 128
_SUMMARY = 50
_IN_TEXT = re.compile(r"INC-[A-Z0-9-]+")
_OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def incident_name(request: ApprovalRequest, action: str) -> str | None:
    """Name of the Incident that a request belongs to, in its own namespace.

    That is ``spec.incident``, else the first ``INC-…`` in description and action, else that in
    ``requestedBy``; in small letters, as the API server wants names. None where there is none, or
    where it can be no object's name.
    """
    spec = request.spec
    named = one_line(spec.incident or "")
    if not named:
        for text in (f"{spec.description}\n{action}", spec.requested_by or ""):
            if found := _IN_TEXT.search(text):
                named = found[0].rstrip("-")
                break
    name = named.lower()
    return name if len(name) <= _NAME and _OBJECT_NAME.fullmatch(name) else None


def case_of(incident: Incident) -> Case:
    """What a knowledge entry says of an incident."""
    spec = incident.spec
    return Case(
        alert=alert_of(spec),
        category=clip(spec.alert_category or "", _CATEGORY) or NO_CASE.category,
        services=tuple(filter(None, (clip(each, _NAME) for each in spec.affected_services))),
    )


def opened(
    incident: Incident, frequency: Frequency, repairs: Iterable[Execution], now: datetime
) -> IncidentStatus:
    """The status of an incident that was not seen before: it is Open, and this often it happens.

    ``frequency`` has this occurrence in it; ``repairs`` are what was carried out for the same
    anomaly before. What is resolved already stays so.
    """
    done = [each.disposition for each in repairs if each.success]
    anomaly = Anomaly(
        key=anomaly_key(incident.spec),
        last_hour=frequency.last_hour,
        last_day=frequency.last_day,
        last_week=frequency.last_week,
        human_approved=done.count("human_approved"),
        auto_executed=done.count("auto_executed"),
        counted_at=now,
    )
    status = incident.status.model_copy(update={"phase": incident.phase, "anomaly": anomaly})
    return closed(incident.spec, status)


def closed(spec: IncidentSpec, status: IncidentStatus) -> IncidentStatus:
    """The status once people have closed the incident; the same where they have not, or it is."""
    if not spec.closed or status.phase not in (None, IncidentPhase.OPEN):
        return status
    return status.model_copy(update={"phase": IncidentPhase.CLOSED})


def judged(spec: IncidentSpec, status: IncidentStatus) -> IncidentStatus:
    """The status once people have judged a repair that was carried out before they did."""
    if status.outcome is None:
        return status
    outcome = _outcome(spec, status.outcome.learning_notes)
    return status.model_copy(update={"outcome": outcome})


def is_praised(status: IncidentStatus) -> bool:
    """Whether people have judged the repair so well that its playbook needs no other approval."""
    score = status.outcome.effectiveness_score if status.outcome else 0
    return score >= APPROVED_FROM and resolving(status) is not None


def resolving(status: IncidentStatus) -> Disposition | None:
    """The repair that resolved it, which is what people judge; None where people closed it.

    What is done later in the name of the incident is judged by nobody.
    """
    first = status.dispositions[0] if status.dispositions else None
    return first if first is not None and first.at == status.resolved_at else None


def resolved(
    incident: Incident, request: ApprovalRequest, action: str, now: datetime
) -> IncidentStatus:
    """The status once a request has repaired it. The same request changes nothing a second time.

    ``action``: as the proposer wrote it; it is what was learned where people have said nothing.
    """
    status = incident.status
    learned = status.outcome.learning_notes if status.outcome else action
    over = incident.phase in (IncidentPhase.RESOLVED, IncidentPhase.CLOSED)
    end = {} if over else {"phase": IncidentPhase.RESOLVED, "resolved_at": now}
    return status.model_copy(
        update={
            **end,
            "outcome": _outcome(incident.spec, learned),
            "dispositions": _disposed(status.dispositions, request, now),
        }
    )


def incident_entry(incident: Incident, now: datetime, words: Catalogue = ENGLISH) -> KnowledgeEntry:
    """What a resolved incident teaches, under its own UID: a second time replaces the first."""
    case, metadata = case_of(incident), incident.metadata
    latest = incident.status.dispositions[-1] if incident.status.dispositions else None
    kind = latest.disposition if latest else "human_approved"
    summary = one_line(incident.spec.summary) or words.no_description
    return KnowledgeEntry(
        id=metadata.uid,
        title=f"[{words.resolved_incident}] {case.alert}: {summary[:_SUMMARY]}",
        content=_content(incident, case, words),
        category=case.category,
        tags=(kind, "success", case.category, "incident"),
        related_incident=metadata.name,
        created_by="auto_execute" if kind == "auto_executed" else "approval_execution",
        created_at=now,
        namespace=metadata.namespace,
        request=latest.request if latest else "",
    )


def disposition_of(request: ApprovalRequest) -> DispositionKind:
    """Whether people approved it, or nobody had to."""
    return "auto_executed" if is_automatic(request) else "human_approved"


def _outcome(spec: IncidentSpec, learned: str) -> IncidentOutcome:
    """A repair that went well is worth 4 of 5 at least; people can say that it is worth more."""
    said = visible(spec.learning_notes or "") or visible(learned)
    return IncidentOutcome(
        execution_success=True,
        effectiveness_score=max(WORKED, spec.effectiveness_score or 0),
        learning_notes=said[:_NOTES],
    )


def _disposed(
    before: tuple[Disposition, ...], request: ApprovalRequest, now: datetime
) -> tuple[Disposition, ...]:
    """One for each request; the first stays, after it the oldest make room."""
    uid = request.metadata.uid
    if any(each.uid == uid for each in before):
        return before
    mine = Disposition(
        request=request.metadata.name, uid=uid, disposition=disposition_of(request), at=now
    )
    done = (*before, mine)
    return done if len(done) <= MAX_DISPOSITIONS else (done[0], *done[1 - MAX_DISPOSITIONS :])


def _content(incident: Incident, case: Case, words: Catalogue) -> str:
    status, outcome = incident.status, incident.status.outcome
    repairs = (f"{each.request} ({each.disposition})" for each in status.dispositions)
    rows = [
        (words.alert, case.alert),
        (words.category, case.category),
        (words.services, words.separator.join(case.services) or words.no_services),
        (words.repairs, words.separator.join(repairs) or words.no_repairs),
        (words.effectiveness, f"{outcome.effectiveness_score}/5" if outcome else words.unjudged),
        (words.incident, f"{incident.metadata.namespace}/{incident.metadata.name}"),
    ]
    return "\n".join(
        [
            f"# ✅ {words.resolved_incident}: {case.alert}",
            "",
            *(f"- **{label}**: {value}" for label, value in rows),
            "",
            f"## {words.description}",
            "",
            one_line(incident.spec.summary) or words.no_description,
            "",
            f"## {words.learned}",
            "",
            (outcome.learning_notes if outcome else "") or words.no_description,
        ]
    )
