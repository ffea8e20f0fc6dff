"""Which requests a policy is about."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.kinds import built_in
from countersign.api.operation_type import OperationType
from countersign.api.risk import Risk
from countersign.policy.approval_policies.matching import applies
from countersign.policy.approval_policies.subject import Subject, Touched, subject_of
from tests.support.fakes_objects import operation, plan_of, planned, request, step
from tests.support.fakes_policies import SUBJECT, policy

LABELS = {"tier": "prod", "kubernetes.io/metadata.name": "shop"}
MATCHES: dict[str, tuple[dict[str, Any] | None, bool]] = {
    "no match at all matches": (None, True),
    "an empty match matches": ({}, True),
    "labels that the namespace has": (
        {"namespaceSelector": {"matchLabels": {"tier": "prod"}}},
        True,
    ),
    "labels that it has not": ({"namespaceSelector": {"matchLabels": {"tier": "dev"}}}, False),
    "an expression that holds": (
        {"namespaceSelector": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}},
        True,
    ),
    "an expression that does not": (
        {
            "namespaceSelector": {
                "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["prod"]}]
            }
        },
        False,
    ),
    "an empty selector": ({"namespaceSelector": {}}, True),
    "its operation": ({"operations": ["Exec", "Scale"]}, True),
    "another operation": ({"operations": ["Exec"]}, False),
    "its kind": ({"targetKinds": ["Deployment"]}, True),
    "another kind": ({"targetKinds": ["Pod"]}, False),
    "its name": ({"targetNames": ["pay-api"]}, True),
    "the name of its second target": ({"targetNames": ["db"]}, True),
    "a beginning of its name": ({"targetNames": ["pay-*"]}, True),
    "a beginning without a star": ({"targetNames": ["pay"]}, False),
    "a name in other letters": ({"targetNames": ["PAY-API"]}, False),
    "kind and name of the same target": (
        {"targetKinds": ["StatefulSet"], "targetNames": ["db"]},
        True,
    ),
    "kind and name of different targets": (
        {"targetKinds": ["Deployment"], "targetNames": ["db"]},
        False,
    ),
    "its risk": ({"riskLevels": ["high"]}, True),
    "another risk": ({"riskLevels": ["low", "critical"]}, False),
    "its requester": ({"requesters": {"users": ["system:serviceaccount:agents:fixer"]}}, True),
    "requesters of a kind": ({"requesters": {"users": ["system:serviceaccount:agents:*"]}}, True),
    "other requesters": ({"requesters": {"users": ["system:serviceaccount:agents:"]}}, False),
    "a question mark stands for itself": ({"requesters": {"users": ["system?*"]}}, False),
    "brackets stand for themselves": ({"requesters": {"users": ["[s]ystem*"]}}, False),
    "all of it has to fit": ({"operations": ["Scale"], "riskLevels": ["low"]}, False),
}


@pytest.mark.parametrize("what", MATCHES)
def test_a_policy_matches(what: str) -> None:
    match, fits = MATCHES[what]
    assert applies(policy(match=match, signatures=1), SUBJECT, LABELS) == fits


def test_where_the_labels_are_not_known_a_policy_that_asks_for_some_counts_as_one_that_matches() -> (
    None
):
    asks = policy(match={"namespaceSelector": {"matchLabels": {"tier": "dev"}}}, signatures=1)
    assert applies(asks, SUBJECT, None)


def test_many_stars_take_no_time() -> None:
    stars = policy(match={"targetNames": ["*a" * 100 + "b"]}, signatures=1)
    long = Subject("u", "shop", "r", "x", Risk.LOW, (), (Touched("Pod", "shop", "a" * 250),))
    assert not applies(stars, long, {})


def test_a_subject_has_all_operations_and_targets_of_its_plan() -> None:
    made = plan_of(step(operation(replicas=5)), step(operation(name="db", replicas=2)))
    subject = subject_of(planned(request(requested_by="me"), made, Risk.HIGH))
    assert subject is not None
    assert built_in("Deployment", None) is not None
    assert subject.operations == (OperationType.SCALE,)
    assert [target.name for target in subject.targets] == ["web", "db"]
    assert (subject.requester, subject.risk) == ("me", Risk.HIGH)
    assert subject_of(request()) is None
