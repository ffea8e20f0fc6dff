"""Attacks on signatures: a name, a group, an entry that is not one's own."""

from __future__ import annotations

import pytest

from tests.e2e.attacks.conftest import People, Propose, counted
from tests.support.people import Person
from tests.support.site import Site


def signed(site: Site, name: str) -> dict[str, dict[str, object]]:
    """The entries by signer."""
    entries = site.request(name)["spec"].get("signatures", [])
    return {entry["signer"]: entry for entry in entries}


@pytest.mark.parametrize("user", ["alice", "carol", "admin", "gitops", "dave"])
def test_nobody_signs_as_another(people: People, waiting: str, user: str) -> None:
    people(user).sign(waiting, signer="bob").refused(f"You are {user} and cannot sign for bob.")


def test_nobody_claims_a_group_that_they_are_not_in(people: People, waiting: str) -> None:
    sentence = "You are not in sre-leads. Leave groups out"
    people("alice").sign(waiting, groups=["sre", "sre-leads"]).refused(sentence)
    everybody = people("carol").sign(waiting, groups=["system:masters"])
    everybody.refused("You are not in system:masters.")


def test_nobody_adds_two_entries_at_once(people: People, site: Site, waiting: str) -> None:
    both = {"signatures": [{"signer": "alice"}, {"signer": "bob"}]}
    people("alice").apply(waiting, both).refused("cannot sign for bob")
    people("alice").merge(waiting, {"spec": both}).refused("cannot sign for bob")
    twice = {"signatures": [{"signer": "alice"}, {"signer": "alice", "comment": "again"}]}
    people("alice").merge(waiting, {"spec": twice}).refused("Duplicate value", 422)
    assert signed(site, waiting) == {}


def test_no_entry_is_written_in_an_account_s_name_without_its_right(
    people: People, waiting: str
) -> None:
    forged = people("alice").sign(waiting, signer="bob", recordedBy="gitops")
    forged.refused("here it can only be alice")
    own = people("alice").sign(waiting, signer="bob", recordedBy="alice")
    own.refused("takes the verb sign-as")


def test_one_s_own_entry_is_taken_back_by_its_place_and_not_another_s(
    people: People, site: Site, proposed: Propose
) -> None:
    name = proposed(requiredSignatures=3)
    everybody = {"signatures": [{"signer": "alice"}]}
    people("alice").merge(name, {"spec": everybody}).accepted()
    people("bob").sign(name).accepted()
    gone = {"op": "remove", "path": "/spec/signatures/0"}
    by_alice = {"op": "test", "path": "/spec/signatures/0/signer", "value": "alice"}
    people("bob").edit(name, by_alice, gone).refused(
        "would change or remove the signature of alice"
    )
    people("alice").edit(name, by_alice, gone).accepted()
    assert set(signed(site, name)) == {"bob"}


