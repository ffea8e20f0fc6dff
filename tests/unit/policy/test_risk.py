"""Our own assessment of risk."""

from __future__ import annotations

import itertools

import pytest

from countersign.api.approval_request import Risk
from countersign.api.operation import Kind, Operation
from countersign.policy.risk import assess, effective
from tests.support.fakes_objects import operation

LOW, MEDIUM, HIGH, CRITICAL = Risk
CASES: dict[str, tuple[Operation, Risk]] = {
    "restarting a Deployment is medium": (operation(), MEDIUM),
    "scaling a Deployment is medium": (operation(replicas=3), MEDIUM),
    "scaling a ReplicaSet is medium": (operation(Kind.REPLICA_SET, replicas=3), MEDIUM),
    "restarting a StatefulSet is high": (operation(Kind.STATEFUL_SET), HIGH),
    "scaling a StatefulSet is high": (operation(Kind.STATEFUL_SET, replicas=3), HIGH),
    "restarting a DaemonSet is high": (operation(Kind.DAEMON_SET), HIGH),
    "scaling to zero is high": (operation(replicas=0), HIGH),
    "scaling to one is medium": (operation(replicas=1), MEDIUM),
    "default is one step more": (operation(namespace="default"), HIGH),
    "kube-system is one step more": (operation(namespace="kube-system"), HIGH),
    "any kube- namespace is one step more": (operation(namespace="kube-public"), HIGH),
    "our own namespace is one step more": (operation(namespace="countersign-system"), HIGH),
    "a name that only begins like default is not protected": (
        operation(namespace="default-shop"),
        MEDIUM,
    ),
    "a name that only contains kube- is not protected": (
        operation(namespace="my-kube-shop"),
        MEDIUM,
    ),
    "scaling to zero in kube-system is critical": (
        operation(namespace="kube-system", replicas=0),
        CRITICAL,
    ),
    "a DaemonSet in kube-system is critical": (
        operation(Kind.DAEMON_SET, namespace="kube-system"),
        CRITICAL,
    ),
    "a StatefulSet to zero in default is critical and no more": (
        operation(Kind.STATEFUL_SET, namespace="default", replicas=0),
        CRITICAL,
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_risk_is_assessed_from_operation_and_target(what: str) -> None:
    of, risk = CASES[what]
    assert assess(of) is risk


def test_the_proposer_can_raise_the_risk_and_never_lower_it() -> None:
    for assessed, proposed in itertools.product(Risk, Risk):
        counts = effective(assessed, proposed)
        assert counts.rank == max(assessed.rank, proposed.rank), (assessed, proposed)


def test_without_the_proposers_word_our_own_assessment_counts() -> None:
    assert [effective(risk, None) for risk in Risk] == list(Risk)
