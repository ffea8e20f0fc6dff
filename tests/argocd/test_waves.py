"""A sync wave waits for people."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.gitops import (
    Application,
    Repository,
    last_synced,
    merged,
    operation_of,
    request_in_git,
    said,
)
from tests.support.shop import JsonObject, Shop

Follow = Callable[..., Application]
WAVE = "argocd.argoproj.io/sync-wave"
AFTER: JsonObject = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "after", "annotations": {WAVE: "1"}},
    "data": {"colour": "red"},
}


def test_the_next_wave_comes_only_after_the_request_was_signed_and_carried_out(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    application = waiting(shop, repository, follow)
    assert not exists(shop, "after")
    shop.sign("restart-web")
    ended = shop.ended("restart-web")
    assert ended["status"]["phase"] == "Succeeded"
    application.health("restart-web", "Healthy")
    application.when(is_done("Succeeded"), "the sync to go on to its end")
    created = shop.get("configmap", "after")["metadata"]["creationTimestamp"]
    assert created >= ended["status"]["attempts"][-1]["finishedAt"][:19]


def test_a_request_that_is_denied_ends_the_sync_before_the_next_wave(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    application = waiting(shop, repository, follow)
    shop.sign("restart-web", decision="Deny", comment="Not during the sale.")
    status = application.when(is_done("Failed"), "the sync to fail")
    assert "Not during the sale" in said(status) or "denied" in said(status).lower()
    # It stays in its wave, and so in the way of what comes later.
    revision = repository.commit({**AFTER, "data": {"colour": "blue"}})
    application.refresh()
    application.when(
        lambda status: is_done("Failed")(status) and revision == last_synced(status),
        "the next sync to fail as well",
    )
    assert not exists(shop, "after")


def test_a_merge_does_not_reach_a_sync_that_waits(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    application = waiting(shop, repository, follow)
    later = request_in_git("restart-web", annotations={WAVE: "0"}, signatures=[merged("alice")])
    revision = repository.commit(later)
    application.refresh()
    status = application.when(
        lambda status: status["sync"]["revision"] == revision, "the merge to be seen"
    )
    assert is_done("Running")(status)
    assert last_synced(status) != revision
    assert "signatures" not in shop.request("restart-web")["spec"]
    # A person's signature does.
    shop.sign("restart-web", user="bob")
    application.health("restart-web", "Healthy")


def waiting(shop: Shop, repository: Repository, follow: Follow) -> Application:
    """An Application whose sync waits for the request of its first wave."""
    repository.commit(request_in_git("restart-web", annotations={WAVE: "0"}), AFTER)
    application = follow()
    application.health("restart-web", "Suspended")
    shop.planned("restart-web")
    application.when(
        lambda status: (
            is_done("Running")(status)
            and "waiting for healthy state" in operation_of(status).get("message", "")
        ),
        "the sync to wait",
    )
    return application


def is_done(phase: str) -> Callable[[JsonObject], bool]:
    """Whether the last sync stands so."""
    return lambda status: operation_of(status).get("phase") == phase


def exists(shop: Shop, name: str) -> bool:
    return shop.kubectl("get", "configmap", name, check=False).returncode == 0
