"""What was approved before, as far as cooldowns and rates go back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from countersign.api.approval_request import ApprovalRequest
from countersign.api.status import ApprovalMode
from countersign.policy.approval_policies.subject import Subject, subject_of


@dataclass(frozen=True, slots=True)
class Past:
    """A request that was approved; ``latest`` is when it was last seen to do something."""

    subject: Subject
    approved_at: datetime
    latest: datetime
    automatic: bool = False


def past_of(request: ApprovalRequest) -> Past | None:
    """What is kept of a request; None where it is not approved (or not any more)."""
    subject, approved_at = subject_of(request), request.status.approved_at
    if subject is None or approved_at is None:
        return None
    times = [attempt.finished_at for attempt in request.status.attempts if attempt.finished_at]
    approval = request.status.approval
    automatic = approval is not None and approval.mode is ApprovalMode.AUTOMATIC
    return Past(subject, approved_at, max([approved_at, *times]), automatic)


def cooled_down_at(
    subject: Subject, cooldown: timedelta, past: Iterable[Past], now: datetime
) -> datetime | None:
    """When the targets have been left alone for long enough; None where they have been."""
    targets = set(subject.targets)
    touched = (each.latest for each in past if not targets.isdisjoint(each.subject.targets))
    latest = max(touched, default=None)
    until = latest + cooldown if latest is not None else None
    return until if until is not None and until > now else None


def below_rate_at(
    count: int, per: timedelta, past: Iterable[Past], now: datetime
) -> datetime | None:
    """When fewer than ``count`` were approved within the last ``per``; None where that is so."""
    times = sorted(each.approved_at for each in past if each.approved_at > now - per)
    return times[-count] + per if len(times) >= count else None


def others(past: Collection[Past], request: ApprovalRequest) -> Iterator[Past]:
    """Without the request itself, and without what was approved after it, if it was."""
    uid, approved_at = request.metadata.uid, request.status.approved_at
    for each in past:
        if each.subject.uid == uid:
            continue
        if approved_at is None or (each.approved_at, each.subject.uid) < (approved_at, uid):
            yield each
