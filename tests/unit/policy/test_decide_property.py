"""Promise 1, for any history: nothing is approved without a quorum of valid signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from countersign.api.approval_request import ApprovalRequest
from countersign.api.risk import Risk
from countersign.api.signature import Signature
from countersign.policy import transitions
from countersign.policy.decide import decide
from countersign.policy.decision import Approve, Deny, MakePlan, Wait
from tests.support.fakes_objects import (
    ALONE,
    OLD_DIGEST,
    operation,
    plan,
    request,
    signed,
    with_status,
)
from tests.support.fakes_time import START
from tests.support.properties import examples

SIGNERS = ("agent", "alice", "bob", "carol", "dave")
EVERY_RISK = st.sampled_from(Risk)


@dataclass
class Life:
    """A request and its plans; ``step`` is one thing that people, the world or we do."""

    of: ApprovalRequest
    risk: Risk
    now: datetime = START
    digests: list[str] = field(default_factory=lambda: [OLD_DIGEST])

    def step(self, what: tuple[Any, ...]) -> None:
        getattr(self, what[0])(*what[1:])

    def sign(self, signer: str, decision: str, digest: int | None) -> None:
        named = None if digest is None else self.digests[digest % len(self.digests)]
        entry = Signature(signer=signer, decision=decision, plan=named)
        self.of = signed(self.of, *self.of.spec.signatures, entry)

    def withdraw(self, signer: str) -> None:
        kept = [entry for entry in self.of.spec.signatures if entry.signer != signer]
        self.of = signed(self.of, *kept)

    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def cancel(self) -> None:
        spec = self.of.spec.model_copy(update={"cancelled": True})
        self.of = self.of.model_copy(update={"spec": spec})

    def make_plan(self) -> None:
        decision = decide(self.of, ALONE, self.now)
        if isinstance(decision, MakePlan):
            made = plan(operation(replicas=5), revision=decision.revision)
            self.digests.append(made.digest)
            status = transitions.planned(self.of, made, self.risk, ALONE, self.now)
            self.of = with_status(self.of, status)

    def write_down(self) -> None:
        decision = decide(self.of, ALONE, self.now)
        if isinstance(decision, Wait):
            status = transitions.waiting(self.of, decision, self.now)
            self.of = with_status(self.of, status or self.of.status)

    def go_stale(self) -> None:
        decision = decide(self.of, ALONE, self.now)
        if isinstance(decision, Approve):
            claimed = with_status(self.of, transitions.approved(self.of, decision, self.now))
            self.of = with_status(claimed, transitions.stale(claimed, "Changed.", self.now))


STEPS = st.one_of(
    st.tuples(
        st.just("sign"),
        st.sampled_from(SIGNERS),
        st.sampled_from(["Approve", "Approve", "Approve", "Deny"]),
        st.one_of(st.none(), st.just(-1), st.just(-1), st.integers(0, 5)),
    ),
    st.tuples(st.just("withdraw"), st.sampled_from(SIGNERS)),
    st.tuples(st.just("pass_time"), st.integers(0, 45)),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("make_plan")),
    st.tuples(st.just("make_plan")),
    st.tuples(st.just("write_down")),
    st.tuples(st.just("go_stale")),
)
REQUESTS = st.builds(
    request,
    requested_by=st.sampled_from(["agent", "alice"]),
    required_signatures=st.one_of(st.none(), st.integers(1, 4)),
    expires_after=st.one_of(st.none(), st.just("2h")),
    not_before=st.one_of(st.none(), st.just(START + timedelta(hours=1))),
)


def valid_signers(life: Life, decision: str) -> set[str]:
    """Who validly says so, worked out from the promise alone and not from the code."""
    made = life.of.status.plan
    if made is None:
        return set()
    undigested = made.revision == 1 and (decision == "Deny" or life.risk in (Risk.LOW, Risk.MEDIUM))
    return {
        entry.signer
        for entry in life.of.spec.signatures
        if entry.signer != life.of.spec.requested_by
        and entry.decision == decision
        and (entry.plan == made.digest or (entry.plan is None and undigested))
    }


@examples(150)
@given(of=REQUESTS, risk=EVERY_RISK, steps=st.lists(STEPS, max_size=14))
def test_nothing_is_approved_without_a_quorum_of_valid_signatures(
    of: ApprovalRequest, risk: Risk, steps: list[tuple[Any, ...]]
) -> None:
    life = Life(of, risk)
    for what in steps:
        life.step(what)
        spec, decision = life.of.spec, decide(life.of, ALONE, life.now)
        needed = max(2 if risk in (Risk.HIGH, Risk.CRITICAL) else 1, spec.required_signatures or 0)
        approvals = valid_signers(life, "Approve")
        if isinstance(decision, Approve):
            assert len(approvals) >= needed
            assert {entry.signer for entry in decision.tally.approvals} <= approvals
            assert not spec.cancelled
            assert spec.not_before is None or life.now >= spec.not_before
            assert spec.expires_after is None or life.now < START + spec.expires_after
            assert life.digests[-1] == life.of.status.plan.digest  # type: ignore[union-attr]
        if isinstance(decision, Deny):
            assert decision.by in valid_signers(life, "Deny")


@examples(40)
@given(
    risk=EVERY_RISK,
    wished=st.one_of(st.none(), st.integers(1, 4)),
    signers=st.sets(st.sampled_from(SIGNERS)),
)
def test_a_quorum_of_valid_signatures_is_always_enough(
    risk: Risk, wished: int | None, signers: set[str]
) -> None:
    life = Life(request(required_signatures=wished), risk)
    life.make_plan()
    for signer in sorted(signers):
        life.sign(signer, "Approve", -1)
    needed = max(2 if risk in (Risk.HIGH, Risk.CRITICAL) else 1, wished or 0)
    enough = len(signers - {"agent"}) >= needed
    assert isinstance(decide(life.of, ALONE, life.now), Approve) == enough
