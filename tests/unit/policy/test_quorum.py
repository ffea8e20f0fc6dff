"""Which signatures count."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from countersign.api.risk import Risk
from countersign.api.signature import Signature
from countersign.policy.approval_policies.requirement import requirement
from countersign.policy.quorum import count
from tests.support.fakes_objects import OLD_DIGEST, plan, request, signature, signed

FIRST, SECOND = plan(revision=1), plan(revision=2)


@dataclass(frozen=True)
class Case:
    signatures: tuple[Signature, ...]
    approvals: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()
    risk: Risk = Risk.MEDIUM
    revision: int = 1


NOW, OLD = FIRST.digest, OLD_DIGEST
CASES = {
    "nobody has signed": Case(()),
    "a signature on the current plan counts": Case((signature("alice", plan=NOW),), ("alice",)),
    "a signature on an old plan does not count": Case((signature("alice", plan=OLD),)),
    "a signature on the first plan does not count on the second": Case(
        (signature("alice", plan=NOW),), revision=2
    ),
    "the requester's own signature does not count": Case((signature("agent", plan=NOW),)),
    "the requester's own denial does not count": Case((signature("agent", "Deny", plan=NOW),)),
    "a signature without a digest covers the first plan": Case((signature("alice"),), ("alice",)),
    "a signature without a digest covers no later plan": Case((signature("alice"),), revision=2),
    "high risk demands a digest": Case((signature("alice"),), risk=Risk.HIGH),
    "critical risk demands a digest": Case((signature("alice"),), risk=Risk.CRITICAL),
    "low risk demands no digest": Case((signature("alice"),), ("alice",), risk=Risk.LOW),
    "at high risk a signature with the digest counts": Case(
        (signature("alice", plan=NOW),), ("alice",), risk=Risk.HIGH
    ),
    "a denial needs no digest at high risk": Case(
        (signature("bob", "Deny"),), denials=("bob",), risk=Risk.HIGH
    ),
    "a denial without a digest is about the first plan only": Case(
        (signature("bob", "Deny"),), revision=2
    ),
    "a denial of an old plan does not count": Case((signature("bob", "Deny", plan=OLD),)),
    "signer by signer, approvals and denials are told apart": Case(
        (signature("alice", plan=NOW), signature("bob", "Deny", plan=NOW), signature("carol")),
        ("alice", "carol"),
        ("bob",),
    ),
    "who signs twice counts once": Case(
        (signature("alice", plan=NOW), signature("alice", plan=NOW)), ("alice",)
    ),
    "an old entry of a signer does not hide a valid one": Case(
        (signature("alice", plan=OLD), signature("alice", plan=NOW)), ("alice",)
    ),
    "names are compared to the letter": Case((signature("Agent", plan=NOW),), ("Agent",)),
}


@pytest.mark.parametrize("what", CASES)
def test_signatures_are_counted(what: str) -> None:
    case = CASES[what]
    on = FIRST if case.revision == 1 else SECOND
    of = signed(request(), *case.signatures)
    counted = count(of, on, requirement(of, case.risk, ()))
    assert tuple(each.signer for each in counted.approvals) == case.approvals
    assert tuple(each.signer for each in counted.denials) == case.denials


def test_the_quorum_is_complete_when_as_many_have_signed_as_are_needed() -> None:
    for signers, complete, shown in (
        (0, False, "0/2"),
        (1, False, "1/2"),
        (2, True, "2/2"),
        (3, True, "3/2"),
    ):
        of = signed(request(), *(signature(f"signer-{n}", plan=NOW) for n in range(signers)))
        counted = count(of, FIRST, requirement(of, Risk.HIGH, ()))
        assert (counted.complete, counted.signed) == (complete, shown)


def test_one_person_who_signs_twice_is_no_quorum_of_two() -> None:
    of = signed(request(), signature("alice", plan=NOW), signature("alice", plan=NOW))
    assert not count(of, FIRST, requirement(of, Risk.HIGH, ())).complete
