"""How far a workload has come, as ``kubectl rollout status`` judges it."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Kind
from countersign.executors.rollout_status import rollout_progress
from countersign.ports import JsonObject
from tests.support.fakes_objects import workload

DEPLOYMENT, STATEFUL, DAEMON, REPLICA = (
    Kind.DEPLOYMENT,
    Kind.STATEFUL_SET,
    Kind.DAEMON_SET,
    Kind.REPLICA_SET,
)


def live(kind: Kind, spec: dict[str, Any] | None = None, **status: Any) -> JsonObject:
    """A workload of three that is rolled out, but for what is given."""
    of = workload(kind, replicas=3)
    of["spec"] |= spec or {}
    of["status"] |= status
    return of


def unseen(kind: Kind) -> JsonObject:
    of = live(kind)
    of["metadata"]["generation"] = 2
    return of


EXCEEDED = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
PARTITION = {"updateStrategy": {"rollingUpdate": {"partition": 2}}}
CASES: dict[str, tuple[Kind, JsonObject, str, str]] = {
    **{f"{kind}: rolled out": (kind, live(kind), "done", "3 of 3") for kind in Kind},
    **{
        f"{kind}: its controller has not seen the change": (
            kind,
            unseen(kind),
            "underway",
            "has not seen the change",
        )
        for kind in Kind
    },
    **{
        f"{kind}: no status at all": (
            kind,
            live(kind) | {"status": None},
            "underway",
            "has not seen the change",
        )
        for kind in Kind
    },
    "Deployment: some are not updated": (
        DEPLOYMENT,
        live(DEPLOYMENT, updatedReplicas=1),
        "underway",
        "1 of 3 replicas are updated",
    ),
    "Deployment: none is updated": (
        DEPLOYMENT,
        live(DEPLOYMENT, updatedReplicas=None),
        "underway",
        "0 of 3 replicas are updated",
    ),
    "Deployment: old replicas are still there": (
        DEPLOYMENT,
        live(DEPLOYMENT, replicas=4),
        "underway",
        "1 old replicas are still there",
    ),
    "Deployment: some are not available": (
        DEPLOYMENT,
        live(DEPLOYMENT, availableReplicas=2),
        "underway",
        "2 of 3 replicas are available",
    ),
    "Deployment: scaled to zero": (
        DEPLOYMENT,
        live(
            DEPLOYMENT,
            {"replicas": 0},
            replicas=None,
            updatedReplicas=None,
            availableReplicas=None,
        ),
        "done",
        "0 of 0",
    ),
    "Deployment: too many are still there after scaling down": (
        DEPLOYMENT,
        live(DEPLOYMENT, {"replicas": 1}),
        "underway",
        "2 replicas too many",
    ),
    "Deployment: no number of replicas means one": (
        DEPLOYMENT,
        live(DEPLOYMENT, {"replicas": None}, replicas=1, updatedReplicas=1, availableReplicas=1),
        "done",
        "1 of 1",
    ),
    "Deployment: its deadline is exceeded": (
        DEPLOYMENT,
        live(DEPLOYMENT, updatedReplicas=1, conditions=[EXCEEDED | {"message": "stuck"}]),
        "degraded",
        "stuck",
    ),
    "Deployment: a condition of another reason is no failure": (
        DEPLOYMENT,
        live(DEPLOYMENT, conditions=[EXCEEDED | {"reason": "NewReplicaSetAvailable"}]),
        "done",
        "3 of 3",
    ),
    "Deployment: a deadline of before the change is no failure": (
        DEPLOYMENT,
        unseen(DEPLOYMENT) | {"status": {"observedGeneration": 1, "conditions": [EXCEEDED]}},
        "underway",
        "has not seen the change",
    ),
    "StatefulSet: some are not ready": (
        STATEFUL,
        live(STATEFUL, readyReplicas=2),
        "underway",
        "2 of 3 replicas are ready",
    ),
    "StatefulSet: some are not updated": (
        STATEFUL,
        live(STATEFUL, updateRevision="web-3", updatedReplicas=2),
        "underway",
        "2 of 3 replicas are updated",
    ),
    "StatefulSet: too many are still there": (
        STATEFUL,
        live(STATEFUL, {"replicas": 2}, readyReplicas=3, replicas=3),
        "underway",
        "replicas are ready",
    ),
    "StatefulSet: all are updated": (
        STATEFUL,
        live(STATEFUL, updateRevision="web-3", updatedReplicas=3),
        "done",
        "3 of 3",
    ),
    "StatefulSet: a partition holds the rest back": (
        STATEFUL,
        live(STATEFUL, PARTITION, updateRevision="web-3", updatedReplicas=1),
        "done",
        "3 of 3",
    ),
    "StatefulSet: what the partition lets through is not updated": (
        STATEFUL,
        live(STATEFUL, PARTITION, updateRevision="web-3", updatedReplicas=0),
        "underway",
        "0 of 1 replicas are updated",
    ),
    "StatefulSet: a partition beyond the replicas lets nothing through": (
        STATEFUL,
        live(
            STATEFUL,
            {"updateStrategy": {"rollingUpdate": {"partition": 9}}},
            updateRevision="web-3",
            updatedReplicas=0,
        ),
        "done",
        "3 of 3",
    ),
    "DaemonSet: some are not updated": (
        DAEMON,
        live(DAEMON, updatedNumberScheduled=1),
        "underway",
        "1 of 3 pods are updated",
    ),
    "DaemonSet: some are not available": (
        DAEMON,
        live(DAEMON, numberAvailable=2),
        "underway",
        "2 of 3 pods are available",
    ),
    "DaemonSet: there is no node for it": (
        DAEMON,
        live(DAEMON, desiredNumberScheduled=0, updatedNumberScheduled=0, numberAvailable=0),
        "done",
        "0 of 0",
    ),
    "ReplicaSet: some are not available": (
        REPLICA,
        live(REPLICA, availableReplicas=None),
        "underway",
        "0 of 3 replicas are available",
    ),
    "ReplicaSet: too many are still there": (
        REPLICA,
        live(REPLICA, {"replicas": 2}),
        "underway",
        "1 replicas too many",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_progress_is_judged_as_kubectl_does(what: str) -> None:
    kind, of, state, words = CASES[what]
    if of["spec"].get("replicas", 0) is None:
        del of["spec"]["replicas"]
    progress = rollout_progress(kind, of)
    assert progress.state == state
    assert words in progress.message
