"""Which pods an operation takes, from the operation and its object."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Operation
from countersign.api.status import MAX_CHANGES, Change
from countersign.policy.reach.losses import Loss
from countersign.policy.reach.radius import NOTHING, Reach, reach

Json = dict[str, Any]
SOME = (Change(field="spec.template.spec.containers[web].image", before="web:1", after="web:2"),)
LABELS = {"app": "web"}


def _on(kind: str, type_: str = "RestartRollout", **more: Any) -> Operation:
    target = {"kind": kind, "name": "web", "namespace": "shop"}
    if kind in {"Node", "Namespace"}:
        del target["namespace"]
    if kind == "Rollout":
        target["apiVersion"] = "argoproj.io/v1alpha1"
    return Operation.model_validate({"type": type_, "target": target, **more})


def _live(replicas: int = 4, ready: int | None = None, /, **spec: Any) -> Json:
    return {
        "metadata": {"name": "web", "namespace": "shop", "labels": {"other": "labels"}},
        "spec": {
            "replicas": replicas,
            "template": {"metadata": {"labels": LABELS}},
            **spec,
        },
        "status": {
            "observedGeneration": 1,
            "replicas": replicas,
            "readyReplicas": replicas if ready is None else ready,
        },
    }


def _daemons(there: int, ready: int, /, **strategy: Any) -> Json:
    live = _live(0, updateStrategy=strategy)
    live["status"] = {
        "desiredNumberScheduled": there,
        "currentNumberScheduled": there,
        "numberReady": ready,
    }
    return live


def _rolling(**fields: Any) -> Json:
    return {"type": "RollingUpdate", "rollingUpdate": fields}


def _scale(replicas: int) -> dict[str, Any]:
    return {"type_": "Scale", "scale": {"replicas": replicas}}


RESTART = _on("Deployment")
STATEFUL = _on("StatefulSet")
DAEMONS = _on("DaemonSet")
ONE_BY_ONE = (4, 0, 0, False)
AT_ONCE = (4, 4, 0, True)
NONE = (0, 0, 0, False)

LOSSES: dict[str, tuple[Operation, Json, tuple[int, int, int, bool]]] = {
    # pods, gone at once, wanted fewer, everything
    "a restart replaces all replicas, little by little": (RESTART, _live(), ONE_BY_ONE),
    "a rollback as well": (_on("Deployment", "RollbackRollout"), _live(), ONE_BY_ONE),
    "a new image as well": (
        _on(
            "Deployment", "SetImage", setImage={"images": [{"container": "web", "image": "web:2"}]}
        ),
        _live(),
        ONE_BY_ONE,
    ),
    "Recreate takes all at once": (RESTART, _live(strategy={"type": "Recreate"}), AT_ONCE),
    "maxUnavailable of 100 % as well": (
        RESTART,
        _live(strategy=_rolling(maxUnavailable="100%")),
        AT_ONCE,
    ),
    "as many unavailable as there are as well": (
        RESTART,
        _live(strategy=_rolling(maxUnavailable=4)),
        AT_ONCE,
    ),
    "one less does not": (RESTART, _live(strategy=_rolling(maxUnavailable=3)), ONE_BY_ONE),
    "99 % of four does not": (RESTART, _live(strategy=_rolling(maxUnavailable="99%")), ONE_BY_ONE),
    "what is no number is the worst": (
        RESTART,
        _live(strategy=_rolling(maxUnavailable="all")),
        AT_ONCE,
    ),
    "a single replica is replaced by one that came up before": (
        RESTART,
        _live(1),
        (1, 0, 0, False),
    ),
    "a single replica without surge is gone meanwhile": (
        RESTART,
        _live(1, strategy=_rolling(maxSurge=0, maxUnavailable="25%")),
        (1, 1, 0, True),
    ),
    "of two replicas without surge one stays": (
        RESTART,
        _live(2, strategy=_rolling(maxSurge=0, maxUnavailable="25%")),
        (2, 0, 0, False),
    ),
    "all unavailable without surge are all at once": (
        RESTART,
        _live(strategy=_rolling(maxSurge=0, maxUnavailable=4)),
        AT_ONCE,
    ),
    "where nothing is ready nothing is lost": (
        RESTART,
        _live(4, 0, strategy={"type": "Recreate"}),
        ONE_BY_ONE,
    ),
    "a paused Deployment replaces nothing": (
        _on("Deployment", "SetEnv", setEnv={"set": {"A": "1"}}),
        _live(paused=True),
        NONE,
    ),
    "a workload that no controller has seen has the pods that it wants": (
        RESTART,
        _live() | {"status": {}},
        ONE_BY_ONE,
    ),
    "a workload whose controller made no pod yet has none": (
        RESTART,
        _live() | {"status": {"observedGeneration": 1}},
        NONE,
    ),
    "a StatefulSet goes one by one": (STATEFUL, _live(), ONE_BY_ONE),
    "a StatefulSet of one replica is gone meanwhile": (STATEFUL, _live(1), (1, 1, 0, True)),
    "a StatefulSet replaces only what is above its partition": (
        STATEFUL,
        _live(updateStrategy=_rolling(partition=3)),
        (1, 0, 0, False),
    ),
    "a partition keeps one even if all others may go at once": (
        STATEFUL,
        _live(updateStrategy=_rolling(partition=1, maxUnavailable="100%")),
        (3, 0, 0, False),
    ),
    "a partition counts from the first ordinal": (
        STATEFUL,
        _live(ordinals={"start": 10}, updateStrategy=_rolling(partition=12)),
        (2, 0, 0, False),
    ),
    "OnDelete replaces nothing": (
        _on("StatefulSet", "SetEnv", setEnv={"set": {"A": "1"}}),
        _live(updateStrategy={"type": "OnDelete"}),
        NONE,
    ),
    "a DaemonSet goes one by one": (DAEMONS, _daemons(3, 3), (3, 0, 0, False)),
    "a DaemonSet on one node is gone meanwhile": (DAEMONS, _daemons(1, 1), (1, 1, 0, True)),
    "unless it may surge": (
        DAEMONS,
        _daemons(1, 1, **_rolling(maxSurge=1, maxUnavailable=0)),
        (1, 0, 0, False),
    ),
    "a DaemonSet's maxUnavailable that is no number is the worst": (
        DAEMONS,
        _daemons(3, 3, **_rolling(maxUnavailable="all")),
        (3, 3, 0, True),
    ),
    "a DaemonSet's percentage is rounded up": (
        DAEMONS,
        _daemons(3, 3, **_rolling(maxUnavailable="67%")),
        (3, 3, 0, True),
    ),
    "a ReplicaSet's template is for pods to come": (
        _on("ReplicaSet", "SetEnv", setEnv={"set": {"A": "1"}}),
        _live(),
        NONE,
    ),
    "scaling up takes nothing": (_on("Deployment", **_scale(5)), _live(), NONE),
    "scaling down takes the difference": (
        _on("Deployment", **_scale(3)),
        _live(),
        (1, 1, 1, False),
    ),
    "scaling to zero takes all": (_on("Deployment", **_scale(0)), _live(), AT_ONCE),
    "scaling a single replica to zero takes it": (
        _on("Deployment", **_scale(0)),
        _live(1),
        (1, 1, 0, True),
    ),
    "scaling to zero where nothing is ready loses nothing ready": (
        _on("Deployment", **_scale(0)),
        _live(4, 0),
        (4, 0, 0, False),
    ),
    "unready replicas go first": (_on("Deployment", **_scale(2)), _live(4, 3), (2, 1, 2, False)),
    "in a StatefulSet the last ones go first": (
        _on("StatefulSet", **_scale(2)),
        _live(4, 3),
        (2, 2, 2, False),
    ),
    "resuming replaces what is not of the template": (
        _on("Deployment", "ResumeRollout"),
        _live(paused=True) | {"status": {"observedGeneration": 1, "replicas": 4, "readyReplicas": 4, "updatedReplicas": 1}},
        (3, 0, 0, False),
    ),
    "resuming with Recreate takes all at once": (
        _on("Deployment", "ResumeRollout"),
        _live(paused=True, strategy={"type": "Recreate"}),
        AT_ONCE,
    ),
    "resuming what is not paused replaces nothing": (
        _on("Deployment", "ResumeRollout"),
        _live(),
        NONE,
    ),
    "deleting a workload takes all": (_on("Deployment", "DeleteResource"), _live(), AT_ONCE),
    "resuming where all is of the template already replaces nothing": (
        _on("Deployment", "ResumeRollout"),
        _live(1, paused=True, strategy={"type": "Recreate"})
        | {
            "status": {
                "observedGeneration": 1,
                "replicas": 1,
                "readyReplicas": 1,
                "updatedReplicas": 1,
            }
        },
        NONE,
    ),
    "deleting a workload where nothing is ready loses nothing ready": (
        _on("Deployment", "DeleteResource"),
        _live(4, 0),
        (4, 0, 0, False),
    ),
    "deleting a Job takes what runs of it": (
        _on("Job", "DeleteResource"),
        _live() | {"status": {"active": 2, "ready": 1}},
        (2, 1, 0, True),
    ),
    "deleting a CronJob takes the Jobs that run": (
        _on("CronJob", "DeleteResource"),
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"jobTemplate": {"spec": {"template": {"metadata": {"labels": LABELS}}}}},
            "status": {"active": [{"name": "web-1"}]},
        },
        (1, 1, 0, True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LOSSES)
def test_pods_are_counted_from_the_workload_alone(what: str) -> None:
    operation, live, (pods, gone, fewer, everything) = LOSSES[what]
    assert reach(operation, SOME, live) == Reach(
        loss=Loss("shop", LABELS, pods, gone, fewer, everything)
    )


def _patch(kind: str, *changes: tuple[str, str | None]) -> tuple[Operation, tuple[Change, ...]]:
    made = tuple(Change(field=field, before="x", after=after) for field, after in changes)
    return _on(kind, "Patch", patch={"patch": "{}"}), made


PATCHES: dict[str, tuple[tuple[Operation, tuple[Change, ...]], Json, tuple[int, bool]]] = {
    "a patch of the template replaces all": (
        _patch("Deployment", ("spec.template.spec.containers[web].image", "web:2")),
        _live(),
        (4, False),
    ),
    "a patch of the whole spec as well": (_patch("Deployment", ("spec", "…")), _live(), (4, True)),
    "a patch of labels replaces nothing": (
        _patch("Deployment", ("metadata.labels[template]", "1")),
        _live(),
        (0, False),
    ),
    "a field that only begins like the template replaces nothing": (
        _patch("Deployment", ("spec.templates", "1")),
        _live(),
        (0, False),
    ),
    "a patch of the replicas takes the difference": (
        _patch("Deployment", ("spec.replicas", "1")),
        _live(),
        (3, False),
    ),
    "a patch to zero takes all at once": (
        _patch("Deployment", ("spec.replicas", "0")),
        _live(),
        (4, True),
    ),
    "replicas that are removed are one": (
        _patch("Deployment", ("spec.replicas", None)),
        _live(),
        (3, False),
    ),
    "replicas that are no number are none": (
        _patch("Deployment", ("spec.replicas", "1e1")),
        _live(),
        (4, True),
    ),
    "template and replicas together are all, at once where all go": (
        _patch("Deployment", ("spec.template.spec", "…"), ("spec.replicas", "0")),
        _live(),
        (4, True),
    ),
    "a new strategy with the template may take all at once": (
        _patch("Deployment", ("spec.strategy.type", "Recreate"), ("spec.template.spec", "…")),
        _live(),
        (4, True),
    ),
    "the template with fewer replicas is all, little by little": (
        _patch("Deployment", ("spec.template.spec", "…"), ("spec.replicas", "1")),
        _live(),
        (4, False),
    ),
    "the template with fewer replicas and Recreate is all at once": (
        _patch("Deployment", ("spec.template.spec", "…"), ("spec.replicas", "1")),
        _live(strategy={"type": "Recreate"}),
        (4, True),
    ),
    "a partition that may go protects nothing": (
        _patch("StatefulSet", ("spec.updateStrategy", "…"), ("spec.template.spec", "…")),
        _live(updateStrategy=_rolling(partition=3)),
        (4, True),
    ),
    "a pause that may end protects nothing": (
        _patch("Deployment", ("spec.paused", None), ("spec.template.spec", "…")),
        _live(paused=True),
        (4, True),
    ),
    "a strategy alone takes nothing": (
        _patch("Deployment", ("spec.strategy.type", "Recreate")),
        _live(),
        (0, False),
    ),
    "more changes than are shown may be any": (
        _patch("Deployment", *[(f"metadata.labels[l{n}]", "1") for n in range(MAX_CHANGES)]),
        _live(),
        (4, True),
    ),
    "resuming by patch is resuming": (
        _patch("Deployment", ("spec.paused", None)),
        _live(paused=True),
        (4, False),
    ),
}


@pytest.mark.parametrize("what", PATCHES)
def test_a_patch_takes_what_its_fields_take(what: str) -> None:
    (operation, changes), live, (pods, everything) = PATCHES[what]
    loss = reach(operation, changes, live).loss or Loss("shop")
    assert (loss.pods, loss.everything) == (pods, everything)


NOTHING_TAKEN: dict[str, tuple[Operation, tuple[Change, ...]]] = {
    "a restart that changes nothing": (RESTART, ()),
    "a pause": (_on("Deployment", "PauseRollout"), SOME),
    "a label on a workload": (_on("Deployment", "Label", label={"set": {"a": "b"}}), SOME),
    "a label that changes on a workload": (
        _on("Deployment", "Label", label={"set": {"other": "x"}, "overwrite": True}),
        SOME,
    ),
    "an annotation on a pod": (_on("Pod", "Annotate", annotate={"set": {"a": "b"}}), SOME),
    "an image that a pod has already": (
        _on("Pod", "SetImage", setImage={"images": [{"container": "*", "image": "a"}]}),
        (),
    ),
    "a patch of a pod's annotations": _patch("Pod", ("metadata.annotations[a]", "b")),
    "a patch of a Job's labels": _patch("Job", ("metadata.labels[a]", "b")),
    "a patch of how often a Job is tried": _patch("Job", ("spec.backoffLimit", "1")),
    "a patch of a ConfigMap that speaks of taints": _patch("ConfigMap", ("data.a", "NoExecute")),
    "a patch of another kind's spec": _patch("Ingress", ("spec.rules", "…")),
    "a deletion of an unknown kind that leaves what it owns": (
        _on("Rollout", "DeleteResource", deleteResource={"cascade": "orphan"}),
        SOME,
    ),
    "a new label on a pod": (_on("Pod", "Label", label={"set": {"a": "b"}}), SOME),
    "a label that a pod has already": (
        _on("Pod", "Label", label={"set": {"other": "labels"}}),
        (),
    ),
    "a label that is removed and not there": (_on("Pod", "Label", label={"remove": ["a"]}), SOME),
    "a cordon": (_on("Node", "CordonNode"), SOME),
    "a taint NoSchedule": (
        _on("Node", "TaintNode", taintNode={"add": [{"key": "a", "effect": "NoSchedule"}]}),
        SOME,
    ),
    "a taint that is there already": (
        _on("Node", "TaintNode", taintNode={"add": [{"key": "a", "effect": "NoExecute"}]}),
        (),
    ),
    "running a Job": (_on("CronJob", "RunJob"), SOME),
    "a command": (_on("Pod", "Exec", exec={"command": ["date"]}), SOME),
    "a deletion that leaves the pods": (
        _on("Deployment", "DeleteResource", deleteResource={"cascade": "orphan"}),
        SOME,
    ),
    "deleting a ConfigMap": (_on("ConfigMap", "DeleteResource"), SOME),
    "an image for Jobs to come": (
        _on("CronJob", "SetImage", setImage={"images": [{"container": "*", "image": "a"}]}),
        SOME,
    ),
}


@pytest.mark.parametrize("what", NOTHING_TAKEN)
def test_nothing_is_taken_by(what: str) -> None:
    operation, changes = NOTHING_TAKEN[what]
    assert reach(operation, changes, _live()) == NOTHING


def test_what_does_not_exist_yet_takes_nothing() -> None:
    operation, changes = _patch("Deployment", ("spec", "…"))
    assert reach(operation, changes, None) == NOTHING


@pytest.mark.parametrize(
    ("type_", "more"),
    [
        ("DeletePod", {}),
        ("EvictPod", {}),
        ("DeleteResource", {}),
        ("SetImage", {"setImage": {"images": [{"container": "*", "image": "a"}]}}),
        ("Label", {"label": {"set": {"other": "x"}, "overwrite": True}}),
        ("Label", {"label": {"remove": ["other"]}}),
    ],
)
def test_a_single_pod_is_taken_by(type_: str, more: Json) -> None:
    live = _live()
    assert reach(_on("Pod", type_, **more), SOME, live) == Reach(pod=live)
    ended = live | {"status": {"phase": "Succeeded"}}
    assert reach(_on("Pod", type_, **more), SOME, ended) == NOTHING
    mirrored = {"annotations": {"kubernetes.io/config.mirror": "x"}}
    static = live | {"metadata": live["metadata"] | mirrored}
    assert reach(_on("Pod", type_, **more), SOME, static) == NOTHING


def test_a_service_is_named_where_it_is_what_changes() -> None:
    assert reach(_on("Service", "DeleteResource"), SOME, _live()).services == ("shop/web",)
    assert reach(*_patch("Service", ("spec.selector[app]", "db")), _live()).services == (
        "shop/web",
    )
    assert reach(*_patch("Service", ("metadata.labels[a]", "b")), _live()) == NOTHING


def test_of_an_unknown_kind_only_its_controller_knows() -> None:
    operation, changes = _patch("Rollout", ("spec.template.spec", "…"))
    assert "Rollout shop/web" in reach(operation, changes, _live()).unknown
    assert "Rollout shop/web" in reach(_on("Rollout", "DeleteResource"), (), _live()).unknown
    assert reach(_on("Rollout", "Label", label={"set": {"a": "b"}}), SOME, _live()) == NOTHING


def test_a_deployment_of_another_group_is_an_unknown_kind() -> None:
    operation = Operation.model_validate(
        {
            "type": "DeleteResource",
            "target": {
                "apiVersion": "example.org/v1",
                "kind": "Deployment",
                "name": "web",
                "namespace": "shop",
            },
        }
    )
    assert reach(operation, (), _live()).unknown


# --- Pods that have to be looked up ---------------------------------------------------------------


def _pod(owner: str | None = "ReplicaSet", **more: Any) -> Json:
    owners = [{"kind": owner, "name": "web-1", "controller": True}] if owner else []
    return {
        "metadata": {"name": "web-1-x", "namespace": "shop", "ownerReferences": owners}
        | more.pop("metadata", {}),
        "spec": more.pop("spec", {}),
        "status": {"phase": "Running"} | more,
    }


EMPTY_DIR = {"volumes": [{"name": "tmp", "emptyDir": {}}]}
DRAINS: dict[str, tuple[Json, Json, bool]] = {
    "a pod that is made again is evicted": ({}, _pod(), True),
    "a pod of a DaemonSet stays": ({"ignoreDaemonSets": True}, _pod("DaemonSet"), False),
    "a static pod stays": (
        {"force": True},
        _pod(metadata={"annotations": {"kubernetes.io/config.mirror": "x"}}),
        False,
    ),
    "a pod that nobody makes again stays": ({}, _pod(None), False),
    "unless it is by force": ({"force": True}, _pod(None), True),
    "a pod with local data stays": ({}, _pod(spec=EMPTY_DIR), False),
    "unless its data may be lost": ({"deleteEmptyDirData": True}, _pod(spec=EMPTY_DIR), True),
    "a pod that has ended does not count": ({}, _pod(phase="Failed"), False),
    "a pod that is leaving does not count": (
        {},
        _pod(metadata={"deletionTimestamp": "2025-01-01T00:00:00Z"}),
        False,
    ),
}


@pytest.mark.parametrize("what", DRAINS)
def test_a_drain(what: str) -> None:
    flags, pod, taken = DRAINS[what]
    search = reach(_on("Node", "DrainNode", drainNode=flags), SOME, _live()).search
    assert search is not None
    assert (search.namespace, search.fields) == (None, "spec.nodeName=web")
    assert search.takes(pod) is taken


def test_a_drain_looks_only_at_the_pods_that_it_is_told_to() -> None:
    search = reach(_on("Node", "DrainNode", drainNode={"podSelector": "a=b"}), (), _live()).search
    assert search is not None
    assert search.labels == "a=b"


TOLERATIONS: dict[str, tuple[Json, bool]] = {
    "no toleration": ({}, True),
    "the same key and value": ({"key": "gpu", "value": "yes"}, False),
    "another value": ({"key": "gpu", "value": "no"}, True),
    "any value": ({"key": "gpu", "operator": "Exists"}, False),
    "another key": ({"key": "disk", "operator": "Exists"}, True),
    "everything": ({"operator": "Exists"}, False),
    "another effect": ({"operator": "Exists", "effect": "NoSchedule"}, True),
    "this effect": ({"operator": "Exists", "effect": "NoExecute"}, False),
    "for some seconds": ({"operator": "Exists", "tolerationSeconds": 300}, True),
    "an operator of tomorrow": ({"key": "gpu", "operator": "Gt", "value": "yes"}, True),
}


@pytest.mark.parametrize("what", TOLERATIONS)
def test_a_taint_no_execute_drives_out_who_does_not_tolerate_it(what: str) -> None:
    toleration, goes = TOLERATIONS[what]
    add = [{"key": "gpu", "value": "yes", "effect": "NoExecute"}]
    search = reach(_on("Node", "TaintNode", taintNode={"add": add}), SOME, _live()).search
    assert search is not None
    assert search.takes(_pod(spec={"tolerations": [toleration] if toleration else []})) is goes


def test_of_two_taints_one_that_is_not_tolerated_is_enough() -> None:
    add = [{"key": key, "effect": "NoExecute"} for key in ("gpu", "disk")]
    search = reach(_on("Node", "TaintNode", taintNode={"add": add}), SOME, _live()).search
    assert search is not None
    assert search.takes(_pod(spec={"tolerations": [{"key": "gpu", "operator": "Exists"}]}))
    assert not search.takes(_pod(spec={"tolerations": [{"operator": "Exists"}]}))
    assert not search.takes(_pod(phase="Succeeded"))


@pytest.mark.parametrize("field", ["spec.suspend", "spec.parallelism"])
def test_a_patch_that_stops_a_job_takes_what_runs_of_it(field: str) -> None:
    live = _live() | {"status": {"active": 2, "ready": 2}}
    loss = reach(*_patch("Job", (field, "0")), live).loss
    assert loss == Loss("shop", LABELS, 2, 2, 0, everything=True)


def test_two_losses_of_a_workload_are_the_worse_of_each() -> None:
    one = Loss("shop", LABELS, pods=4, gone=1, fewer=0, everything=True)
    other = Loss("shop", LABELS, pods=2, gone=3, fewer=2)
    worst = Loss("shop", LABELS, pods=4, gone=3, fewer=2, everything=True)
    assert one.with_other(other) == other.with_other(one) == worst


def test_deleting_a_namespace_or_a_node_takes_all_that_runs_there() -> None:
    of_namespace = reach(_on("Namespace", "DeleteResource"), (), _live()).search
    of_node = reach(_on("Node", "DeleteResource"), (), _live()).search
    assert of_namespace is not None
    assert of_node is not None
    assert (of_namespace.namespace, of_namespace.fields, of_namespace.whole) == ("web", "", True)
    assert (of_node.namespace, of_node.fields, of_node.whole) == (None, "spec.nodeName=web", False)
    for search in (of_namespace, of_node):
        assert search.takes(_pod("DaemonSet"))
        assert not search.takes(_pod(phase="Succeeded"))


def test_deleting_a_claim_is_felt_by_the_pods_that_mount_it() -> None:
    search = reach(_on("PersistentVolumeClaim", "DeleteResource"), (), _live()).search
    assert search is not None
    assert (search.namespace, search.at_once) == ("shop", False)
    claims = [{"persistentVolumeClaim": {"claimName": name}} for name in ("web", "other")]
    assert search.takes(_pod(spec={"volumes": claims}))
    assert not search.takes(_pod(spec={"volumes": claims[1:]}))
    assert not search.takes(_pod(spec={"volumes": claims}, phase="Succeeded"))


@pytest.mark.parametrize("after", ["dedicated=a:NoExecute", None])
def test_a_patch_of_a_node_that_drives_pods_out_takes_all_of_them(after: str | None) -> None:
    search = reach(*_patch("Node", ("spec.taints[0]", after)), _live()).search
    assert (search is not None) is (after is not None)


@pytest.mark.parametrize("broken", [{}, {"spec": None}, {"spec": [], "status": "x", "metadata": 1}])
def test_an_object_without_its_fields_is_no_error(broken: Json) -> None:
    for of in (RESTART, STATEFUL, DAEMONS, _on("Deployment", **_scale(0))):
        assert reach(of, SOME, broken).loss is not None
