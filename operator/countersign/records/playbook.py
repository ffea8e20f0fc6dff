"""A playbook from a repair that has worked, and what is counted of it afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from math import floor

from countersign.api.approval_request import ApprovalRequest
from countersign.api.incident import Incident
from countersign.api.operation import MAX_TARGETS, Operation
from countersign.api.playbook import (
    MAX_OUTCOMES,
    MAX_SOURCES,
    MAX_STEPS,
    Playbook,
    PlaybookOutcome,
    PlaybookSpec,
    PlaybookState,
    PlaybookStatus,
    PlaybookStep,
)
from countersign.api.status import Plan
from countersign.api.text import clip, visible
from countersign.records.anomaly import alert_of, identifying_labels
from countersign.records.fingerprint import fingerprint
from countersign.records.incident import APPROVED_FROM, resolving
from countersign.records.learning import trust

_TITLE = 256
_DESCRIPTION = 4096
_CATEGORY = 128
_SSH = re.compile(r"ssh\b", re.IGNORECASE)
_SSH_TEXT = 4096
_SLUG = 32
_HASH = 10
_TRUST_DIGITS = 10_000
"""What people are shown has four digits, and never more than there is."""


def playbook_name(alert: str, steps: Sequence[PlaybookStep]) -> str:
    """A name for these steps against this alert: the same repair again finds the same playbook.

    ``<alert>-<operation>-<10 hex digits>`` in small letters, at most 63 of them.
    """
    operation = steps[0].operation
    what = {"alertname": alert, "steps": [step.to_json() for step in steps]}
    word = _slug(operation.type) if operation else "ssh"
    return f"{_slug(alert) or 'alert'}-{word}-{fingerprint(what, _HASH)}"


def operations_of(plan: Plan) -> tuple[Operation, ...]:
    """What a plan does, where the same is done to several objects as one operation on them all."""
    groups: dict[str, list[Operation]] = {}
    for each in (step.operation for step in plan.steps):
        bare = each.model_copy(update={"target": None, "targets": ()})
        groups.setdefault(fingerprint(bare.to_json(), 64), []).append(each)
    return tuple(_together(part) for group in groups.values() for part in _parts(group))


def extracted(
    incident: Incident, request: ApprovalRequest, now: datetime
) -> tuple[str, PlaybookSpec] | None:
    """Name and spec of the playbook that a request's success on a resolved incident teaches.

    The steps are what was carried out, or, where what was learned begins with ``ssh``, that text.
    None where the request has no plan, or its plan has more steps than a playbook holds.
    """
    outcome = incident.status.outcome
    steps = _steps(outcome.learning_notes if outcome else "", request.status.plan)
    if not 0 < len(steps) <= MAX_STEPS:
        return None
    alert, spec = alert_of(incident.spec), incident.spec
    repair = resolving(incident.status)
    well = outcome is not None and outcome.effectiveness_score >= APPROVED_FROM
    well = well and repair is not None and repair.uid == request.metadata.uid
    found = PlaybookSpec(
        title=clip(f"{alert}: {_summary(steps, request.status.plan)}", _TITLE),
        description=_description(incident, request, now),
        state=PlaybookState.APPROVED if well else PlaybookState.DRAFT,
        category=clip(spec.alert_category or "", _CATEGORY) or None,
        symptoms=identifying_labels(spec.signals[0]) if spec.signals else {},
        steps=steps,
        source_incidents=(incident.metadata.name,),
    )
    return playbook_name(alert, steps), found


def grown(known: PlaybookSpec, found: PlaybookSpec) -> PlaybookSpec | None:
    """The spec of a playbook that is there, once the same repair has worked again.

    Its incidents grow. A draft is approved where the repair worked so well, in the words in which
    it was found now, unless people have said that it is for something else: then they approve it.
    None where other steps are under that name: then it is another's, and is left alone.
    """
    if known.steps != found.steps:
        return None
    others = (each for each in known.source_incidents if each not in found.source_incidents)
    if set(found.source_incidents) <= set(known.source_incidents):
        sources = known.source_incidents  # The same incident again.
    else:
        sources = (*others, *found.source_incidents)[-MAX_SOURCES:]
    better = found.state is PlaybookState.APPROVED and known.state is PlaybookState.DRAFT
    better &= (known.symptoms, known.category) == (found.symptoms, found.category)
    return (found if better else known).model_copy(update={"source_incidents": sources})


def counted(playbook: Playbook, uid: str, at: datetime, *, success: bool) -> PlaybookStatus:
    """The status once a request has carried it out. The same request counts once."""
    status = playbook.status
    if any(each.uid == uid for each in status.outcomes):
        return status
    mine = PlaybookOutcome(uid=uid, at=at, success=success)
    latest = sorted((*status.outcomes, mine), key=lambda each: each.at)[-MAX_OUTCOMES:]
    last_used = latest[-1].at
    lower = trust([(each.at, each.success) for each in latest], last_used)
    return status.model_copy(
        update={
            "executions": status.executions + 1,
            "successes": status.successes + success,
            "last_used": last_used,
            "trust": floor(lower * _TRUST_DIGITS) / _TRUST_DIGITS,
            "outcomes": tuple(latest),
        }
    )


def _steps(learned: str, plan: Plan | None) -> tuple[PlaybookStep, ...]:
    if _SSH.match(learned.strip()):
        return (PlaybookStep(ssh=visible(learned.strip())[:_SSH_TEXT]),)
    return tuple(PlaybookStep(operation=each) for each in operations_of(plan)) if plan else ()


def _parts(group: Sequence[Operation]) -> list[Sequence[Operation]]:
    """As many at a time as one operation may have targets; a manifest names its own."""
    size = MAX_TARGETS if all(each.apply is None for each in group) else 1
    return [group[at : at + size] for at in range(0, len(group), size)]


def _together(group: Sequence[Operation]) -> Operation:
    first = group[0]
    if len(group) == 1:
        return first
    targets = tuple(target for each in group for target in each.all_targets)
    return first.model_copy(update={"target": None, "targets": targets})


def _summary(steps: Sequence[PlaybookStep], plan: Plan | None) -> str:
    if steps[0].ssh is not None:
        return steps[0].ssh
    return plan.summary if plan else ""


def _description(incident: Incident, request: ApprovalRequest, now: datetime) -> str:
    name = incident.metadata.name
    drawn = f"Drawn from Incident {name} and ApprovalRequest {request.metadata.name} on {now:%F}."
    said = (visible(incident.spec.summary), visible(request.spec.description))
    return "\n\n".join((*filter(None, said), drawn))[-_DESCRIPTION:]


def _slug(text: str) -> str:
    """``KubePodCrashLooping``: kube-pod-crash-looping; nothing of what is in no object's name."""
    spelt = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", text)
    words = re.sub(r"[^a-z0-9]+", "-", spelt.lower() if spelt.isascii() else "")
    return words[:_SLUG].strip("-")
