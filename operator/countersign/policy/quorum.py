"""Which signatures count, and whether they are enough."""

from __future__ import annotations

from dataclasses import dataclass

from countersign.api.approval_request import ApprovalRequest
from countersign.api.signature import Signature
from countersign.api.status import Plan
from countersign.policy.approval_policies.requirement import Requirement
from countersign.policy.approval_policies.thresholds import Unmet, unmet

_SILENT = "it has to have a comment"


@dataclass(frozen=True)
class Tally:
    """The signatures that count, in the order they stand in the object.

    ``unmet`` are the policies' thresholds that lack some; ``ignored`` are approvals that do not
    count, each with the reason.
    """

    needed: int
    approvals: tuple[Signature, ...]
    denials: tuple[Signature, ...]
    unmet: tuple[Unmet, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the quorum is reached."""
        return len(self.approvals) >= self.needed and not self.unmet

    @property
    def signers(self) -> str:
        """Who has signed, for people."""
        return ", ".join(signature.signer for signature in self.approvals)

    @property
    def signed(self) -> str:
        """For people: 1/2."""
        return f"{len(self.approvals)}/{self.needed}"

    @property
    def waits(self) -> str:
        """For people: how many are missing, of whom, and who has signed."""
        missing = max(self.needed - len(self.approvals), *(each.missing for each in self.unmet), 0)
        so_far = f" (signed by {self.signers})" if self.signers else ""
        of_whom = ", ".join(each.described for each in self.unmet)
        wanted = f": {of_whom}" if of_whom else ""
        # Of the others people are told when they sign, or when their plan goes stale.
        ignored = "".join(
            f" {signer}'s does not count: {why}." for signer, why in self.ignored if why == _SILENT
        )
        return (
            f"Waits for {missing} more {'signature' if missing == 1 else 'signatures'} "
            f"of {self.needed}{so_far}{wanted}.{ignored}"
        )


def count(request: ApprovalRequest, plan: Plan, needs: Requirement) -> Tally:
    """Count each signer once, on the plan as it is now, and never who proposed it."""
    counted: dict[str, Signature] = {}
    ignored: dict[str, str] = {}
    for signature in request.spec.signatures:
        why_not = _why_not(signature, request, plan, needs)
        if why_not is None:
            counted.setdefault(signature.signer, signature)
        elif signature.decision == "Approve":
            ignored[signature.signer] = why_not
    approvals = tuple(s for s in counted.values() if s.decision == "Approve")
    return Tally(
        needed=needs.signatures,
        approvals=approvals,
        denials=tuple(s for s in counted.values() if s.decision == "Deny"),
        unmet=tuple(
            lack
            for policy in needs.in_force
            for lack in unmet(policy.name, policy.require.thresholds, approvals)
        ),
        ignored=tuple((who, why) for who, why in ignored.items() if who not in counted),
    )


def _why_not(
    signature: Signature, request: ApprovalRequest, plan: Plan, needs: Requirement
) -> str | None:
    if signature.signer in (request.spec.requested_by, request.spec.submitted_by):
        # The API server refuses this already; here it is refused once more.
        return "who proposes does not sign"
    if (why := not_for(signature, plan)) is not None or signature.decision == "Deny":
        # A Deny has to be about this plan, and needs no more: the careful reading of a doubt is
        # that somebody objects.
        return why
    if signature.plan is None and needs.digest_demanded:
        return "it has to name the plan it is for"
    if needs.comment_demanded and not (signature.comment or "").strip():
        return _SILENT
    return None


def not_for(signature: Signature, plan: Plan) -> str | None:
    """Why a signature is not for this plan.

    One that names none was written before there was a plan (in Git): it covers the first plan and
    no later one.
    """
    if signature.plan is None:
        return None if plan.revision == 1 else "it names no plan, and this is not the first one"
    return None if signature.plan == plan.digest else "it is for another plan"
