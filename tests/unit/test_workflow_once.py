"""Promise 3, for any sequence of faults: an approved action takes effect at most once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from countersign.api.phase import Phase, may_follow
from countersign.ports import JsonObject
from tests.support.fakes import Fault, LostAnswer, conflict, forbidden, unavailable
from tests.support.fakes_objects import with_status
from tests.support.fakes_time import LoopClock, VirtualTimeLoop
from tests.support.fakes_world import World
from tests.support.properties import examples

RESTART = "kubectl rollout restart deployment/web"
FAULTS = ("none", "none", "down", "lost", "conflict", "moved", "forbidden")


def fault(name: str, world: World) -> Fault:
    def move(live: JsonObject) -> None:
        live["status"]["observedGeneration"] += 1

    faults: dict[str, Callable[[], Fault]] = {
        "none": lambda: None,
        "down": unavailable,
        "lost": LostAnswer,
        "conflict": conflict,
        "moved": lambda: lambda: world.cluster.change(world.path, move),
        "forbidden": forbidden,
    }
    return faults[name]()


async def live_through(patches: list[str], reads: list[str], crashes: list[bool]) -> World:
    """Carry one restart out; at a crash, the status that was to be written is lost."""
    world = World(clock=LoopClock(), action=RESTART, verify={"enabled": False})
    await world.approve()
    world.cluster.faults["patch"].extend(fault(name, world) for name in patches)
    world.cluster.faults["get"].extend(
        fault(name, world) for name in reads if name not in ("lost", "moved")
    )
    for crash in [*crashes, *[False] * 10]:
        before = world.request
        step = await world.execute()
        if crash:
            world.request = before
            continue
        if step.status is not None:
            assert step.status.phase is not None
            assert may_follow(before.phase, step.status.phase)
        if step.retry_after is not None:
            await asyncio.sleep(step.retry_after.total_seconds())
        if world.phase.terminal or world.phase is Phase.PENDING:
            return world
    raise AssertionError(f"it does not end: {world.phase}, {world.message}")


@examples(60)
@given(
    patches=st.lists(st.sampled_from(FAULTS), max_size=8),
    reads=st.lists(st.sampled_from(FAULTS), max_size=6),
    crashes=st.lists(st.booleans(), max_size=5),
)
def test_whatever_fails_the_effect_comes_at_most_once(
    patches: list[str], reads: list[str], crashes: list[bool]
) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        world = runner.run(live_through(patches, reads, crashes))
    effects = world.journal.count("effect")
    assert effects <= 1
    if world.phase is Phase.SUCCEEDED:
        assert effects == 1
        assert world.request.status.result is not None
        assert world.request.status.result.changed
    assert world.phase is not Phase.PENDING  # Nobody has changed what the action changes.
    assert world.condition("Recorded") == "True/Recorded"


def test_a_finished_request_stays_as_it_is() -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        world = runner.run(live_through([], [], []))
        again = with_status(world.request, world.request.status)
        assert runner.run(world.workflow.advance(again)).status is None
