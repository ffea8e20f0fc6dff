"""What a request needs under the policy that ships with Countersign."""

from __future__ import annotations

import pytest

from countersign.api.risk import Risk
from countersign.policy.approval_policies.requirement import requirement
from tests.support.fakes_objects import request

NEEDED = {Risk.LOW: 1, Risk.MEDIUM: 1, Risk.HIGH: 2, Risk.CRITICAL: 2}


@pytest.mark.parametrize("risk", Risk)
def test_more_risk_needs_more_signatures(risk: Risk) -> None:
    assert requirement(request(), risk, ()).signatures == NEEDED[risk]


@pytest.mark.parametrize("risk", Risk)
def test_the_requester_can_ask_for_more_signatures_and_never_for_fewer(risk: Risk) -> None:
    for wished in (1, 2, 5, 32):
        needs = requirement(request(required_signatures=wished), risk, ())
        assert needs.signatures == max(NEEDED[risk], wished)


def test_high_and_critical_risk_demand_that_a_signature_names_its_plan() -> None:
    demanded = [risk for risk in Risk if requirement(request(), risk, ()).digest_demanded]
    assert demanded == [Risk.HIGH, Risk.CRITICAL]


def test_the_policy_in_force_is_named_with_its_digest() -> None:
    [policy] = requirement(request(), Risk.LOW, ()).policies
    assert policy.name == "default"
    assert policy.digest.startswith("sha256:")
    assert requirement(request(), Risk.HIGH, ()).policies == (policy,)
