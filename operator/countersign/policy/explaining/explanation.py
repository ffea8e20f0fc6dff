"""What a request still needs, of whom, and when that changes: for people and for programs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.policy.approval_policies.freezing import freezes_at
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.approval_policies.requirement import Requirement
from countersign.policy.approval_policies.subject import subject_of
from countersign.policy.decide import current_plan, decide, expiry, needed, tally
from countersign.policy.decision import (
    Approve,
    Cancel,
    Decision,
    Deny,
    Execute,
    Expire,
    FinishDryRun,
    MakePlan,
    Refuse,
    Wait,
)
from countersign.policy.explaining.explained import (
    AppliedPolicy,
    Explanation,
    Ignored,
    Missing,
    Obstruction,
    Rights,
)
from countersign.policy.grounds import doubts, glass_breaker
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.history import Past
from countersign.policy.memory.reliance import Reliance
from countersign.policy.obstacles import Obstacle, obstacles
from countersign.policy.quorum import Tally


def explain(
    request: ApprovalRequest,
    policies: Sequence[NamedPolicy],
    namespace_labels: Mapping[str, str],
    now: datetime,
    *,
    elsewhere: Mapping[str, Mapping[str, str] | None] | None = None,
    past: Collection[Past] = (),
    reliance: Reliance | None = None,
) -> Explanation:
    """Where a request stands under ``policies`` (see ``read_policies``).

    Of one that has been decided: the policies that it was decided under, as they are recorded.
    ``namespace_labels`` are those of the request's own namespace, ``elsewhere`` those of the others
    that its targets are in, by name, None of one that is not there. ``past`` is what was approved
    before (``past_of`` of the other requests): without it cooldowns, rates and hourly limits cannot
    be told. ``reliance`` is how far what it does can be trusted, where that is known.
    """
    others = elsewhere or {}
    namespaces = {name: labels for name, labels in others.items() if labels is not None}
    namespaces[request.metadata.namespace] = namespace_labels
    around = Circumstances(
        tuple(policies),
        namespaces,
        absent=others.keys() - namespaces.keys(),
        past=past,
        reliance=reliance,
    )
    step, message = _described(decide(request, around, now))
    base = Explanation(
        request=request.key,
        phase=request.phase,
        next_step=step,
        message=request.status.message or "" if request.phase.terminal else message,
        risk=request.status.risk_level,
        policies=tuple(
            AppliedPolicy(name=each.name, digest=each.digest) for each in request.status.policies
        ),
        signed=request.status.signed,
        signers=request.status.approval.signers if request.status.approval else (),
    )
    needs, counted = needed(request, around), tally(request, around)
    if request.phase is not Phase.PENDING or needs is None or counted is None:
        return base
    return base.model_copy(update=_standing(request, needs, counted, around, now))


def _standing(
    request: ApprovalRequest,
    needs: Requirement,
    counted: Tally,
    around: Circumstances,
    now: datetime,
) -> dict[str, object]:
    subject, plan = subject_of(request), current_plan(request)
    if subject is None or plan is None:
        return {}
    waiting = obstacles(request, subject, counted, needs, around, now)
    automatic = any(each.require.auto_approve for each in needs.in_force)
    unneeded = not doubts(request, needs, around, now) or glass_breaker(plan, counted, needs)
    expires = expiry(request, needs)
    digests = {each.name: each.digest for each in needs.policies}
    problems = {each.name: each.problem for each in needs.in_force}
    return {
        "policies": tuple(
            AppliedPolicy(name=name, digest=digest, problem=problems.get(name))
            for name, digest in digests.items()
        ),
        "signed": counted.signed,
        "signers": tuple(each.signer for each in counted.approvals),
        "met": _met(counted, needs),
        "missing": () if unneeded else _missing(counted),
        "ignored": tuple(Ignored(signer=who, why=why) for who, why in counted.ignored),
        "obstructions": (*_standing_in_the_way(needs), *(_shown(each) for each in waiting)),
        "rights": Rights(subresource=subject.risk, namespace=request.metadata.namespace),
        "comment_demanded": needs.comment_demanded,
        "digest_demanded": needs.digest_demanded,
        "not_automatic": doubts(request, needs, around, now) if automatic else (),
        "break_glass_groups": _emergency(needs.in_force),
        "expires_at": expires,
        "next_change": _next_change(waiting, needs, expires, now),
    }


def _missing(counted: Tally) -> tuple[Missing, ...]:
    """Each threshold's own, then what anybody may still add up to the number."""
    of_whom = [
        Missing(
            count=each.missing,
            what=each.threshold.name,
            policy=each.policy,
            users=each.threshold.users,
            groups=each.threshold.groups,
        )
        for each in counted.unmet
    ]
    lacking = counted.needed - len(counted.approvals) - sum(each.count for each in of_whom)
    if lacking > 0:
        of_whom.append(Missing(count=lacking, what="any approver"))
    return tuple(of_whom)


