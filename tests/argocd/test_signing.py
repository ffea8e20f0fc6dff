"""Signatures by merge, signatures by people, and Argo CD between them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.eventually import eventually
from tests.support.gitops import Application, Repository, merged, request_in_git
from tests.support.shop import JsonObject, Shop

Follow = Callable[..., Application]
APPLY = pytest.mark.parametrize("server_side", [True, False], ids=["server-side", "client-side"])


@APPLY
def test_a_live_signature_survives_self_heal(
    shop: Shop, repository: Repository, follow: Follow, server_side: bool
) -> None:
    wanted = request_in_git("restart-web", labels={"team": "shop"}, requiredSignatures=2)
    application = follow(server_side=server_side)
    application.synced(repository.commit(wanted))
    shop.planned("restart-web")
    shop.sign("restart-web")
    signed = signatures(shop)
    shop.kubectl("label", "--overwrite", "approval", "restart-web", "team=somebody-else")
    heals(application, shop, "team", "shop")
    assert signatures(shop) == signed
    assert set(signed) == {"alice"}
    shop.sign("restart-web", user="bob")
    assert shop.ended("restart-web")["status"]["phase"] == "Succeeded"
    application.health("restart-web", "Healthy")


@APPLY
def test_merging_a_signature_approves(
    shop: Shop, repository: Repository, follow: Follow, server_side: bool
) -> None:
    application = follow(server_side=server_side)
    application.synced(repository.commit(request_in_git("restart-web")))
    application.health("restart-web", "Suspended")
    entry = merged("alice", comment="Reviewed in pull request 12.")
    revision = repository.commit(request_in_git("restart-web", signatures=[entry]))
    application.refresh()
    application.health("restart-web", "Healthy")
    ended = shop.ended("restart-web")
    assert ended["status"]["phase"] == "Succeeded"
    assert ended["spec"]["signatures"] == [entry]
    assert shop.revisions() == 2
    application.synced(revision)


def test_a_request_can_bring_its_signature_along(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    wanted = request_in_git("restart-web", signatures=[merged("alice")])
    revision = repository.commit(wanted)
    application = follow()
    application.synced(revision)
    application.health("restart-web", "Healthy")
    assert shop.ended("restart-web")["status"]["phase"] == "Succeeded"
    assert shop.revisions() == 2


def test_with_server_side_apply_signatures_of_git_and_of_people_add_up(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    wanted = request_in_git(
        "restart-web", labels={"team": "shop"}, requiredSignatures=3, signatures=[merged("dave")]
    )
    application = follow()
    application.synced(repository.commit(wanted))
    shop.planned("restart-web")
    shop.sign("restart-web")
    shop.kubectl("label", "--overwrite", "approval", "restart-web", "team=somebody-else")
    heals(application, shop, "team", "shop")
    assert set(signatures(shop)) == {"alice", "dave"}
    wanted["spec"]["signatures"].append(merged("carol"))
    application.synced(repository.commit(wanted))
    ended = shop.ended("restart-web")
    assert ended["status"]["phase"] == "Succeeded"
    assert set(signatures(shop)) == {"alice", "carol", "dave"}


def test_with_client_side_apply_argocd_cannot_drop_a_person_s_signature(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    wanted = request_in_git("restart-web", requiredSignatures=3, signatures=[merged("dave")])
    application = follow(server_side=False)
    revision = repository.commit(wanted)
    application.synced(revision)
    shop.planned("restart-web")
    shop.sign("restart-web")
    before = signatures(shop)
    said = application.refused(revision)
    assert "would change or remove the signature of alice" in said
    assert "ServerSideApply=true" in said
    assert signatures(shop) == before
    assert set(before) == {"alice", "dave"}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"signer": "alice", "decision": "Approve"}, "cannot sign for alice"),
        (merged("alice", recordedBy="alice"), "recordedBy says who writes an entry"),
        (merged("erin"), "erin proposed this request and so cannot sign it"),
        (
            {"signer": "gitops", "decision": "Approve"},
            "created this request for erin and so cannot sign it",
        ),
    ],
    ids=["without recordedBy", "recorded by another", "by the author", "by Argo CD itself"],
)
def test_git_cannot_bring_every_signature(
    shop: Shop, repository: Repository, follow: Follow, entry: JsonObject, why: str
) -> None:
    application = follow()
    application.synced(repository.commit(request_in_git("restart-web")))
    shop.planned("restart-web")
    revision = repository.commit(request_in_git("restart-web", signatures=[entry]))
    assert why in application.refused(revision)
    assert signatures(shop) == {}
    assert shop.request("restart-web")["status"]["phase"] == "Pending"


def test_without_an_author_argocd_proposes_and_cannot_record_signatures(
    shop: Shop, repository: Repository, follow: Follow
) -> None:
    wanted = request_in_git("restart-web")
    del wanted["spec"]["requestedBy"]
    application = follow()
    application.synced(repository.commit(wanted))
    assert shop.planned("restart-web")["spec"]["requestedBy"] == "gitops"
    wanted["spec"]["signatures"] = [merged("alice")]
    said = application.refused(repository.commit(wanted))
    assert "Propose it in the name of its author" in said


def signatures(shop: Shop) -> dict[str, JsonObject]:
    """The signatures on the request, by signer."""
    entries = shop.request("restart-web")["spec"].get("signatures", [])
    return {entry["signer"]: entry for entry in entries}


def heals(application: Application, shop: Shop, label: str, value: str) -> None:
    """Wait until Argo CD has set a label of the request back, and is done."""
    eventually(
        lambda: shop.request("restart-web")["metadata"]["labels"][label] == value,
        what="self-heal to set the label back",
    )
    application.when(lambda status: status["sync"]["status"] == "Synced", "to be Synced again")
