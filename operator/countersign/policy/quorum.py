"""Which signatures count, and whether they are enough."""

from __future__ import annotations

from dataclasses import dataclass

from countersign.api.approval_request import ApprovalRequest, Signature
from countersign.api.status import Plan
from countersign.policy.requirement import Requirement


@dataclass(frozen=True)
class Tally:
    """The signatures that count, in the order they stand in the object."""

    needed: int
    approvals: tuple[Signature, ...]
    denials: tuple[Signature, ...]

    @property
    def complete(self) -> bool:
        """Whether the quorum is reached."""
        return len(self.approvals) >= self.needed

    @property
    def signed(self) -> str:
        """For people: 1/2."""
        return f"{len(self.approvals)}/{self.needed}"

    @property
    def waits(self) -> str:
        """For people: how many are missing, and who has signed."""
        missing = self.needed - len(self.approvals)
        signers = ", ".join(signature.signer for signature in self.approvals)
        so_far = f" (signed by {signers})" if signers else ""
        return (
            f"Waits for {missing} more {'signature' if missing == 1 else 'signatures'} "
            f"of {self.needed}{so_far}."
        )


def count(request: ApprovalRequest, plan: Plan, needs: Requirement) -> Tally:
    """Count each signer once, on the plan as it is now, and never who proposed it."""
    counted: dict[str, Signature] = {}
    for signature in request.spec.signatures:
        if _counts(signature, request, plan, needs):
            counted.setdefault(signature.signer, signature)
    return Tally(
        needed=needs.signatures,
        approvals=tuple(s for s in counted.values() if s.decision == "Approve"),
        denials=tuple(s for s in counted.values() if s.decision == "Deny"),
    )


def _counts(signature: Signature, request: ApprovalRequest, plan: Plan, needs: Requirement) -> bool:
    if signature.signer in (request.spec.requested_by, request.spec.submitted_by):
        return False  # The API server refuses this already; here it is refused once more.
    if signature.plan is None:
        # Written before there was a plan (in Git): it covers the first plan and no later one.
        # A Deny needs no digest: the careful reading of a doubt is that somebody objects.
        first = plan.revision == 1
        return first and (not needs.digest_demanded or signature.decision == "Deny")
    return signature.plan == plan.digest
