"""What a request still needs, of whom, and when that changes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.risk import Risk
from countersign.policy.approval_policies.named_policy import NamedPolicy, read_policies
from countersign.policy.explaining.explained import Explanation
from countersign.policy.explaining.explanation import explain
from tests.support.fakes_objects import (
    OLD_DIGEST,
    after,
    approved,
    plan,
    planned,
    request,
    signature,
    signed,
)
from tests.support.fakes_policies import absolute, policy, policy_body
from tests.support.fakes_time import START

PLAN = plan()
ALICE = signature("alice", plan=PLAN.digest, groups=("sre",), comment="Seen.")
BOTH = policy(
    "prod",
    from_=[{"name": "SRE", "groups": ["sre"]}, {"name": "owner", "users": ["zoe"]}],
    signatures=3,
)


def told(of: ApprovalRequest, *policies: NamedPolicy) -> Explanation:
    return explain(of, policies, {"tier": "prod"}, START)


def test_what_is_missing_is_said_threshold_by_threshold_and_then_for_anybody() -> None:
    found = told(signed(planned(made=PLAN), ALICE), BOTH)
    assert [(each.count, each.what, each.users) for each in found.missing] == [
        (1, "owner", ("zoe",)),
        (1, "any approver", ()),
    ]
    assert (found.signed, found.signers) == ("1/3", ("alice",))
    assert found.met == ("SRE of policy prod",)
    assert found.next_step == "SignaturesMissing"


def test_who_may_sign_at_all_is_rbacs_to_say() -> None:
    found = told(planned(made=PLAN, risk=Risk.HIGH))
    assert found.rights is not None
    assert (found.rights.verb, found.rights.subresource) == ("approve", Risk.HIGH)
    assert found.rights.namespace == "shop"
    assert found.digest_demanded


def test_policies_are_those_that_match_and_the_built_in_one_where_it_has_a_say() -> None:
    other = policy("other", match={"targetNames": ["db"]}, signatures=9)
    dev = policy("dev", match={"namespaceSelector": {"matchLabels": {"tier": "dev"}}}, suspend=True)
    found = told(planned(made=PLAN), BOTH, other, dev)
    assert [each.name for each in found.policies] == ["default", "prod"]


def test_a_signature_that_does_not_count_is_named_with_the_reason() -> None:
    old = signature("bob", plan=OLD_DIGEST)
    found = told(signed(planned(made=PLAN), old), policy(comment=True))
    assert [(each.signer, each.why) for each in found.ignored] == [
        ("bob", "it is for another plan")
    ]
    assert found.comment_demanded


def test_everything_that_stands_in_the_way_is_said_and_until_when() -> None:
    frozen = policy("f", freezeWindows=[absolute(-1, 2)], suspend=True, suspendMessage="Incident.")
    found = told(signed(planned(request(not_before=after(60)), PLAN), ALICE), frozen)
    assert [(each.reason, each.until) for each in found.obstructions] == [
        ("Suspended", None),
        ("NotBefore", after(60)),
        ("FreezeWindow", after(7200)),
    ]
    assert found.next_change == after(60)


NEXT = {
    "an expiry": (policy(expiresAfter="1h"), after(3600)),
    "a window that begins": (policy(freezeWindows=[absolute(1, 2)]), after(3600)),
    "a window that ends": (policy(freezeWindows=[absolute(-1, 0.5)]), after(1800)),
    "nothing": (policy(signatures=2), None),
}


@pytest.mark.parametrize("what", NEXT)
def test_the_next_moment_at_which_something_changes_by_itself_is(what: str) -> None:
    under, moment = NEXT[what]
    assert told(planned(made=PLAN), under).next_change == moment


def test_a_policy_that_cannot_be_applied_is_said_and_breaks_nothing() -> None:
    bad = policy("bad", freezeWindows=[absolute(-1, 1, timeZone="Mars/Base")])
    found = told(signed(planned(made=PLAN), ALICE), bad)
    assert found.next_step == "PolicyInvalid"
    [applied] = [each for each in found.policies if each.name == "bad"]
    assert "Mars/Base" in (applied.problem or "")
    assert found.obstructions[0].reason == "PolicyInvalid"


def test_why_nobody_approves_it_automatically_is_said_where_that_is_meant_to_be() -> None:
    auto = policy(autoApprove={"riskAtMost": "low"})
    assert told(planned(made=PLAN)).not_automatic == ()
    found = told(planned(made=PLAN), auto)
    assert found.not_automatic == (
        "Policy p: the risk is medium, more than low.",
        "Policy p: the request states no confidence.",
    )
    sure = planned(request(confidence=1), PLAN, Risk.LOW)
    assert told(sure, auto).missing == ()
    assert told(sure, auto).next_step == "Approve"


def test_who_could_break_the_glass_is_said() -> None:
    one = policy("a", signatures=2, breakGlass={"groups": ["sre", "leads"]})
    two = policy("b", breakGlass={"groups": ["leads", "owners"]})
    assert told(planned(made=PLAN), one, two).break_glass_groups == ("leads",)
    assert told(planned(made=PLAN), one, policy("c", signatures=1)).break_glass_groups == ()
    assert told(planned(made=PLAN), policy("d", expiresAfter="1h")).break_glass_groups == ()


STEPS = {
    "a request without a plan": (request(), "Plan"),
    "an approved request": (approved(), "Execute"),
    "a request that was called off": (planned(request(cancelled=True)), "Cancel"),
    "a request that was denied": (
        signed(planned(made=PLAN), signature("bob", "Deny", plan=PLAN.digest)),
        "Deny",
    ),
    "a request that is signed": (signed(planned(made=PLAN), ALICE), "Approve"),
    "a request whose time is over": (
        planned(request(expires_after="1h", created=START - timedelta(hours=2)), PLAN),
        "Expire",
    ),
    "a dry run": (planned(request(dry_run=True), PLAN), "FinishDryRun"),
}


@pytest.mark.parametrize("what", STEPS)
def test_of_every_request_there_is_something_to_say(what: str) -> None:
    of, step = STEPS[what]
    found = told(of)
    assert found.next_step == step
    assert found.message


def test_of_a_decided_request_it_says_what_it_was_decided_under() -> None:
    found = told(approved(), BOTH)
    assert [each.name for each in found.policies] == ["default"]
    assert (found.signed, found.signers, found.missing) == ("1/1", ("alice",), ())


def test_an_explanation_is_json() -> None:
    policies = read_policies([policy_body("a", signatures=2, freezeWindows=[absolute(-1, 1)])])
    written = told(signed(planned(made=PLAN), ALICE), *policies).to_json()
    assert json.loads(json.dumps(written)) == written
    assert written["request"] == "shop/restart-web"
    assert written["nextStep"] == "SignaturesMissing"
    assert written["obstructions"][0]["until"].endswith("Z")
