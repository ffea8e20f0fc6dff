"""What a request that could be approved still has to wait for: a time, a window, a limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, datetime
from zoneinfo import ZoneInfo

from countersign.api.approval_request import ApprovalRequest
from countersign.api.base import format_time
from countersign.api.duration import format_duration
from countersign.api.freeze_window import FreezeWindow
from countersign.policy.approval_policies.freezing import frozen_until
from countersign.policy.approval_policies.requirement import Requirement
from countersign.policy.approval_policies.subject import Subject
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.history import below_rate_at, cooled_down_at, others
from countersign.policy.quorum import Tally


@dataclass(frozen=True)
class Obstacle:
    """Nothing is begun before ``until``. ``reason`` is for machines, ``message`` says why."""

    reason: str
    message: str
    until: datetime


def obstacles(
    request: ApprovalRequest,
    subject: Subject,
    tally: Tally,
    needs: Requirement,
    around: Circumstances,
    now: datetime,
) -> tuple[Obstacle, ...]:
    """All of them; none where it may run now."""
    return (
        *_not_before(request, now),
        *_frozen(tally, needs, now),
        *_cooling(request, subject, needs, around, now),
        *_too_many(request, needs, around, now),
    )


def _not_before(request: ApprovalRequest, now: datetime) -> Iterator[Obstacle]:
    moment = request.spec.not_before
    if moment is not None and now < moment:
        message = f"waits until {format_time(moment)} (spec.notBefore)"
        yield Obstacle("NotBefore", message, moment)


def _frozen(tally: Tally, needs: Requirement, now: datetime) -> Iterator[Obstacle]:
    groups = {group for signature in tally.approvals for group in signature.groups}
    for policy in needs.in_force:
        for window in () if policy.problem else policy.require.freeze_windows:
            if not groups.isdisjoint(window.override_groups):
                continue
            until = frozen_until(window, now)
            if until is not None:
                yield Obstacle("FreezeWindow", _said(window, policy.name, until), until)


def _said(window: FreezeWindow, policy: str, until: datetime) -> str:
    lifts = " or ".join(window.override_groups)
    instead = f"; a signature of {lifts} lifts it" if lifts else ""
    return (
        f"waits until {format_time(until)}{_local(until, window.time_zone)} (freeze window "
        f"{window.name} of policy {policy}{instead})"
    )


def _local(moment: datetime, zone: str) -> str:
    if zone == "UTC" or moment.year == MAXYEAR:  # On its last day it may be no date elsewhere.
        return ""
    return f", {moment.astimezone(ZoneInfo(zone)):%a %H:%M} in {zone}"


def _cooling(
    request: ApprovalRequest,
    subject: Subject,
    needs: Requirement,
    around: Circumstances,
    now: datetime,
) -> Iterator[Obstacle]:
    if needs.cooldown is None:
        return
    cooldown, policy = needs.cooldown
    until = cooled_down_at(subject, cooldown, others(around.past, request), now)
    if until is not None:
        message = (
            f"waits until {format_time(until)} (cooldown of {format_duration(cooldown)} after the "
            f"last execution on this target, policy {policy})"
        )
        yield Obstacle("Cooldown", message, until)


def _too_many(
    request: ApprovalRequest, needs: Requirement, around: Circumstances, now: datetime
) -> Iterator[Obstacle]:
    for policy in needs.in_force:
        limit = policy.require.rate_limit
        if limit is None:
            continue
        same = (each for each in others(around.past, request) if around.counts(policy, each))
        until = below_rate_at(limit.count, limit.per, same, now)
        if until is not None:
            message = (
                f"waits until {format_time(until)} (rate limit of {limit.count} in "
                f"{format_duration(limit.per)}, policy {policy.name})"
            )
            yield Obstacle("RateLimited", message, until)
