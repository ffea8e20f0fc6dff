"""Trust is looked up where a decision depends on it, and nowhere else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from countersign.api.phase import Phase
from countersign.api.status import ApprovalMode
from countersign.errors import ApiError, StoreError
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.reputation import LOOK_AGAIN, Reputation
from tests.support.fakes_objects import after, operation, signature, signed
from tests.support.fakes_policies import absolute, policy, under
from tests.support.fakes_time import LoopClock, in_virtual_time
from tests.support.fakes_trust import PLAYBOOK, Ledger, Shelf, execution, playbook
from tests.support.fakes_world import World

TRUSTING = policy("auto", autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.7})
CAREFREE = policy("auto", autoApprove={"riskAtMost": "medium"})
RECORD = [execution(f"r{number}") for number in range(10)]


class Trusting(World):
    """A world whose workflow looks trust up."""

    def __init__(
        self, *policies: NamedPolicy, shelf: Shelf | None = None, ledger: Ledger | None = None
    ) -> None:
        super().__init__(
            verify={"enabled": False}, confidence=0.9, playbook=PLAYBOOK if shelf else None
        )
        self.shelf, self.ledger = shelf or Shelf(), ledger or Ledger()
        self.policies.circumstances = under(*policies)
        self.reputation = Reputation(
            self.policies,
            self.ledger,
            self.shelf,
            self.clock,  # type: ignore[arg-type]
        )
        self.decided_by(self.reputation)

    @property
    def asked(self) -> int:
        return len(self.shelf.asked) + len(self.ledger.asked)


async def planned(*policies: NamedPolicy, **kept: Any) -> Trusting:
    world = Trusting(*policies, **kept)
    await world.advance()
    return world


async def approved(*policies: NamedPolicy, **kept: Any) -> Trusting:
    world = await planned(*policies, **kept)
    await world.advance()
    assert world.phase is Phase.APPROVED
    return world


async def test_what_follows_a_trusted_playbook_needs_nobody() -> None:
    world = await approved(TRUSTING, shelf=Shelf(playbook(10)))
    assert world.request.status.approval is not None
    assert world.request.status.approval.mode is ApprovalMode.AUTOMATIC
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.shelf.asked == [("shop", PLAYBOOK)] * 2  # To decide, and before it begins.
    assert world.ledger.asked == []


async def test_without_a_playbook_what_was_executed_before_counts() -> None:
    world = await approved(TRUSTING, ledger=Ledger(*RECORD))
    assert [(each.operation, each.target) for each in world.ledger.asked] == [
        ("RestartRollout", "shop/Deployment/web")
    ]
    assert world.shelf.asked == []


async def test_a_playbook_that_is_named_and_not_trusted_is_not_made_up_for_by_the_record() -> None:
    world = await planned(TRUSTING, shelf=Shelf(playbook(1)), ledger=Ledger(*RECORD))
    await world.advance()
    assert world.phase is Phase.PENDING
    assert world.ledger.asked == []


async def test_what_people_have_retired_is_not_trusted_by_leaving_its_name_out() -> None:
    retired = playbook(10, state="Retired")
    world = Trusting(TRUSTING, ledger=Ledger(*RECORD))
    world.shelf.playbooks[PLAYBOOK] = retired
    await world.advance()
    await world.advance()
    assert world.condition("Approved") == "False/SignaturesMissing"
    assert "playbook restart-web, which does the same, is Retired" in world.message
    other = playbook(10, state="Retired", steps=[operation(name="db")])
    world.shelf.playbooks[PLAYBOOK] = other
    await world.advance()
    assert world.phase is Phase.APPROVED


async def test_what_is_not_trusted_waits_for_people_and_says_why() -> None:
    world = await planned(TRUSTING, ledger=Ledger(*RECORD[:1]))
    await world.advance()
    assert world.condition("Approved") == "False/SignaturesMissing"
    assert world.message == (
        "Waits for 1 more signature of 1. Not approved without people: Policy auto: the trust in "
        "RestartRollout of shop/Deployment/web is 0.20, less than 0.7."
    )
    assert (await world.advance()).status is None  # Said once.
    world.sign("alice")
    await world.advance()
    assert world.phase is Phase.APPROVED


async def test_nothing_is_asked_while_there_is_no_plan() -> None:
    world = Trusting(TRUSTING)
    await world.advance()
    assert world.asked == 0


MATTERS_NOT = {
    "no policy": (),
    "no autoApprove": (policy("p", signatures=2),),
    "no trustAtLeast": (CAREFREE,),
    "one for other targets": (
        CAREFREE,
        policy(
            "q",
            match={"targetNames": ["db"]},
            autoApprove={"riskAtMost": "high", "trustAtLeast": 0.1},
        ),
    ),
    "more risk than it allows": (
        policy("p", autoApprove={"riskAtMost": "low", "trustAtLeast": 0.1}),
    ),
    "another policy wants people": (TRUSTING, policy("p", signatures=1)),
    "the kill switch": (TRUSTING, policy("p", suspend=True)),
    "it is denied": (TRUSTING, policy("p", deny={"message": "Never."})),
}


@pytest.mark.parametrize("what", MATTERS_NOT)
async def test_nothing_is_asked_where_trust_changes_nothing(what: str) -> None:
    world = await planned(*MATTERS_NOT[what], ledger=Ledger(*RECORD))
    await world.advance()
    if world.phase is Phase.PENDING:
        await world.advance()
    if world.phase is Phase.APPROVED:
        await world.execute()
    assert world.asked == 0


async def test_nothing_is_asked_of_what_people_have_signed() -> None:
    world = await planned(TRUSTING)
    world.sign("alice")
    await world.advance()
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.asked == 0


async def test_nothing_is_asked_of_what_a_person_refuses() -> None:
    world = await planned(TRUSTING)
    made = world.request.status.plan
    assert made is not None
    world.request = signed(world.request, signature("bob", "Deny", plan=made.digest))
    await world.advance()
    assert world.phase is Phase.DENIED
    assert world.asked == 0


# --- Out of reach ---------------------------------------------------------------------------------

ERRORS: list[Exception] = [
    ApiError("connection refused"),
    StoreError("password=hunter2 is wrong"),
    NotImplementedError(),
    TimeoutError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("by_playbook", [True, False])
async def test_what_cannot_be_read_is_not_trusted_and_looked_at_again(
    error: Exception, *, by_playbook: bool
) -> None:
    shelf, ledger = Shelf(playbook(10)), Ledger(*RECORD)
    shelf.error = ledger.error = error
    world = await planned(TRUSTING, shelf=shelf if by_playbook else None, ledger=ledger)
    step = await world.advance()
    assert world.phase is Phase.PENDING
    assert step.wake_at == after(LOOK_AGAIN.total_seconds())
    assert "the trust is not known" in world.message
    assert "cannot be read just now" in world.message
    assert "hunter2" not in world.message
    shelf.error = ledger.error = None
    await world.advance()
    assert world.phase is Phase.APPROVED


@in_virtual_time
async def test_a_store_that_hangs_keeps_nobody_from_signing() -> None:
    class Hanging(Ledger):
        async def executions(self, choice: Any) -> Any:
            await asyncio.Event().wait()

    world = Trusting(TRUSTING, ledger=Hanging())
    world.reputation._clock = LoopClock()
    await world.advance()
    await world.advance()
    assert "cannot be read just now" in world.message


# --- Between approval and start -------------------------------------------------------------------


async def test_time_alone_does_not_hold_back_what_was_just_trusted_enough() -> None:
    least = policy("auto", autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.7})
    world = await planned(least, shelf=Shelf(playbook(10)))
    found = await world.reputation.around(world.request)
    assert found.reliance is not None
    exactly = policy(
        "auto", autoApprove={"riskAtMost": "medium", "trustAtLeast": found.reliance.trust}
    )
    world.policies.circumstances = under(exactly)
    await world.advance()
    await world.pass_time(3600)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED


async def test_a_playbook_that_is_retired_before_it_begins_holds_it_back() -> None:
    world = await approved(TRUSTING, shelf=Shelf(playbook(10)))
    world.shelf.playbooks = {PLAYBOOK: playbook(10, state="Retired")}
    await world.execute()
    assert world.condition("Approved") == "False/SignaturesMissing"
    assert "playbook restart-web is Retired" in world.message


async def test_failures_before_it_begins_hold_it_back() -> None:
    world = await approved(TRUSTING, shelf=Shelf(playbook(10)))
    world.shelf.playbooks = {PLAYBOOK: playbook(10, 3)}
    await world.execute()
    assert world.phase is Phase.PENDING


async def test_what_cannot_be_read_before_it_begins_holds_it_back_until_it_can() -> None:
    world = await approved(TRUSTING, shelf=Shelf(playbook(10)))
    world.shelf.error = ApiError("connection refused")
    await world.execute()
    assert world.phase is Phase.PENDING
    assert (await world.advance()).wake_at == after(LOOK_AGAIN.total_seconds())
    world.shelf.error = None
    await world.advance()
    await world.execute()
    assert world.phase is Phase.SUCCEEDED


async def test_a_policy_that_asks_for_more_trust_by_now_holds_it_back() -> None:
    world = await approved(TRUSTING, shelf=Shelf(playbook(10)))
    stricter = policy("auto", autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.9})
    world.policies.circumstances = under(stricter)
    await world.execute()
    assert world.phase is Phase.PENDING


async def test_what_has_changed_while_trust_was_looked_up_counts() -> None:
    world = await planned(TRUSTING, shelf=Shelf(playbook(10)))
    read = world.shelf.playbook

    async def meanwhile(namespace: str, name: str) -> Any:
        world.policies.circumstances = under(TRUSTING, policy("off", suspend=True))
        return await read(namespace, name)

    world.shelf.playbook = meanwhile  # type: ignore[method-assign]
    await world.advance()
    assert world.condition("Approved") == "False/Suspended"


async def test_trust_in_a_freeze_window_waits_for_its_end() -> None:
    frozen = policy(
        "auto",
        autoApprove={"riskAtMost": "medium", "trustAtLeast": 0.7},
        freezeWindows=[absolute(-1, 1)],
    )
    world = await planned(frozen, shelf=Shelf(playbook(10)))
    await world.advance()
    assert world.condition("Approved") == "False/FreezeWindow"


async def test_an_approval_is_passed_on() -> None:
    world = await approved(TRUSTING, shelf=Shelf(playbook(10)))
    assert world.policies.claimed == [world.request.metadata.uid]


async def test_what_is_around_stays_as_it_is() -> None:
    world = await planned(TRUSTING, shelf=Shelf(playbook(10)))
    around = await world.reputation.around(world.request)
    assert replace(around, reliance=None) == world.policies.circumstances
