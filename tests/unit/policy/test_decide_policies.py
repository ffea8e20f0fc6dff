"""What policies make of a decision: every demand, as a table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.risk import Risk
from countersign.api.signature import Signature
from countersign.api.status import ApprovalMode
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.approval_policies.requirement import requirement
from countersign.policy.approval_policies.subject import subject_of
from countersign.policy.decide import decide, reconsider
from countersign.policy.decision import Approve, Deny, Expire, Wait
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.history import Past
from countersign.policy.memory.reliance import Reliance
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
from tests.support.fakes_policies import absolute, policy, under
from tests.support.fakes_time import START

PLAN = plan()
REASON = "Site is down."


def by(signer: str, *groups: str, decision: str = "Approve", **entry: Any) -> Signature:
    entry = {"plan": PLAN.digest, "comment": "Seen.", **entry}
    return signature(signer, decision, groups=groups, **entry)


ALICE, BOB, DAVE = by("alice", "sre"), by("bob", "sre"), by("dave", "owners")
GLASS = by("alice", "sre", break_glass=True, comment=REASON)


def past(seconds: float, *, automatic: bool = False, uid: str = "other") -> Past:
    subject = subject_of(planned(request(uid=uid), PLAN))
    assert subject is not None
    return Past(subject, after(seconds), after(seconds), automatic)


@dataclass(frozen=True)
class Case:
    """``outcome``: the reason it waits for, Denied, or the mode in which it is approved."""

    outcome: str
    policies: tuple[NamedPolicy, ...]
    signatures: tuple[Signature, ...] = (ALICE,)
    says: str = ""
    risk: Risk = Risk.MEDIUM
    past: tuple[Past, ...] = ()
    reliance: Reliance | None = None
    until: float | None = None
    said_until: float | None = None
    spec: dict[str, Any] = field(default_factory=dict)

    @property
    def what_ends(self) -> datetime:
        """The time that the message names; it may expire before that."""
        return after(self.said_until or self.until or 0)


SIGNED, AUTO, BROKEN = (str(mode) for mode in ApprovalMode)
MISSING = "SignaturesMissing"
SURE = {"confidence": 0.9}
BOTH = {
    "from_": [{"name": "SRE", "groups": ["sre"]}, {"name": "owner", "groups": ["owners"]}],
}
CASES: dict[str, Case] = {
    # Signatures.
    "without a policy the built-in one holds": Case(SIGNED, ()),
    "and wants two at high risk": Case(MISSING, (), risk=Risk.HIGH),
    "a policy wants more": Case(MISSING, (policy(signatures=2),), says="1 more signature of 2"),
    "and gets it": Case(SIGNED, (policy(signatures=2),), (ALICE, BOB)),
    "a policy that says one makes high risk need one": Case(
        SIGNED, (policy(signatures=1),), risk=Risk.HIGH
    ),
    "a policy that says nothing of it does not": Case(
        MISSING, (policy(expiresAfter="1h"),), risk=Risk.HIGH
    ),
    "the larger of two numbers": Case(
        MISSING, (policy("a", signatures=1), policy("b", signatures=3)), (ALICE, BOB)
    ),
    "the request's own number can be larger": Case(
        MISSING, (policy(signatures=1),), spec={"required_signatures": 2}
    ),
    "and not smaller": Case(MISSING, (policy(signatures=2),), spec={"required_signatures": 1}),
    "another's policy does not matter": Case(
        SIGNED, (policy(match={"targetNames": ["db"]}, signatures=9),)
    ),
    "a policy of other namespaces does not matter": Case(
        SIGNED,
        (policy(match={"namespaceSelector": {"matchLabels": {"a": "b"}}}, signatures=9),),
    ),
    # Thresholds.
    "two of one kind do not make one of each": Case(
        MISSING, (policy(**BOTH),), (ALICE, BOB), "1 for owner (group owners)"
    ),
    "one of each does": Case(SIGNED, (policy(**BOTH),), (ALICE, DAVE)),
    "thresholds alone say how many at least": Case(MISSING, (policy(**BOTH),), says="of 2"),
    "thresholds of two policies have to be met, by the same people if they fit": Case(
        SIGNED,
        (policy("a", **BOTH), policy("b", from_=[{"name": "x", "users": ["dave"]}])),
        (ALICE, DAVE),
    ),
    "a smaller number does not lift thresholds": Case(
        MISSING, (policy("a", **BOTH), policy("b", signatures=1)), (ALICE, BOB)
    ),
    # Comment and digest.
    "a comment is demanded": Case(
        MISSING,
        (policy(comment=True),),
        (by("alice", comment=None),),
        "alice's does not count: it has to have a comment",
    ),
    "blanks are no comment": Case(MISSING, (policy(comment=True),), (by("alice", comment=" \n"),)),
    "with one it counts": Case(SIGNED, (policy(comment=True),)),
    "a No needs no comment": Case(
        "Denied", (policy(comment=True),), (by("bob", decision="Deny", comment=None),)
    ),
    "a digest is demanded": Case(MISSING, (policy(digest=True),), (by("alice", plan=None),)),
    "a digest is not demanded, out loud, at high risk": Case(
        SIGNED, (policy(signatures=1, digest=False),), (by("alice", plan=None),), risk=Risk.HIGH
    ),
    "one that demands it wins": Case(
        MISSING,
        (policy("a", digest=False), policy("b", digest=True)),
        (by("alice", plan=None),),
    ),
    # Freeze.
    "in a freeze window a signed request waits": Case(
        "FreezeWindow", (policy(freezeWindows=[absolute(-1, 2)]),), until=7200, says="release"
    ),
    "without signatures it waits for those": Case(
        MISSING, (policy(freezeWindows=[absolute(-1, 2)]),), ()
    ),
    "one that ends with the calendar freezes as any other": Case(
        "FreezeWindow",
        (
            policy(
                freezeWindows=[
                    {
                        "name": "for good",
                        "timeZone": "Asia/Taipei",
                        "absolute": {"from": "2026-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"},
                    }
                ]
            ),
        ),
        until=(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - START).total_seconds(),
        says="for good",
    ),
    "outside of it, it runs": Case(SIGNED, (policy(freezeWindows=[absolute(1, 2)]),)),
    "the window that ends last": Case(
        "FreezeWindow",
        (
            policy("a", freezeWindows=[absolute(-1, 5)]),
            policy("b", freezeWindows=[absolute(-1, 2)]),
        ),
        until=5 * 3600,
    ),
    "a signature of its override group lifts a window": Case(
        SIGNED, (policy(freezeWindows=[absolute(-1, 2, overrideGroups=["sre"])]),)
    ),
    "a No of it does not, and denies": Case(
        "Denied",
        (policy(freezeWindows=[absolute(-1, 2, overrideGroups=["sre"])]),),
        (ALICE, by("bob", "sre", decision="Deny")),
    ),
    "a signature on an old plan lifts nothing": Case(
        "FreezeWindow",
        (policy(freezeWindows=[absolute(-1, 2, overrideGroups=["owners"])]),),
        (ALICE, by("dave", "owners", plan=OLD_DIGEST)),
        until=7200,
    ),
    "each window is lifted by its own group": Case(
        "FreezeWindow",
        (
            policy("a", freezeWindows=[absolute(-1, 2, overrideGroups=["sre"])]),
            policy("b", freezeWindows=[absolute(-1, 1)]),
        ),
        until=3600,
    ),
    "whichever ends last of time and window": Case(
        "NotBefore",
        (policy(freezeWindows=[absolute(-1, 2)]),),
        spec={"not_before": after(9000)},
        until=9000,
    ),
    "a wait is over when the request expires": Case(
        "FreezeWindow",
        (policy(freezeWindows=[absolute(-1, 2)], expiresAfter="30m"),),
        until=1800,
        said_until=7200,
    ),
    # Cooldown and rate.
    "a target that was touched is left alone": Case(
        "Cooldown", (policy(cooldown="1h"),), past=(past(-60),), until=3540
    ),
    "the longer of two cooldowns": Case(
        "Cooldown",
        (policy("a", cooldown="1h"), policy("b", cooldown="2h")),
        past=(past(-60),),
        until=7140,
        says="policy b",
    ),
    "after it, it runs": Case(SIGNED, (policy(cooldown="1h"),), past=(past(-3600),)),
    "a rate that is used up": Case(
        "RateLimited",
        (policy(rateLimit={"count": 2, "per": "1h"}),),
        past=(past(-60), past(-1200, uid="x")),
        until=2400,
    ),
    "a rate that is not": Case(
        SIGNED, (policy(rateLimit={"count": 3, "per": "1h"}),), past=(past(-60), past(-9, uid="x"))
    ),
    "a rate of what the policy does not match": Case(
        SIGNED,
        (
            policy(match={"operations": ["Scale"]}, rateLimit={"count": 1, "per": "1h"}),
            policy("b", match={"operations": ["Exec"]}, rateLimit={"count": 1, "per": "1h"}),
        ),
    ),
    # Automatic.
    "nobody has to sign what is sure and harmless": Case(
        AUTO, (policy(autoApprove={"riskAtMost": "medium"}),), (), spec=SURE
    ),
    "somebody has to at more risk": Case(
        MISSING, (policy(autoApprove={"riskAtMost": "low"}),), (), spec=SURE
    ),
    "and with less confidence": Case(
        MISSING, (policy(autoApprove={"riskAtMost": "medium"}),), (), spec={"confidence": 0.64}
    ),
    "0.65 is enough": Case(
        AUTO, (policy(autoApprove={"riskAtMost": "medium"}),), (), spec={"confidence": 0.65}
    ),
    "and without any": Case(MISSING, (policy(autoApprove={"riskAtMost": "medium"}),), ()),
    "and where trust is asked for that nobody has looked up": Case(
        MISSING,
        (policy(autoApprove={"riskAtMost": "medium", "trustAtLeast": 0}),),
        (),
        spec=SURE,
    ),
    "and where trust is not known, be it as little as there is": Case(
        MISSING,
        (policy(autoApprove={"riskAtMost": "medium", "trustAtLeast": 0}),),
        (),
        "Not approved without people: Policy p: the trust is not known: the store is away.",
        spec=SURE,
        reliance=Reliance(None, "the store is away", after(60)),
        until=60,
        said_until=0,
    ),
    "and with less trust": Case(
        MISSING,
        (policy(autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.7}),),
        (),
        "Policy p: the trust in playbook x is 0.69, less than 0.7.",
        spec=SURE,
        reliance=Reliance(0.699, "playbook x"),
    ),
    "as much trust as is asked for is enough": Case(
        AUTO,
        (policy(autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.7}),),
        (),
        spec=SURE,
        reliance=Reliance(0.7, "playbook x"),
    ),
    "of two policies that ask for trust both have to be content": Case(
        MISSING,
        (
            policy("a", autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.5}),
            policy("b", autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.8}),
        ),
        (),
        "Policy b: the trust in playbook x is 0.70, less than 0.8.",
        spec=SURE,
        reliance=Reliance(0.7, "playbook x"),
    ),
    "trust does not make up for confidence": Case(
        MISSING,
        (policy(autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.7}),),
        (),
        reliance=Reliance(0.9, "playbook x"),
    ),
    "a quorum needs no trust": Case(
        SIGNED,
        (policy(autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.7}),),
        spec=SURE,
        reliance=Reliance(None, "the store is away"),
    ),
    "and where the request asks for signatures itself": Case(
        MISSING,
        (policy(autoApprove={"riskAtMost": "medium"}),),
        (),
        spec={**SURE, "required_signatures": 1},
    ),
    "and where another policy wants people": Case(
        MISSING,
        (policy("a", autoApprove={"riskAtMost": "medium"}), policy("b", signatures=1)),
        (),
        spec=SURE,
    ),
    "and where another policy's autoApprove does not hold": Case(
        MISSING,
        (
            policy("a", autoApprove={"riskAtMost": "medium"}),
            policy("b", autoApprove={"riskAtMost": "low"}),
        ),
        (),
        spec=SURE,
    ),
    "a policy that has no say in it does not stop it": Case(
        AUTO,
        (policy("a", autoApprove={"riskAtMost": "medium"}), policy("b", expiresAfter="9h")),
        (),
        spec=SURE,
    ),
    "a No stops it": Case(
        "Denied",
        (policy(autoApprove={"riskAtMost": "medium"}),),
        (by("bob", decision="Deny"),),
        spec=SURE,
    ),
    "a window stops it": Case(
        "FreezeWindow",
        (policy(autoApprove={"riskAtMost": "medium"}, freezeWindows=[absolute(-1, 1)]),),
        (),
        spec=SURE,
        until=3600,
        says="Needs no signature",
    ),
    "its hourly limit stops it": Case(
        MISSING,
        (policy(autoApprove={"riskAtMost": "medium", "limitPerHour": 1}),),
        (),
        spec=SURE,
        past=(past(-60, automatic=True),),
        until=3600 - 60,
        says="1 approved automatically within the last hour",
    ),
    "a full limit is waited for where trust is still to be looked up": Case(
        MISSING,
        (policy(autoApprove={"riskAtMost": "medium", "limitPerHour": 1, "trustAtLeast": 0.7}),),
        (),
        spec=SURE,
        past=(past(-60, automatic=True),),
        until=3600 - 60,
    ),
    "the last of two limits is waited for": Case(
        MISSING,
        (
            policy("a", autoApprove={"riskAtMost": "medium", "limitPerHour": 1}),
            policy("b", autoApprove={"riskAtMost": "medium", "limitPerHour": 2}),
        ),
        (),
        spec=SURE,
        past=(past(-60, automatic=True), past(-1800, automatic=True)),
        until=3600 - 60,
    ),
    "what people approved does not use the limit up": Case(
        AUTO,
        (policy(autoApprove={"riskAtMost": "medium", "limitPerHour": 1}),),
        (),
        spec=SURE,
        past=(past(-60),),
    ),
    # Deny and suspend.
    "a policy denies": Case("Denied", (policy(deny={"message": "Never."}),), says="Never."),
    "a policy suspends": Case(
        "Suspended", (policy(suspend=True, suspendMessage="Incident."),), says="Incident."
    ),
    "a policy that does not suspend does not": Case(SIGNED, (policy(suspend=False),)),
    "one that suspends wins": Case(
        "Suspended", (policy("a", suspend=False), policy("b", suspend=True))
    ),
    "a No counts while suspended": Case(
        "Denied", (policy(suspend=True),), (by("bob", decision="Deny"),)
    ),
    "suspended stops what nobody has to sign": Case(
        "Suspended",
        (policy(suspend=True, autoApprove={"riskAtMost": "medium"}),),
        (),
        spec=SURE,
    ),
    # Policies that cannot be applied.
    "a policy that cannot be applied closes": Case(
        "PolicyInvalid",
        (policy("bad", freezeWindows=[absolute(1, 2, timeZone="Mars/Base")]),),
        says="bad (freeze window release: there is no time zone Mars/Base",
    ),
    "also where another would approve": Case(
        "PolicyInvalid",
        (
            policy("bad", freezeWindows=[absolute(1, 2, timeZone="Mars/Base")]),
            policy(autoApprove={"riskAtMost": "medium"}),
        ),
        spec=SURE,
    ),
    "but only what it matches": Case(
        SIGNED,
        (
            policy(
                match={"targetNames": ["db"]},
                freezeWindows=[absolute(1, 2, timeZone="Mars/Base")],
            ),
        ),
    ),
    # Break-glass.
    "one signature breaks the glass": Case(
        BROKEN, (policy(signatures=3, breakGlass={"groups": ["sre"]}),), (GLASS,)
    ),
    "not without saying so": Case(MISSING, (policy(signatures=3, breakGlass={"groups": ["sre"]}),)),
    "not without a reason": Case(
        MISSING,
        (policy(signatures=3, breakGlass={"groups": ["sre"]}),),
        (by("alice", "sre", break_glass=True, comment=" "),),
    ),
    "not of another group": Case(
        MISSING, (policy(signatures=3, breakGlass={"groups": ["leads"]}),), (GLASS,)
    ),
    "not on an old plan": Case(
        MISSING,
        (policy(signatures=3, breakGlass={"groups": ["sre"]}),),
        (by("alice", "sre", break_glass=True, plan=OLD_DIGEST),),
    ),
    "not without naming the plan": Case(
        MISSING,
        (policy(signatures=3, digest=False, breakGlass={"groups": ["sre"]}),),
        (by("alice", "sre", break_glass=True, plan=None),),
    ),
    "not recorded by somebody else": Case(
        MISSING,
        (policy(signatures=3, breakGlass={"groups": ["sre"]}),),
        (by("alice", "sre", break_glass=True, recorded_by="gitops"),),
    ),
    "not by the requester": Case(
        MISSING,
        (policy(signatures=3, breakGlass={"groups": ["sre"]}),),
        (by("agent", "sre", break_glass=True),),
    ),
    "not where another policy with a say in it does not let them": Case(
        MISSING,
        (policy("a", signatures=3, breakGlass={"groups": ["sre"]}), policy("b", signatures=2)),
        (GLASS,),
    ),
    "not under the built-in policy": Case(MISSING, (), (GLASS,), risk=Risk.HIGH),
    "where a policy says so it stands for the built-in number too": Case(
        BROKEN, (policy(breakGlass={"groups": ["sre"]}),), (GLASS,), risk=Risk.CRITICAL
    ),
    "it does not get past the kill switch": Case(
        "Suspended",
        (policy(signatures=3, suspend=True, breakGlass={"groups": ["sre"]}),),
        (GLASS,),
    ),
    "nor past deny": Case(
        "Denied",
        (policy(deny={"message": "No."}, breakGlass={"groups": ["sre"]}),),
        (GLASS,),
    ),
    "nor past a window that it does not override": Case(
        "FreezeWindow",
        (policy(signatures=3, breakGlass={"groups": ["sre"]}, freezeWindows=[absolute(-1, 1)]),),
        (GLASS,),
        until=3600,
        says="Break-glass by alice",
    ),
    "nor past a person's No": Case(
        "Denied",
        (policy(signatures=3, breakGlass={"groups": ["sre"]}),),
        (GLASS, by("bob", decision="Deny")),
    ),
    "a quorum is a quorum all the same": Case(
        SIGNED, (policy(signatures=2, breakGlass={"groups": ["sre"]}),), (GLASS, BOB)
    ),
}


def of_case(case: Case) -> tuple[ApprovalRequest, Circumstances]:
    made = signed(planned(request(**case.spec), PLAN, case.risk), *case.signatures)
    around = under(*case.policies, past=list(case.past))
    return made, replace(around, reliance=case.reliance)


@pytest.mark.parametrize("what", CASES)
def test_policies_decide(what: str) -> None:
    case = CASES[what]
    of, around = of_case(case)
    decision = decide(of, around, START)
    match decision:
        case Approve():
            outcome, said, until = str(decision.ground.mode), "", None
        case Deny():
            outcome, said, until = "Denied", decision.comment or "", None
        case Wait():
            outcome, said, until = decision.reason, decision.message, decision.until
        case _:
            pytest.fail(f"{decision}")
    assert outcome == case.outcome
    assert case.says in said
    if case.until is not None:
        assert until == after(case.until)
        assert case.said_until == 0 or case.what_ends.isoformat()[:19] in said


def test_a_full_limit_is_not_waited_for_where_people_are_needed_all_the_same() -> None:
    auto = {"riskAtMost": "low", "limitPerHour": 1}
    of = planned(request(**SURE), PLAN)
    around = under(policy(autoApprove=auto), past=[past(-60, automatic=True)])
    decision = decide(of, around, START)
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.until) == (MISSING, None)


@pytest.mark.parametrize("what", CASES)
def test_what_was_approved_begins_only_where_it_would_be_approved_now(what: str) -> None:
    case = CASES[what]
    if case.outcome == "NotBefore":
        return
    of, around = of_case(case)
    stopped = reconsider(of, around, START)
    if case.outcome in (SIGNED, AUTO, BROKEN):
        assert stopped is None
    elif case.outcome == "Denied":
        assert isinstance(stopped, Deny)
    else:
        assert isinstance(stopped, Wait)
        assert stopped.reason == case.outcome


def test_the_shortest_expiry_counts() -> None:
    policies = (policy("a", expiresAfter="2h"), policy("b", expiresAfter="1h"))
    of = planned(request(expires_after="3h"), PLAN)
    assert decide(of, under(*policies), after(3600)) == Expire(at=after(3600))
    assert isinstance(decide(of, under(*policies), after(3599)), Wait)
    shorter = planned(request(expires_after="30m"), PLAN)
    assert decide(shorter, under(*policies), after(1800)) == Expire(at=after(1800))


def test_an_approved_request_does_not_expire_any_more() -> None:
    of = approved(request(expires_after="1h", not_before=after(7200)), PLAN)
    assert reconsider(of, under(), START + timedelta(hours=9)) is None


def test_where_a_namespace_is_not_known_nothing_is_approved_that_may_depend_on_it() -> None:
    selects = policy(match={"namespaceSelector": {"matchLabels": {"a": "b"}}}, signatures=1)
    of = signed(planned(made=PLAN), ALICE)
    decision = decide(of, Circumstances((selects,), {}), START)
    assert isinstance(decision, Wait)
    assert decision.reason == "NamespaceUnknown"
    assert isinstance(decide(of, Circumstances((policy(signatures=1),), {}), START), Approve)


def test_policies_in_force_are_named_and_the_built_in_one_where_it_has_a_say() -> None:
    of, risk = planned(made=PLAN), Risk.LOW

    def names(*policies: NamedPolicy) -> list[str]:
        return [each.name for each in requirement(of, risk, policies).policies]

    assert names() == ["default"]
    assert names(policy("a", signatures=1)) == ["default", "a"]
    assert names(policy("a", signatures=1, digest=False)) == ["a"]
    assert names(policy("a", signatures=1), policy("b", digest=True)) == ["a", "b"]


def test_more_policies_than_the_status_has_room_for_still_all_count() -> None:
    many = tuple(policy(f"p{n:03}", expiresAfter="1h") for n in range(99))
    needs = requirement(planned(made=PLAN), Risk.LOW, (*many, policy("last", signatures=7)))
    assert needs.signatures == 7
    assert len(needs.policies) == 64
