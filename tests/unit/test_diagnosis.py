"""Why an effect did not end well."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from countersign import diagnosis
from countersign.api.kinds import Resource
from countersign.api.operation import Operation
from countersign.api.status import ObjectReference, PlanStep
from countersign.diagnosis import REASONS_LIMIT, why
from countersign.errors import ApiError, RefusedError
from countersign.ports import Cluster, ObjectPath, ServiceAccount

Json = dict[str, Any]
ACCOUNT = ServiceAccount("shop", "countersign-executor")


class Readings:
    """A cluster that can be read: ``answers`` by plural; an error is raised."""

    def __init__(self, **answers: list[Json] | Json | Exception) -> None:
        self.answers = answers
        self.asked: list[tuple[ObjectPath, str, str]] = []
        self.hangs = False

    async def select(
        self,
        path: ObjectPath,
        account: ServiceAccount,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
    ) -> list[Json]:
        found = await self._answer(path, account, labels, fields)
        return cast("list[Json]", found)[:limit]

    async def get(self, path: ObjectPath, account: ServiceAccount) -> Json:
        return cast("Json", await self._answer(path, account, "", ""))

    async def resource(
        self, kind: str, api_version: str | None, account: ServiceAccount
    ) -> Resource:
        if kind == "Widget":
            raise RefusedError("Unsupported", "no such kind")
        return Resource(kind, "v1", f"{kind.lower()}s", namespaced=kind != "Namespace")

    async def _answer(
        self, path: ObjectPath, account: ServiceAccount, labels: str, fields: str
    ) -> list[Json] | Json:
        assert account == ACCOUNT
        self.asked.append((path, labels, fields))
        if self.hangs:
            await asyncio.Event().wait()
        answer = self.answers.get(path.plural, [])
        if isinstance(answer, Exception):
            raise answer
        return answer


def step(type_: str = "RestartRollout", kind: str = "Deployment", **more: Any) -> PlanStep:
    target: Json = {"kind": kind, "name": "web"}
    namespace = None if kind in {"Node", "Namespace"} else "shop"
    if namespace:
        target["namespace"] = namespace
    return PlanStep(
        operation=Operation.model_validate({"type": type_, "target": target, **more}),
        target=ObjectReference(api_version="v1", kind=kind, name="web", namespace=namespace),
        summary="",
    )


def workload(kind: str = "Deployment", selector: Json | None = None) -> Json:
    selector = {"matchLabels": {"app": "web"}} if selector is None else selector
    return {
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": selector},
    }


def pod(name: str, reason: str = "", message: str = "", *, ready: bool = False) -> Json:
    waiting = {"waiting": {"reason": reason, "message": message}} if reason else {}
    owner = {"kind": "ReplicaSet", "name": "web-abc", "controller": True}
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": {"pod-template-hash": "abc"},
            "ownerReferences": [owner],
        },
        "status": {
            "phase": "Pending",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"name": "app", "state": waiting}],
        },
    }


def event(
    name: str, message: str, *, kind: str = "Pod", reason: str = "Failed", at: str = "10:00:00Z"
) -> Json:
    return {
        "involvedObject": {"kind": kind, "name": name},
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2025-01-01T{at}",
    }


async def told(cluster: Readings, of: PlanStep | None = None, live: Json | None = None) -> str:
    return await why(cast("Cluster", cluster), of or step(), live or workload(), ACCOUNT)


async def test_pods_that_are_not_ready_say_why_and_the_latest_warning_is_added() -> None:
    cluster = Readings(
        pods=[pod("web-1", "ImagePullBackOff", "back-off"), pod("web-2", ready=True)],
        events=[
            event("web-1", "old", at="09:00:00Z"),
            event("web-1", "manifest unknown", at="10:00:00Z"),
            event("web-3", "of another pod", at="11:00:00Z"),
        ],
    )
    assert await told(cluster) == (
        "pod web-1: container app: ImagePullBackOff: back-off, Failed: manifest unknown"
    )


async def test_two_lists_are_asked_for_and_no_more() -> None:
    cluster = Readings(pods=[pod(f"web-{number}", "Err") for number in range(9)])
    await told(cluster)
    assert cluster.asked == [
        (ObjectPath("v1", "events", "shop"), "", "type=Warning"),
        (ObjectPath("v1", "pods", "shop"), "app=web", ""),
    ]


async def test_a_selector_with_expressions_is_asked_with_them() -> None:
    cluster = Readings()
    expression = {"key": "tier", "operator": "NotIn", "values": ["db"]}
    await told(cluster, live=workload(selector={"matchExpressions": [expression]}))
    assert cluster.asked[1][1] == "tier notin (db)"


@pytest.mark.parametrize("selector", [{}, {"matchLabels": {}}])
async def test_a_workload_without_a_selector_does_not_mean_every_pod(selector: Json) -> None:
    cluster = Readings(pods=[pod("someone-else", "Err")])
    live = workload() | {"spec": {"selector": selector}}
    assert await told(cluster, live=live) == ""
    assert [path.plural for path, _, _ in cluster.asked] == ["events"]


async def test_three_pods_are_shown_those_that_speak_first_and_the_rest_is_counted() -> None:
    silent = [pod(f"a-{number}") for number in range(2)]
    loud = [pod(f"b-{number}", "Err") for number in range(3)]
    assert await told(Readings(pods=[*silent, *loud])) == (
        "pod b-0: container app: Err; pod b-1: container app: Err; pod b-2: container app: Err; "
        "2 more"
    )


async def test_a_pod_that_says_nothing_is_told_by_its_warning_or_as_not_ready() -> None:
    cluster = Readings(
        pods=[pod("web-1"), pod("web-2")],
        events=[event("web-1", "no volume", reason="FailedMount")],
    )
    assert await told(cluster) == "pod web-1: FailedMount: no volume; pod web-2: not ready"


async def test_what_is_said_twice_is_told_once() -> None:
    cluster = Readings(
        pods=[pod("web-1", "Unschedulable", "no node")],
        events=[event("web-1", "no node", reason="FailedScheduling")],
    )
    assert await told(cluster) == "pod web-1: container app: Unschedulable: no node"


MAKERS: dict[str, tuple[Json, str]] = {
    "the workload itself": (event("web", "quota", kind="Deployment"), "Failed: quota"),
    "its ReplicaSet": (event("web-abc", "quota", kind="ReplicaSet"), "Failed: quota"),
    "another one's ReplicaSet": (event("web-b-abc", "quota", kind="ReplicaSet"), ""),
    "another kind of that name": (event("web", "quota", kind="Service"), ""),
    "a pod of that name": (event("web-abc", "quota"), ""),
}


@pytest.mark.parametrize("what", MAKERS)
async def test_where_no_pod_is_ill_a_warning_counts_about(what: str) -> None:
    about, expected = MAKERS[what]
    cluster = Readings(pods=[pod("web-1", ready=True)], events=[about])
    assert await told(cluster) == expected


async def test_a_warning_about_the_workload_comes_after_the_pods_that_are_there() -> None:
    quota = event("web-abc", "quota", kind="ReplicaSet")
    cluster = Readings(pods=[pod("web-1", "Err")], events=[quota])
    assert await told(cluster) == "pod web-1: container app: Err; Failed: quota"
    cluster = Readings(pods=[pod(f"web-{number}", "Err") for number in range(3)], events=[quota])
    assert (await told(cluster)).endswith("pod web-2: container app: Err")


async def test_a_pod_that_only_has_the_same_labels_is_nobodys_reason() -> None:
    stranger = pod("bare", "Err")
    del stranger["metadata"]["ownerReferences"]
    assert await told(Readings(pods=[stranger])) == ""


async def test_a_job_that_failed_is_told_by_its_pods() -> None:
    failed = pod("web-x")
    failed["status"] |= {
        "phase": "Failed",
        "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 2}}}],
    }
    done = pod("web-y")
    done["status"]["phase"] = "Succeeded"
    for each in (failed, done):
        each["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "web", "controller": True}]
    cluster = Readings(pods=[done, failed])
    assert await told(cluster, step("RunJob", "CronJob"), workload("Job")) == (
        "pod web-x: container app: exit code 2"
    )


async def test_the_latest_event_is_so_by_whatever_time_it_has() -> None:
    series = event("web-1", "series", at="09:00:00Z")
    series["series"] = {"lastObservedTime": "2025-01-01T12:00:00.000000Z"}
    modern = event("web-1", "modern") | {
        "lastTimestamp": None,
        "eventTime": "2025-01-01T11:00:00.000000Z",
    }
    cluster = Readings(pods=[pod("web-1")], events=[modern, series, event("web-1", "old")])
    assert await told(cluster) == "pod web-1: Failed: series"
    cluster.answers["events"] = [event("web-1", "old"), modern]
    assert await told(cluster) == "pod web-1: Failed: modern"


# --- Other things than workloads ------------------------------------------------------------------


async def test_a_drain_tells_which_pods_are_still_there() -> None:
    held = pod("web-1")
    held["metadata"] |= {"deletionTimestamp": "T", "finalizers": ["a.b/c"]}
    daemon, static = pod("log-1"), pod("etcd-1")
    daemon["metadata"]["ownerReferences"] = [{"kind": "DaemonSet", "controller": True}]
    static["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    cluster = Readings(pods=[held, daemon, static, pod("web-2")])
    drain = step("DrainNode", "Node", drainNode={"podSelector": "a=b"})
    assert await told(cluster, drain, {"kind": "Node", "metadata": {"name": "web"}}) == (
        "shop/web-1 is still there: it is being deleted since T, held by finalizers a.b/c; "
        "shop/web-2 is still there"
    )
    assert cluster.asked == [(ObjectPath("v1", "pods", None), "a=b", "spec.nodeName=web")]


async def test_a_drain_that_leaves_many_counts_them() -> None:
    cluster = Readings(pods=[pod(f"web-{number}") for number in range(5)])
    assert (await told(cluster, step("DrainNode", "Node"))).endswith("is still there; 2 more")


async def test_a_deletion_tells_what_it_waits_for() -> None:
    cluster = Readings(services={"metadata": {"finalizers": ["a.b/c", "d.e/f"]}})
    assert await told(cluster, step("DeleteResource", "Service")) == (
        "it waits for its finalizers a.b/c, d.e/f"
    )
    assert cluster.asked == [(ObjectPath("v1", "services", "shop", "web"), "", "")]


async def test_a_namespace_tells_what_is_left_in_it() -> None:
    conditions = [
        {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 resource"},
        {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "fine"},
    ]
    cluster = Readings(namespaces={"metadata": {}, "status": {"conditions": conditions}})
    assert await told(cluster, step("DeleteResource", "Namespace")) == "pods. has 1 resource"


async def test_a_pod_is_looked_at_again() -> None:
    cluster = Readings(pods=pod("web", "ErrImagePull"), events=[event("web", "no such image")])
    image = {"images": [{"container": "*", "image": "a"}]}
    of = step("SetImage", "Pod", setImage=image)
    assert await told(cluster, of, pod("web", ready=True) | {"kind": "Pod"}) == (
        "pod web: container app: ErrImagePull, Failed: no such image"
    )


async def test_of_other_kinds_there_is_nothing_to_say() -> None:
    cluster = Readings()
    of = step("Patch", "Service", patch={"patch": "{}"})
    assert await told(cluster, of, {"kind": "Service", "metadata": {}}) == ""
    assert cluster.asked == []


# --- What must not happen -------------------------------------------------------------------------


async def test_what_cannot_be_read_is_left_out() -> None:
    forbidden = ApiError("no", code=403)
    pods = [pod("web-1", "Err")]
    assert await told(Readings(pods=pods, events=forbidden)) == "pod web-1: container app: Err"
    warning = event("web", "quota", kind="Deployment")
    assert await told(Readings(pods=forbidden, events=[warning])) == "Failed: quota"
    assert await told(Readings(pods=forbidden, events=forbidden)) == ""


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("DeleteResource", "Service"), ("DeleteResource", "Widget"), ("DeletePod", "Pod")],
)
async def test_an_object_that_cannot_be_read_is_no_error(type_: str, kind: str) -> None:
    cluster = Readings(services=ApiError("gone", code=404), pods=ApiError("gone", code=404))
    cluster.answers["events"] = []
    live = {"kind": kind, "metadata": {"name": "web", "namespace": "shop"}}
    assert await told(cluster, step(type_, kind), live) == ""


async def test_an_api_server_that_does_not_answer_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(diagnosis, "_PATIENCE", 0.01)
    cluster = Readings()
    cluster.hangs = True
    assert await told(cluster) == ""


async def test_hostile_texts_are_one_bounded_line() -> None:
    evil = "\x1b[2J\n" + "evil\u202e " * 500
    cluster = Readings(
        pods=[pod(f"web-{number}", "Err", evil) for number in range(9)],
        events=[event("web-0", evil, reason=evil)],
    )
    text = await told(cluster)
    assert len(text) <= REASONS_LIMIT
    assert text.isprintable()
    assert all(f"pod web-{number}: container app: Err" in text for number in range(3))
    assert text.endswith("; 6 more")


@pytest.mark.parametrize(
    "broken", [{}, {"metadata": None, "spec": None}, {"metadata": [], "status": []}]
)
async def test_objects_without_their_fields_are_no_error(broken: Json) -> None:
    cluster = Readings(pods=[broken], events=[broken])
    assert await told(cluster) == ""
    assert await told(cluster, live={"kind": "Deployment", **broken}) == ""
    assert (await told(cluster, step("DrainNode", "Node"))).endswith("is still there")
