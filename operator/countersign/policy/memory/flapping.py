"""Targets that are acted on again and again: what was done to them did not last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from countersign.api.status import VALUE_LIMIT
from countersign.api.text import clip
from countersign.policy.approval_policies.subject import Subject, Touched
from countersign.policy.memory.history import Past

FLAPPING_WITHIN = timedelta(hours=2)
FLAPPING_FROM = 3
"""So many approved actions on one target within that time are told to whoever signs the next."""
_NAMED = 3


def flapping(subject: Subject, past: Iterable[Past], now: datetime) -> str | None:
    """That targets of a request flap, in a sentence; None where none does.

    ``past`` is what was approved before, the request itself left out.
    """
    times: dict[Touched, int] = {}
    for each in past:
        if each.approved_at <= now - FLAPPING_WITHIN:
            continue
        for target in set(each.subject.targets).intersection(subject.targets):
            times[target] = times.get(target, 0) + 1
    often = [(target, count) for target, count in times.items() if count >= FLAPPING_FROM]
    if not often:
        return None
    often.sort(key=lambda pair: (-pair[1], str(pair[0])))
    said = ", ".join(f"{_described(target)} {count} times" for target, count in often[:_NAMED])
    more = f", and {len(often) - _NAMED} more" if len(often) > _NAMED else ""
    hours = FLAPPING_WITHIN / timedelta(hours=1)
    return clip(f"Flapping: acted on in the last {hours:g} h: {said}{more}.", VALUE_LIMIT)


def _described(target: Touched) -> str:
    place = f"{target.namespace}/" if target.namespace else ""
    return f"{target.kind} {place}{target.name}"
