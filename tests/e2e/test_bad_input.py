"""Whatever is sent in: it ends in a condition with a reason and a sentence, and the operator lives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from devcluster import Cluster, OperatorProcess
from devcluster.errors import CommandError
from tests.support.caller import RefusedError
from tests.support.eventually import eventually
from tests.support.shop import JsonObject, Shop, condition, request_object

RESTART = "kubectl rollout restart deployment/web"
NOWHERE = {"template": {"spec": {"nodeSelector": {"no": "such-node"}}}}


@dataclass(frozen=True)
class Bad:
    """What is wrong, the condition's reason, and words of the sentence that says what to do."""

    spec: dict[str, Any]
    reason: str
    words: tuple[str, ...]


def text(action: str, *words: str) -> Bad:
    return Bad({"action": action}, "Unparseable", words)


def typed(type_: str, name: str, **rest: Any) -> dict[str, Any]:
    target = {"kind": "Deployment", "name": name}
    return {"operation": {"type": type_, "target": target, **rest}}


BAD = {
    "empty": text("", "The action is empty. Write a kubectl command."),
    "blank": text(" \n\t ", "The action is empty. Write a kubectl command."),
    "four-kib": text("x" * 4096, "Write a kubectl command"),
    "four-kib-of-three-byte-signs": text("重" * 4096, "Write"),
    "no-command": text("make it so", "Write a kubectl command"),
    "unknown-kind": text(
        "kubectl rollout restart gizmo/web", '"gizmo" is no kind', "deployment/web"
    ),
    "unknown-verb": text(
        "kubectl frobnicate deployment/web", "frobnicate", "kubectl rollout restart"
    ),
    "read-only": text("kubectl get pods", "changes nothing", "Run it yourself."),
    "negative-replicas": text(
        "kubectl scale deployment/web --replicas=-1",
        '"-1"',
        "Write a whole number from 0 to 10000.",
    ),
    "semicolon": text(f"{RESTART}; kubectl delete namespace prod", ";", "Write one plain command"),
    "substitution": text(f"{RESTART} -n $(cat ns)", "substitution", "Write one plain command"),
    "backticks": text(f"{RESTART} -n `cat ns`", "`", "Write one plain command"),
    "emoji": text("restart 🚀 the deployment web", "🚀", "Write for example"),
    "nul": text(f"{RESTART}\u0000", "U+0000", "Type the text anew"),
    "right-to-left": text(f"{RESTART}\u202e", "RIGHT-TO-LEFT OVERRIDE", "Type the text anew"),
    "zero-width": text("kubectl rollout restart deployment/we\u200bb", "ZERO WIDTH SPACE", "anew"),
    "no-target": Bad(
        {"action": "kubectl rollout restart deployment/gone"},
        "TargetNotFound",
        ("/gone was not found.", "Check kind, name and namespace."),
    ),
    "no-target-typed": Bad(
        typed("Scale", "gone", scale={"replicas": 2}),
        "TargetNotFound",
        ("/gone was not found.", "Check kind, name and namespace."),
    ),
    "no-service-account": Bad(
        {"action": RESTART, "serviceAccountName": "nobody"},
        "Forbidden",
        ("may not act as service account", "/nobody. Allow it", "spec.serviceAccountName"),
    ),
    "powerless-service-account": Bad(
        {"action": RESTART, "serviceAccountName": "powerless"},
        "Forbidden",
        ("/powerless", "a role that allows it"),
    ),
    "service-account-not-opened": Bad(
        {"action": RESTART, "serviceAccountName": "default"},
        "Forbidden",
        ("may not act as service account", "/default. Allow it in that namespace"),
    ),
    "not-as-many-replicas": Bad(
        typed("Scale", "web", scale={"replicas": 2, "currentReplicas": 9}),
        "Invalid",
        ("has 1 replicas, not 9.",),
    ),
}


@pytest.fixture(scope="module")
def refused(cluster: Cluster, operator: OperatorProcess) -> dict[str, JsonObject]:
    """All of it sent at once, and what became of each."""
    shop = Shop.opened(cluster)
    shop.deploy("web", replicas=1)
    _open_account(shop, "powerless")
    _let_agents_choose(shop)
    shop.send(*(request_object(name, **bad.spec) for name, bad in BAD.items()), user="agent")
    found = shop.all_ended()
    assert operator.alive()
    assert shop.carried_out("good", action=RESTART)["status"]["phase"] == "Succeeded"
    assert shop.revisions("web") == 2
    return found


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_in_a_condition_that_says_what_to_change(
    refused: dict[str, JsonObject], name: str
) -> None:
    bad, status = BAD[name], refused[name]["status"]
    planned = condition(status, "Planned")
    assert status["phase"] == "Failed"
    assert planned["status"] == "False"
    assert planned["reason"] == bad.reason, planned
    for words in bad.words:
        assert words in planned["message"]
    assert status["message"] == planned["message"]
    [event] = [event for event in status["timeline"] if event["status"] == "error"]
    assert event["type"] == ("exec" if bad.reason == "Unparseable" else "plan")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"action": "x" * 4097}, "4096"),
        ({}, "Write exactly one of action (text) and operation (typed)."),
        ({"action": RESTART, **typed("RestartRollout", "web")}, "exactly one of action"),
        (typed("Scale", "web", scale={"replicas": -1}), "greater than or equal to 0"),
        (typed("Scale", "web"), "scale belongs to type Scale"),
        (typed("Frobnicate", "web"), "Unsupported value"),
        ({"action": RESTART, "retry": {"delay": "soon"}}, "spec.retry.delay"),
        ({"action": RESTART, "serviceAccountName": "../other"}, "spec.serviceAccountName"),
    ],
)
def test_what_the_schema_excludes_is_refused_by_the_api_server(
    shop: Shop, spec: dict[str, Any], words: str
) -> None:
    with pytest.raises(RefusedError) as refusal:
        shop.propose("r", verb="create", **spec)
    assert words in str(refusal.value)


