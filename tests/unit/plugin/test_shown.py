"""What people read: one request, many, and what one still needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.plugin import tables, words
from countersign.plugin.acts.looking import nothing_over
from countersign.plugin.details import details
from countersign.plugin.explaining import You, explanation, may_approve
from countersign.plugin.screen import Line
from countersign.policy.approval_policies.named_policy import NamedPolicy, read_policy
from countersign.policy.explaining.explanation import explain
from tests.support.requests_made import NOW, OTHER, JsonObject, item, request, signature, step
from tests.support.terminals import HOSTILE, dangerous


def text(lines: Any) -> str:
    """As it is in a pipe."""
    return "".join(f"{line.plain}\n" for line in lines if isinstance(line, Line))


SHOWN = """\
shop/scale-web  Pending
Waits for 1 more signature of 1.

Action        kubectl scale deployment/web --replicas=5
Why           Sale at 20:00.
Requested by  agent, 3m10s ago
Runs as       service account countersign-executor
Risk          medium

Plan 1, made 3m ago
  sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  Scale Deployment shop/web from 3 to 5 replicas
    spec.replicas
    - 3
    + 5
  Felt by     2 pods
  Felt by     Services: shop/web

Signatures (0/1)
  - bob (sre) approves: ok - does not count: it is for another plan
  ✗ carol denies

Conditions
  Planned   True    Planned: Scale Deployment shop/web from 3 to 5 replicas
  Approved  False   SignaturesMissing: Waits for 1 more signature of 1.

