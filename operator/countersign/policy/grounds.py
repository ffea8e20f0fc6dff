"""On what ground a request may be approved: a quorum, a policy that wants nobody, an emergency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from countersign.api.approval_request import ApprovalRequest
from countersign.api.base import format_time
from countersign.api.policy_require import AutoApprove
from countersign.api.risk import Risk
from countersign.api.signature import Signature
from countersign.api.status import ApprovalMode, Plan
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.approval_policies.requirement import Requirement
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.history import below_rate_at, others
from countersign.policy.quorum import Tally

_HOUR = timedelta(hours=1)
_NOT_LOOKED_UP = (
    "the trust is not known here; the operator looks it up once nothing else stands in the way, "
    "and says in the request's message what it found"
)


@dataclass(frozen=True)
class Ground:
    """What stands for the approval; ``reason`` says more where it is not a quorum."""

    mode: ApprovalMode
    signers: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def described(self) -> str:
        """For people."""
        match self.mode:
            case ApprovalMode.SIGNATURES:
                return "Signed"
            case ApprovalMode.AUTOMATIC:
                return "Needs no signature"
            case ApprovalMode.BREAK_GLASS:
                return f"Break-glass by {', '.join(self.signers)}"


def ground_of(
    request: ApprovalRequest,
    plan: Plan,
    tally: Tally,
    needs: Requirement,
    around: Circumstances,
    now: datetime,
) -> Ground | None:
    """The best ground there is; None where somebody has to sign first."""
    signers = tuple(signature.signer for signature in tally.approvals)
    if tally.complete:
        return Ground(ApprovalMode.SIGNATURES, signers)
    if not doubts(request, needs, around, now):
        named = ", ".join(each.name for each in needs.in_force if each.require.auto_approve)
        return Ground(ApprovalMode.AUTOMATIC, signers, f"autoApprove of {named}")
    breaker = glass_breaker(plan, tally, needs)
    if breaker is not None:
        return Ground(ApprovalMode.BREAK_GLASS, (breaker.signer,), breaker.comment)
    return None


# --- Nobody has to sign ---------------------------------------------------------------------------


def doubts(
    request: ApprovalRequest, needs: Requirement, around: Circumstances, now: datetime
) -> tuple[str, ...]:
    """Why people have to sign, a sentence each; none where every policy is content without.

    Each policy that has a say in who signs has to have an ``autoApprove``, and each of those has
    to hold.
    """
    return (*_doubts_apart_from_trust(request, needs, around, now), *_distrust(needs, around))


def only_trust_is_wanting(
    request: ApprovalRequest, needs: Requirement, around: Circumstances, now: datetime
) -> bool:
    """Whether nobody has to sign if what the request does can be trusted."""
    return wants_trust(needs.in_force) and not _doubts_apart_from_trust(request, needs, around, now)


def room_at(
    request: ApprovalRequest, needs: Requirement, around: Circumstances, now: datetime
) -> datetime | None:
    """When the hourly limits have room again; None unless nothing else calls for people.

    But trust, which is looked up once there is room.
    """
    full = [
        until
        for policy in needs.in_force
        if (auto := policy.require.auto_approve) is not None
        and (until := _full_until(policy, auto, request, around, now)) is not None
    ]
    if not full or _doubts_apart_from_trust(request, needs, around, max(full)):
        return None
    return max(full)


def wants_trust(policies: Iterable[NamedPolicy]) -> bool:
    """Whether one of them makes it a matter of trust."""
    return any(_trust_wanted(each) is not None for each in policies)


def _doubts_apart_from_trust(
    request: ApprovalRequest, needs: Requirement, around: Circumstances, now: datetime
) -> tuple[str, ...]:
    speaking = [each for each in needs.in_force if each.wants_people or each.require.auto_approve]
    if not any(each.require.auto_approve and not each.partial for each in speaking):
        partly = any(each.require.auto_approve for each in speaking)
        which = " that is about all of its objects" if partly else ""
        return (f"No policy{which} approves this automatically.",)
    if request.spec.required_signatures is not None:
        return ("The request asks for signatures itself (spec.requiredSignatures).",)
    return tuple(
        f"Policy {policy.name}: {doubt}."
        for policy in speaking
        for doubt in _doubts_of(policy, request, around, now)
    )


def _distrust(needs: Requirement, around: Circumstances) -> Iterator[str]:
    for policy in needs.in_force:
        least = _trust_wanted(policy)
        if least is None:
            continue
        doubt = around.reliance.doubt(least) if around.reliance is not None else _NOT_LOOKED_UP
        if doubt is not None:
            yield f"Policy {policy.name}: {doubt}."


def _trust_wanted(policy: NamedPolicy) -> float | None:
    auto = policy.require.auto_approve
    return auto.trust_at_least if auto is not None else None


def _doubts_of(
    policy: NamedPolicy, request: ApprovalRequest, around: Circumstances, now: datetime
) -> list[str]:
    auto = policy.require.auto_approve
    if auto is None:
        return ["it wants signatures and has no autoApprove"]
    found = []
    risk = request.status.risk_level or Risk.CRITICAL
    if risk.rank > auto.risk_at_most.rank:
        found.append(f"the risk is {risk}, more than {auto.risk_at_most}")
    if request.spec.confidence is None:
        found.append("the request states no confidence")
    elif request.spec.confidence < auto.confidence_at_least:
        found.append(
            f"the confidence is {request.spec.confidence:g}, less than {auto.confidence_at_least:g}"
        )
    if (until := _full_until(policy, auto, request, around, now)) is not None:
        found.append(
            f"{auto.limit_per_hour} approved automatically within the last hour, as many as its "
            f"limit; there is room again at {format_time(until)}"
        )
    return found


def _full_until(
    policy: NamedPolicy,
    auto: AutoApprove,
    request: ApprovalRequest,
    around: Circumstances,
    now: datetime,
) -> datetime | None:
    """When its hourly limit has room again; None where it has now, or where there is none."""
    if auto.limit_per_hour is None:
        return None
    same = (
        each
        for each in others(around.past, request)
        if each.automatic and around.counts(policy, each)
    )
    return below_rate_at(auto.limit_per_hour, _HOUR, same, now)


# --- An emergency ---------------------------------------------------------------------------------


def glass_breaker(plan: Plan, tally: Tally, needs: Requirement) -> Signature | None:
    """The signature that stands for the quorum, if there is one.

    Every policy that has a say in who signs has to let one of the signer's groups do so.
    """
    speaking = [each for each in needs.in_force if each.wants_people or each.require.break_glass]
    return next((each for each in tally.approvals if _breaks(each, plan, speaking)), None)


def _breaks(signature: Signature, plan: Plan, policies: Sequence[NamedPolicy]) -> bool:
    return (
        bool(signature.break_glass)
        and bool((signature.comment or "").strip())
        and signature.recorded_by is None  # Nobody else can do this in one's name.
        and signature.plan == plan.digest  # The digest can never be skipped.
        and any(not each.partial for each in policies)
        and all(
            each.require.break_glass is not None
            and not set(each.require.break_glass.groups).isdisjoint(signature.groups)
            for each in policies
        )
    )