def test_two_hundred_requests_at_once_all_end(shop: Shop, operator: OperatorProcess) -> None:
    shop.deploy("web", replicas=1)
    _let_agents_choose(shop)
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("dry", {"action": RESTART, "dryRun": True}),
        ("prose", {"action": "make it so"}),
        ("gone", {"action": "kubectl rollout restart deployment/gone"}),
        ("nobody", {"action": RESTART, "serviceAccountName": "nobody"}),
    ]
    sent = [
        request_object(f"{kind}-{number}", **spec) for number in range(50) for kind, spec in kinds
    ]
    shop.send(*sent, user="agent")
    ended = shop.all_ended(seconds=120)
    assert len(ended) == 200
    reasons = {
        kind: {
            (item["status"]["phase"], condition(item["status"], "Planned")["reason"])
            for name, item in ended.items()
            if name.startswith(kind)
        }
        for kind, _ in kinds
    }
    assert reasons == {
        "dry": {("Succeeded", "Planned")},
        "prose": {("Failed", "Unparseable")},
        "gone": {("Failed", "TargetNotFound")},
        "nobody": {("Failed", "Forbidden")},
    }
    assert shop.get("deployment", "web")["metadata"]["generation"] == 1
    assert operator.alive()


# --- Deleted while it is carried out --------------------------------------------------------------


def _under_way(shop: Shop, **spec: Any) -> JsonObject:
    """A request whose Deployment cannot become ready, so that its verification lasts."""
    shop.deploy("stuck", replicas=1)
    shop.kubectl("patch", "deployment", "stuck", "-p", json.dumps({"spec": NOWHERE}))
    shop.propose("r", action="kubectl rollout restart deployment/stuck", **spec)
    shop.planned("r")
    shop.sign("r")
    return shop.when("r", lambda status: status.get("phase") == "Executing")


def test_a_request_that_is_carried_out_cannot_be_deleted_by_those_who_may_delete(
    shop: Shop,
) -> None:
    role = (
        "create",
        "role",
        "deleter",
        "--verb=delete",
        "--resource=approvalrequests.countersign.dev",
    )
    shop.kubectl(*role)
    shop.kubectl("create", "rolebinding", "deleter", "--role=deleter", "--user=bob")
    _under_way(shop, verify={"timeout": "4s"})
    with pytest.raises(CommandError, match="it is being carried out and cannot be deleted"):
        shop.kubectl("delete", "approvalrequest", "r", user="bob")
    assert shop.ended("r")["status"]["phase"] == "Failed"
    shop.kubectl("delete", "approvalrequest", "r", user="bob")


def test_the_operator_survives_that_a_request_is_deleted_while_it_is_carried_out(
    shop: Shop, operator: OperatorProcess
) -> None:
    uid = _under_way(shop, verify={"timeout": "5s"})["metadata"]["uid"]
    shop.kubectl("delete", "approvalrequest", "r")

    def remembered() -> bool:
        maps = shop.by("admin").every("ConfigMap", "countersign-system")
        return any(uid in cm.get("data", {}) for cm in maps)

    eventually(remembered, what="the knowledge entry of the deleted request", seconds=60)
    assert operator.alive()
    shop.deploy("web", replicas=1)
    shop.settled("web")
    assert shop.carried_out("good", action=RESTART)["status"]["phase"] == "Succeeded"
    assert list(shop.requests()) == ["good"]


def _let_agents_choose(shop: Shop) -> None:
    """The agent may propose as any service account."""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "use"},
        "rules": [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["use"]}],
    }
    shop.send(role)
    shop.kubectl("create", "rolebinding", "use", "--role=use", "--group=agents")
    eventually(
        lambda: shop.by("agent").may("use", "serviceaccounts", namespace=shop.namespace),
        what="the agent to be allowed to use any service account",
    )


def _open_account(shop: Shop, name: str) -> None:
    """A service account that the operator may act as, and that may do nothing."""
    shop.kubectl("create", "serviceaccount", name)
    shop.kubectl(
        "create", "role", name,
        "--verb=impersonate", "--resource=serviceaccounts", f"--resource-name={name}",
    )  # fmt: skip
    operator = "--serviceaccount=countersign-system:countersign-operator"
    shop.kubectl("create", "rolebinding", name, f"--role={name}", operator)
