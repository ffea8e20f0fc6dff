"""What of an action is told beyond the request: no value that its name, or its look, says is a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from countersign.actions.discretion import told
from countersign.actions.render import action_text
from tests.support.fakes_objects import request

ENV_PATH = "/spec/template/spec/containers/0/env"
ENV = {"type": "SetEnv", "target": {"kind": "Deployment", "name": "web"}}
PATCH = '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[%s]}]}}}}'


def patch(entry: str) -> dict[str, Any]:
    target = {"kind": "Deployment", "name": "web"}
    return {"type": "Patch", "target": target, "patch": {"patch": PATCH % entry}}


def json_patch(op: str, path: str, value: object) -> dict[str, Any]:
    steps = json.dumps([{"op": op, "path": path, "value": value}])
    target = {"kind": "Deployment", "name": "web"}
    return {"type": "Patch", "target": target, "patch": {"type": "json", "patch": steps}}


SECRETIVE: dict[str, dict[str, Any]] = {
    "a command": {"action": "kubectl set env deployment/web DB_PASSWORD=hunter2 A=b"},
    "a command in quotes": {"action": "kubectl set env deployment/web 'DB_PASSWORD=it is hunter2'"},
    "a command among words": {
        "action": "Run `kubectl set env deployment/web API_TOKEN=hunter2` please."
    },
    "a login in an address": {
        "action": "kubectl set env deployment/web DB=postgres://web:hunter2@db/shop"
    },
    "a typed one": {"operation": ENV | {"setEnv": {"set": {"DB_PASSWORD": "hunter2"}}}},
    "a patch": {"operation": patch('{"name":"DB_PASSWORD","value":"hunter2"}')},
    "the value of a variable that only its place names": {
        "operation": json_patch("replace", f"{ENV_PATH}/0/value", "hunter2")
    },
    "a guess at the value of such a variable": {
        "operation": json_patch("test", "/spec/env/11/value", "hunter2")
    },
    "the same as a command": {
        "action": "kubectl patch deployment/web --type=json -p '"
        f'[{{"op":"add","path":"{ENV_PATH}/1/value","value":"hunter2"}}]'
        "'"
    },
    "the same in a command that is refused": {
        "action": "kubectl patch deployment/web --type=json --dry-run=server -p '"
        f'[{{"op":"add","path":"{ENV_PATH}/1/value","value":"hunter2"}}]'
        "'"
    },
    "a patch in a command that is refused": {
        "action": "kubectl patch deployment/web --dry-run=server -p '"
        + PATCH % '{"name":"DB_PASSWORD","value":"it is hunter2"}'
        + "'"
    },
    "a variable that is put at the end": {
        "operation": json_patch("add", f"{ENV_PATH}/-", {"name": "TOKEN", "value": "hunter2"})
    },
    "a variable in the place of another": {
        "operation": json_patch("add", f"{ENV_PATH}/0", {"name": "TOKEN", "value": "hunter2"})
    },
    "all variables": {
        "operation": json_patch(
            "replace", ENV_PATH, [{"name": "A"}, {"name": "DB_PASSWORD", "value": "hunter2"}]
        )
    },
    "a patch as a command": {
        "action": "kubectl patch deployment/web -p '"
        + PATCH % '{"name":"DB_PASSWORD","value":"hunter2"}'
        + "'"
    },
    "arguments in a patch": {
        "operation": patch('{"name":"A"}],"args":["--port","80","--token","hunter2"')
    },
    "a command in a pod": {"action": "kubectl exec web-0 -- env PGPASSWORD=hunter2 psql"},
    "a patch of a Secret": {
        "action": """kubectl patch secret web -p '{"stringData":{"password":"hunter2"}}'"""
    },
    "a command in a pod, behind another value": {
        "action": "kubectl exec web-0 -- sh -c 'export A=b; PGPASSWORD=hunter2 psql'"
    },
    "a login in an address that asks for something": {
        "action": "kubectl exec web-0 -- curl https://web:hunter2@web/?a=b"
    },
    "a login in an address that asks for a token": {
        "action": "kubectl exec web-0 -- curl https://web:hunter2@web/?token=b"
    },
    "an option of what cannot be done here": {
        "action": "kubectl create secret generic web --from-literal=password=hunter2"
    },
    "an option's word of a command in a pod": {
        "action": "kubectl exec web-0 -- mysql --password hunter2 -u root"
    },
    "the same, typed": {
        "operation": {
            "type": "Exec",
            "target": {"kind": "Pod", "name": "web-0"},
            "exec": {"command": ["curl", "-H", "Authorization: Bearer hunter2", "web"]},
        }
    },
    "an option's word of what is refused": {
        "action": "kubectl exec web-0 -- mysql --password 'hunter2 hunter2' | head"
    },
    "an option's word of another tool": {
        "action": "helm upgrade web ./web --password hunter2 --namespace shop"
    },
    "arguments in a variable": {
        "operation": ENV | {"setEnv": {"set": {"ARGS": "--port 80 --token hunter2"}}}
    },
    "what is not understood": {"action": "please set DB_PASSWORD=hunter2 in web"},
}


@pytest.mark.parametrize("what", SECRETIVE)
def test_a_secret_is_not_told(what: str) -> None:
    text = told(request(**SECRETIVE[what]))
    assert "hunter2" not in text
    assert "(hidden)" in text
    assert "web" in text


@pytest.mark.parametrize(
    "action",
    [
        "kubectl set env deployment/web LOG_LEVEL=debug",
        "Restart deployment web.",
        "please do something",
        "kubectl exec web-0 -- ls -l",
        "kubectl patch deployment/web --dry-run=server -p '"
        + PATCH % '{"name":"A","value":"b"}'
        + "'",
        "kubectl exec web-0 -- tool --password-file /x --token-ttl 5m",
        "kubectl label deployment/web tier=back  # as asked for in INC-1",
        "kubectl patch deployment/web -p '" + PATCH % '{"name":"A","value":"b"}' + "'",
    ],
)
def test_all_else_is_told_to_the_letter(action: str) -> None:
    assert told(request(action=action)) == action


@pytest.mark.parametrize(
    "step",
    [
        ("add", f"{ENV_PATH}/-", {"name": "LOG_LEVEL", "value": "debug"}),
        ("replace", ENV_PATH, [{"name": "LOG_LEVEL", "value": "debug"}]),
        ("replace", f"{ENV_PATH}/0/name", "LOG_LEVEL"),
        ("add", f"{ENV_PATH}/0/valueFrom", {"fieldRef": {"fieldPath": "spec.nodeName"}}),
        ("replace", "/spec/replicas", 3),
        ("replace", "/spec/env/value", "debug"),
    ],
)
def test_a_json_patch_of_anything_else_is_told(step: tuple[str, str, object]) -> None:
    whole = request(operation=json_patch(*step))
    assert told(whole) == action_text(whole)


def test_of_a_command_with_a_secret_beside_it_only_the_command_is_told() -> None:
    action = "kubectl rollout restart deployment/web # DB_PASSWORD=hunter2"
    assert told(request(action=action)) == "kubectl rollout restart deployment/web"


def test_a_text_of_any_shape_is_told() -> None:
    assert told(request(action="A=" * 2000)) == "A=" * 2000
    deep = "[" * 2000 + "]" * 2000
    assert "web" in told(request(action=f"kubectl patch deployment/web -p '{deep}'"))
