"""What is sent: signatures, withdrawals, reverse operations, proposals, accounts."""

from __future__ import annotations

import io
from typing import Any

import pytest

from countersign.api.operation import Operation, OperationType
from countersign.plugin import accounts, proposals, signing, undoing
from countersign.plugin.acts.deciding import sign
from countersign.plugin.commands.deciding import Saying
from countersign.plugin.exits import Exit, PluginError
from countersign.plugin.options import Output, Where
from countersign.plugin.reviews import Person
from countersign.plugin.screen import Screen
from countersign.plugin.signing import Decision
from countersign.policy.abilities import Ability, needed_for
from tests.support.manifests import MANIFESTS, documents
from tests.support.requests_made import (
    DIGEST,
    NOW,
    OTHER,
    UID,
    item,
    request,
    scaled_back,
    signature,
    step,
)

ALICE = Person("alice", ("sre", "system:authenticated"))


# --- Signing ---------------------------------------------------------------------------------


def test_a_signature_is_ones_own_entry_bound_to_the_plan_that_was_shown() -> None:
    body = signing.entry_body(request(), ALICE, Decision.APPROVE, DIGEST, "ok")
    assert body == {
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ApprovalRequest",
        "metadata": {"name": "scale-web", "namespace": "shop", "uid": UID},
        "spec": {
            "signatures": [
                {
                    "signer": "alice",
                    "decision": "Approve",
                    "plan": DIGEST,
                    "groups": ["sre"],
                    "comment": "ok",
                }
            ]
        },
    }


def test_whoever_breaks_the_glass_says_so_in_the_entry() -> None:
    body = signing.entry_body(request(), ALICE, Decision.BREAK_GLASS, DIGEST, "Site is down.")
    [entry] = body["spec"]["signatures"]
    assert (entry["decision"], entry["breakGlass"]) == ("Approve", True)
    plain = request(spec={"signatures": [signature("alice", comment="Site is down.")]})
    said = signing.says_so_already(plain, ALICE, Decision.BREAK_GLASS, DIGEST, "Site is down.")
    assert said is False


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_whoever_breaks_the_glass_has_to_say_why(reason: str | None) -> None:
    screen = Screen(io.StringIO(), io.StringIO())
    with pytest.raises(PluginError, match="takes a reason: say it with -m"):
        sign(screen, Where(), "r", Saying(message=reason, yes=True), Output(), Decision.BREAK_GLASS)


def test_groups_are_named_as_the_admission_policy_would() -> None:
    many = Person("x", tuple(f"g{number}" for number in range(65)))
    assert many.groups_to_sign_with == ()
    assert Person("x", ("a", "b" * 257)).groups_to_sign_with == ("a",)


@pytest.mark.parametrize("name", ["alice", "system:serviceaccount:ns:bot", "x" * 300, "a\x1b"])
def test_every_person_has_a_field_manager_of_their_own(name: str) -> None:
    manager = signing.manager_of(Person(name, ()))
    assert len(manager) <= 128
    assert manager.isprintable()
    assert manager != signing.manager_of(Person(name + "2", ()))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "decided": ({"phase": "Succeeded"}, "has been decided"),
    "unplanned": ({"status": {"plan": None, "conditions": []}}, "has no plan yet"),
    "ones own": ({"spec": {"requestedBy": "alice"}}, "so cannot sign it"),
    "dry run": ({"spec": {"dryRun": True}}, "nothing to sign"),
}


