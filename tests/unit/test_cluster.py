"""The ports of the workflow, as requests to the API server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import kmock as kmock_module
import pytest
from kmock import RawHandler
from kubernetes.aio.client import Configuration

from countersign.api.approval_request import ApprovalRequestStatus, Risk
from countersign.api.operation import Kind
from countersign.api.status import Attempt
from countersign.cluster import (
    KubernetesCluster,
    KubernetesConfigMaps,
    KubernetesLease,
    OperatorDesk,
    changed_fields,
)
from countersign.connection import Connection
from countersign.errors import ApiError
from countersign.executors.kinds import path_of
from countersign.policy import endings, transitions
from countersign.policy.decision import Deny
from countersign.records.notice import Notice
from tests.support.fakes import EXECUTOR
from tests.support.fakes_objects import (
    UID,
    after,
    approved,
    operation,
    plan,
    planned,
    request,
)
from tests.support.fakes_time import FakeClock
from tests.support.fakes_world import World

pytestmark = [pytest.mark.kmock(cls=RawHandler), pytest.mark.usefixtures("plain_http")]
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
REQUESTS = "/apis/countersign.dev/v1alpha1/namespaces/shop/approvalrequests"
EVENTS = "/apis/events.k8s.io/v1/namespaces/shop/events"
CONFIG_MAPS = "/api/v1/namespaces/system/configmaps"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/system/leases"
WEB = path_of(operation())
NOTICE = Notice(step="end", type="Normal", reason="Succeeded", note="Done.")
IMPERSONATED = "system:serviceaccount:shop:countersign-executor"


@pytest.fixture
async def connection(kmock: RawHandler) -> AsyncIterator[Connection]:
    connection = Connection(Configuration(host=str(kmock.url).rstrip("/")), timeout=5)
    yield connection
    await connection.close()


@pytest.fixture
def cluster(connection: Connection) -> KubernetesCluster:
    return KubernetesCluster(connection)


@pytest.fixture
def desk(connection: Connection) -> OperatorDesk:
    return OperatorDesk(connection, FakeClock(), instance="operator-0")


def impersonated(kmock: RawHandler) -> list[str | None]:
    return [sent.headers.get("Impersonate-User") for sent in kmock]


# --- Targets --------------------------------------------------------------------------------------


async def test_a_target_is_read_as_the_service_account(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock[f"get {DEPLOYMENTS}/web"] << {"kind": "Deployment"}
    assert await cluster.get(WEB, EXECUTOR) == {"kind": "Deployment"}
    assert impersonated(kmock) == [IMPERSONATED]


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_target_is_patched_strategically_under_our_name(
    kmock: RawHandler, cluster: KubernetesCluster, dry_run: bool
) -> None:
    kmock[f"patch {DEPLOYMENTS}/web"] << {"kind": "Deployment"}
    body = {"metadata": {"uid": "u", "resourceVersion": "7"}, "spec": {"replicas": 5}}
    await cluster.patch(WEB, body, EXECUTOR, dry_run=dry_run)
    [sent] = list(kmock)
    assert sent.data == body
    assert sent.headers["Content-Type"] == "application/strategic-merge-patch+json"
    expected = {"fieldManager": "countersign"}
    assert sent.params == (expected | {"dryRun": "All"} if dry_run else expected)
    assert impersonated(kmock) == [IMPERSONATED]


async def test_a_watch_is_of_one_object_and_goes_on_from_its_version(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock[f"get {DEPLOYMENTS}"] << (
        {"type": "ADDED", "object": {"n": 1}},
        {"type": "MODIFIED", "object": {"n": 2}},
        {"type": "BOOKMARK", "object": {}},
        {"type": "MODIFIED", "object": {"n": 3}},
    )
    async with cluster.watch(WEB, "42", EXECUTOR) as versions:
        assert [live async for live in versions] == [{"n": 1}, {"n": 2}, {"n": 3}]
    [sent] = list(kmock)
    assert sent.params == {
        "watch": "true",
        "fieldSelector": "metadata.name=web",
        "resourceVersion": "42",
    }
    assert impersonated(kmock) == [IMPERSONATED]


WATCH_ENDS: dict[str, tuple[dict[str, Any], int | None, str]] = {
    "a deletion": ({"type": "DELETED", "object": {}}, 404, "deleted"),
    "a version that is too old": (
        {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}},
        410,
        "too old",
    ),
    "an error without words": ({"type": "ERROR", "object": None}, None, "None"),
}


@pytest.mark.parametrize("what", WATCH_ENDS)
async def test_a_watch_ends_with(kmock: RawHandler, cluster: KubernetesCluster, what: str) -> None:
    event, code, words = WATCH_ENDS[what]
    kmock[f"get {DEPLOYMENTS}"] << (event,)
    with pytest.raises(ApiError, match=words) as caught:
        async with cluster.watch(WEB, "42", EXECUTOR) as versions:
            await anext(versions)
    assert caught.value.code == code


@pytest.mark.parametrize(("code", "exists"), [(200, True), (404, False)])
async def test_a_service_account_is_looked_up_as_the_operator_itself(
    kmock: RawHandler, cluster: KubernetesCluster, code: int, exists: bool
) -> None:
    path = "/api/v1/namespaces/shop/serviceaccounts/countersign-executor"
    kmock[f"get {path}"] << code << {}
    assert await cluster.service_account_exists(EXECUTOR) == exists
    assert impersonated(kmock) == [None]


async def test_a_service_account_that_cannot_be_looked_up_is_an_error(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock["get /api/v1/namespaces/shop/serviceaccounts/countersign-executor"] << 403 << {}
    with pytest.raises(ApiError):
        await cluster.service_account_exists(EXECUTOR)


async def test_every_kind_is_looked_for_where_the_api_server_keeps_it(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    for kind in Kind:
        path = path_of(operation(kind, replicas=None if kind is Kind.DAEMON_SET else 1))
        plural = f"{kind.lower()}s"
        kmock[f"get /apis/apps/v1/namespaces/shop/{plural}/web"] << {"kind": str(kind)}
        assert await cluster.get(path, EXECUTOR) == {"kind": str(kind)}


# --- The operator's desk --------------------------------------------------------------------------


async def test_an_event_is_posted_under_its_name_by_the_operator_itself(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"post {EVENTS}"] << 201 << {}
    await desk.post(request(), NOTICE)
    [sent] = list(kmock)
    assert sent.data["metadata"]["name"] == f"restart-web-{UID[:8]}-end"
    assert sent.data["reportingInstance"] == "operator-0"
    assert impersonated(kmock) == [None]


async def test_an_event_that_is_there_already_is_fine(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"post {EVENTS}"] << 409 << {"reason": "AlreadyExists", "message": "already exists"}
    await desk.post(request(), NOTICE)


async def test_an_event_that_cannot_be_posted_is_an_error(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"post {EVENTS}"] << 403 << {"message": "namespace is being terminated"}
    with pytest.raises(ApiError, match="being terminated"):
        await desk.post(request(), NOTICE)


async def test_a_status_is_merged_into_the_subresource_and_only_what_has_changed(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    of = approved()
    kmock[f"patch {REQUESTS}/restart-web/status"] << {}
    await desk.save_status(of, transitions.verifying(of, after(2)))
    [sent] = list(kmock)
    assert sent.headers["Content-Type"] == "application/merge-patch+json"
    assert sent.data["status"]["phase"] == "Executing"
    assert set(sent.data["status"]) == {"phase", "message", "conditions"}


async def test_a_touch_changes_nothing_but_its_own_field(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    touch = {"status": {"kopf": {"touch": "2026-03-01T12:00:00+00:00"}}}
    kmock[f"patch {REQUESTS}/web/status"] << touch
    await desk.touch("shop", "web")
    assert [request.data for request in kmock] == [touch]


async def test_where_an_older_crd_drops_the_touch_an_annotation_takes_its_place(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"patch {REQUESTS}/web/status"] << {"status": {"phase": "Pending"}}
    kmock[f"patch {REQUESTS}/web"] << {}
    await desk.touch("shop", "web")
    moment = "2026-03-01T12:00:00+00:00"
    assert kmock[1].data == {"metadata": {"annotations": {"countersign.dev/touched": moment}}}


# --- Knowledge and Lease --------------------------------------------------------------------------


async def test_config_maps_are_patched_created_read_and_listed(
    kmock: RawHandler, connection: Connection
) -> None:
    maps = KubernetesConfigMaps(connection)
    kmock[f"patch {CONFIG_MAPS}/k"] << {"n": 1}
    kmock[f"post {CONFIG_MAPS}"] << 201 << {"n": 2}
    kmock[f"get {CONFIG_MAPS}/k"] << {"n": 3}
    kmock[f"get {CONFIG_MAPS}"] << {"items": [{"n": 4}]}
    assert await maps.patch_config_map("system", "k", {"data": {"a": None}}) == {"n": 1}
    assert await maps.create_config_map("system", {"data": {}}) == {"n": 2}
    assert await maps.get_config_map("system", "k") == {"n": 3}
    assert await maps.list_config_maps("system", "a=b,c=d") == [{"n": 4}]
    patch, _, _, listed = list(kmock)
    assert patch.headers["Content-Type"] == "application/merge-patch+json"
    assert patch.data == {"data": {"a": None}}
    assert listed.params == {"labelSelector": "a=b,c=d"}


async def test_a_list_without_items_is_empty(kmock: RawHandler, connection: Connection) -> None:
    kmock[f"get {CONFIG_MAPS}"] << {"items": None}
    assert await KubernetesConfigMaps(connection).list_config_maps("system", "a=b") == []


async def test_the_lease_is_read_created_and_replaced(
    kmock: RawHandler, connection: Connection
) -> None:
    lease = KubernetesLease(connection, namespace="system", name="operator")
    kmock[f"get {LEASES}/operator"] << {"n": 1}
    kmock[f"post {LEASES}"] << 201 << {"n": 2}
    kmock[f"put {LEASES}/operator"] << {"n": 3}
    assert await lease.read() == {"n": 1}
    assert await lease.create({"spec": {}}) == {"n": 2}
    assert await lease.replace({"metadata": {"resourceVersion": "7"}}) == {"n": 3}
    assert kmock[2].data == {"metadata": {"resourceVersion": "7"}}


async def test_a_name_cannot_lead_elsewhere(kmock: RawHandler, connection: Connection) -> None:
    kmock[kmock_module.method.GET] << {"seen": True}
    await KubernetesConfigMaps(connection).get_config_map("system", "../secrets/token?x=1")
    [sent] = list(kmock)
    assert sent.url.raw_path_qs == f"{CONFIG_MAPS}/..%2Fsecrets%2Ftoken%3Fx=1"


# --- What a status write contains -----------------------------------------------------------------


def merged(live: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7386."""
    result = dict(live)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            old = result.get(key)
            result[key] = merged(old if isinstance(old, dict) else {}, value)
        else:
            result[key] = value
    return result


