"""Attacks on what runs: delete a request that is being carried out, and create it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.attacks.conftest import LABEL, People
from tests.support.eventually import eventually
from tests.support.requests_counted import AuditTrail
from tests.support.shop import condition
from tests.support.site import STAMP, JsonObject, Site
from tests.support.workloads import workload

NAME = "again"
NOWHERE = {"nodeSelector": {"no": "such-node"}}
RESTART = "kubectl rollout restart deployment/stuck"


@pytest.fixture
def held(site: Site, people: People) -> Iterator[JsonObject]:
    """A request under way: its Deployment gets no pods, so that it is watched for 6 seconds."""
    body = workload("Deployment", "stuck")
    body["spec"]["template"]["spec"] |= NOWHERE
    site.create(body)
    propose(people)
    site.planned(NAME)
    people("alice").sign(NAME).accepted()
    yield site.when(NAME, lambda status: status.get("phase") == "Executing", "to run")
    site.delete("Deployment", "stuck")
    people("admin").delete(NAME)


def propose(people: People) -> str:
    """The agent proposes it; its UID."""
    made = people("agent").propose(NAME, action=RESTART, verify={"timeout": "6s"})
    uid: str = made.accepted()["metadata"]["uid"]
    return uid


def over(site: Site, uid: str) -> Any:
    """Wait until the execution of a request has ended, wherever it could write that."""
    return eventually(lambda: site.knowledge(uid), what=f"the knowledge of {uid}")


def test_nobody_deletes_or_replaces_it_while_it_runs(
    people: People, site: Site, held: JsonObject
) -> None:
    for user in ("agent", "alice", "carol", "gitops"):
        people(user).delete(NAME).refused("cannot delete resource")
        again = people(user).propose(NAME, operation=LABEL)
        again.refused("already exists", 409)
    assert site.request(NAME)["metadata"]["uid"] == held["metadata"]["uid"]
    over(site, held["metadata"]["uid"])


def test_created_again_it_is_planned_and_signed_anew_and_the_old_run_writes_nothing_into_it(
    people: People, site: Site, held: JsonObject, audit: AuditTrail
) -> None:
    old = held["metadata"]["uid"]
    people("admin").delete(NAME).accepted()  # Whoever may `operate` may: nobody else.
    new = propose(people)
    assert new != old
    planned = site.planned(NAME)
    assert planned["uid"] == new
    over(site, old)
    status_writes = f"/approvalrequests/{NAME}/status"

    def refused() -> bool:
        asked = audit.by_operator(f"{site.namespace}{status_writes}")
        return any(each.code == 422 for each in asked)

    eventually(refused, what="the old run to be refused to write into the new request")
    request = site.request(NAME)
    assert "signatures" not in request["spec"]
    assert request["status"]["phase"] == "Pending"
    assert request["status"]["uid"] == new
    assert condition(request["status"], "Executed").get("status") != "True"
    assert "result" not in request["status"]
    assert "attempts" not in request["status"]
    live = site.get("Deployment", "stuck")
    assert live["metadata"]["annotations"][STAMP].count(old) == 1
    assert new not in live["metadata"]["annotations"][STAMP]
    # Signed, it is carried out: for itself.
    people("bob").sign(NAME).accepted()
    site.when(NAME, lambda status: status.get("phase") == "Executing", "to run as well")
    assert new in site.get("Deployment", "stuck")["metadata"]["annotations"][STAMP]
    over(site, new)


def test_the_signatures_of_the_one_that_is_gone_are_not_sent_along(
    people: People, site: Site, held: JsonObject
) -> None:
    entries = site.request(NAME)["spec"]["signatures"]
    people("admin").delete(NAME).accepted()
    for user in ("agent", "bob", "gitops"):
        answer = people(user).propose(NAME, action=RESTART, signatures=entries)
        answer.refused(f"You are {user} and cannot sign for alice.")
    over(site, held["metadata"]["uid"])
