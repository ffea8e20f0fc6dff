"""The measured blast radius."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from countersign.api.operation import Operation
from countersign.api.status import MAX_NAMES, VALUE_LIMIT, Change, MeasuredRadius, ObjectReference
from countersign.errors import ApiError
from countersign.ports import Cluster, Draft, ObjectPath, ServiceAccount
from countersign.surroundings import LISTED, MAX_NAMESPACES, measure

Json = dict[str, Any]
ACCOUNT = ServiceAccount("shop", "countersign-executor")
SOME = (Change(field="spec.template", before="a", after="b"),)
WEB = {"app": "web"}


class Lists:
    """A cluster that can only list: by namespace, equal labels and node, as the API server does."""

    def __init__(self, *objects: Json) -> None:
        self.objects = objects
        self.asked: list[tuple[str, str | None]] = []
        self.errors: dict[str, ApiError] = {}
        self.asking = 0
        self.most_asking = 0

    async def select(
        self,
        path: ObjectPath,
        account: ServiceAccount,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
    ) -> list[Json]:
        assert account == ACCOUNT
        self.asked.append((path.plural, path.namespace))
        self.asking += 1
        self.most_asking = max(self.most_asking, self.asking)
        await asyncio.sleep(0)
        self.asking -= 1
        if path.plural in self.errors:
            raise self.errors[path.plural]
        wanted = dict(term.split("=") for term in labels.split(",") if term)
        node = fields.removeprefix("spec.nodeName=")
        return [
            each
            for each in self.objects
            if each["kind"] == KINDS[path.plural]
            and path.namespace in (None, each["metadata"]["namespace"])
            and wanted.items() <= each["metadata"].get("labels", {}).items()
            and node in ("", each.get("spec", {}).get("nodeName"))
        ][:limit]


KINDS = {"pods": "Pod", "services": "Service", "poddisruptionbudgets": "PodDisruptionBudget"}


def named(kind: str, name: str, namespace: str = "shop", **more: Any) -> Json:
    return {"kind": kind, "metadata": {"name": name, "namespace": namespace}, **more}


def service(name: str = "web", namespace: str = "shop", **selector: str) -> Json:
    return named("Service", name, namespace, spec={"selector": selector or WEB})


def budget(allowed: int, name: str = "web", namespace: str = "shop", **selector: Any) -> Json:
    selector = selector or {"matchLabels": WEB}
    return named(
        "PodDisruptionBudget",
        name,
        namespace,
        spec={"selector": selector, "minAvailable": 1},
        status={"disruptionsAllowed": allowed, "currentHealthy": 3, "expectedPods": 3},
    )


def pod(
    name: str,
    *,
    namespace: str = "shop",
    node: str = "node-1",
    owner: str | None = "ReplicaSet/web-abc",
    ready: bool = True,
    **labels: str,
) -> Json:
    live = named("Pod", name, namespace, spec={"nodeName": node})
    live["metadata"]["labels"] = labels or {**WEB, "pod-template-hash": "abc"}
    if owner:
        kind, _, of = owner.partition("/")
        live["metadata"]["ownerReferences"] = [{"kind": kind, "name": of, "controller": True}]
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    scheduled = {"type": "PodScheduled", "status": "True"}
    live["status"] = {"phase": "Running", "conditions": [scheduled, condition]}
    return live


def deployment(replicas: int = 3, namespace: str = "shop", **spec: Any) -> Json:
    template = {"metadata": {"labels": WEB}}
    live = named("Deployment", "web", namespace, spec={"template": template, **spec})
    live["spec"]["replicas"] = replicas
    live["status"] = {
        "observedGeneration": 1,
        "replicas": replicas,
        "readyReplicas": replicas,
    }
    return live


def draft(
    type_: str, live: Json | None, changes: tuple[Change, ...] = SOME, **more: Any
) -> tuple[Operation, Draft]:
    live = live or {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    target = {key: live["metadata"].get(key) for key in ("name", "namespace")}
    target |= {"kind": live["kind"]}
    operation = Operation.model_validate({"type": type_, "target": target, **more})
    reference = ObjectReference(api_version="v1", kind=live["kind"], name=live["metadata"]["name"])
    return operation, Draft(reference, changes, "", live)


async def measured(cluster: Lists, *drafts: tuple[Operation, Draft]) -> MeasuredRadius:
    return await measure(cast("Cluster", cluster), drafts, ACCOUNT)


NODE = {"kind": "Node", "metadata": {"name": "node-1"}}
DRAIN = draft("DrainNode", NODE)


# --- A workload -----------------------------------------------------------------------------------


async def test_a_rollout_is_felt_by_its_replicas_and_the_services_that_select_them() -> None:
    cluster = Lists(
        service(), service("db", app="db"), service("web", "other"), budget(0), budget(0, "all")
    )
    assert await measured(cluster, draft("RestartRollout", deployment())) == MeasuredRadius(
        pods=3, services=("shop/web",)
    )
    assert cluster.asked == [("services", "shop")], "a rollout strains no budget: none is asked for"


async def test_what_can_strain_a_budget_asks_for_both_at_the_same_time() -> None:
    cluster = Lists(service(), budget(0))
    await measured(cluster, draft("RestartRollout", deployment(strategy={"type": "Recreate"})))
    assert sorted(cluster.asked) == [("poddisruptionbudgets", "shop"), ("services", "shop")]
    assert cluster.most_asking == 2


async def test_a_rollout_that_takes_all_at_once_violates_the_budgets_that_allow_fewer() -> None:
    cluster = Lists(budget(2), budget(3, "lenient"), budget(0, "db", matchLabels={"app": "db"}))
    recreate = deployment(strategy={"type": "Recreate"})
    assert await measured(cluster, draft("RestartRollout", recreate)) == MeasuredRadius(
        pods=3, all_replicas=True, disruption_budgets=("shop/web",)
    )


async def test_a_budget_may_select_by_expressions() -> None:
    expressions = [{"key": "app", "operator": "In", "values": ["web", "db"]}]
    cluster = Lists(budget(0, "web", matchExpressions=expressions))
    radius = await measured(cluster, draft("Scale", deployment(), scale={"replicas": 0}))
    assert radius.disruption_budgets == ("shop/web",)


async def test_scaling_down_is_measured_by_what_the_budget_wants_afterwards() -> None:
    cluster = Lists(budget(0))
    radius = await measured(cluster, draft("Scale", deployment(), scale={"replicas": 1}))
    assert (radius.pods, radius.all_replicas, radius.disruption_budgets) == (2, False, ())


@pytest.mark.parametrize(
    "harmless",
    [
        draft("Scale", deployment(), scale={"replicas": 5}),
        draft("Label", deployment(), label={"set": {"a": "b"}}),
        draft("RestartRollout", deployment(), ()),
        draft("CordonNode", NODE),
    ],
)
async def test_nothing_is_asked_where_no_pod_is_taken(harmless: tuple[Operation, Draft]) -> None:
    cluster = Lists(service())
    assert await measured(cluster, harmless) == MeasuredRadius()
    assert cluster.asked == []


async def test_several_objects_in_a_namespace_are_asked_for_once() -> None:
    cluster = Lists(service())
    one, other = deployment(), deployment(2)
    radius = await measured(
        cluster, draft("RestartRollout", one), draft("Scale", other, scale={"replicas": 0})
    )
    assert (radius.pods, radius.all_replicas, radius.services) == (5, True, ("shop/web",))
    assert len(cluster.asked) == 2


async def test_a_service_that_is_deleted_is_named_without_a_request() -> None:
    cluster = Lists()
    radius = await measured(cluster, draft("DeleteResource", service()))
    assert radius == MeasuredRadius(services=("shop/web",))
    assert cluster.asked == []


# --- Single pods ----------------------------------------------------------------------------------


async def test_a_pod_that_has_others_beside_it_is_not_the_last() -> None:
    gone = pod("web-abc-1")
    cluster = Lists(gone, pod("web-abc-2"), service(), budget(1))
    radius = await measured(cluster, draft("DeletePod", gone))
    assert radius == MeasuredRadius(pods=1, services=("shop/web",))
    assert len(cluster.asked) == cluster.most_asking == 3


def leaving(live: Json) -> Json:
    live["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
    return live


OTHERS: dict[str, tuple[Json, bool]] = {
    "another ready pod": (pod("web-abc-2"), False),
    "a pod that is not ready": (pod("web-abc-2", ready=False), True),
    "a ready pod that is leaving": (leaving(pod("web-abc-2")), True),
    "a ready pod of another workload": (pod("db-0", owner="StatefulSet/db"), True),
    "a ready pod that nobody owns": (pod("x", owner=None), True),
    "a pod of the Deployment's other ReplicaSet": (
        pod("web-def-1", owner="ReplicaSet/web-def", app="web", **{"pod-template-hash": "def"}),
        False,
    ),
    "a pod of a ReplicaSet that is only named alike": (
        pod("web-def-1", owner="ReplicaSet/web-def"),
        True,
    ),
    "a ready pod of another namespace": (pod("web-abc-2", namespace="other"), True),
}


@pytest.mark.parametrize("what", OTHERS)
async def test_a_pod_is_the_last_ready_one_beside(what: str) -> None:
    other, last = OTHERS[what]
    gone = pod("web-abc-1")
    radius = await measured(Lists(gone, other), draft("DeletePod", gone))
    assert radius.all_replicas is last


async def test_two_pods_that_go_together_may_be_all() -> None:
    gone = [pod("web-abc-1"), pod("web-abc-2")]
    radius = await measured(Lists(*gone), *(draft("DeletePod", each) for each in gone))
    assert (radius.pods, radius.all_replicas) == (2, True)


async def test_a_service_of_one_of_the_pods_is_enough() -> None:
    gone = [pod("web-abc-1"), pod("db-0", owner="StatefulSet/db", app="db")]
    cluster = Lists(*gone, service(), service("db", app="db"), service("x", app="x"))
    radius = await measured(cluster, *(draft("DeletePod", each) for each in gone))
    assert radius.services == ("shop/db", "shop/web")


async def test_a_pod_that_nobody_owns_is_all_there_is_of_it() -> None:
    gone = pod("x", owner=None)
    cluster = Lists(gone)
    assert (await measured(cluster, draft("DeletePod", gone))).all_replicas
    assert ("pods", "shop") not in cluster.asked, "there is nothing to look for"


async def test_a_pod_that_is_not_ready_violates_no_budget() -> None:
    ill, well = pod("web-abc-1", ready=False), pod("web-abc-2")
    cluster = Lists(ill, well, budget(0))
    assert await measured(cluster, draft("DeletePod", ill)) == MeasuredRadius(pods=1)
    assert (await measured(cluster, draft("EvictPod", well))).disruption_budgets == ("shop/web",)


# --- Nodes, namespaces, claims --------------------------------------------------------------------


async def test_a_drain_takes_the_pods_of_its_node_in_all_namespaces() -> None:
    cluster = Lists(
        pod("web-abc-1"),
        pod("web-abc-2", node="node-2"),
        pod("db-0", namespace="data", owner="StatefulSet/db", app="db"),
        pod("log-1", owner="DaemonSet/log"),
        service(),
        service("db", "data", app="db"),
        service("idle", "idle"),
        budget(0, "db", "data", matchLabels={"app": "db"}),
        budget(1),
    )
    assert await measured(cluster, DRAIN) == MeasuredRadius(
        pods=2,
        all_replicas=True,
        services=("data/db", "shop/web"),
        disruption_budgets=("data/db",),
    )
    assert cluster.asked[0] == ("pods", None)
    assert len(cluster.asked) == 7
    assert cluster.most_asking == 6


async def test_a_drain_that_leaves_a_replica_elsewhere_takes_not_all() -> None:
    cluster = Lists(pod("web-abc-1"), pod("web-abc-2", node="node-2"))
    assert not (await measured(cluster, DRAIN)).all_replicas


async def test_a_drain_counts_its_pods_against_a_budget_together() -> None:
    cluster = Lists(pod("web-abc-1"), pod("web-abc-2"), pod("web-abc-3", node="node-2"), budget(1))
    radius = await measured(cluster, DRAIN)
    assert radius == MeasuredRadius(pods=2, disruption_budgets=("shop/web",))


async def test_a_namespace_goes_with_all_that_is_in_it() -> None:
    cluster = Lists(pod("web-abc-1"), pod("log-1", owner="DaemonSet/log"), service(), budget(0))
    shop = {"kind": "Namespace", "metadata": {"name": "shop"}}
    assert await measured(cluster, draft("DeleteResource", shop)) == MeasuredRadius(
        pods=2, all_replicas=True, services=("shop/web",), disruption_budgets=("shop/web",)
    )
    assert cluster.asked.count(("pods", "shop")) == 1


async def test_a_claim_is_felt_by_its_pods_which_do_not_stop() -> None:
    using = pod("web-abc-1")
    using["spec"]["volumes"] = [{"persistentVolumeClaim": {"claimName": "data"}}]
    cluster = Lists(using, pod("web-abc-2"), service(), budget(0))
    claim = named("PersistentVolumeClaim", "data")
    radius = await measured(cluster, draft("DeleteResource", claim))
    assert radius == MeasuredRadius(pods=1, services=("shop/web",))


async def test_a_pod_that_is_meant_twice_counts_once() -> None:
    gone = pod("web-abc-1")
    radius = await measured(Lists(gone), draft("DeletePod", gone), DRAIN)
    assert radius.pods == 1


# --- What cannot be known -------------------------------------------------------------------------


async def test_what_may_not_be_listed_is_named_and_the_rest_is_measured() -> None:
    cluster = Lists(service(), budget(0))
    cluster.errors["poddisruptionbudgets"] = ApiError("no", code=403)
    radius = await measured(cluster, draft("Scale", deployment(), scale={"replicas": 0}))
    assert radius == MeasuredRadius(
        pods=3,
        all_replicas=True,
        services=("shop/web",),
        unknown="PodDisruptionBudgets in shop: not allowed to list "
        "(give the service account list on poddisruptionbudgets)",
    )


async def test_what_is_unknown_is_told_in_the_same_order_each_time() -> None:
    cluster = Lists()
    cluster.errors["services"] = cluster.errors["poddisruptionbudgets"] = ApiError("down")
    recreate = deployment(strategy={"type": "Recreate"})
    radius = await measured(cluster, draft("RestartRollout", recreate))
    assert radius.unknown == "PodDisruptionBudgets in shop: down; Services in shop: down"


async def test_any_other_failure_is_told_in_its_own_words_on_one_line() -> None:
    cluster = Lists(budget(0))
    cluster.errors["services"] = ApiError("down\x1b[31m\nfor " + "ever " * 99, code=503)
    radius = await measured(cluster, draft("RestartRollout", deployment()))
    assert radius.unknown is not None
    assert radius.unknown.startswith("Services in shop: down [31m for ever")
    assert len(radius.unknown) < 200


async def test_pods_of_a_node_that_may_not_be_listed_need_a_cluster_role() -> None:
    cluster = Lists(pod("web-abc-1"))
    cluster.errors["pods"] = ApiError("no", code=403)
    assert await measured(cluster, DRAIN) == MeasuredRadius(
        unknown="Pods: not allowed to list (give the service account list on pods in a ClusterRole)"
    )


async def test_where_the_other_replicas_are_unknown_nothing_is_claimed() -> None:
    gone = pod("web-abc-1")
    cluster = Lists(gone)
    cluster.errors["pods"] = ApiError("no", code=403)
    radius = await measured(cluster, draft("DeletePod", gone))
    assert not radius.all_replicas
    assert radius.unknown is not None
    assert radius.unknown.startswith("Pods in shop: not allowed to list")


async def test_what_only_another_controller_knows_is_unknown() -> None:
    target = {"apiVersion": "a.b/v1", "kind": "Widget", "name": "w", "namespace": "shop"}
    operation = Operation.model_validate({"type": "DeleteResource", "target": target})
    reference = ObjectReference(api_version="a.b/v1", kind="Widget", name="w")
    radius = await measured(Lists(), (operation, Draft(reference, (), "", {"metadata": {}})))
    assert radius.unknown is not None
    assert "Widget shop/w" in radius.unknown


async def test_names_are_bounded_and_the_rest_is_counted() -> None:
    cluster = Lists(*(service(f"s{number:02}") for number in range(MAX_NAMES + 2)))
    radius = await measured(cluster, draft("RestartRollout", deployment()))
    assert len(radius.services) == MAX_NAMES
    assert radius.services[0] == "shop/s00"
    assert radius.unknown == "Services: 2 more"


async def test_a_list_that_may_have_been_cut_off_is_said_to_be() -> None:
    cluster = Lists(*(service(f"s{number}", app="db") for number in range(LISTED + 1)))
    radius = await measured(cluster, draft("RestartRollout", deployment()))
    assert radius.unknown == f"Services in shop: only the first {LISTED} were looked at"


async def test_not_more_namespaces_are_asked_than_that() -> None:
    pods = [pod("x-1", namespace=f"n{number:02}") for number in range(MAX_NAMESPACES + 3)]
    cluster = Lists(*pods)
    radius = await measured(cluster, DRAIN)
    assert radius.pods == MAX_NAMESPACES + 3
    assert radius.unknown == "Services and budgets of 3 more namespaces"
    assert len({namespace for _, namespace in cluster.asked}) == MAX_NAMESPACES + 1


async def test_whatever_is_unknown_fits_the_field() -> None:
    pods = [pod("x-1", namespace=f"n{number:02}") for number in range(MAX_NAMESPACES)]
    cluster = Lists(*pods)
    cluster.errors["services"] = cluster.errors["poddisruptionbudgets"] = ApiError("x" * 999)
    radius = await measured(cluster, DRAIN)
    assert radius.unknown is not None
    assert len(radius.unknown) == VALUE_LIMIT


@pytest.mark.parametrize(
    "broken",
    [
        named("Service", "a"),
        named("Service", "a", spec={"selector": None}),
        named("PodDisruptionBudget", "a"),
        named("PodDisruptionBudget", "a", spec={"selector": {"matchExpressions": None}}),
    ],
)
async def test_objects_without_their_fields_are_no_error(broken: Json) -> None:
    radius = await measured(Lists(broken), draft("RestartRollout", deployment()))
    assert radius == MeasuredRadius(pods=3)
