"""A commit proposes; Argo CD shows what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.gitops import (
    Application,
    Repository,
    last_synced,
    merged,
    operation_of,
    request_in_git,
    resource,
)
from tests.support.shop import JsonObject, Shop

Follow = Callable[..., Application]
SETTINGS: JsonObject = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings"},
    "data": {"colour": "red"},
}


def test_what_a_commit_proposes_waits_for_people(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    revision = repository.commit(request_in_git("restart-web"))
    application = follow()
    status = application.synced(revision)
    message = application.health("restart-web", "Suspended")
    live = shop.planned("restart-web")
    assert live["spec"]["requestedBy"] == "erin"
    assert "signatures" not in live["spec"]
    assert message
    status = application.when(
        lambda status: status["health"]["status"] == "Suspended", "the whole to be Suspended"
    )
    assert resource(status, "restart-web")["status"] == "Synced"


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("please make the shop faster", "Unparseable"),
        ("kubectl rollout restart deployment/wbe", "TargetNotFound"),
        ("kubectl cordon node-1", "Forbidden"),
    ],
)
def test_a_request_that_is_refused_is_degraded_and_says_why(
    shop: Shop, repository: Repository, follow: Follow, action: str, why: str
) -> None:
    revision = repository.commit(request_in_git("refused", action=action))
    application = follow()
    application.refresh()
    message = application.health("refused", "Degraded")
    status = shop.ended("refused")["status"]
    assert status["phase"] == "Failed"
    assert {"type": "Planned", "reason": why}.items() <= _planned(status).items()
    assert message == status["message"]
    application.when(lambda status: status["health"]["status"] == "Degraded", "to be Degraded")
    assert application.synced(revision)


@pytest.mark.parametrize("decision", ["Deny", "Cancel"])
def test_a_request_that_people_turn_down_is_degraded(
    shop: Shop, repository: Repository, follow: Follow, decision: str
) -> None:
    repository.commit(request_in_git("restart-web"))
    application = follow()
    application.health("restart-web", "Suspended")
    shop.planned("restart-web")
    if decision == "Deny":
        shop.sign("restart-web", decision="Deny", comment="Not during the sale.")
    else:
        shop.kubectl(
            "patch",
            "approval",
            "restart-web",
            "--type=merge",
            "-p",
            '{"spec":{"cancelled":true}}',
            user="alice",
        )
    application.health("restart-web", "Degraded")


def test_a_request_cannot_be_changed_by_a_later_commit(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    application = _proposed(repository, follow)
    shop.planned("restart-web")
    changed = request_in_git("restart-web", action="kubectl scale deployment/web --replicas=0")
    said = application.refused(repository.commit(changed))
    assert "cannot be changed" in said or "immutable" in said, said
    assert shop.request("restart-web")["spec"]["action"].startswith("kubectl rollout restart")


def test_a_request_taken_out_of_git_is_not_deleted(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    wanted = request_in_git("restart-web", signatures=[merged("alice")])
    wanted["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Prune=false"}
    repository.commit(wanted, SETTINGS)
    application = follow(prune=True)
    application.health("restart-web", "Healthy")
    revision = repository.remove(wanted)
    application.refresh()
    status = application.when(
        lambda status: (
            status["sync"]["revision"] == revision
            and operation_of(status).get("phase") == "Succeeded"
            and last_synced(status) == revision
        ),
        "the removal to be synced",
    )
    assert resource(status, "restart-web")["requiresPruning"]
    assert shop.request("restart-web")["status"]["phase"] == "Succeeded"


def test_argocd_has_no_right_to_delete_a_request(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    wanted = request_in_git("restart-web")
    repository.commit(wanted, SETTINGS)
    application = follow(prune=True)
    application.health("restart-web", "Suspended")
    said = application.refused(repository.remove(wanted))
    assert 'cannot delete resource "approvalrequests"' in said
    assert shop.request("restart-web")


def _proposed(repository: Repository, follow: Follow) -> Application:
    revision = repository.commit(request_in_git("restart-web"))
    application = follow()
    application.synced(revision)
    return application


def _planned(status: dict[str, object]) -> dict[str, object]:
    conditions = json.loads(json.dumps(status["conditions"]))
    return next(each for each in conditions if each["type"] == "Planned")
