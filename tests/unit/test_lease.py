"""One active replica, by a Lease; in a time that jumps."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from countersign import lease as lease_module
from countersign.errors import ApiError
from countersign.lease import Leadership
from tests.support.fakes import FakeLeases, LostAnswer, conflict, unavailable
from tests.support.fakes_time import LoopClock, in_virtual_time

SECONDS = 15.0
SOMEBODY = {"holderIdentity": "somebody", "leaseDurationSeconds": 15, "leaseTransitions": 4}


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(autouse=True)
def virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "time", SimpleNamespace(monotonic=now))


def leadership(leases: Any, holder: str = "me", seconds: float = SECONDS) -> Leadership:
    return Leadership(leases, LoopClock(), name="operator", holder=holder, seconds=seconds)


async def for_ever() -> None:
    await asyncio.Event().wait()


def failing(leases: FakeLeases, verb: str, *faults: Any, times: int = 1) -> None:
    leases.faults[verb].extend(list(faults) * times)


# --- Taking ---------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_lease_that_does_not_exist_is_created_and_taken_at_once() -> None:
    leases = FakeLeases()
    await leadership(leases).take()
    assert leases.holder == "me"
    assert now() == 0


FREE = {
    "nobody's": {},
    "given back": {"holderIdentity": "", "leaseDurationSeconds": 1},
    "one that was ours": SOMEBODY | {"holderIdentity": "me"},
}


@pytest.mark.parametrize("what", FREE)
@in_virtual_time
async def test_a_lease_that_is_free_is_taken_at_once(what: str) -> None:
    leases = FakeLeases()
    leases.put(dict(FREE[what]))
    await leadership(leases).take()
    assert leases.holder == "me"
    assert now() == 0


@in_virtual_time
async def test_a_lease_without_a_spec_is_free() -> None:
    leases = FakeLeases()
    leases.put({})
    assert leases.lease is not None
    leases.lease["spec"] = None
    await leadership(leases).take()
    assert leases.holder == "me"


@in_virtual_time
async def test_what_is_written_is_what_other_electors_read() -> None:
    leases = FakeLeases()
    leases.put(dict(SOMEBODY, holderIdentity=""))
    await leadership(leases).take()
    assert leases.lease is not None
    assert leases.lease["spec"] == {
        "holderIdentity": "me",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-03-01T12:00:00.000000Z",
        "renewTime": "2026-03-01T12:00:00.000000Z",
        "leaseTransitions": 5,
    }


@in_virtual_time
async def test_one_that_is_given_back_is_taken_soon_however_long_it_could_have_held() -> None:
    leases = FakeLeases()
    leases.put(SOMEBODY | {"leaseDurationSeconds": 600})
    taking = asyncio.create_task(leadership(leases, seconds=600).take())
    await asyncio.sleep(100)
    leases.put({"holderIdentity": "", "leaseDurationSeconds": 1})
    await taking
    assert now() <= 100 + 2


@in_virtual_time
async def test_somebody_elses_lease_is_taken_only_after_it_was_seen_unrenewed_for_its_whole_time() -> (
    None
):
    leases = FakeLeases()
    leases.put(dict(SOMEBODY))
    await leadership(leases).take()
    assert leases.holder == "me"
    assert 15 < now() <= 15 + 2 * SECONDS / 5


@in_virtual_time
async def test_the_times_in_the_lease_are_not_compared_with_our_clock() -> None:
    leases = FakeLeases()
    leases.put(SOMEBODY | {"renewTime": "1999-01-01T00:00:00.000000Z"})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(14.9):
            await leadership(leases).take()
    assert leases.holder == "somebody"


@in_virtual_time
async def test_the_time_that_counts_is_the_holders_and_not_ours() -> None:
    leases = FakeLeases()
    leases.put(SOMEBODY | {"leaseDurationSeconds": 60})
    await leadership(leases, seconds=3).take()
    assert now() > 60


@in_virtual_time
async def test_a_lease_that_is_renewed_is_never_taken() -> None:
    leases = FakeLeases()
    taking = asyncio.create_task(leadership(leases).take())
    for _ in range(20):
        leases.put(dict(SOMEBODY))
        await asyncio.sleep(14)
        assert not taking.done()
    taking.cancel()
    assert leases.holder == "somebody"


@in_virtual_time
async def test_of_two_who_see_a_free_lease_one_gets_it() -> None:
    leases = FakeLeases()
    leases.put({})
    takers = {name: asyncio.create_task(leadership(leases, name).take()) for name in ("a", "b")}
    await asyncio.sleep(10)
    assert [name for name, task in takers.items() if task.done()] == [leases.holder]
    for task in takers.values():
        task.cancel()


@in_virtual_time
async def test_of_two_who_create_the_lease_one_gets_it() -> None:
    leases = FakeLeases()

    async def another_is_first() -> None:
        leases.put(dict(SOMEBODY))

    failing(leases, "create", another_is_first)
    taking = asyncio.create_task(leadership(leases).take())
    await asyncio.sleep(10)
    assert not taking.done()
    assert leases.holder == "somebody"
    taking.cancel()


@in_virtual_time
async def test_an_api_server_that_is_down_is_asked_again() -> None:
    leases = FakeLeases()
    failing(leases, "read", unavailable(), ApiError("connection refused"), times=3)
    await leadership(leases).take()
    assert leases.holder == "me"
    assert now() == pytest.approx(6 * 2.0)


# --- Keeping --------------------------------------------------------------------------------------


class Held:
    """A Lease that is ours, and whether ``keep`` has come back."""

    @classmethod
    async def start(cls) -> Held:
        self = cls()
        self.leases = FakeLeases()
        self.leadership = leadership(self.leases)
        await self.leadership.take()
        self.keeping = asyncio.create_task(self.leadership.keep())
        return self

    leases: FakeLeases
    leadership: Leadership
    keeping: asyncio.Task[None]

    async def lost_at(self) -> float:
        await self.keeping
        return now()


@in_virtual_time
async def test_a_lease_is_kept_for_as_long_as_it_can_be_renewed() -> None:
    held = await Held.start()
    await asyncio.sleep(1000)
    assert not held.keeping.done()
    assert held.leases.lease is not None
    assert held.leases.lease["spec"]["leaseTransitions"] == 1
    assert held.leases.lease["spec"]["acquireTime"] == "2026-03-01T12:00:00.000000Z"
    assert held.leases.lease["spec"]["renewTime"] > "2026-03-01T12:16:30"
    held.keeping.cancel()


@in_virtual_time
async def test_a_lease_that_somebody_took_is_lost_at_the_next_renewal() -> None:
    held = await Held.start()
    held.leases.put(dict(SOMEBODY))
    assert await held.lost_at() <= SECONDS / 5


@in_virtual_time
async def test_a_lease_that_cannot_be_renewed_is_lost_before_it_runs_out() -> None:
    held = await Held.start()
    failing(held.leases, "replace", unavailable(), times=100)
    assert await held.lost_at() < SECONDS


@in_virtual_time
async def test_an_api_server_that_hangs_loses_the_lease_before_it_runs_out() -> None:
    held = await Held.start()
    failing(held.leases, "replace", for_ever, times=100)
    assert await held.lost_at() < SECONDS


@in_virtual_time
async def test_an_api_server_that_fails_and_then_hangs_loses_the_lease_before_it_runs_out() -> None:
    held = await Held.start()
    failing(held.leases, "replace", unavailable(), unavailable(), unavailable())
    failing(held.leases, "replace", for_ever, times=100)
    assert await held.lost_at() < SECONDS


@in_virtual_time
async def test_an_api_server_that_hangs_after_a_conflict_loses_the_lease_before_it_runs_out() -> (
    None
):
    held = await Held.start()
    failing(held.leases, "replace", conflict(), times=100)
    failing(held.leases, "read", for_ever, times=100)
    async with asyncio.timeout(1000):
        assert await held.lost_at() < SECONDS


@in_virtual_time
async def test_a_short_failure_is_no_loss() -> None:
    held = await Held.start()
    failing(held.leases, "replace", unavailable(), ApiError("connection reset"))
    await asyncio.sleep(100)
    assert not held.keeping.done()
    held.keeping.cancel()


@in_virtual_time
async def test_a_server_that_is_away_for_two_fifths_of_the_time_is_no_loss_whenever_it_goes() -> (
    None
):
    for tenths in range(30):
        held = await Held.start()
        await asyncio.sleep(SECONDS + tenths / 10)
        failing(held.leases, "replace", ApiError("connection refused"), times=1000)
        await asyncio.sleep(SECONDS * 2 / 5 + 0.2)
        held.leases.faults["replace"].clear()
        await asyncio.sleep(SECONDS)
        assert not held.keeping.done()
        held.keeping.cancel()


@in_virtual_time
async def test_one_renewal_that_hangs_is_no_loss() -> None:
    held = await Held.start()
    for _ in range(10):
        failing(held.leases, "replace", for_ever)
        await asyncio.sleep(20)
        assert not held.keeping.done()
    held.keeping.cancel()


@in_virtual_time
async def test_a_conflict_whose_write_was_ours_is_no_loss() -> None:
    held = await Held.start()
    failing(held.leases, "replace", LostAnswer())
    await asyncio.sleep(100)
    assert not held.keeping.done()
    assert held.leases.holder == "me"
    held.keeping.cancel()


@in_virtual_time
async def test_a_conflict_that_cannot_be_looked_into_is_no_loss_yet() -> None:
    held = await Held.start()
    held.leases.put(SOMEBODY | {"holderIdentity": "me"})  # Somebody has annotated it, say.
    failing(held.leases, "read", unavailable())
    await asyncio.sleep(100)
    assert not held.keeping.done()
    held.keeping.cancel()


@in_virtual_time
async def test_two_contenders_never_both_hold_the_lease_whatever_fails() -> None:
    for faults in (
        [for_ever] * 50,
        [unavailable()] * 3 + [for_ever] * 50,
        [LostAnswer(), for_ever] * 9,
    ):
        held = await Held.start()
        held.leases.faults["replace"].extend(faults)
        began = now()
        other = leadership(_AnotherWay(held.leases), "other")
        taking = asyncio.create_task(other.take())
        lost = await held.lost_at()
        await taking
        assert held.leases.holder == "other"
        assert began < lost < now()


class _AnotherWay:
    """The way of another replica to the same Lease: nothing fails on it."""

    def __init__(self, leases: FakeLeases) -> None:
        self._leases = leases

    async def read(self) -> Any:
        return await self._without_faults("read")

    async def create(self, body: Any) -> Any:
        return await self._without_faults("create", body)

    async def replace(self, body: Any) -> Any:
        return await self._without_faults("replace", body)

    async def _without_faults(self, verb: str, *args: Any) -> Any:
        faults = self._leases.faults.pop(verb, None)
        try:
            return await getattr(self._leases, verb)(*args)
        finally:
            self._leases.faults.pop(verb, None)
            if faults is not None:
                self._leases.faults[verb] = faults


# --- Giving back ----------------------------------------------------------------------------------


@in_virtual_time
async def test_a_lease_that_is_given_back_is_taken_by_the_next_at_once() -> None:
    leases = FakeLeases()
    first = leadership(leases, "first")
    await first.take()
    await first.give_back()
    assert leases.holder == ""
    await leadership(leases, "second").take()
    assert leases.holder == "second"
    assert now() == 0


@in_virtual_time
async def test_a_lease_that_cannot_be_given_back_runs_out_by_itself() -> None:
    leases = FakeLeases()
    mine = leadership(leases)
    await mine.take()
    failing(leases, "replace", unavailable())
    await mine.give_back()
    assert leases.holder == "me"


@in_virtual_time
async def test_somebody_elses_lease_is_not_given_back() -> None:
    held = await Held.start()
    held.leases.put(dict(SOMEBODY))
    await held.keeping
    await held.leadership.give_back()
    assert held.leases.holder == "somebody"
