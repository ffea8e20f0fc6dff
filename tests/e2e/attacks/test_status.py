"""Attacks on the status: only the operator says what became of a request."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.e2e.attacks.conftest import People
from tests.support.eventually import eventually
from tests.support.site import Site

USERS = ("alice", "carol", "agent", "gitops", "dave", "eve")
APPROVED = {"status": {"phase": "Approved", "signed": "9/1"}}


@pytest.mark.parametrize("user", USERS)
def test_nobody_writes_it(people: People, waiting: str, user: str) -> None:
    person = people(user)
    denied = 'cannot patch resource "approvalrequests/status"'
    person.merge(waiting, APPROVED, "/status").refused(denied)
    step = {"op": "replace", "path": "/status/phase", "value": "Approved"}
    person.edit(waiting, step, sub="/status").refused(denied)
    body = person.get(waiting)
    body["status"]["phase"] = "Approved"
    denied = 'cannot update resource "approvalrequests/status"'
    person.replace(body, "/status").refused(denied)


def test_a_status_that_is_sent_along_is_dropped(people: People, site: Site, waiting: str) -> None:
    before = site.request(waiting)["status"]
    people("alice").merge(waiting, APPROVED).accepted()
    body = people("alice").get(waiting)
    body["status"]["phase"] = "Approved"
    people("alice").replace(body).accepted()
    people("alice").sign(waiting, dry=True, decision="Approve").accepted()
    assert site.request(waiting)["status"] == before


@pytest.mark.parametrize("tool", ["edit", "replace", "patch"])
def test_kubectl_has_no_way_round(site: Site, waiting: str, tmp_path: Path, tool: str) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/phase: Pending/phase: Approved/' \"$1\"\n")
    editor.chmod(0o700)
    body = site.request(waiting)
    body["status"]["phase"] = "Approved"
    object_file = tmp_path / "request.json"
    object_file.write_text(json.dumps(body))
    command = {
        "edit": ("edit", "approval", waiting),
        "replace": ("replace", "--filename", str(object_file)),
        "patch": ("patch", "approval", waiting, "--type=merge", f"-p={json.dumps(APPROVED)}"),
    }[tool]
    os.environ["KUBE_EDITOR"] = str(editor)
    try:
        answer = site.cluster.kubectl(
            *command, "--subresource=status", "-n", site.namespace, user="alice", check=False
        )
    finally:
        del os.environ["KUBE_EDITOR"]
    assert answer.returncode != 0
    assert "approvalrequests/status" in answer.stderr
    assert site.request(waiting)["status"]["phase"] == "Pending"


def test_a_role_with_ordinary_verbs_on_everything_does_not_let_one_write_it(
    people: People, site: Site, waiting: str
) -> None:
    ordinary = ["get", "list", "create", "update", "patch", "delete"]
    about = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "everything"}}
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ordinary}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "everything"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"}
    site.create({**about, "kind": "Role", "rules": [rule]})
    site.create({**about, "kind": "RoleBinding", "roleRef": reference, "subjects": [subject]})
    sentence = "Only the operator writes the status of a request; eve lacks the verb operate"
    eve = people("eve")
    eventually(
        lambda: sentence in eve.merge(waiting, APPROVED, "/status").message,
        what="eve's Role to be in force",
    )
    # Nor to sign, to record, to propose for others, or to choose an account.
    eve.sign(waiting).refused("takes the verb approve on approvalrequests/")
    eve.sign(waiting, signer="bob", recordedBy="eve").refused("takes the verb sign-as")
    action = {"action": "kubectl rollout restart deployment/web"}
    eve.propose("as-bob", **action, requestedBy="bob").refused("takes the verb request-as")
    eve.propose("power", **action, serviceAccountName="power").refused("takes the verb use on it")
