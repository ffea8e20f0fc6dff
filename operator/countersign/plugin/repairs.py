"""A repair that worked before, proposed again: which step, whether it fits, what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from countersign.api.incident import Incident, IncidentPhase, Signal
from countersign.api.operation import Operation
from countersign.api.playbook import Playbook, PlaybookState, PlaybookStep
from countersign.api.text import clip, visible
from countersign.plugin import words
from countersign.plugin.exits import refused
from countersign.plugin.screen import Span
from countersign.policy.memory.reliance import rounded, trust_in
from countersign.records.anomaly import identifying_labels

_DESCRIPTION = 4096
_STATES: dict[PlaybookState, str] = {
    PlaybookState.APPROVED: "green",
    PlaybookState.DRAFT: "yellow",
    PlaybookState.RETIRED: "red",
}
_PHASES: dict[IncidentPhase, str] = {
    IncidentPhase.OPEN: "yellow",
    IncidentPhase.RESOLVED: "green",
    IncidentPhase.CLOSED: "magenta",
}
_UNLIKE_SHOWN = 4


def chosen(playbook: Playbook, number: int | None) -> Operation:
    """The operation of a step, the first being 1. ``PluginError`` where none can be proposed."""
    name, steps = playbook.metadata.name, playbook.spec.steps
    if playbook.spec.state is PlaybookState.RETIRED:
        raise refused(
            f"Playbook {name} is Retired: people have decided not to use it any more. Choose "
            f"another (kubectl get playbooks -n {playbook.metadata.namespace})."
        )
    if number is None and len(steps) > 1:
        listed = ", ".join(f"--step {at} ({_short(each)})" for at, each in enumerate(steps, 1))
        raise refused(
            f"Playbook {name} has {len(steps)} steps, each of which is a request of its own. Say "
            f"which one, the first one first: {listed}."
        )
    if number is not None and number > len(steps):
        raise refused(f"Playbook {name} has no step {number}; its last one is {len(steps)}.")
    at = number or 1
    step = steps[at - 1]
    if step.operation is None:
        raise refused(f"Step {at} of playbook {name} is to be done by hand: {step.ssh}")
    return step.operation


def misfits(playbook: Playbook, incident: Incident) -> tuple[str, ...]:
    """What speaks against a playbook for an incident, a clause each."""
    found = []
    if incident.phase is not IncidentPhase.OPEN:
        found.append(f"incident {incident.metadata.name} is {incident.phase} already")
    if unlike := _unlike(playbook.spec.symptoms, incident.spec.signals):
        found.append(f"its alert is not what playbook {playbook.metadata.name} is for ({unlike})")
    return tuple(found)


def description(
    playbook: Playbook, incident: Incident, said: str | None, against: Sequence[str]
) -> str:
    """What those who sign are told: one's own words, and what both are about."""
    state = playbook.spec.state
    unproven = "" if state is PlaybookState.APPROVED else f" ({state})"
    lines = (
        said,
        f"Incident {incident.metadata.name}: {incident.spec.summary}",
        f"Playbook {playbook.metadata.name}{unproven}: {playbook.spec.title}",
        playbook.spec.description,
        f"Proposed although {'; '.join(against)}." if against else None,
    )
    text = "\n".join(visible(each).strip() for each in lines if each and each.strip())
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"


# --- In a line ------------------------------------------------------------------------------------


def playbook_line(playbook: Playbook, now: datetime) -> Span:
    """Name, state, and how far it can be trusted now."""
    spec, status = playbook.spec, playbook.status
    went = (
        f"{status.successes} of {status.executions} went well"
        if status.executions
        else "never carried out"
    )
    used = f", last {words.age(status.last_used, now)} ago" if status.last_used else ""
    trust = rounded(trust_in(playbook, now))
    text = f"{playbook.metadata.name} ({spec.state}, trust {trust}: {went}{used})"
    return text, _STATES[spec.state]


def incident_line(incident: Incident) -> Span:
    """Name, phase, and what went wrong."""
    summary = f": {incident.spec.summary}" if incident.spec.summary else ""
    return f"{incident.metadata.name} ({incident.phase}{summary})", _PHASES[incident.phase]


# --- Symptoms -------------------------------------------------------------------------------------


def _unlike(symptoms: Mapping[str, str], signals: Sequence[Signal]) -> str:
    """In what the most similar alert differs; empty where one has all symptoms."""
    if not symptoms:
        return ""
    if not signals:
        return "it has none"
    differing = min((_differing(symptoms, each) for each in signals), key=len)
    more = f" and {len(differing) - _UNLIKE_SHOWN} more" if len(differing) > _UNLIKE_SHOWN else ""
    return ", ".join(differing[:_UNLIKE_SHOWN]) + more


def _differing(symptoms: Mapping[str, str], signal: Signal) -> list[str]:
    """A label is as the alert has it, or as what is learned from alerts has it."""
    labels, learned = signal.labels, identifying_labels(signal)
    return [
        f"{key} is {labels[key]}, not {value}" if key in labels else f"it has no {key}"
        for key, value in symptoms.items()
        if value not in (labels.get(key), learned.get(key))
    ]


def _short(step: PlaybookStep) -> str:
    if step.operation is None:
        return f"by hand: {clip(step.ssh or '', 60)}"
    targets = ", ".join(each.short for each in step.operation.all_targets)
    return f"{step.operation.type} {targets}".rstrip()
