"""Promise 1 under policies that change: whatever happens in whatever order, nothing is approved
without a quorum on the current digest under the policies in force at that moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.api.risk import Risk
from countersign.api.signature import Signature
from countersign.api.status import ApprovalMode
from countersign.policy import transitions
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.decide import decide, reconsider
from countersign.policy.decision import Approve, Deny, Execute, MakePlan, Wait
from countersign.policy.memory.circumstances import Circumstances
from tests.support.fakes_objects import OLD_DIGEST, operation, plan, request, signed, with_status
from tests.support.fakes_policies import absolute, policy
from tests.support.fakes_time import START
from tests.support.properties import examples

GROUPS = {
    "agent": ("agents", "sre"),
    "alice": ("sre",),
    "bob": ("sre", "owners"),
    "carol": ("leads",),
    "dave": ("owners",),
}
SIGNERS = tuple(GROUPS)
THRESHOLD = st.builds(
    lambda count, group: {"count": count, "groups": [group]},
    st.integers(1, 2),
    st.sampled_from(["sre", "owners", "leads"]),
)
THRESHOLDS = st.one_of(
    st.builds(lambda one: [{"name": "one", **one}], THRESHOLD),
    st.builds(
        lambda one, two: [{"name": "one", **one}, {"name": "two", **two}], THRESHOLD, THRESHOLD
    ),
)
AUTO = st.builds(lambda risk: {"riskAtMost": risk}, st.sampled_from(["low", "medium", "high"]))
GLASS = st.builds(lambda group: {"groups": [group]}, st.sampled_from(["sre", "leads"]))
ANY: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"expiresAfter": st.just("9h")},
    optional={
        "signatures": st.integers(1, 3),
        "from_": THRESHOLDS,
        "comment": st.booleans(),
        "digest": st.booleans(),
        "suspend": st.booleans(),
        "deny": st.just({"message": "No."}),
        "breakGlass": GLASS,
        "autoApprove": AUTO,
        "freezeWindows": st.builds(lambda h: [absolute(-1, h)], st.floats(0, 2)),
    },
)
REQUIRES = st.one_of(
    ANY,
    st.fixed_dictionaries({"autoApprove": AUTO}),
    st.fixed_dictionaries({"breakGlass": GLASS, "signatures": st.integers(2, 3)}),
    st.fixed_dictionaries({}, optional={"signatures": st.integers(1, 3), "comment": st.booleans()}),
)
POLICIES = st.fixed_dictionaries({}, optional={"a": REQUIRES, "b": REQUIRES})
STEPS = st.one_of(
    st.tuples(
        st.just("sign"),
        st.sampled_from(SIGNERS),
        st.sampled_from(["Approve", "Approve", "Approve", "Approve", "Deny"]),
        st.one_of(st.none(), st.just(-1), st.just(-1), st.just(-1), st.integers(0, 5)),
        st.sampled_from([None, "Seen.", "Seen.", " "]),
        st.booleans(),
    ),
    st.tuples(st.just("withdraw"), st.sampled_from(SIGNERS)),
    st.tuples(st.just("pass_time"), st.integers(0, 90)),
    st.tuples(st.just("edit"), POLICIES),
    st.tuples(st.just("operate")),
    st.tuples(st.just("operate")),
    st.tuples(st.just("go_stale")),
)


@dataclass
class Life:
    """A request, its plans, and the policies of the moment."""

    of: ApprovalRequest
    risk: Risk
    requires: dict[str, dict[str, Any]]
    now: datetime = START
    digests: list[str] = field(default_factory=lambda: [OLD_DIGEST])
    begun: int = 0
    seen: set[ApprovalMode] = field(default_factory=set)

    @property
    def around(self) -> Circumstances:
        return Circumstances(tuple(self.policies), {})

    @property
    def policies(self) -> list[NamedPolicy]:
        return [policy(name, **require) for name, require in sorted(self.requires.items())]

    def step(self, what: tuple[Any, ...]) -> None:
        getattr(self, what[0])(*what[1:])

    def sign(
        self, signer: str, decision: str, digest: int | None, comment: str | None, glass: bool
    ) -> None:
        if self.of.phase is not Phase.PENDING:
            return  # The API server refuses it.
        named = None if digest is None else self.digests[digest % len(self.digests)]
        entry = Signature(
            signer=signer,
            groups=GROUPS[signer],
            decision=decision,
            plan=named,
            comment=comment,
            break_glass=glass,
        )
        kept = [each for each in self.of.spec.signatures if each.signer != signer]
        self.of = signed(self.of, *kept, entry)

    def withdraw(self, signer: str) -> None:
        if self.of.phase is Phase.PENDING:
            kept = [each for each in self.of.spec.signatures if each.signer != signer]
            self.of = signed(self.of, *kept)

    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def edit(self, requires: dict[str, dict[str, Any]]) -> None:
        self.requires = requires

    def operate(self) -> None:
        """What the operator does next, checked against the promise."""
        match decide(self.of, self.around, self.now):
            case MakePlan(revision=revision):
                made = plan(operation(replicas=5), revision=revision)
                self.digests.append(made.digest)
                status = transitions.planned(self.of, made, self.risk, self.around, self.now)
                self.of = with_status(self.of, status)
            case Wait() as wait:
                written = transitions.waiting(self.of, wait, self.now)
                self.of = with_status(self.of, written or self.of.status)
            case Approve() as approve:
                self.assert_that_it_may_be()
                self.of = with_status(self.of, transitions.approved(self.of, approve, self.now))
                self.seen.add(approve.ground.mode)
            case Deny() as deny:
                assert deny.by_policy or deny.by in self.said("Deny")
            case Execute():
                self.begin()

    def begin(self) -> None:
        why = reconsider(self.of, self.around, self.now)
        if why is None:
            self.assert_that_it_may_be()
            self.begun += 1
        else:
            self.of = with_status(self.of, transitions.held_back(self.of, why, self.now))
            assert self.of.phase is Phase.PENDING

    def go_stale(self) -> None:
        if self.of.phase is Phase.APPROVED:
            self.of = with_status(self.of, transitions.stale(self.of, "Changed.", self.now))

    # --- The promise, worked out from the texts alone and not from the code -------------------

    def said(self, decision: str) -> dict[str, Signature]:
        """Valid signatures on the current plan."""
        made = self.of.status.plan
        assert made is not None
        wants_digest = [r["digest"] for r in self.requires.values() if r.get("digest") is not None]
        demanded = any(wants_digest) if wants_digest else self.risk.rank >= Risk.HIGH.rank
        comment = any(require.get("comment") for require in self.requires.values())
        first = made.revision == 1
        return {
            each.signer: each
            for each in self.of.spec.signatures
            if each.signer != self.of.spec.requested_by
            and each.decision == decision
            and (
                each.plan == made.digest
                or (each.plan is None and first and (decision == "Deny" or not demanded))
            )
            and (decision == "Deny" or not comment or (each.comment or "").strip())
        }

    def assert_that_it_may_be(self) -> None:
        requires, made = list(self.requires.values()), self.of.status.plan
        assert made is not None
        assert made.digest == self.digests[-1]
        assert not any(require.get("suspend") for require in requires)
        assert not any(require.get("deny") for require in requires)
        assert not self.said("Deny")
        for require in requires:
            for window in require.get("freezeWindows", []):
                assert self.now >= datetime.fromisoformat(window["absolute"]["to"])
        approvals = self.said("Approve")
        assert self.is_quorum(approvals) or self.is_automatic() or self.is_emergency(approvals)

    def is_quorum(self, approvals: dict[str, Signature]) -> bool:
        numbers = [r["signatures"] for r in self.requires.values() if "signatures" in r]
        default = 2 if self.risk.rank >= Risk.HIGH.rank else 1
        needed = max(max(numbers) if numbers else default, self.of.spec.required_signatures or 0)
        return len(approvals) >= needed and all(
            self.is_met(require.get("from_", []), list(approvals.values()))
            for require in self.requires.values()
        )

    @staticmethod
    def is_met(thresholds: list[dict[str, Any]], approvals: list[Signature]) -> bool:
        """By trying every way to give the signatures out."""
        places = [group for each in thresholds for group in each["groups"] * each["count"]]
        return any(
            all(place in one.groups for place, one in zip(places, order, strict=True))
            for order in permutations(approvals, len(places))
        )

    def speaking(self, word: str) -> list[dict[str, Any]]:
        said = ("signatures", "from_", word)
        return [
            require
            for require in self.requires.values()
            if any(require.get(each) for each in said) or require.get("comment")
        ]

    def is_automatic(self) -> bool:
        speaking = self.speaking("autoApprove")
        return (
            bool(speaking)
            and all("autoApprove" in require for require in speaking)
            and all(
                self.risk.rank <= Risk(require["autoApprove"]["riskAtMost"]).rank
                for require in speaking
            )
            and (self.of.spec.confidence or 0) >= 0.65
            and self.of.spec.required_signatures is None
        )

    def is_emergency(self, approvals: dict[str, Signature]) -> bool:
        speaking = self.speaking("breakGlass")
        return any(
            each.break_glass
            and (each.comment or "").strip()
            and each.plan == self.digests[-1]
            and bool(speaking)
            and all(
                "breakGlass" in require and require["breakGlass"]["groups"][0] in each.groups
                for require in speaking
            )
            for each in approvals.values()
        )


REQUESTS = st.builds(
    request,
    requested_by=st.sampled_from(["agent", "alice"]),
    required_signatures=st.one_of(st.none(), st.none(), st.integers(1, 3)),
    confidence=st.sampled_from([None, 0.5, 0.65, 1.0]),
)


SIGN = ("sign", "alice", "Approve", -1, "Seen.", False)
OPERATE = [("operate",), ("operate",)]


def test_nothing_is_approved_or_begun_without_a_quorum_under_the_policies_in_force() -> None:
    seen: set[ApprovalMode] = set()

    @examples(400)
    @example(request(), Risk.LOW, {}, [SIGN, *OPERATE])
    @example(
        request(confidence=1.0), Risk.LOW, {"a": {"autoApprove": {"riskAtMost": "low"}}}, OPERATE
    )
    @example(
        request(),
        Risk.HIGH,
        {"a": {"signatures": 3, "breakGlass": {"groups": ["sre"]}}},
        [(*SIGN[:-1], True), *OPERATE],
    )
    @given(
        of=REQUESTS,
        risk=st.sampled_from(Risk),
        requires=POLICIES,
        steps=st.lists(STEPS, min_size=4, max_size=16),
    )
    def in_any_life(
        of: ApprovalRequest, risk: Risk, requires: dict[str, Any], steps: list[tuple[Any, ...]]
    ) -> None:
        life = Life(of, risk, requires)
        life.operate()
        for what in steps:
            life.step(what)
            if life.begun:
                break
        seen.update(life.seen)

    in_any_life()
    assert seen == set(ApprovalMode)  # Else it would hold of nothing.


@examples(150)
@given(of=REQUESTS, risk=st.sampled_from(Risk), requires=POLICIES, more=REQUIRES, data=st.data())
def test_one_more_policy_never_lets_more_through_unless_it_says_a_smaller_number_out_loud(
    of: ApprovalRequest,
    risk: Risk,
    requires: dict[str, Any],
    more: dict[str, Any],
    data: st.DataObject,
) -> None:
    out_loud = ("signatures", "digest", "autoApprove", "breakGlass")
    stricter = {key: value for key, value in more.items() if key not in out_loud}
    life = Life(of, risk, requires)
    life.operate()
    for signer in data.draw(st.lists(st.sampled_from(SIGNERS), unique=True)):
        life.sign(signer, "Approve", -1, "Seen.", False)
    before = decide(life.of, life.around, life.now)
    life.edit({**requires, "c": stricter})
    after = decide(life.of, life.around, life.now)
    if isinstance(after, Approve):
        assert isinstance(before, Approve)