To sign it: kubectl countersign approve scale-web -n shop
What it still needs: kubectl countersign explain scale-web -n shop
"""


def test_a_request_is_shown_with_everything_that_a_signer_needs() -> None:
    entries = [
        signature("bob", plan=OTHER, groups=["sre"], comment="ok"),
        signature("carol", decision="Deny"),
    ]
    assert text(details(request(spec={"signatures": entries}), NOW)) == SHOWN


def test_a_command_that_is_too_long_for_a_plan_is_shown_whole() -> None:
    command = ["sh", "-c", f"echo {'a' * 1200}; rm -rf /data"]
    target = {"kind": "Pod", "name": "web-0"}
    operation = {"type": "Exec", "target": target, "exec": {"command": command}}
    spec = {"action": None, "operation": operation}
    shown = text(details(request(spec=spec), NOW))
    assert f"Action        kubectl exec web-0 -- sh -c 'echo {'a' * 1200}; rm -rf /data'\n" in shown


@pytest.mark.parametrize(
    "change",
    [
        {"field": "data[key]", "after": "a… (sha256:0123456789abcdef)"},
        {"field": "…", "after": "37 more changes (sha256:0123456789abcdef)"},
    ],
)
def test_a_manifest_is_shown_where_the_plan_does_not_tell_all_of_it(change: JsonObject) -> None:
    manifest = f"kind: ConfigMap\ndata:\n  key: {'a' * 1200}\n  last: hostPID\x1b[2J\n"
    spec = {"action": None, "operation": {"type": "Apply", "apply": {"manifest": manifest}}}
    plan = item()["status"]["plan"]
    assert "hostPID" not in text(details(request(spec=spec), NOW))
    plan["steps"][0]["changes"] = [change]
    shown = text(details(request(spec=spec, status={"plan": plan}), NOW))
    assert "Manifest      kind: ConfigMap\n" in shown
    assert "  last: hostPID\\x1b[2J\n" in shown


def test_a_request_that_is_over_tells_its_outcome_and_what_takes_it_back() -> None:
    status = {
        "undo": step()["operation"],
        "result": {
            "durationMilliseconds": 12,
            "message": "done",
            "changed": True,
            "output": "line 1\nline 2\x1b[2J",
            "steps": [{"target": "Deployment/web", "outcome": "Succeeded", "message": "ok"}],
        },
        "timeline": [
            {
                "type": "exec",
                "status": "error",
                "title": "Failed",
                "description": "why",
                "actor": "countersign",
                "actorRole": "executor",
                "time": "2026-11-27T11:59:00Z",
            }
        ],
    }
    shown = text(details(request(phase="Succeeded", status=status), NOW))
    assert (
        "Outcome\n  done\n    Succeeded  Deployment/web  ok\n  | line 1\n  | line 2\\x1b[2J\n"
        in shown
    )
    assert "Taken back by: kubectl countersign undo scale-web -n shop" in shown
    assert "Timeline\n  2026-11-27 11:59:00Z  ✗ countersign: Failed: why\n" in shown


def test_what_the_proposer_expects_is_told_apart_from_what_was_measured() -> None:
    spec = {
        "blastRadius": {"affectedPods": 9, "relatedServices": ["pay"], "dataImpact": "loss"},
        "confidence": 0.8,
        "incident": "i-1",
        "notBefore": "2026-11-27T20:00:00Z",
        "dryRun": True,
    }
    radius = {
        "pods": 1,
        "allReplicas": True,
        "disruptionBudgets": ["shop/web"],
        "unknown": "services",
    }
    plan = item()["status"]["plan"] | {"blastRadius": radius}
    status = {"plan": plan, "expiresAt": "2026-11-28T11:00:00Z"}
    shown = text(details(request(spec=spec, status=status), NOW))
    assert "They expect   9 pods, pay, downtime N/A, data impact loss" in shown
    assert "Felt by     1 pod, all ready replicas of a workload at once" in shown
    assert "Felt by     violates PodDisruptionBudgets: shop/web" in shown
    assert "Felt by     not measured: services" in shown
    assert "agent, 3m10s ago, 80% sure" in shown
    assert "Not before    2026-11-27 20:00:00Z" in shown
    assert "Expires       2026-11-28 11:00:00Z" in shown
    assert "Dry run       planned only" in shown


def test_a_stale_plan_says_so() -> None:
    planned = item()["status"]["conditions"][0] | {"status": "False", "reason": "Stale"}
    assert "a new one is being made" in text(
        details(request(status={"conditions": [planned]}), NOW)
    )


def test_a_request_without_a_plan_can_be_shown() -> None:
    unseen = {"plan": None, "conditions": [], "riskLevel": None, "phase": None, "message": None}
    shown = text(details(request(status=unseen), NOW))
    assert "Plan" not in shown
    assert shown.startswith("shop/scale-web  Pending\nThe operator has not looked at it yet.")
    assert "To sign it" not in shown


def test_nobody_is_asked_to_sign_what_waits_for_a_time_or_is_over() -> None:
    frozen = [each | {"reason": "FreezeWindow"} for each in item()["status"]["conditions"]]
    shown = text(details(request(status={"conditions": frozen}), NOW))
    assert "To sign it" not in shown
    assert "What it still needs: kubectl countersign explain scale-web -n shop" in shown
    over = text(details(request(phase="Denied"), NOW))
    assert "kubectl countersign" not in over


def test_hostile_texts_are_harmless_wherever_they_stand() -> None:
    evil = {"spec": {"action": HOSTILE, "description": f"a\n{HOSTILE}", "incident": HOSTILE}}
    evil["spec"]["signatures"] = [signature(HOSTILE, comment=HOSTILE, groups=[HOSTILE])]
    evil["spec"]["requestedBy"] = HOSTILE
    evil["status"] = {"message": HOSTILE, "target": HOSTILE}
    shown = text(details(request(**evil), NOW))
    assert dangerous(shown) == set()
    assert r"Action        \x1b[2J" in shown
    assert "Why           a\n              \\x1b[2J" in shown
    for lines in (
        tables.table([item(**evil)], NOW, namespaces=True, wide=True),
        tables.history([request(**evil)], NOW, namespaces=True),
        explanation(
            request(**evil), explain(request(**evil), (), {}, NOW), ["user x\x1b"], ["\x1b"]
        ),
    ):
        assert dangerous(text(lines)) == set()


def test_the_table_has_kubectls_columns() -> None:
    items = [item(), item(name="b", phase="Failed", status={"riskLevel": None, "signed": None})]
    assert text(tables.table(items, NOW, namespaces=False, wide=False)) == (
        "NAME        PHASE     OPERATION   TARGET           RISK     SIGNED   REQUESTED-BY   AGE\n"
        "scale-web   Pending   Scale       Deployment/web   medium   0/1      agent          3m10s\n"
        "b           Failed    Scale       Deployment/web                     agent          3m10s\n"
    )


def test_a_narrow_terminal_gets_the_columns_that_say_most_and_is_told_of_the_others() -> None:
    def at(width: int, *, wide: bool = False) -> list[str]:
        return text(
            tables.table([item()], NOW, namespaces=False, wide=wide, width=width)
        ).splitlines()

    whole = at(200)
    assert at(max(map(len, whole))) == whole
    narrow = at(80)
    assert narrow == [
        "NAME        PHASE     OPERATION   TARGET           RISK     SIGNED   AGE",
        "scale-web   Pending   Scale       Deployment/web   medium   0/1      3m10s",
        "Too narrow for REQUESTED-BY; -o wide has every column.",
    ]
    assert at(70)[2] == "Too narrow for REQUESTED-BY and OPERATION; -o wide has every column."
    assert at(20) == whole, "what never fits is not thinned out in vain"
    assert "REQUESTED-BY" in at(80, wide=True)[0]
    done = tables.history([request(phase="Denied")], NOW, namespaces=False, width=80)
    assert text(done).startswith("WHEN        NAME        PHASE    OPERATION   TARGET  ")
    assert "Too narrow for TOOK" in text(done)


def test_a_wide_table_tells_when_it_expires_and_what_is_going_on() -> None:
    items = [
        item(status={"expiresAt": "2026-11-27T13:30:00Z"}),
        item(status={"expiresAt": "2026-11-27T11:00:00Z"}),
    ]
    wide = text(tables.table(items, NOW, namespaces=True, wide=True)).splitlines()
    assert wide[0].startswith("NAMESPACE   NAME")
    assert wide[0].endswith("AGE     EXPIRES   MESSAGE")
    assert "1h30m     Waits for" in wide[1]
    assert "1h ago    Waits for" in wide[2]


def test_a_request_of_another_version_spoils_no_table() -> None:
    odd = item(name="odd", status={"riskLevel": "galactic"})
    shown = text(tables.table([odd, item()], NOW, namespaces=False, wide=True))
    assert "odd         (of another version" in shown
    assert "scale-web   Pending" in shown


def test_history_tells_who_signed_and_who_did_not_want_it() -> None:
    entries = [signature("alice"), signature("bob", decision="Deny")]
    result = {"durationMilliseconds": 1500, "message": "done", "changed": True}
    done = request(phase="Succeeded", spec={"signatures": entries}, status={"result": result})
    shown = text(tables.history([done], NOW, namespaces=False)).splitlines()[1]
    assert shown.startswith("3m10s ago   scale-web   Succeeded")
    assert shown.endswith("alice, bob (no)   1.5s")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (None, "No request has ended yet in namespace shop. -A looks in all namespaces."),
        ("deploy/web", "No request about deploy/web has ended yet in namespace shop. -A looks"),
        ("deploymnt/web", "deploymnt is no kind that is known here; write it like deployment/web."),
    ],
)
def test_no_history_says_where_it_was_looked_for(target: str | None, said: str) -> None:
    assert said in nothing_over("shop", target)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (190, "3m10s"),
        (600, "10m"),
        (5400, "1h30m"),
        (36_000, "10h"),
        (90_000, "1d1h"),
        (-60, "1m"),
    ],
)
def test_ages_are_short(seconds: int, said: str) -> None:
    assert words.age(NOW - timedelta(seconds=seconds), NOW) == said


def named(name: str, **require: Any) -> NamedPolicy:
    """A policy for everything."""
    return read_policy({"metadata": {"name": name}, "spec": {"require": require}})


def explained(
    request: ApprovalRequest, able: list[str] | None, *policies: NamedPolicy, unseen: str = ""
) -> str:
    """What is printed of a request under these policies."""
    found = explain(request, policies, {}, NOW)
    return text(explanation(request, found, able, (unseen,) if unseen else ()))


def test_what_is_missing_is_explained() -> None:
    high = {"riskLevel": "high", "requiredSignatures": 2}
    one = request(spec={"signatures": [signature("alice")]}, status=high)
    told = explained(one, ["group sre", "user agent", "user alice"])
    assert "Risk high, under policy default." in told
    assert "Missing: 1 more signature of any approver." in told
    assert "Each signature has to name the plan" in told
    assert "  user agent: proposed it, so not this one\n" in told
    assert "  user alice (has signed)\n" in told
    assert "you may not read the role bindings" in explained(one, None)
    assert "nobody: no binding gives that right here" in explained(one, [])
    assert explained(one, [], unseen="You see little.").endswith("\nYou see little.\n")


@pytest.mark.parametrize(
    ("you", "said"),
    [
        (You("dave", may=True), "You (dave) could: kubectl countersign approve scale-web -n shop"),
        (You("dave", may=False), "You (dave) could not: that takes the verb approve on"),
        (You("alice", may=True), "You (alice) have signed."),
        (You("agent", may=True), "You (agent) proposed it, so not you."),
    ],
)
@pytest.mark.parametrize("able", [None, ["group sre"]])
def test_who_asks_is_told_whether_it_could_be_they(
    you: You, said: str, able: list[str] | None
) -> None:
    one = request(spec={"signatures": [signature("alice")]}, status={"requiredSignatures": 2})
    found = explain(one, (named("two", signatures=2),), {}, NOW)
    assert said in text(explanation(one, found, able, you=you))


def test_what_policies_ask_for_is_explained() -> None:
    policy = named(
        "shop",
        signatures=2,
        comment=True,
        **{"from": [{"name": "owners", "groups": ["owners"], "users": ["dave"]}]},
        suspend=True,
        suspendMessage="A migration runs",
        breakGlass={"groups": ["on-call"]},
    )
    told = explained(request(spec={"signatures": [signature("alice")]}), [], policy)
    assert "under policy default, shop." in told
    assert "Missing: 1 more signature for owners (policy shop): group owners, user dave." in told
    assert "Each signature has to say why (-m)." in told
    assert "alice's approval does not count: it has to have a comment" in told
    assert "! Suspended by policy shop: A migration runs.\n" in told
    assert "kubectl countersign approve scale-web -n shop --break-glass -m REASON\n" in told
    assert "one signature of on-call is enough" in told
    assert "of them, whom the policies above name" in told


def test_what_needs_nothing_more_is_explained_as_well() -> None:
    signed = request(spec={"signatures": [signature("alice")]})
    assert "✓ 1/1 signatures\n" in explained(signed, [])
    denied = request(spec={"signatures": [signature("bob", decision="Deny")]})
    assert "It is denied by bob." in explained(denied, [])
    over = request(phase="Failed", status={"message": "It failed."})
    assert explained(over, []) == "shop/scale-web  Failed\nIt failed.\n"
    unplanned = request(status={"plan": None, "conditions": []})
    assert "It has no plan yet" in explained(unplanned, [])


def role(kind: str, name: str, **rule: Any) -> dict[str, Any]:
    """A role with one rule."""
    return {"kind": kind, "metadata": {"name": name}, "rules": [rule]}


def bound(kind: str, name: str, *subjects: dict[str, str]) -> dict[str, Any]:
    """A binding of a role."""
    return {"roleRef": {"kind": kind, "name": name}, "subjects": list(subjects)}


def test_who_may_sign_is_read_from_roles_and_bindings() -> None:
    approve = {"verbs": ["approve"], "apiGroups": ["countersign.dev"]}
    roles = [
        role("ClusterRole", "low", **approve, resources=["approvalrequests/low"]),
        role("ClusterRole", "high", **approve, resources=["approvalrequests/high"]),
        role("Role", "all", verbs=["*"], apiGroups=["*"], resources=["*"]),
        role("Role", "any-high", **approve, resources=["*/high"]),
        role("Role", "not-the-sub-resource", **approve, resources=["approvalrequests"]),
        role("Role", "one", **approve, resources=["approvalrequests/high"], resourceNames=["x"]),
        {"kind": "Role", "metadata": {"name": "odd"}, "rules": [{"verbs": "approve"}, "?"]},
    ]
    account = {"kind": "ServiceAccount", "name": "bot", "namespace": "ci"}
    bindings = [
        bound("ClusterRole", "low", {"kind": "Group", "name": "sre"}),
        bound("ClusterRole", "high", {"kind": "Group", "name": "leads"}),
        bound("Role", "all", {"kind": "User", "name": "root"}),
        bound("Role", "any-high", account),
        bound("Role", "high", {"kind": "User", "name": "of a Role that is not"}),
        *(
            bound("Role", name, {"kind": "User", "name": name})
            for name in ("not-the-sub-resource", "one", "odd")
        ),
    ]
    assert may_approve("high", roles, bindings) == [
        "group leads",
        "service account ci/bot",
        "user root",
    ]
