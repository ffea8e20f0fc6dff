"""Our own assessment of risk."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.api.kinds import BUILT_IN
from countersign.api.operation import Kind, Operation
from countersign.api.risk import Risk
from countersign.api.status import MeasuredRadius
from countersign.policy.risk import assess, effective
from tests.support.fakes_objects import operation

LOW, MEDIUM, HIGH, CRITICAL = Risk
_CLUSTER_SCOPED = {resource.kind for resource in BUILT_IN if not resource.namespaced}


def on(
    kind: str, type_: str, *, namespace: str = "shop", name: str = "x", **more: Any
) -> Operation:
    """An operation on one object; ``kind`` may have its API version before it."""
    version, _, bare = kind.rpartition(" ")
    target = {"kind": bare, "name": name, "apiVersion": version or None}
    if bare not in _CLUSTER_SCOPED and namespace:
        target["namespace"] = namespace
    return Operation.model_validate({"type": type_, "target": target, **more})


def label(kind: str, **where: str) -> Operation:
    return on(kind, "Label", label={"set": {"a": "b"}}, **where)


def annotate(kind: str, **where: str) -> Operation:
    return on(kind, "Annotate", annotate={"set": {"a": "b"}}, **where)


def patch(kind: str, text: str = "{}", **where: str) -> Operation:
    return on(kind, "Patch", patch={"patch": text}, **where)


def apply(kind: str, manifest: str = "{}", *, force: bool = False) -> Operation:
    return on(kind, "Apply", apply={"manifest": manifest, "forceConflicts": force})


def delete(kind: str, **more: Any) -> Operation:
    return on(kind, "DeleteResource", **more)


def taint(effect: str) -> Operation:
    return on("Node", "TaintNode", taintNode={"add": [{"key": "a", "effect": effect}]})


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
    # --- Rollouts
    "a rollback of a Deployment is medium": (on("Deployment", "RollbackRollout"), MEDIUM),
    "a rollback of a StatefulSet is high": (on("StatefulSet", "RollbackRollout"), HIGH),
    "a pause is low": (on("Deployment", "PauseRollout"), LOW),
    "a pause in kube-system is medium": (
        on("Deployment", "PauseRollout", namespace="kube-system"),
        MEDIUM,
    ),
    "resuming is medium": (on("Deployment", "ResumeRollout"), MEDIUM),
    "a new image is medium": (
        on("Deployment", "SetImage", setImage={"images": [{"container": "*", "image": "a"}]}),
        MEDIUM,
    ),
    "a new image for every node is high": (
        on("DaemonSet", "SetImage", setImage={"images": [{"container": "*", "image": "a"}]}),
        HIGH,
    ),
    "new variables are medium": (on("Deployment", "SetEnv", setEnv={"set": {"A": "b"}}), MEDIUM),
    # --- Marks
    "a label on a Deployment is low": (label("Deployment"), LOW),
    "a label on a StatefulSet is low": (label("StatefulSet"), LOW),
    "a label on a ConfigMap in default is medium": (
        label("ConfigMap", namespace="default"),
        MEDIUM,
    ),
    "a label on a Pod may take it out of its Service": (label("Pod"), MEDIUM),
    "an annotation on a Pod is low": (annotate("Pod"), LOW),
    "an annotation on a Service may speak to a controller": (annotate("Service"), MEDIUM),
    "a label on a Node is high": (label("Node"), HIGH),
    "a label on a Namespace is high: policies go by it": (label("Namespace"), HIGH),
    "a label on kube-system is critical": (label("Namespace", name="kube-system"), CRITICAL),
    "a label on a ClusterRole may widen another one": (label("ClusterRole"), CRITICAL),
    "a label on an unknown kind is medium": (label("example.org/v1 Widget"), MEDIUM),
    "a label on an unknown kind without a namespace is high": (
        label("example.org/v1 Widget", namespace=""),
        HIGH,
    ),
    "a label on a StorageClass is medium": (label("StorageClass"), MEDIUM),
    # --- Patches and manifests
    "a patch of a Deployment is medium": (patch("Deployment"), MEDIUM),
    "a patch of a StatefulSet is high": (patch("StatefulSet"), HIGH),
    "a patch of a ConfigMap is medium": (patch("ConfigMap"), MEDIUM),
    "a patch of a Secret is high": (patch("Secret"), HIGH),
    "a patch of a Service is high": (patch("Service"), HIGH),
    "a patch of a NetworkPolicy is high": (patch("NetworkPolicy"), HIGH),
    "a patch of a Role is critical": (patch("Role"), CRITICAL),
    "a patch of a RoleBinding is critical": (patch("RoleBinding"), CRITICAL),
    "a patch of a webhook is critical": (patch("ValidatingWebhookConfiguration"), CRITICAL),
    "a patch of a CRD is critical": (patch("CustomResourceDefinition"), CRITICAL),
    "a patch of a policy of ours is critical": (
        patch("countersign.dev/v1alpha1 ApprovalPolicy"),
        CRITICAL,
    ),
    "a patch of an older Role is critical": (
        patch("rbac.authorization.k8s.io/v1beta1 Role"),
        CRITICAL,
    ),
    "a patch of an unknown kind is high": (patch("example.org/v1 Widget"), HIGH),
    "a manifest of a Deployment is medium": (apply("Deployment"), MEDIUM),
    "a manifest that takes fields over is one step more": (apply("Deployment", force=True), HIGH),
    "a patch of the service account is one step more": (
        patch("Deployment", '{"spec":{"template":{"spec":{"serviceAccountName":"x"}}}}'),
        HIGH,
    ),
    "a patch of privileges is one step more": (patch("Deployment", "privileged: true"), HIGH),
    "a patch of the host's folders is one step more": (patch("Deployment", "hostPath: /"), HIGH),
    "a patch that makes a Windows pod a process of its host is one step more": (
        patch("Deployment", "windowsOptions: {hostProcess: true}"),
        HIGH,
    ),
    "a patch that lifts a pod's confinement is one step more": (
        patch("Deployment", "seccompProfile: {type: Unconfined}"),
        HIGH,
    ),
    "a patch that unmasks /proc is one step more": (patch("Deployment", "procMount: x"), HIGH),
    "a patch that has pods read a Secret is one step more": (
        patch("Deployment", "env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: y}}}]"),
        HIGH,
    ),
    "a patch that mounts a Secret is one step more": (
        patch("Deployment", "volumes: [{name: a, secret: {secretName: x}}]"),
        HIGH,
    ),
    "a manifest that projects a Secret is one step more": (
        apply("Deployment", '{"projected": {"sources": [{"secret": {"name": "x"}}]}}'),
        HIGH,
    ),
    "a json patch that projects a Secret is one step more": (
        patch("Deployment", '[{"op": "add", "path": "/spec/x/0/secret", "value": {"name": "x"}}]'),
        HIGH,
    ),
    "a manifest of a Secret is no more than that": (
        apply("Secret", '{"kind": "Secret", "a": 1}'),
        HIGH,
    ),
    "a patch that mounts a claim is as one of pods that have it": (
        patch("Deployment", "persistentVolumeClaim: {claimName: data}"),
        HIGH,
    ),
    "a manifest of a new pod with a claim is high": (apply("Pod", "claimName: data"), HIGH),
    "a patch of finalizers is one step more": (
        patch("PersistentVolumeClaim", "finalizers: []"),
        CRITICAL,
    ),
    "a patch with escapes is one step more": (
        patch("Deployment", '{"\\u0068ostPath": "/"}'),
        HIGH,
    ),
    "a manifest with capabilities is one step more": (apply("Deployment", "capabilities: x"), HIGH),
    # --- Pods
    "deleting a pod is medium": (on("Pod", "DeletePod"), MEDIUM),
    "deleting a pod by force is high": (on("Pod", "DeletePod", deletePod={"force": True}), HIGH),
    "deleting a pod without grace is high": (
        on("Pod", "DeletePod", deletePod={"gracePeriodSeconds": 0}),
        HIGH,
    ),
    "deleting a pod with grace is medium": (
        on("Pod", "DeletePod", deletePod={"gracePeriodSeconds": 5}),
        MEDIUM,
    ),
    "evicting a pod is medium": (on("Pod", "EvictPod"), MEDIUM),
    "evicting a pod without grace is high": (
        on("Pod", "EvictPod", evictPod={"gracePeriodSeconds": 0}),
        HIGH,
    ),
    "a command in a pod is high": (on("Pod", "Exec", exec={"command": ["date"]}), HIGH),
    "a command in kube-system is critical": (
        on("Pod", "Exec", exec={"command": ["date"]}, namespace="kube-system"),
        CRITICAL,
    ),
    # --- Deletions
    "deleting a Deployment is high": (delete("Deployment"), HIGH),
    "deleting a Deployment by force is critical": (
        delete("Deployment", deleteResource={"force": True}),
        CRITICAL,
    ),
    "deleting a StatefulSet is critical": (delete("StatefulSet"), CRITICAL),
    "deleting a DaemonSet is critical": (delete("DaemonSet"), CRITICAL),
    "deleting a claim is critical: its data goes": (delete("PersistentVolumeClaim"), CRITICAL),
    "deleting a PersistentVolume is critical": (delete("PersistentVolume"), CRITICAL),
    "deleting a Namespace is critical": (delete("Namespace"), CRITICAL),
    "deleting a CRD is critical": (delete("CustomResourceDefinition"), CRITICAL),
    "deleting a Node is critical": (delete("Node"), CRITICAL),
    "deleting a Role is critical": (delete("Role"), CRITICAL),
    "deleting a Secret is high": (delete("Secret"), HIGH),
    "deleting a Service is high": (delete("Service"), HIGH),
    "deleting a ConfigMap is high": (delete("ConfigMap"), HIGH),
    "deleting a Job is medium": (delete("Job"), MEDIUM),
    "deleting a Pod is medium": (delete("Pod"), MEDIUM),
    "deleting a disruption budget is high": (delete("PodDisruptionBudget"), HIGH),
    "deleting an unknown kind is high": (delete("example.org/v1 Widget"), HIGH),
    "deleting an unknown kind without a namespace is critical": (
        delete("example.org/v1 Widget", namespace=""),
        CRITICAL,
    ),
    # --- Nodes and Jobs
    "a cordon is medium": (on("Node", "CordonNode"), MEDIUM),
    "an uncordon is medium": (on("Node", "UncordonNode"), MEDIUM),
    "a drain is high": (on("Node", "DrainNode"), HIGH),
    "a drain that leaves DaemonSets alone is high": (
        on("Node", "DrainNode", drainNode={"ignoreDaemonSets": True}),
        HIGH,
    ),
    "a drain that loses data is critical": (
        on("Node", "DrainNode", drainNode={"deleteEmptyDirData": True}),
        CRITICAL,
    ),
    "a drain by force is critical": (on("Node", "DrainNode", drainNode={"force": True}), CRITICAL),
    "a drain without grace is critical": (
        on("Node", "DrainNode", drainNode={"gracePeriodSeconds": 0}),
        CRITICAL,
    ),
    "a taint NoSchedule is medium": (taint("NoSchedule"), MEDIUM),
    "a taint NoExecute is high": (taint("NoExecute"), HIGH),
    "taking a taint off is medium": (
        on("Node", "TaintNode", taintNode={"remove": [{"key": "a"}]}),
        MEDIUM,
    ),
    "running a Job is medium": (on("CronJob", "RunJob"), MEDIUM),
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


# --- What is known of the target ------------------------------------------------------------------


def owned_by(kind: str) -> dict[str, Any]:
    return {"metadata": {"ownerReferences": [{"kind": kind, "name": "x", "controller": True}]}}


CLAIM = {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}
ON_LIVE: dict[str, tuple[Operation, dict[str, Any], Risk]] = {
    "a pod that its ReplicaSet makes again": (
        on("Pod", "DeletePod"),
        owned_by("ReplicaSet"),
        MEDIUM,
    ),
    "a pod that nobody makes again": (on("Pod", "DeletePod"), {"metadata": {}}, HIGH),
    "a pod that nobody makes again, by its resource": (delete("Pod"), {"metadata": {}}, HIGH),
    "a pod that has ended": (
        on("Pod", "DeletePod"),
        {"metadata": {}, "status": {"phase": "Succeeded"}},
        MEDIUM,
    ),
    "a Job that nobody owns": (delete("Job"), {"metadata": {}}, MEDIUM),
    "a pod of a StatefulSet": (on("Pod", "EvictPod"), owned_by("StatefulSet"), HIGH),
    "a pod of a StatefulSet by force": (
        on("Pod", "DeletePod", deletePod={"force": True}),
        owned_by("StatefulSet"),
        CRITICAL,
    ),
    "a pod with a claim": (
        on("Pod", "DeletePod"),
        owned_by("ReplicaSet") | {"spec": CLAIM},
        HIGH,
    ),
    "a Deployment whose pods have a claim": (
        operation(),
        {"spec": {"template": {"spec": CLAIM}}},
        HIGH,
    ),
    "a patch of a Deployment whose pods have a claim": (
        patch("Deployment"),
        {"spec": {"template": {"spec": CLAIM}}},
        HIGH,
    ),
    "a new image of a pod with a claim": (
        on("Pod", "SetImage", setImage={"images": [{"container": "*", "image": "a"}]}),
        {"spec": CLAIM},
        HIGH,
    ),
    "a new image of a CronJob whose pods have a claim": (
        on("CronJob", "SetImage", setImage={"images": [{"container": "*", "image": "a"}]}),
        {"spec": {"jobTemplate": {"spec": {"template": {"spec": CLAIM}}}}},
        HIGH,
    ),
    "a node of the control plane": (
        on("Node", "CordonNode"),
        {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}},
        HIGH,
    ),
    "a workload that bears the label of such a node": (
        operation(),
        {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}},
        MEDIUM,
    ),
    "a pod beside the host's processes that is deleted": (
        on("Pod", "DeletePod"),
        owned_by("ReplicaSet") | {"spec": {"hostPID": True}},
        MEDIUM,
    ),
    "a command in a privileged container": (
        on("Pod", "Exec", exec={"command": ["date"]}),
        {"spec": {"containers": [{"securityContext": {"privileged": True}}]}},
        CRITICAL,
    ),
    "a command beside the host's processes": (
        on("Pod", "Exec", exec={"command": ["date"]}),
        {"spec": {"hostPID": True}},
        CRITICAL,
    ),
    "a command with the host's folders": (
        on("Pod", "Exec", exec={"command": ["date"]}),
        {"spec": {"volumes": [{"hostPath": {"path": "/"}}]}},
        CRITICAL,
    ),
    "a command beside a privileged container for debugging": (
        on("Pod", "Exec", exec={"command": ["date"]}),
        {"spec": {"ephemeralContainers": [{"securityContext": {"privileged": True}}]}},
        CRITICAL,
    ),
    "a command in an ordinary pod": (
        on("Pod", "Exec", exec={"command": ["date"]}),
        {"spec": {"containers": [{"securityContext": {"privileged": False}}]}},
        HIGH,
    ),
}


@pytest.mark.parametrize("what", ON_LIVE)
def test_what_is_known_of_the_target_counts(what: str) -> None:
    of, live, risk = ON_LIVE[what]
    assert assess(of, live) is risk


# --- What was measured ----------------------------------------------------------------------------

ALL = MeasuredRadius(pods=1, all_replicas=True)
BUDGET = MeasuredRadius(pods=1, disruption_budgets=("shop/web",))
BOTH = MeasuredRadius(pods=1, all_replicas=True, disruption_budgets=("shop/web",))
MEASURED: dict[str, tuple[Operation, MeasuredRadius, Risk]] = {
    "all replicas at once are high": (operation(), ALL, HIGH),
    "all replicas of a StatefulSet stay high": (operation(Kind.STATEFUL_SET), ALL, HIGH),
    "all replicas in kube-system are critical": (
        operation(namespace="kube-system"),
        ALL,
        CRITICAL,
    ),
    "a violated budget is one step more": (operation(), BUDGET, HIGH),
    "all replicas and a violated budget are critical": (operation(), BOTH, CRITICAL),
    "many pods alone are as before": (operation(), MeasuredRadius(pods=500), MEDIUM),
    "Services alone are as before": (
        operation(),
        MeasuredRadius(pods=1, services=("shop/web",)),
        MEDIUM,
    ),
    "what could not be measured lowers nothing": (
        operation(replicas=0),
        MeasuredRadius(unknown="Pods: not allowed to list"),
        HIGH,
    ),
}


@pytest.mark.parametrize("what", MEASURED)
def test_what_was_measured_counts(what: str) -> None:
    of, radius, risk = MEASURED[what]
    assert assess(of, None, radius) is risk


# --- Whatever it is -------------------------------------------------------------------------------

ANY = st.sampled_from([of for of, _ in CASES.values()])
LIVES = st.sampled_from([None, {}, *(live for _, live, _ in ON_LIVE.values())])
RADII = st.none() | st.builds(
    MeasuredRadius,
    pods=st.integers(0, 9),
    all_replicas=st.booleans(),
    disruption_budgets=st.sampled_from([(), ("shop/web",)]),
)


@given(ANY, LIVES, RADII)
def test_knowing_more_never_lowers_the_risk(
    of: Operation, live: dict[str, Any] | None, radius: MeasuredRadius | None
) -> None:
    assert assess(of, live, radius).rank >= max(assess(of, live).rank, assess(of).rank)


@given(ANY, LIVES, RADII)
def test_a_protected_namespace_never_lowers_the_risk(
    of: Operation, live: dict[str, Any] | None, radius: MeasuredRadius | None
) -> None:
    if of.one.namespace is None:
        return
    there = of.on(of.one.model_copy(update={"namespace": "kube-system"}))
    assert assess(there, live, radius).rank >= assess(of, live, radius).rank


@given(LIVES, RADII, st.sampled_from(["DeletePod", "DeleteResource", "DrainNode", "Apply"]))
def test_force_never_lowers_the_risk(
    live: dict[str, Any] | None, radius: MeasuredRadius | None, type_: str
) -> None:
    kinds = {"DeletePod": "Pod", "DrainNode": "Node"}
    parameters = type_[0].lower() + type_[1:]
    by_force = {"manifest": "{}", "forceConflicts": True} if type_ == "Apply" else {"force": True}
    without = {"manifest": "{}"} if type_ == "Apply" else {}
    forced, gentle = (
        on(kinds.get(type_, "Deployment"), type_, **{parameters: given_})
        for given_ in (by_force, without)
    )
    assert assess(forced, live, radius).rank >= assess(gentle, live, radius).rank
    assert assess(forced).rank > assess(gentle).rank


@given(ANY, LIVES, RADII)
def test_losing_all_replicas_is_high_at_least(
    of: Operation, live: dict[str, Any] | None, radius: MeasuredRadius | None
) -> None:
    everything = (radius or MeasuredRadius()).model_copy(update={"all_replicas": True})
    assert assess(of, live, everything).rank >= max(HIGH.rank, assess(of, live, radius).rank)


@pytest.mark.parametrize("resource", BUILT_IN, ids=lambda resource: resource.kind)
def test_to_delete_is_never_less_than_to_write_and_that_not_less_than_to_mark(
    resource: Any,
) -> None:
    marked, written, deleted = (
        assess(of) for of in (label(resource.kind), patch(resource.kind), delete(resource.kind))
    )
    assert marked.rank <= written.rank <= deleted.rank