class TestEntriesOfOthers:
    @pytest.fixture
    def by_alice(self, people: People, site: Site, proposed: Propose) -> str:
        """A request that alice has signed and nobody else yet."""
        name = proposed(requiredSignatures=2)
        people("alice").sign(name, comment="looks right").accepted()
        counted(site, name, "1/2")
        return name

    @pytest.mark.parametrize(
        "step",
        [
            {"op": "replace", "path": "/spec/signatures/0/comment", "value": "looks wrong"},
            {"op": "replace", "path": "/spec/signatures/0/decision", "value": "Deny"},
            {"op": "replace", "path": "/spec/signatures/0/signer", "value": "bob"},
            {"op": "replace", "path": "/spec/signatures/0/groups", "value": ["owners"]},
            {"op": "remove", "path": "/spec/signatures/0/plan"},
            {"op": "add", "path": "/spec/signatures/0/recordedBy", "value": "bob"},
            {"op": "remove", "path": "/spec/signatures/0"},
            {"op": "remove", "path": "/spec/signatures"},
        ],
        ids=lambda step: f"{step['op']} {step['path'].rpartition('/')[2]}",
    )
    def test_no_part_of_one_is_changed(
        self, people: People, by_alice: str, step: dict[str, object]
    ) -> None:
        sentence = "would change or remove the signature of alice, and you are bob."
        people("bob").edit(by_alice, step).refused(sentence)

    def test_whoever_puts_them_in_another_order_changes_nothing_by_it(
        self, people: People, site: Site, proposed: Propose
    ) -> None:
        name = proposed(requiredSignatures=3)
        people("alice").sign(name, comment="a").accepted()
        people("bob").sign(name, comment="b").accepted()
        before = signed(site, name)
        entries = list(reversed(site.request(name)["spec"]["signatures"]))
        turned = {"op": "replace", "path": "/spec/signatures", "value": entries}
        people("agent").edit(name, turned).accepted()
        assert signed(site, name) == before
        moved = {"op": "move", "from": "/spec/signatures/0/comment"}
        swap = {**moved, "path": "/spec/signatures/1/comment"}
        people("agent").edit(name, swap).refused("would change or remove the signature of")

    def test_nobody_drops_one_by_applying_under_its_signer_s_field_manager(
        self, people: People, by_alice: str
    ) -> None:
        people("bob").sign(by_alice, manager="alice").refused("the signature of alice")
        people("agent").apply(by_alice, {}, manager="alice").refused("the signature of alice")

    @pytest.mark.parametrize("user", ["agent", "bob", "gitops", "admin"])
    def test_nobody_makes_it_hard_to_take_back(
        self, people: People, site: Site, by_alice: str, user: str
    ) -> None:
        sentence = "forget by whom signatures were applied"
        for managed in ([{}], []):
            cleared = {"metadata": {"managedFields": managed, "labels": {"a": "b"}}}
            answer = people(user).merge(by_alice, cleared)
            assert answer.code == 200 or sentence in answer.message
        body = site.request(by_alice)
        for entry in body["metadata"]["managedFields"]:
            entry["manager"] = f"{user}'s"
        people(user).replace(body).refused(sentence)
        people("alice").apply(by_alice, {}).accepted()
        assert signed(site, by_alice) == {}

    def test_whoever_signs_too_does_not_make_it_hard_to_take_back(
        self, people: People, by_alice: str
    ) -> None:
        entries = [*people("bob").get(by_alice)["spec"]["signatures"], {"signer": "bob"}]
        spec = {"metadata": {"managedFields": [{}]}, "spec": {"signatures": entries}}
        people("bob").merge(by_alice, spec).refused("forget by whom signatures were applied")


class TestImpersonation:
    @pytest.mark.parametrize("user", ["alice", "agent", "gitops", "carol"])
    @pytest.mark.parametrize(
        "acting",
        [
            (("Impersonate-User", "bob"), ("Impersonate-Group", "sre")),
            (
                (
                    "Impersonate-User",
                    "system:serviceaccount:countersign-system:countersign-operator",
                ),
            ),
        ],
        ids=["a person", "the operator"],
    )
    def test_nobody_acts_as_another(
        self, site: Site, waiting: str, user: str, acting: tuple[tuple[str, str], ...]
    ) -> None:
        person = Person(site.cluster, site.namespace, user, acting)
        person.sign(waiting, signer="bob").refused("cannot impersonate")

    def test_nobody_takes_on_a_group(self, site: Site, waiting: str) -> None:
        acting = (("Impersonate-User", "alice"), ("Impersonate-Group", "sre-leads"))
        person = Person(site.cluster, site.namespace, "alice", acting)
        person.sign(waiting).refused("cannot impersonate")

    def test_a_borrowed_name_without_its_groups_has_none_of_their_rights(
        self, site: Site, waiting: str
    ) -> None:
        acting = (("Impersonate-User", "carol"),)
        person = Person(site.cluster, site.namespace, "admin", acting)
        assert person.sign(waiting, signer="carol").code == 403
