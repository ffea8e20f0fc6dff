"""Targets of actions, as requests to the API server: always as a service account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from kmock import RawHandler

from countersign.api.status import OUTPUT_LIMIT
from countersign.cluster.targets import KubernetesCluster
from countersign.errors import ApiError
from countersign.ports import ObjectPath, PatchForm
from tests.support.fakes import EXECUTOR

pytestmark = [pytest.mark.kmock(cls=RawHandler), pytest.mark.usefixtures("plain_http")]
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
WEB = ObjectPath("apps/v1", "deployments", "shop", "web")
IMPERSONATED = "system:serviceaccount:shop:countersign-executor"


def impersonated(kmock: RawHandler) -> list[str | None]:
    return [sent.headers.get("Impersonate-User") for sent in kmock]


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
