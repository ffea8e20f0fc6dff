"""Requests about objects of different kinds of trust: a policy about some of them can only add."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.risk import Risk
from countersign.api.signature import Signature
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.decide import decide
from countersign.policy.decision import Approve, Deny, Wait
from countersign.policy.memory.circumstances import Circumstances
from tests.support.fakes_objects import (
    operation,
    plan_of,
    planned,
    request,
    signature,
    signed,
    step,
)
from tests.support.fakes_policies import policy
from tests.support.fakes_time import START

SPACES = {"shop": {"tier": "dev"}, "bank": {"tier": "prod"}}
CACHES = {"targetNames": ["cache-*"]}
DEV = {"namespaceSelector": {"matchLabels": {"tier": "dev"}}}
PROD = {"namespaceSelector": {"matchLabels": {"tier": "prod"}}}
AUTO: dict[str, Any] = {"autoApprove": {"riskAtMost": "high", "confidenceAtLeast": 0.5}}


def about(*places: str, risk: Risk = Risk.MEDIUM, namespace: str = "shop") -> ApprovalRequest:
    """A request in ``namespace`` about Deployments, each as ``namespace/name``."""
    parts = [each.split("/") for each in places]
    made = plan_of(*(step(operation(name=name, namespace=space)) for space, name in parts))
    of = request(namespace=namespace, confidence=1.0, uid="mixed")
    return planned(of, made, risk)


def decided(
    of: ApprovalRequest, *policies: NamedPolicy, spaces: dict[str, dict[str, str]] | None = None
) -> Approve | Wait | Deny:
    around = Circumstances(policies, SPACES if spaces is None else spaces, complete=True)
    decision = decide(of, around, START)
    assert isinstance(decision, Approve | Wait | Deny)
    return decision


def sign(of: ApprovalRequest, *entries: Signature) -> ApprovalRequest:
    plan = of.status.plan
    assert plan is not None
    return signed(of, *(each.model_copy(update={"plan": plan.digest}) for each in entries))


# --- Several objects ------------------------------------------------------------------------------


def test_what_is_approved_automatically_takes_no_other_object_along() -> None:
    auto = policy(match=CACHES, **AUTO)
    assert isinstance(decided(about("shop/cache-a", "shop/cache-b"), auto), Approve)
    both = decided(about("shop/cache-a", "shop/ledger"), auto)
    assert isinstance(both, Wait)
    assert both.reason == "SignaturesMissing"


def test_a_smaller_number_is_for_the_objects_that_it_is_about() -> None:
    one = policy(match=CACHES, signatures=1, digest=False)
    alone = sign(about("shop/cache-a", risk=Risk.HIGH), signature("alice"))
    assert isinstance(decided(alone, one), Approve)
    both = sign(about("shop/cache-a", "shop/ledger", risk=Risk.HIGH), signature("alice"))
    found = decided(both, one)
    assert isinstance(found, Wait)
    assert found.needs is not None
    assert (found.needs.signatures, found.needs.digest_demanded) == (2, True)
    assert "default" in [each.name for each in found.needs.policies]


def test_a_larger_number_is_for_all_of_the_request() -> None:
    found = decided(about("shop/cache-a", "shop/ledger"), policy(match=CACHES, signatures=3))
    assert isinstance(found, Wait)
    assert found.needs is not None
    assert found.needs.signatures == 3


def test_the_glass_is_broken_for_the_objects_that_a_policy_is_about() -> None:
    glass = policy(match=CACHES, signatures=3, breakGlass={"groups": ["oncall"]})
    entry = signature("alice", groups=["oncall"], break_glass=True, comment="It is down.")
    assert isinstance(decided(sign(about("shop/cache-a"), entry), glass), Approve)
    assert isinstance(decided(sign(about("shop/cache-a", "shop/ledger"), entry), glass), Wait)


def test_one_about_all_objects_lets_them_through_if_one_about_some_agrees() -> None:
    of = about("shop/cache-a", "shop/ledger")
    everything = policy("all", **AUTO)
    assert isinstance(decided(of, everything, policy(match=CACHES, **AUTO)), Approve)
    less = policy(match=CACHES, autoApprove={"riskAtMost": "low"})
    assert isinstance(decided(of, everything, less), Wait)


# --- Several namespaces ---------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["bank/ledger", "shop/web"])
def test_a_policy_holds_for_what_is_done_in_its_namespaces_from_anywhere(place: str) -> None:
    found = decided(about(place), policy(match=PROD, suspend=True))
    assert isinstance(found, Wait)
    assert (found.reason == "Suspended") is place.startswith("bank")


def about_namespace(name: str, uid: str | None) -> ApprovalRequest:
    """A request about a Namespace itself, which is to be made where it has no UID."""
    made = about("shop/web")
    plan = made.status.plan
    assert plan is not None
    [one] = plan.steps
    itself = {"kind": "Namespace", "name": name, "namespace": None, "uid": uid}
    target = one.target.model_copy(update=itself)
    return planned(made, plan_of(one.model_copy(update={"target": target})))


def test_to_delete_a_namespace_is_done_in_it() -> None:
    found = decided(about_namespace("bank", "uid-of-bank"), policy(match=PROD, suspend=True))
    assert isinstance(found, Wait)
    assert found.reason == "Suspended"


def test_what_a_namespace_lets_through_is_done_in_it_and_asked_for_in_it() -> None:
    auto = policy(match=DEV, **AUTO)
    assert isinstance(decided(about("shop/web"), auto), Approve)
    assert isinstance(decided(about("bank/ledger"), auto), Wait)
    assert isinstance(decided(about("shop/web", "bank/ledger"), auto), Wait)
    assert isinstance(decided(about("shop/web", namespace="bank"), auto), Wait)


def test_a_namespace_that_is_to_be_made_is_of_no_policy() -> None:
    found = decided(about_namespace("new", None), policy(match=PROD, suspend=True))
    assert isinstance(found, Wait)
    assert found.reason == "SignaturesMissing"


@pytest.mark.parametrize(
    "of", [about("new/web"), about_namespace("new", "uid-of-new")], ids=["in it", "itself"]
)
def test_a_namespace_that_the_watch_has_not_shown_yet_is_waited_for(of: ApprovalRequest) -> None:
    found = decided(of, policy(match=PROD, **AUTO))
    assert isinstance(found, Wait)
    assert found.reason == "NamespaceUnknown"
    assert "namespace new; not known yet" in found.message
    assert isinstance(decided(of, policy(**AUTO)), Approve), "where no labels are asked for"


def test_a_namespace_that_was_deleted_since_comes_under_what_it_came_under() -> None:
    around = Circumstances(
        (policy(match=PROD, suspend=True),),
        {"shop": SPACES["shop"]},
        former={"bank": SPACES["bank"]},
        complete=True,
    )
    found = decide(about("bank/ledger"), around, START)
    assert isinstance(found, Wait)
    assert found.reason == "Suspended"