def _met(counted: Tally, needs: Requirement) -> tuple[str, ...]:
    unmet = {(each.policy, each.threshold.name) for each in counted.unmet}
    thresholds = [
        f"{threshold.name} of policy {policy.name}"
        for policy in needs.in_force
        for threshold in policy.require.thresholds
        if (policy.name, threshold.name) not in unmet
    ]
    enough = len(counted.approvals) >= counted.needed
    number = [f"{counted.signed} signatures"] if enough else []
    return (*number, *thresholds)


def _standing_in_the_way(needs: Requirement) -> tuple[Obstruction, ...]:
    """What no time ends by itself."""
    found = []
    if needs.problem is not None:
        found.append(Obstruction(reason="PolicyInvalid", message=needs.problem))
    found += [
        Obstruction(
            reason="Suspended", message=_by("suspended", each.name, each.require.suspend_message)
        )
        for each in needs.in_force
        if each.require.suspend
    ]
    found += [
        Obstruction(reason="Denied", message=_by("denied", each.name, each.require.deny.message))
        for each in needs.in_force
        if each.require.deny is not None
    ]
    return tuple(found)


def _by(what: str, policy: str, why: str | None) -> str:
    return f"{what} by policy {policy}" + (f": {why}" if why else "")


def _shown(obstacle: Obstacle) -> Obstruction:
    return Obstruction(reason=obstacle.reason, message=obstacle.message, until=obstacle.until)


def _emergency(policies: Sequence[NamedPolicy]) -> tuple[str, ...]:
    """Groups that every policy with a say in who signs lets break the glass."""
    speaking = [each for each in policies if each.wants_people or each.require.break_glass]
    named = [set(each.require.break_glass.groups) for each in speaking if each.require.break_glass]
    if all(each.partial for each in speaking) or len(named) < len(speaking):
        return ()
    return tuple(sorted(set.intersection(*named)))


def _next_change(
    waiting: Sequence[Obstacle], needs: Requirement, expires: datetime | None, now: datetime
) -> datetime | None:
    begins = (
        freezes_at(window, now)
        for policy in needs.in_force
        if policy.problem is None
        for window in policy.require.freeze_windows
    )
    moments = [*(each.until for each in waiting), *begins, expires]
    return min((each for each in moments if each is not None and each > now), default=None)


_STEPS: dict[type[Decision], tuple[str, str]] = {
    Expire: ("Expire", "Its time is over: it expires."),
    Cancel: ("Cancel", "It was called off."),
    MakePlan: ("Plan", "It has no plan yet; who has to sign depends on that."),
    FinishDryRun: ("FinishDryRun", "Only a plan was asked for, and there it is."),
    Execute: ("Execute", "It is approved and under way."),
}
_OVER = ("Done", "It is over.")


def _described(decision: Decision) -> tuple[str, str]:
    """In a word and in a sentence."""
    match decision:
        case Wait(reason=reason, message=message) | Refuse(reason=reason, message=message):
            return reason, message
        case Approve(ground=ground):
            return "Approve", f"{ground.described}: it is approved now."
        case Deny(by=by, comment=comment, by_policy=by_policy):
            who = f"policy {by}" if by_policy else by
            return "Deny", f"It is denied by {who}" + (f": {comment}" if comment else ".")
        case _:
            return _STEPS.get(type(decision), _OVER)
