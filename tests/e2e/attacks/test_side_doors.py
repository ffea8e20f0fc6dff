"""Attacks beside the spec: metadata, dry runs, other versions, collections, sub-resources."""

from __future__ import annotations

import pytest

from tests.e2e.attacks.conftest import LABEL, People, Propose, counted
from tests.support.eventually import eventually
from tests.support.people import Person, request_object
from tests.support.site import Site

NOBODY = "11111111-1111-1111-1111-111111111111"
ORPHAN = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": NOBODY}
APPROVERS = ("alice", "carol", "dave")
FORGED = {"signatures": [{"signer": "bob"}]}


class TestDeleting:
    @pytest.mark.parametrize("user", ["agent", "alice", "carol", "dave", "gitops", "eve"])
    def test_nobody_deletes_a_record(self, people: People, waiting: str, user: str) -> None:
        person = people(user)
        person.delete(waiting).refused('cannot delete resource "approvalrequests"')
        all_of_them = person.call("DELETE", "")
        all_of_them.refused('cannot deletecollection resource "approvalrequests"')

    @pytest.mark.parametrize("user", ["agent", *APPROVERS, "gitops"])
    def test_nobody_has_the_garbage_collector_delete_one(
        self, people: People, site: Site, waiting: str, user: str
    ) -> None:
        person = people(user)
        change = {"metadata": {"ownerReferences": [ORPHAN]}}
        sentence = "to change metadata.ownerReferences takes the verb delete on approvalrequests"
        person.merge(waiting, change).refused(sentence)
        body = person.get(waiting)
        body["metadata"]["ownerReferences"] = [ORPHAN]
        person.replace(body).refused(sentence)
        assert "ownerReferences" not in site.request(waiting)["metadata"]

    def test_nobody_proposes_what_vanishes_by_itself(self, people: People) -> None:
        metadata = {"ownerReferences": [ORPHAN]}
        answer = people("agent").propose("short-lived", metadata=metadata, operation=LABEL)
        answer.refused("takes the verb delete on approvalrequests, which agent does not have.")


class TestMetadata:
    def test_labels_annotations_and_finalizers_decide_nothing(
        self, people: People, site: Site, proposed: Propose
    ) -> None:
        name = proposed(requiredSignatures=2)
        people("alice").sign(name).accepted()
        counted(site, name, "1/2")
        before = site.request(name)
        games = {
            "labels": {"countersign.dev/approved": "true", "countersign.dev/risk": "low"},
            "annotations": {
                "countersign.dev/executed": before["metadata"]["uid"],
                "countersign.dev/touched": "9999-01-01T00:00:00Z",
                "kopf.zalando.org/execute": '{"success":true}',
                "kopf.zalando.org/last-handled-configuration": "{}",
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
            },
            "finalizers": ["example.com/held"],
        }
        people("agent").merge(name, {"metadata": games}).accepted()
        people("bob").sign(name, dry=True).accepted()
        after = site.request(name)
        assert after["spec"] == before["spec"]
        assert after["status"]["phase"] == "Pending"
        assert after["status"]["signed"] == "1/2"
        # It is decided as any other.
        people("agent").merge(name, {"metadata": {"finalizers": None}}).accepted()
        people("bob").sign(name, decision="Deny").accepted()
        assert site.ended(name)["phase"] == "Denied"

    def test_a_request_keeps_its_identity(self, people: People, waiting: str) -> None:
        person = people("agent")
        change = {"metadata": {"uid": NOBODY}}
        assert person.merge(waiting, change).code in (409, 422)
        person.merge(waiting, {"metadata": {"creationTimestamp": "2040-01-01T00:00:00Z"}})
        created = person.get(waiting)["metadata"]["creationTimestamp"]
        assert not created.startswith("2040")

    def test_a_made_up_name_is_no_way_round(self, people: People, site: Site) -> None:
        made_up = {"generateName": "fix-"}
        for spec, sentence in (
            (FORGED, "You are agent and cannot sign for bob."),
            ({"requestedBy": "bob"}, "spec.requestedBy is bob, and you are agent."),
            ({"serviceAccountName": "power"}, "takes the verb use on it"),
        ):
            answer = people("agent").propose("", metadata=made_up, operation=LABEL, **spec)
            answer.refused(sentence)
        said = people("agent").propose("", metadata=made_up, operation=LABEL, dryRun=True)
        name = said.accepted()["metadata"]["name"]
        assert site.request(name)["spec"]["requestedBy"] == "agent"


class TestDryRuns:
    def test_a_dry_run_is_judged_as_the_real_thing(self, people: People, waiting: str) -> None:
        body = request_object("dry", {"operation": LABEL, **FORGED})
        answer = people("agent").call("POST", "", body, dryRun="All")
        answer.refused("You are agent and cannot sign for bob.")
        people("alice").sign(waiting, dry=True, signer="bob").refused("cannot sign for bob")

    def test_a_dry_run_leaves_nothing_behind(
        self, people: People, site: Site, waiting: str
    ) -> None:
        body = request_object("dry", {"operation": LABEL})
        people("agent").call("POST", "", body, dryRun="All").accepted()
        people("alice").sign(waiting, dry=True).accepted()
        assert site.find("ApprovalRequest", "dry") is None
        assert "signatures" not in site.request(waiting)["spec"]


class TestOtherWays:
    @pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha2"])
    def test_there_is_no_other_version(self, people: People, site: Site, version: str) -> None:
        path = f"/apis/countersign.dev/{version}/namespaces/{site.namespace}/approvalrequests"
        assert people("agent").call("GET", path).code in (403, 404)

    @pytest.mark.parametrize("sub", ["low", "high", "critical", "scale", "ephemeral", "approve"])
    def test_the_tiers_are_words_of_rbac_and_no_sub_resources(
        self, people: People, waiting: str, sub: str
    ) -> None:
        for user in ("carol", "admin"):
            answer = people(user).merge(waiting, {"spec": FORGED}, f"/{sub}")
            assert answer.code in (403, 404), answer

    def test_whoever_may_only_sign_creates_nothing_by_applying(
        self, people: People, site: Site
    ) -> None:
        spec = {"operation": LABEL, "requestedBy": "dave"}
        people("dave").apply("new", spec).refused("cannot create resource")
        people("dave").replace(request_object("new", spec))
        assert site.find("ApprovalRequest", "new") is None

    def test_a_request_belongs_to_the_namespace_it_is_sent_to(self, people: People) -> None:
        body = request_object("elsewhere", {"operation": LABEL}, namespace="kube-system")
        answer = people("agent").call("POST", "", body)
        answer.refused("does not match the namespace", 400)

    def test_the_guard_itself_is_out_of_reach(self, people: People) -> None:
        for kind in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
            root = f"/apis/admissionregistration.k8s.io/v1/{kind}/countersign-signatures"
            for user in ("alice", "carol", "agent", "gitops"):
                assert people(user).call("DELETE", root).code == 403


def test_an_owner_may_be_named_by_those_who_may_delete(
    people: People, site: Site, proposed: Propose
) -> None:
    name = proposed()
    holder = site.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "holder"}})
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "holder"}
    owner["uid"] = holder["metadata"]["uid"]
    admin: Person = people("admin")
    admin.merge(name, {"metadata": {"ownerReferences": [owner]}}).accepted()
    people("agent").merge(name, {"metadata": {"labels": {"a": "b"}}}).accepted()
    site.delete("ConfigMap", "holder")
    eventually(lambda: site.find("ApprovalRequest", name) is None, what="it to be collected")
