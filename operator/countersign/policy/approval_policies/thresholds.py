"""Whether the signatures meet a policy's thresholds: one SRE *and* one owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from countersign.api.policy_require import Threshold
from countersign.api.signature import Signature


@dataclass(frozen=True)
class Unmet:
    """A threshold that lacks signatures."""

    policy: str
    threshold: Threshold
    missing: int

    @property
    def described(self) -> str:
        """For people: ``1 for SRE (group sre)``."""
        return f"{self.missing} for {self.threshold.name} ({who(self.threshold)})"


def who(threshold: Threshold) -> str:
    """Whose signatures count, for people."""
    users = ", ".join(threshold.users)
    groups = ", ".join(threshold.groups)
    word = "group" if len(threshold.groups) == 1 else "groups"
    return " or ".join(filter(None, (users, f"{word} {groups}" if groups else "")))


def fits(signature: Signature, threshold: Threshold) -> bool:
    """Whether this person's signature counts for it."""
    return signature.signer in threshold.users or not set(threshold.groups).isdisjoint(
        signature.groups
    )


def unmet(
    policy: str, thresholds: Sequence[Threshold], approvals: Sequence[Signature]
) -> tuple[Unmet, ...]:
    """The thresholds that lack signatures, each signature counting for one of them only.

    So that "one SRE and one owner" means two people, also where somebody is both. Signatures are
    given out so that as many places as can be are filled (augmenting paths).
    """
    places = [threshold for threshold in thresholds for _ in range(threshold.count)]
    taken: dict[int, int] = {}

    def place(signature: int, tried: set[int]) -> bool:
        for number, threshold in enumerate(places):
            if number in tried or not fits(approvals[signature], threshold):
                continue
            tried.add(number)
            if number not in taken or place(taken[number], tried):
                taken[number] = signature
                return True
        return False

    for signature in range(len(approvals)):
        place(signature, set())
    lacking = [
        (each, sum(place is each and number not in taken for number, place in enumerate(places)))
        for each in thresholds
    ]
    return tuple(Unmet(policy, each, missing) for each, missing in lacking if missing)