def statuses() -> dict[str, ApprovalRequestStatus]:
    of, made = approved(), planned()
    attempt = Attempt(started_at=after(1), finished_at=after(2), error="timeout")
    done = endings.verified(plan(), "5 of 5", attempt, True, 0)
    other = plan(operation(), revision=2, changes=())
    return {
        "nothing": ApprovalRequestStatus(),
        "planned": made.status,
        "planned again": transitions.planned(
            request(), other, Risk.HIGH, operation(replicas=3), after(1)
        ),
        "denied": transitions.ended_unapproved(made, Deny("bob", "no"), after(1)),
        "approved": of.status,
        "stale": transitions.stale(of, "Changed.", after(2)),
        "finished": transitions.finished(of, done, None, after(3)),
    }


def test_merging_what_has_changed_gives_the_new_status_from_any_old_one() -> None:
    for old in statuses().values():
        for new in statuses().values():
            assert merged(old.to_json(), changed_fields(old, new)) == new.to_json()


def test_what_has_not_changed_is_not_sent() -> None:
    of = approved()
    assert changed_fields(of.status, of.status) == {}


def test_kopfs_own_state_is_not_ours_to_send() -> None:
    old = ApprovalRequestStatus(kopf={"touch": "x"})
    assert changed_fields(old, ApprovalRequestStatus()) == {}


# --- All of it together ---------------------------------------------------------------------------


async def test_the_happy_path_takes_at_most_nine_requests() -> None:
    """Those of Kopf (three status writes) and those that the ports make (six)."""
    world = World(action="kubectl scale deployment/web --replicas=5", verify={"enabled": False})
    status_writes = 0
    status_writes += (await world.advance()).status is not None
    world.sign("alice")
    status_writes += (await world.advance()).status is not None
    status_writes += (await world.execute()).status is not None
    assert status_writes == 3
    assert world.cluster.calls == ["get", "dry-run", "patch"]
    assert world.journal == ["effect", "knowledge", "event end"]
    assert status_writes + len(world.cluster.calls) + len(world.journal[1:]) <= 9
