"""The shape of an explanation: what a request still needs, of whom, and when that changes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from countersign.api.base import Model, Time
from countersign.api.phase import Phase
from countersign.api.risk import Risk


class AppliedPolicy(Model):
    """A policy that the request comes under."""

    name: str
    digest: str
    problem: str | None = Field(default=None, description="Why it cannot be applied, if so.")


class Missing(Model):
    """Signatures that are still wanted, and who could give them."""

    count: int
    what: str = Field(description="In a phrase: any approver, or the threshold's name.")
    policy: str | None = Field(default=None, description="Which policy's threshold it is.")
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = Field(
        default=(), description="No users and no groups: whoever RBAC lets sign this risk."
    )


class Ignored(Model):
    """An approval that does not count."""

    signer: str
    why: str


class Obstruction(Model):
    """Something other than signatures that stands in the way."""

    reason: str
    message: str
    until: Time | None = Field(default=None, description="When it is over; None where unknown.")


class Rights(Model):
    """What RBAC asks of whoever signs."""

    verb: Literal["approve"] = "approve"
    resource: Literal["approvalrequests"] = "approvalrequests"
    subresource: Risk
    namespace: str


class Explanation(Model):
    """Where a request stands."""

    request: str
    phase: Phase
    next_step: str = Field(description="What happens next, in one word.")
    message: str = Field(description="The same in a sentence.")
    policies: tuple[AppliedPolicy, ...] = ()
    risk: Risk | None = None
    signed: str | None = Field(default=None, description="1/2.")
    signers: tuple[str, ...] = ()
    met: tuple[str, ...] = Field(default=(), description="What is fulfilled, a phrase each.")
    missing: tuple[Missing, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    obstructions: tuple[Obstruction, ...] = ()
    rights: Rights | None = None
    comment_demanded: bool = False
    digest_demanded: bool = False
    not_automatic: tuple[str, ...] = Field(
        default=(), description="Where a policy has an autoApprove: why it does not apply."
    )
    break_glass_groups: tuple[str, ...] = Field(
        default=(), description="Groups of which one member's emergency signature is enough."
    )
    expires_at: Time | None = None
    next_change: Time | None = Field(
        default=None, description="When something changes by itself; None: not before people act."
    )
