"""The users, their tokens and their contexts."""

from __future__ import annotations

import base64
import csv
import io
import stat
from pathlib import Path

import yaml

from devcluster.keys import signing_key
from devcluster.kubeconfig import impersonating, own_cluster, render, write_private
from devcluster.users import PEOPLE, User, new_tokens, token_file


def test_the_token_file_holds_each_user_with_all_groups() -> None:
    people = (User("alice", ("sre",)), User("zoe", ("sre", "owners")))
    text = token_file(people, {"alice": "one", "zoe": "two"})
    assert list(csv.reader(io.StringIO(text))) == [
        ["one", "alice", "alice", "sre"],
        ["two", "zoe", "zoe", "sre,owners"],
    ]


def test_tokens_differ_between_users_and_between_starts() -> None:
    tokens = [*new_tokens(PEOPLE).values(), *new_tokens(PEOPLE).values()]
    assert len(set(tokens)) == 2 * len(PEOPLE)


def test_a_kubeconfig_has_a_context_for_each_user_and_trusts_only_the_server() -> None:
    cluster = own_cluster("https://127.0.0.1:18000", b"a certificate")
    users = {"admin": {"token": "t1"}, "alice": {"token": "t2"}}
    config = yaml.safe_load(render(cluster, users, current="admin", namespace="shop"))
    assert config["current-context"] == "admin"
    assert {entry["name"]: entry["context"] for entry in config["contexts"]} == {
        name: {"cluster": "countersign", "user": name, "namespace": "shop"} for name in users
    }
    assert {entry["name"]: entry["user"] for entry in config["users"]} == users
    (stanza,) = (entry["cluster"] for entry in config["clusters"])
    assert base64.b64decode(stanza["certificate-authority-data"]) == b"a certificate"
    assert "insecure-skip-tls-verify" not in stanza


def test_on_a_borrowed_cluster_users_are_impersonated() -> None:
    stanza = impersonating({"token": "mine"}, User("alice", ("sre",)))
    assert stanza == {"token": "mine", "as": "alice", "as-groups": ["sre"]}


def test_files_with_credentials_are_for_their_owner_only(tmp_path: Path) -> None:
    path = write_private(tmp_path / "kubeconfig", "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert write_private(path, "new secret").read_text("utf-8") == "new secret"
    assert list(tmp_path.iterdir()) == [path]


def test_a_signing_key_is_an_ec_private_key_on_p256_and_new_each_time() -> None:
    first, *body, last = signing_key().splitlines()
    assert (first, last) == ("-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----")
    der = base64.b64decode("".join(body))
    assert der[:2] == bytes((0x30, len(der) - 2))
    assert der[2:7] == bytes.fromhex("0201010420")
    assert der[39:] == bytes.fromhex("a00a06082a8648ce3d030107")
    assert signing_key() != signing_key()


def test_every_group_of_the_people_but_the_masters_is_bound_in_the_manifest() -> None:
    manifest = Path(__file__).parents[3] / "devcluster" / "users.yaml"
    objects = filter(None, yaml.safe_load_all(manifest.read_text("utf-8")))
    bindings = [each for each in objects if "roleRef" in each]
    bound = {subject["name"] for binding in bindings for subject in binding["subjects"]}
    assert bound == {group for user in PEOPLE for group in user.groups} - {"system:masters"}
