"""What a pod says about itself."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.policy.reach.symptoms import symptom

Json = dict[str, Any]


def container(
    state: Json, *, last: Json | None = None, ready: bool = False, restarts: int = 0
) -> Json:
    return {
        "name": "app",
        "ready": ready,
        "restartCount": restarts,
        "state": state,
        "lastState": {"terminated": last} if last else {},
    }


def pod(*containers: Json, init: tuple[Json, ...] = (), **status: Any) -> Json:
    return {
        "metadata": {"name": "web-1", "namespace": "shop"},
        "status": {
            "phase": "Running",
            "containerStatuses": list(containers),
            "initContainerStatuses": list(init),
            **status,
        },
    }


def waiting(reason: str, message: str | None = None) -> Json:
    return {"waiting": {"reason": reason, "message": message}}


RUNNING = {"running": {"startedAt": "2025-01-01T00:00:00Z"}}
UNSCHEDULED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/1 nodes are available",
}
CASES: dict[str, tuple[Json, str]] = {
    "an image that cannot be pulled": (
        pod(container(waiting("ImagePullBackOff", 'Back-off pulling image "web:9"'))),
        'container app: ImagePullBackOff: Back-off pulling image "web:9"',
    ),
    "a program that ends again and again": (
        pod(
            container(
                waiting("CrashLoopBackOff", "back-off 5m0s restarting failed container"),
                last={"exitCode": 3, "reason": "Error"},
                restarts=7,
            )
        ),
        "container app: CrashLoopBackOff, restarted 7 times, last exit code 3 (Error)",
    ),
    "a program without memory, between two restarts": (
        pod(container(RUNNING, last={"exitCode": 137, "reason": "OOMKilled"}, restarts=1)),
        "container app: it restarts, restarted once, last exit code 137 (OOMKilled)",
    ),
    "a loop whose last end is not known": (
        pod(container(waiting("CrashLoopBackOff"), restarts=2)),
        "container app: CrashLoopBackOff, restarted 2 times, last end unknown",
    ),
    "a program that has ended badly": (
        pod(container({"terminated": {"exitCode": 1, "reason": "Error"}}), phase="Failed"),
        "container app: exit code 1 (Error)",
    ),
    "what a program has written last stays where it is": (
        pod(container({"terminated": {"exitCode": 1, "message": "password=hunter2"}})),
        "container app: exit code 1",
    ),
    "a missing Secret": (
        pod(container(waiting("CreateContainerConfigError", 'secret "db" not found'))),
        'container app: CreateContainerConfigError: secret "db" not found',
    ),
    "no node for it": (
        {"status": {"phase": "Pending", "conditions": [UNSCHEDULED]}},
        "Unschedulable: 0/1 nodes are available",
    ),
    "a node for it, and nothing to say yet": (
        {
            "status": {
                "phase": "Pending",
                "conditions": [
                    {"type": "PodScheduled", "status": "True", "message": "fine"},
                    {"type": "Ready", "status": "False", "message": "not yet"},
                ],
            }
        },
        "",
    ),
    "the end that it has come to, not the one before": (
        pod(container({"terminated": {"exitCode": 1}}, last={"exitCode": 2}, restarts=1)),
        "container app: exit code 1",
    ),
    "a pod that is leaving": (
        {"metadata": {"deletionTimestamp": "T"}},
        "it is being deleted since T",
    ),
    "an init container comes first": (
        pod(
            container(waiting("PodInitializing")),
            init=(container(waiting("ErrImagePull")) | {"name": "init"},),
        ),
        "container init: ErrImagePull",
    ),
    "a second container": (
        pod(container(RUNNING, ready=True), container(waiting("ErrImagePull")) | {"name": "side"}),
        "container side: ErrImagePull",
    ),
    "an init container that has ended well says nothing": (
        pod(
            container(RUNNING),
            init=(container({"terminated": {"exitCode": 0, "reason": "Completed"}}, ready=True),),
        ),
        "container app runs and is not ready",
    ),
    "a container on its way says nothing": (pod(container(waiting("ContainerCreating"))), ""),
    "a container that was restarted long ago and is ready says nothing": (
        pod(container(RUNNING, last={"exitCode": 1}, ready=True, restarts=1)),
        "",
    ),
    "a pod that its node has evicted": (
        pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory."),
        "Evicted: The node was low on resource: memory.",
    ),
    "a pod that is held": (
        {
            "metadata": {
                "deletionTimestamp": "T",
                "finalizers": ["example.org/a", "example.org/b"],
            }
        },
        "it is being deleted since T, held by finalizers example.org/a, example.org/b",
    ),
    "a pod that nobody has looked at": ({}, ""),
    "a pod whose fields are of other types": (
        {"metadata": [], "status": {"containerStatuses": "x", "conditions": [1]}},
        "",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_a_pod_says(what: str) -> None:
    live, said = CASES[what]
    assert symptom(live) == said
