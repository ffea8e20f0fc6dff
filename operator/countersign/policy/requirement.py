"""What a request needs before it may run, under the policy that ships with Countersign."""

from __future__ import annotations

from dataclasses import dataclass

from countersign.actions.digest import digest_of
from countersign.api.approval_request import ApprovalRequest, Risk
from countersign.api.status import PolicyReference

_SIGNATURES = {Risk.LOW: 1, Risk.MEDIUM: 1, Risk.HIGH: 2, Risk.CRITICAL: 2}
_DIGEST_DEMANDED = frozenset({Risk.HIGH, Risk.CRITICAL})


@dataclass(frozen=True)
class Requirement:
    """How many signatures are needed, and whether each must name the plan it is for."""

    signatures: int
    digest_demanded: bool
    policies: tuple[PolicyReference, ...]


def requirement(request: ApprovalRequest, risk: Risk) -> Requirement:
    """The stricter of the default policy and the request's own wish."""
    wished = request.spec.required_signatures or 0
    return Requirement(
        signatures=max(_SIGNATURES[risk], wished),
        digest_demanded=risk in _DIGEST_DEMANDED,
        policies=(_DEFAULT,),
    )


_DEFAULT = PolicyReference(
    name="default",
    digest=digest_of(
        {
            "signatures": {str(risk): count for risk, count in _SIGNATURES.items()},
            "digestDemanded": sorted(_DIGEST_DEMANDED),
        }
    ),
)