@pytest.mark.parametrize(("parts", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_nobody_is_asked_for_what_would_be_refused(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(PluginError, match=says) as refusal:
        signing.digest_to_sign(request(**parts), ALICE, None)
    assert refusal.value.exit is Exit.REFUSED


def test_only_the_plan_that_was_seen_is_signed() -> None:
    assert signing.digest_to_sign(request(), ALICE, DIGEST) == DIGEST
    with pytest.raises(PluginError, match="has changed since it was shown"):
        signing.digest_to_sign(request(), ALICE, OTHER)


@pytest.mark.parametrize(
    ("entry", "comment", "same"),
    [
        (signature("alice"), None, True),
        (signature("alice", comment="a"), "a", True),
        (signature("alice", comment="a"), "b", False),
        (signature("alice", plan=OTHER), None, False),
        (signature("alice", decision="Deny"), None, False),
        (signature("alice", recordedBy="gitops"), None, False),
        (signature("bob"), None, False),
    ],
)
def test_what_is_written_already_is_not_written_again(
    entry: dict[str, Any], comment: str | None, same: bool
) -> None:
    signed = request(spec={"signatures": [entry]})
    said = signing.says_so_already(signed, ALICE, Decision.APPROVE, DIGEST, comment)
    assert said is same


def test_a_withdrawal_takes_out_ones_own_entry_wherever_it_stands() -> None:
    signed = request(spec={"signatures": [signature("bob"), signature("alice")]})
    assert signing.withdrawal(signed, ALICE) == [
        {"op": "test", "path": "/metadata/uid", "value": UID},
        {"op": "test", "path": "/spec/signatures/1/signer", "value": "alice"},
        {"op": "remove", "path": "/spec/signatures/1"},
    ]
    with pytest.raises(PluginError, match="have not signed") as refusal:
        signing.withdrawal(request(), ALICE)
    assert refusal.value.exit is Exit.MISSING


# --- Undoing ---------------------------------------------------------------------------------


def finished(**status: Any) -> dict[str, Any]:
    """A status with a result."""
    result = {"durationMilliseconds": 1, "message": "done", "changed": True}
    return {"result": result | status.pop("result", {}), **status}


def several(*steps: dict[str, Any], results: list[dict[str, Any]]) -> Any:
    """A finished request of several steps."""
    plan = item()["status"]["plan"] | {"steps": list(steps)}
    return request(phase="Failed", status=finished(plan=plan, result={"steps": results}))


def done(name: str, *, changed: bool = True) -> dict[str, Any]:
    """What came of a step."""
    outcome = "Succeeded" if changed else "NotRun"
    return {"target": f"Deployment/{name}", "outcome": outcome, "changed": changed}


def test_one_step_is_taken_back_as_its_status_says() -> None:
    past = request(phase="Succeeded", status=finished(undo=scaled_back()))
    assert undoing.reverse_of(past) == (Operation.model_validate(scaled_back()),)


def test_several_steps_are_taken_back_in_reverse_and_alike_ones_together() -> None:
    names = ("a", "b", "c")
    steps = [step(name, undo=scaled_back(name, 2 if name == "c" else 3)) for name in names]
    past = several(*steps, results=[done(name) for name in names])
    first, second = undoing.reverse_of(past)
    assert first == Operation.model_validate(scaled_back("c", 2))
    assert [each.name for each in second.all_targets] == ["b", "a"]
    assert second.scale is not None
    assert second.scale.replicas == 3


def test_only_what_was_done_is_taken_back() -> None:
    steps = [step("a", undo=scaled_back("a")), step("b")]
    past = several(*steps, results=[done("a"), done("b", changed=False)])
    assert [each.one.name for each in undoing.reverse_of(past)] == ["a"]


@pytest.mark.parametrize(
    ("past", "says"),
    [
        (request(), "nothing to take back yet"),
        (request(phase="Denied"), "has changed nothing"),
        (request(phase="Succeeded", status=finished(result={"changed": False})), "changed nothing"),
        (request(phase="Succeeded", status=finished()), "no operation that takes this back: Scale"),
        (several(step("a"), step("b"), results=[done("a")]), "no operation that takes this back"),
    ],
)
def test_what_cannot_be_taken_back_is_refused(past: Any, says: str) -> None:
    with pytest.raises(PluginError, match=says):
        undoing.reverse_of(past)


# --- Proposing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stem", "namespace"),
    [
        ("kubectl rollout restart deployment/web -n shop", "restart-web", "shop"),
        ("kubectl set image deployment/web main=a:1", "set-image-web", None),
        ("kubectl delete pod web-0", "delete-pod-web-0", None),
        ("kubectl scale deployment/a.b --replicas=1", "scale-a-b", None),
        ("kubectl scale deployment/" + "x" * 100 + " --replicas=1", "scale-" + "x" * 42, None),
    ],
)
def test_names_and_namespaces_come_from_the_action(
    text: str, stem: str, namespace: str | None
) -> None:
    operation = proposals.understood(text)
    assert proposals.stem(operation) == stem
    assert proposals.namespace_of(operation) == namespace


def test_what_is_not_understood_is_refused_with_its_reason() -> None:
    with pytest.raises(PluginError, match="This action is refused: "):
        proposals.understood("kubectl get pods")
    assert proposals.text_of(["restart web now"]) == "restart web now"
    assert (
        proposals.text_of(["kubectl", "label", "pod/x", "a=b c"]) == "kubectl label pod/x 'a=b c'"
    )


def test_an_operation_can_be_typed_as_flags() -> None:
    typed = proposals.typed("scale", ["shop/deploy/web"], ["replicas=5"])
    assert typed.to_json() == {
        "type": "Scale",
        "target": {"kind": "Deployment", "name": "web", "namespace": "shop"},
        "scale": {"replicas": 5},
    }
    labels = proposals.typed("Label", ["pod/a", "pod/b"], ["set.team=web", "remove=[old]"])
    assert [each.name for each in labels.all_targets] == ["a", "b"]
    assert labels.to_json()["label"] == {"set": {"team": "web"}, "remove": ["old"]}
    assert proposals.typed("restart-rollout", ["sts/db"], []).type is OperationType.RESTART_ROLLOUT


@pytest.mark.parametrize(
    ("type_", "targets", "given", "says"),
    [
        ("Reboot", [], [], "no operation 'Reboot'"),
        ("Scale", ["web"], [], "write KIND/NAME"),
        ("Scale", ["unicorn/web"], [], "write KIND/NAME"),
        ("Scale", ["a/b/deploy/web"], [], "write KIND/NAME"),
        ("Scale", ["deploy/web"], ["replicas"], "write KEY=VALUE"),
        ("Scale", ["deploy/web"], ["replicas=many"], "That is no Scale: scale.replicas"),
        ("Scale", ["deploy/web"], ["a=1", "a.b=2"], "has a value already"),
        ("Scale", ["deploy/web"], ["a={"], "no YAML"),
        ("Scale", [], ["replicas=1"], "exactly one of target and targets"),
        ("CordonNode", ["node/a"], ["x=1"], "takes no parameters"),
        ("CordonNode", ["deploy/a"], [], "works on Node only"),
    ],
)
def test_flags_that_do_not_fit_are_refused(
    type_: str, targets: list[str], given: list[str], says: str
) -> None:
    with pytest.raises(PluginError, match=says):
        proposals.typed(type_, targets, given)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", r"no YAML \(line 1\)"),
        ("", "hold one ApprovalRequest"),
        ("a: 1\n---\nb: 2", "hold one ApprovalRequest"),
        ("apiVersion: v1\nkind: Secret", "apiVersion countersign.dev/v1alpha1"),
        ("apiVersion: countersign.dev/v1alpha1\nkind: ApprovalRequest\nspec: 1", "spec has to be"),
        ("apiVersion: countersign.dev/v1alpha1\nkind: ApprovalRequest", "spec is empty"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(text: str, says: str) -> None:
    with pytest.raises(PluginError, match=says):
        proposals.from_file(text)


def test_the_sample_request_can_be_proposed() -> None:
    body = proposals.from_file((MANIFESTS / "samples" / "approvalrequest.yaml").read_text())
    assert body["metadata"]["generateName"] == "restart-web-"


def test_times_are_given_as_such_or_from_now_on() -> None:
    assert proposals.time_of("2h", NOW, "--x") == "2026-11-27T14:00:00.000000Z"
    assert (
        proposals.time_of("2026-12-01T22:00:00+01:00", NOW, "--x") == "2026-12-01T21:00:00.000000Z"
    )
    with pytest.raises(PluginError, match="--x: 'tomorrow' is no time"):
        proposals.time_of("tomorrow", NOW, "--x")
    assert proposals.duration_of("24h", "--x") == "24h"
    for text, says in {"1 day": "is no duration", "0s": "longer than nothing"}.items():
        with pytest.raises(PluginError, match=says):
            proposals.duration_of(text, "--x")


# --- Accounts --------------------------------------------------------------------------------


def test_roles_are_picked_by_what_they_are_for() -> None:
    assert accounts.abilities_of(["restart,scale", "image"]) == (
        Ability.RESTART_AND_SCALE,
        Ability.ROLLOUTS,
    )
    for allow, says in {"": "Say what is to be allowed", "root": "'root': there is no"}.items():
        with pytest.raises(PluginError, match=says):
            accounts.abilities_of([allow])


def test_every_ability_is_a_role_that_is_there() -> None:
    folder = MANIFESTS / "cluster" / "executors"
    files = [file for file in folder.glob("*.yaml") if file.name != "kustomization.yaml"]
    there = {document["metadata"]["name"] for file in files for document in documents(file)}
    assert there == {each.role for each in Ability}
    assert set(accounts.MEANINGS) == set(Ability)
    assert {needed_for(each) for each in OperationType} == set(Ability)


def test_what_setup_applies_is_what_the_sample_has() -> None:
    sample = documents(MANIFESTS / "samples" / "executor.yaml")
    ours = [each.body for each in accounts.objects("team", (Ability.RESTART_AND_SCALE,))]
    for wanted, made in zip(sample, ours, strict=True):
        assert made["metadata"].pop("namespace") == "team"
        for subject in made.get("subjects", []):
            assert subject.pop("namespace") == "team"
        assert made == wanted


def test_nodes_are_bound_in_the_whole_cluster_under_a_name_of_the_namespace() -> None:
    [_, binding] = accounts.objects("team", (Ability.NODES,))
    assert binding.body["kind"] == "ClusterRoleBinding"
    assert binding.body["metadata"]["name"] == "countersign-can-nodes.team"
    assert binding.path.namespace is None


def test_a_binding_of_somebody_elses_is_left_if_it_does_the_same() -> None:
    [_, wanted] = accounts.objects("team", (Ability.PODS,))
    live = {**wanted.body, "subjects": [{"kind": "ServiceAccount", "name": "countersign-executor"}]}
    assert accounts.binds_as_well(live, wanted.body)
    assert not accounts.binds_as_well({**live, "subjects": []}, wanted.body)
    assert not accounts.binds_as_well({**live, "roleRef": {"name": "admin"}}, wanted.body)
