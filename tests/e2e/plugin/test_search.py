"""``kubectl countersign search`` on a real API server: what was done is found, by those who may."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from countersign.plugin.exits import Exit
from tests.support.eventually import eventually
from tests.support.terminal_people import People, without_colours

SYSTEM = "countersign-system"
READER = "countersign-knowledge-reader"


@pytest.fixture
def stranger(people: People, tmp_path: Path) -> Iterator[People]:
    """Somebody without any role: a service account's token is all of the kubeconfig."""
    cluster, name = people.shop.cluster, f"stranger-{uuid.uuid4().hex[:6]}"
    cluster.kubectl("create", "serviceaccount", name, "-n", people.shop.namespace)
    token = cluster.kubectl("create", "token", name, "-n", people.shop.namespace).stdout.strip()
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    config["users"] = [{"name": "admin", "user": {"token": token}}]
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    yield People(people.shop, kubeconfig=kubeconfig)
    cluster.kubectl("delete", "rolebinding", name, "-n", SYSTEM, "--ignore-not-found")


def repaired(people: People, name: str, words: str) -> str:
    """A restart, carried out and written down; its UID."""
    shop = people.shop
    shop.propose(name, action="kubectl rollout restart deployment/web", description=words)
    shop.planned(name)
    shop.sign(name)
    assert shop.ended(name)["status"]["phase"] == "Succeeded"
    eventually(lambda: shop.get("approval", name)["status"].get("knowledge"), what="the entry")
    return str(shop.get("approval", name)["metadata"]["uid"])


def test_what_was_done_is_found_listed_and_read(people: People) -> None:
    """The real executable, found by kubectl: in a pipe, and on a terminal of 80 columns."""
    word = f"w{uuid.uuid4().hex[:10]}"
    uid = repaired(people, "restart-a", f"購物車逾時 {word}")

    listed = people.kubectl("alice", "search", word, "購物車")
    assert listed.status == Exit.DONE, listed
    head, first, *_ = listed.out.splitlines()
    assert head.split() == ["ID", "AGE", "OUTCOME", "NAMESPACE", "TITLE"]
    assert first.split()[0] == uid[:8]
    assert first.split()[2:4] == ["success", people.shop.namespace]

    written = people.kubectl("alice", "search", "--show", uid[:8])
    assert "- **Command**: `kubectl rollout restart deployment/web`\n" in written.out
    seen = people.typed("alice", "search", "--show", f"{people.shop.namespace}/restart-a", width=80)
    text = without_colours(seen.out)
    assert "Command: kubectl rollout restart deployment/web" in text
    assert max(map(len, text.splitlines())) <= 80 + len(people.shop.namespace)

    entry, *_ = people.run("alice", "search", word, "-o", "json").json
    assert entry["id"] == uid
    assert people.run("alice", "search", word, "--outcome", "failure").status == Exit.NOT_SO
    assert people.plain("search", word, "-n", "elsewhere", "--context", "bob").status == 1


def test_who_may_not_read_is_told_which_role_to_ask_for_and_then_may(stranger: People) -> None:
    cluster, namespace = stranger.shop.cluster, stranger.shop.namespace
    word = f"w{uuid.uuid4().hex[:10]}"
    uid = repaired(stranger, "restart-b", word)

    refused = stranger.plain("search", word, "--context", "admin")
    assert (refused.status, refused.out) == (Exit.REFUSED, "")
    assert f"may not list configmaps in namespace {SYSTEM}" in refused.err
    command = refused.err.partition("kubectl create rolebinding ")[2].partition(". ")[0].split()
    account = command[-1].removeprefix("--user=")
    name = account.rpartition(":")[2]
    assert command[1:] == ["-n", SYSTEM, f"--role={READER}", f"--user={account}"]

    cluster.kubectl("create", "rolebinding", name, *command[1:])
    found = eventually(
        lambda: (
            (said := stranger.plain("search", word, "-o", "json", "--context", "admin")).out
            and said
        ),
        what="the binding to be in force",
    )
    assert json.loads(found.out)[0]["id"] == uid  # The best match comes first.
    # No more than that: not those of the team, and nothing to write.
    elsewhere = ("--operator-namespace", namespace, "--context", "admin")
    assert stranger.plain("search", word, *elsewhere).status == Exit.REFUSED
    for verb in ("create", "patch", "delete", "watch"):
        asked = ("auth", "can-i", verb, "configmaps", "-n", SYSTEM, f"--as={account}")
        assert cluster.kubectl(*asked, check=False).stdout.strip() == "no"


def test_an_operator_that_writes_elsewhere_is_named(people: People) -> None:
    said = people.plain("search", "x", "--operator-namespace", "default", "--context", "admin")
    assert said.status == Exit.NOT_SO
    assert "--operator-namespace" in said.err
