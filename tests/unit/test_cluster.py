"""The ports of the workflow, as requests to the API server."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import kmock as kmock_module
import pytest
from kmock import RawHandler
from kubernetes.aio.client import Configuration

from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.effects import EffectState, EffectStatus
from countersign.api.kinds import BUILT_IN, Resource
from countersign.api.risk import Risk
from countersign.api.status import OUTPUT_LIMIT, Attempt
from countersign.cluster import discovery
from countersign.cluster.comparing import status_changes
from countersign.cluster.desk import OperatorDesk
from countersign.cluster.own_objects import KubernetesConfigMaps, KubernetesLease
from countersign.cluster.targets import KubernetesCluster
from countersign.connection import Connection
from countersign.errors import ApiError, RefusedError
from countersign.policy import endings, transitions
from countersign.policy.decision import Deny
from countersign.ports import ObjectPath, PatchForm
from countersign.records.notice import Notice
from tests.support.fakes import EXECUTOR
from tests.support.fakes_objects import (
    ALONE,
    UID,
    after,
    approved,
    operation,
    plan,
    planned,
    request,
    with_status,
)
from tests.support.fakes_time import START, FakeClock
from tests.support.fakes_world import World
from tests.support.incidents import incident

pytestmark = [pytest.mark.kmock(cls=RawHandler), pytest.mark.usefixtures("plain_http")]
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
REQUESTS = "/apis/countersign.dev/v1alpha1/namespaces/shop/approvalrequests"
EVENTS = "/apis/events.k8s.io/v1/namespaces/shop/events"
CONFIG_MAPS = "/api/v1/namespaces/system/configmaps"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/system/leases"
WEB = ObjectPath("apps/v1", "deployments", "shop", "web")
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


async def test_a_collection_is_asked_for_with_its_selectors(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock[f"get {DEPLOYMENTS}"] << {"items": [{"kind": "Deployment"}]}
    collection = ObjectPath("apps/v1", "deployments", "shop")
    found = await cluster.select(collection, EXECUTOR, labels="app=web", fields="x=y", limit=7)
    assert found == [{"kind": "Deployment"}]
    [sent] = list(kmock)
    assert sent.params == {"labelSelector": "app=web", "fieldSelector": "x=y", "limit": "7"}
    assert sent.headers["Impersonate-User"] == IMPERSONATED


async def test_a_collection_without_objects_is_empty(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock[f"get {DEPLOYMENTS}"] << {"items": None}
    assert await cluster.select(ObjectPath("apps/v1", "deployments", "shop"), EXECUTOR) == []


@pytest.mark.parametrize("dry_run", [True, False])
async def test_an_object_is_created_and_deleted_as_the_account(
    kmock: RawHandler, cluster: KubernetesCluster, dry_run: bool
) -> None:
    kmock[f"post {DEPLOYMENTS}/web/eviction"] << {}
    kmock[f"delete {DEPLOYMENTS}/web"] << {}
    eviction = replace(WEB, subresource="eviction")
    await cluster.create(eviction, {"kind": "Eviction"}, EXECUTOR, dry_run=dry_run)
    options = {"preconditions": {"uid": "u"}}
    await cluster.delete(WEB, options, EXECUTOR, dry_run=dry_run)
    created, deleted = list(kmock)
    assert created.data == {"kind": "Eviction"}
    in_options = {"dryRun": ["All"]} if dry_run else {}  # The query of a DELETE is not read.
    expected = {"apiVersion": "v1", "kind": "DeleteOptions", **options, **in_options}
    assert (deleted.data, deleted.params) == (expected, {})
    assert created.params.get("dryRun") == ("All" if dry_run else None)
    for sent in (created, deleted):
        assert sent.headers["Impersonate-User"] == IMPERSONATED


async def test_a_patch_is_sent_in_its_form_and_with_force_only_where_it_is_asked_for(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock[f"patch {DEPLOYMENTS}/web"] << {}
    await cluster.patch(WEB, {}, EXECUTOR, form=PatchForm.APPLY, force=True)
    await cluster.patch(WEB, {}, EXECUTOR, form=PatchForm.MERGE)
    forced, merged_ = list(kmock)
    assert forced.headers["Content-Type"] == "application/apply-patch+yaml"
    assert forced.params == {"fieldManager": "countersign", "force": "true"}
    assert merged_.params == {"fieldManager": "countersign"}


async def test_the_end_of_a_log_is_read(kmock: RawHandler, cluster: KubernetesCluster) -> None:
    pod = ObjectPath("v1", "pods", "shop", "web-0")
    kmock["get /api/v1/namespaces/shop/pods/web-0/log"] << b"x" * 20_000 + b"end"
    text = await cluster.logs(pod, "main", EXECUTOR)
    assert text.startswith("…x")
    assert text.endswith("xend")
    assert len(text) == OUTPUT_LIMIT
    assert next(iter(kmock)).params["container"] == "main"


# --- Kinds ----------------------------------------------------------------------------------------

WIDGETS = {"name": "widgets", "kind": "Widget", "namespaced": True}
GROUPS = {
    "items": [
        {
            "metadata": {"name": group},
            "versions": [
                {
                    "version": version,
                    "resources": [
                        {
                            "resource": "widgets",
                            "scope": "Namespaced",
                            "responseKind": {"kind": kind},
                        }
                    ],
                }
                for version in ("v2", "v1")
            ],
        }
        for group, kind in (("a.example.com", "Widget"), ("b.example.com", "Gadget"))
    ]
}


async def test_kubernetes_own_kinds_are_known_without_asking(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    for resource in BUILT_IN:
        assert await cluster.resource(resource.kind, None, EXECUTOR) == resource
    assert list(kmock) == []


async def test_another_kind_is_asked_for_once_and_in_its_preferred_version(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock["get /apis"] << GROUPS
    for _ in range(2):
        found = await cluster.resource("Widget", None, EXECUTOR)
        assert found == Resource("Widget", "a.example.com/v2", "widgets", namespaced=True)
    [sent] = list(kmock)
    assert "APIGroupDiscoveryList" in sent.headers["Accept"]


async def test_after_a_while_a_kind_is_asked_for_again(
    kmock: RawHandler, cluster: KubernetesCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    kmock["get /apis"] << GROUPS
    await cluster.resource("Widget", None, EXECUTOR)
    monkeypatch.setattr(discovery, "REMEMBERED", -1.0)
    await cluster.resource("Widget", None, EXECUTOR)
    assert len(list(kmock)) == 2


async def test_a_kind_of_a_certain_version_is_asked_for_there(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    status = WIDGETS | {"name": "widgets/status"}
    kmock["get /apis/a.example.com/v1"] << {"resources": [status, WIDGETS]}
    found = await cluster.resource("Widget", "a.example.com/v1", EXECUTOR)
    assert found == Resource("Widget", "a.example.com/v1", "widgets", namespaced=True)


async def test_a_kind_that_there_is_not_is_refused(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    kmock["get /apis"] << GROUPS
    kmock["get /apis/none.example.com/v1"] << 404 << {"message": "not found"}
    for version in (None, "none.example.com/v1"):
        with pytest.raises(RefusedError, match="no kind Thing") as caught:
            await cluster.resource("Thing", version, EXECUTOR)
        assert caught.value.reason == "TargetNotFound"


async def test_a_kind_of_several_groups_is_ambiguous(
    kmock: RawHandler, cluster: KubernetesCluster
) -> None:
    twice = copy.deepcopy(GROUPS)
    twice["items"][1]["versions"][0]["resources"][0]["responseKind"]["kind"] = "Widget"
    kmock["get /apis"] << twice
    with pytest.raises(RefusedError, match=r"a\.example\.com/v2, b\.example\.com/v2") as caught:
        await cluster.resource("Widget", None, EXECUTOR)
    assert caught.value.reason == "Ambiguous"


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
    new = transitions.verifying(of, after(2))
    kmock[f"patch {REQUESTS}/restart-web/status"] << with_status(of, new).to_json()
    saved = await desk.save_status(of, new)
    assert saved.status == new
    [sent] = list(kmock)
    assert sent.headers["Content-Type"] == "application/merge-patch+json"
    assert sent.data["status"]["phase"] == "Executing"
    assert set(sent.data["status"]) == {"phase", "message", "conditions", "uid"}


async def test_a_claim_bears_the_very_object_as_its_precondition(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    of = approved()
    kmock[f"patch {REQUESTS}/restart-web/status"] << of.to_json()
    assert await desk.claim(of, transitions.verifying(of, after(2))) == of
    [sent] = list(kmock)
    assert sent.data["metadata"] == {"uid": UID, "resourceVersion": "100"}


async def test_an_answer_that_is_no_request_is_an_error(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"patch {REQUESTS}/restart-web/status"] << {"kind": "Status"}
    with pytest.raises(ApiError, match="is no request"):
        await desk.save_status(approved(), transitions.verifying(approved(), after(2)))


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


async def test_config_maps_are_patched_created_and_listed(
    kmock: RawHandler, connection: Connection
) -> None:
    maps = KubernetesConfigMaps(connection)
    kmock[f"patch {CONFIG_MAPS}/k"] << {"n": 1}
    kmock[f"post {CONFIG_MAPS}"] << 201 << {"n": 2}
    kmock[f"get {CONFIG_MAPS}"] << {"items": [{"n": 4}]}
    assert await maps.patch_config_map("system", "k", {"data": {"a": None}}) == {"n": 1}
    assert await maps.create_config_map("system", {"data": {}}) == {"n": 2}
    assert await maps.list_config_maps("system", "a=b,c=d") == [{"n": 4}]
    patch, _, listed = list(kmock)
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
    kmock[kmock_module.method.PATCH] << {"seen": True}
    maps = KubernetesConfigMaps(connection)
    await maps.patch_config_map("system", "../secrets/token?x=1", {"data": {}})
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
    done = endings.verified(endings.Told("Scaled", changed=True), "5 of 5", attempt)
    other = plan(operation(), revision=2, changes=())
    return {
        "nothing": ApprovalRequestStatus(),
        "planned": made.status,
        "planned again": transitions.planned(request(), other, Risk.HIGH, ALONE, after(1)),
        "denied": transitions.ended_unapproved(made, Deny("bob", "no"), after(1)),
        "approved": of.status,
        "stale": transitions.stale(of, "Changed.", after(2)),
        "finished": transitions.finished(of, done, after(3)),
    }


def test_merging_what_has_changed_gives_the_new_status_from_any_old_one() -> None:
    for old in statuses().values():
        for new in statuses().values():
            of = with_status(request(), old)
            wanted = new.to_json() if new == old else {**new.to_json(), "uid": of.metadata.uid}
            assert merged(old.to_json(), status_changes(of, new)) == wanted


def test_what_has_not_changed_is_not_sent() -> None:
    of = approved()
    assert status_changes(of, of.status) == {}


def test_of_the_effects_only_those_are_sent_that_have_changed() -> None:
    """What was delivered meanwhile, by another write, is not taken back."""
    entry = EffectStatus(state=EffectState.PENDING, since=START)
    done = entry.model_copy(update={"state": EffectState.DONE})
    old = ApprovalRequestStatus(effects={"a": entry, "b": entry, "c": entry})
    new = ApprovalRequestStatus(effects={"a": entry, "b": done, "d": entry})
    changes = status_changes(with_status(request(), old), new)
    assert changes["effects"] == {"b": done.to_json(), "c": None, "d": entry.to_json()}


def test_kopfs_own_state_is_not_ours_to_send() -> None:
    of = with_status(request(), ApprovalRequestStatus(kopf={"touch": "x"}))
    assert status_changes(of, ApprovalRequestStatus()) == {}


def test_every_status_that_is_written_says_which_request_it_is_about() -> None:
    of = approved()
    changes = status_changes(of, transitions.stale(of, "Changed.", after(2)))
    assert changes["uid"] == of.metadata.uid


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
    assert world.casebook.calls == []
    assert (await world.advance()).status is None


async def test_an_incident_costs_one_request_for_each_thing_read_and_written() -> None:
    """Incident read twice (for the entry, and after the end), resolved, and its own entry; its
    playbook looked for, made and counted in; and one status that says so."""
    world = World(
        action="kubectl scale deployment/web --replicas=5",
        verify={"enabled": False},
        incident="INC-2031",
    )
    world.casebook.put(incident())
    await world.approve()
    await world.execute()
    before = len(world.casebook.calls) + world.journal.count("knowledge")
    assert before == 2
    assert (await world.advance()).status is not None
    after_ = len(world.casebook.calls) + world.journal.count("knowledge")
    assert after_ - before == 6
    assert world.condition("Recorded") == "True/Recorded"
    assert (await world.advance()).status is None
