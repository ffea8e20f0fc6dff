"""Whose signatures have to be among them."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.api.policy_require import Threshold
from countersign.api.signature import Signature
from countersign.policy.approval_policies.thresholds import fits, unmet
from tests.support.properties import examples

SRE = Threshold(name="SRE", groups=("sre",))
OWNER = Threshold(name="owner", groups=("owners",), users=("zoe",))
TWO = Threshold(name="two", count=2, groups=("sre", "owners"))


def by(signer: str, *groups: str) -> Signature:
    return Signature(signer=signer, groups=groups)


ALICE, BOB = by("alice", "sre"), by("bob", "sre", "owners")
DAVE, ZOE = by("dave", "owners"), by("zoe")
CASES: dict[str, tuple[tuple[Threshold, ...], tuple[Signature, ...], dict[str, int]]] = {
    "nobody has signed": ((SRE, OWNER), (), {"SRE": 1, "owner": 1}),
    "one of each is enough": ((SRE, OWNER), (ALICE, DAVE), {}),
    "two of one kind are not": ((SRE, OWNER), (ALICE, by("carol", "sre")), {"owner": 1}),
    "who is both is one of them only": ((SRE, OWNER), (BOB,), {"owner": 1}),
    "who is both goes where needed": ((SRE, OWNER), (BOB, ALICE), {}),
    "in any order": ((SRE, OWNER), (ALICE, BOB), {}),
    "a user counts by name": ((OWNER,), (ZOE,), {}),
    "nobody counts for being somebody": ((OWNER,), (by("eve", "viewers"),), {"owner": 1}),
    "a group is not a user": ((OWNER,), (by("owners"),), {"owner": 1}),
    "names are compared to the letter": ((OWNER,), (by("Zoe"),), {"owner": 1}),
    "two of many": ((TWO,), (ALICE,), {"two": 1}),
    "two of many, met": ((TWO,), (ALICE, DAVE), {}),
}


@pytest.mark.parametrize("what", CASES)
def test_thresholds_are_met_or_lack(what: str) -> None:
    thresholds, signatures, lacking = CASES[what]
    found = unmet("p", thresholds, signatures)
    assert {each.threshold.name: each.missing for each in found} == lacking


def test_what_is_missing_is_said_with_who_could_give_it() -> None:
    [lack] = unmet("p", (OWNER,), ())
    assert lack.described == "1 for owner (zoe or group owners)"


PEOPLE = st.lists(st.sets(st.sampled_from(["a", "b", "c"])), max_size=5)
PLACES = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4)


@examples(200)
@given(people=PEOPLE, places=PLACES)
def test_as_many_places_are_filled_as_can_be(people: list[set[str]], places: list[str]) -> None:
    thresholds = tuple(Threshold(name=f"{n}", groups=(group,)) for n, group in enumerate(places))
    signatures = [by(f"person-{n}", *sorted(groups)) for n, groups in enumerate(people)]
    padded = [*signatures, *[None] * len(places)]
    best = max(
        sum(
            one is not None and fits(one, place)
            for one, place in zip(order, thresholds, strict=False)
        )
        for order in permutations(padded[:7], len(places))
    )
    if len(padded) <= 7:
        assert (
            len(places) - sum(each.missing for each in unmet("p", thresholds, signatures)) == best
        )
