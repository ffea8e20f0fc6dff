"""What a request needs before it may run: the strictest of all policies that match.

Where no policy says how many have to sign, or whether they have to name the plan, the built-in
policy says it; so only one that says a smaller number out loud makes it smaller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from countersign.actions.digest import digest_of
from countersign.api.approval_policy import DEFAULT_POLICY
from countersign.api.approval_request import ApprovalRequest
from countersign.api.risk import Risk
from countersign.api.signature import MAX_SIGNATURES
from countersign.api.status import PolicyReference
from countersign.policy.approval_policies.named_policy import NamedPolicy

_SIGNATURES = {Risk.LOW: 1, Risk.MEDIUM: 1, Risk.HIGH: 2, Risk.CRITICAL: 2}
_DIGEST_DEMANDED = frozenset({Risk.HIGH, Risk.CRITICAL})
_RECORDED = 64


@dataclass(frozen=True)
class Requirement:
    """All policies that match, taken together.

    ``policies`` is what is recorded: those ``in_force``, and the built-in one where it has a say.
    """

    signatures: int
    digest_demanded: bool
    policies: tuple[PolicyReference, ...]
    comment_demanded: bool = False
    in_force: tuple[NamedPolicy, ...] = ()

    @property
    def problem(self) -> str | None:
        """Why nothing can be approved under these policies; None where something can."""
        broken = [each for each in self.in_force if each.problem]
        if not broken:
            return None
        said = "; ".join(f"{each.name} ({each.problem})" for each in broken)
        return f"Nothing is approved under a policy that cannot be applied: {said}."

    @property
    def denied_by(self) -> NamedPolicy | None:
        """The first policy that denies."""
        return next((each for each in self.in_force if each.require.deny), None)

    @property
    def suspended_by(self) -> NamedPolicy | None:
        """The first policy whose kill switch is on."""
        return next((each for each in self.in_force if each.require.suspend), None)

    @property
    def expires_after(self) -> timedelta | None:
        """The shortest."""
        said = [each.require.expires_after for each in self.in_force]
        return min((each for each in said if each is not None), default=None)

    @property
    def cooldown(self) -> tuple[timedelta, str] | None:
        """The longest, and whose it is."""
        said = [(each.require.cooldown, each.name) for each in self.in_force]
        return max(((long, name) for long, name in said if long is not None), default=None)


def requirement(
    request: ApprovalRequest, risk: Risk, in_force: tuple[NamedPolicy, ...]
) -> Requirement:
    """The strictest of the policies in force, the built-in one, and the request's own wish."""
    said = [each.require for each in in_force if not each.partial]
    said_number = max((r.signatures for r in said if r.signatures is not None), default=None)
    said_digest = any(r.digest for r in said) if any(r.digest is not None for r in said) else None
    people = [
        max(each.require.signatures or 0, sum(t.count for t in each.require.thresholds))
        for each in in_force
    ]
    needed = _SIGNATURES[risk] if said_number is None else said_number
    fallback = (_DEFAULT,) if said_number is None or said_digest is None else ()
    recorded = (*fallback, *(each.reference for each in in_force))
    return Requirement(
        signatures=min(
            MAX_SIGNATURES, max(needed, request.spec.required_signatures or 0, *people, 0)
        ),
        digest_demanded=(risk in _DIGEST_DEMANDED if said_digest is None else said_digest)
        or any(each.require.digest for each in in_force),
        policies=recorded[:_RECORDED],
        comment_demanded=any(each.require.comment for each in in_force),
        in_force=in_force,
    )


_DEFAULT = PolicyReference(
    name=DEFAULT_POLICY,
    digest=digest_of(
        {
            "signatures": {str(risk): count for risk, count in _SIGNATURES.items()},
            "digestDemanded": sorted(_DIGEST_DEMANDED),
        }
    ),
)
