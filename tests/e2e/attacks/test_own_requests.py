"""Attacks on four eyes: approving what one has proposed."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from tests.e2e.attacks.conftest import LABEL, People, Propose
from tests.support.eventually import eventually
from tests.support.people import Person
from tests.support.site import Site

Grant = Callable[[str, str], None]


@pytest.fixture(scope="module")
def let(site: Site, people: People) -> Grant:
    """Give a user one more verb on requests, in this namespace."""

    def grant(user: str, verb: str) -> None:
        name = f"{user}-{verb}-{uuid.uuid4().hex[:8]}"
        about = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name}}
        rule = {
            "apiGroups": ["countersign.dev"],
            "resources": ["approvalrequests"],
            "verbs": [verb],
        }
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
        site.create({**about, "kind": "Role", "rules": [rule]})
        site.create({**about, "kind": "RoleBinding", "roleRef": reference, "subjects": [subject]})
        eventually(lambda: may(people(user), verb), what=f"{user} to have {verb}")

    return grant


def may(person: Person, verb: str) -> bool:
    """What `kubectl auth can-i VERB approvalrequests` would say."""
    attributes = {
        "group": "countersign.dev",
        "resource": "approvalrequests",
        "verb": verb,
        "namespace": person.namespace,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    allowed: bool = person.call("POST", path, review).accepted()["status"]["allowed"]
    return allowed


@pytest.mark.parametrize("user", ["alice", "carol", "admin"])
def test_nobody_signs_what_they_proposed(people: People, proposed: Propose, user: str) -> None:
    name = proposed(by=user)
    people(user).sign(name).refused(f"{user} proposed this request and so cannot sign it.")


def test_nobody_is_recorded_on_what_they_proposed(people: People, proposed: Propose) -> None:
    name = proposed(by="gitops", requestedBy="alice")
    recorded = people("gitops").sign(name, signer="alice", recordedBy="gitops")
    recorded.refused("alice proposed this request and so cannot sign it.")


def test_nobody_records_others_on_what_they_proposed(people: People, proposed: Propose) -> None:
    name = proposed(by="gitops")
    recorded = people("gitops").sign(name, signer="dave", recordedBy="gitops")
    recorded.refused("You (gitops) proposed this request and so cannot record signatures on it.")


def test_nobody_proposes_in_another_s_name(people: People) -> None:
    answer = people("alice").propose("in-bobs-name", operation=LABEL, requestedBy="bob")
    answer.refused("spec.requestedBy is bob, and you are alice.")


def test_not_even_an_account_that_may_propose_for_others_proposes_in_no_name(
    people: People,
) -> None:
    answer = people("gitops").propose("nameless", operation=LABEL, requestedBy="")
    answer.refused("spec.requestedBy is empty.", 422)


class TestRequestAs:
    """Whoever may propose for others cannot sign under their own name what they have made up."""

    def test_whoever_submitted_a_request_in_a_made_up_name_cannot_sign_it(
        self, people: People, proposed: Propose, let: Grant
    ) -> None:
        let("bob", "request-as")
        name = proposed(by="bob", requestedBy="nobody-at-all")
        assert people("bob").get(name)["spec"]["submittedBy"] == "bob"
        people("bob").sign(name).refused("bob created this request for nobody-at-all and so cannot")
        people("alice").sign(name, dry=True).accepted()

    def test_nor_have_it_recorded(self, people: People, proposed: Propose) -> None:
        name = proposed(by="gitops", requestedBy="alice")
        recorded = people("gitops").sign(name, signer="gitops", recordedBy="gitops")
        recorded.refused("gitops created this request for alice and so cannot sign it.")

    def test_nobody_says_that_another_submitted_it(self, people: People) -> None:
        answer = people("gitops").propose(
            "hidden", operation=LABEL, requestedBy="alice", submittedBy="dave"
        )
        answer.refused("so here it can only be gitops. Put that there.")
        answer = people("alice").propose("hidden", operation=LABEL, submittedBy="bob")
        answer.refused("so here it can only be alice.")

    def test_who_submitted_it_cannot_be_taken_back(self, people: People, proposed: Propose) -> None:
        name = proposed(by="gitops", requestedBy="alice")
        for value in (None, "dave"):
            answer = people("gitops").merge(name, {"spec": {"submittedBy": value}})
            answer.refused("spec.submittedBy cannot be changed after creation", 422)

    def test_the_author_of_a_request_in_git_cannot_sign_it_under_their_own_name(
        self, people: People, proposed: Propose
    ) -> None:
        name = proposed(by="gitops", requestedBy="alice")
        people("alice").sign(name).refused("alice proposed this request and so cannot sign it.")


class TestCallingOff:
    def test_only_the_requester_who_submitted_it_or_an_approver_calls_a_request_off(
        self, people: People, proposed: Propose, let: Grant
    ) -> None:
        let("dave", "request-as")  # That alone is no right over requests of others.
        for_alice = {"by": "gitops", "requestedBy": "alice", "riskLevel": "high"}
        name = proposed(**for_alice)
        for user in ("agent", "bob", "dave"):
            answer = people(user).merge(name, {"spec": {"cancelled": True}})
            answer.refused("Only alice, who proposed this request, or somebody with the verb")
        people("gitops").merge(name, {"spec": {"cancelled": True}}).accepted()
        for user in ("alice", "carol"):
            people(user).merge(proposed(**for_alice), {"spec": {"cancelled": True}}).accepted()
