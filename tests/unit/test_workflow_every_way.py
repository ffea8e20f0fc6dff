"""Promise 3 for each way to carry something out: faults, crashes and a kill switch, in any order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.api.phase import Phase, may_follow
from tests.support.begun import BEGUN, Begun, config_map, deletion
from tests.support.endings import node, pod
from tests.support.fakes import Fault, LostAnswer, conflict, forbidden, unavailable
from tests.support.fakes_objects import workload
from tests.support.fakes_policies import policy, under
from tests.support.fakes_time import LoopClock, VirtualTimeLoop
from tests.support.fakes_world import World
from tests.support.properties import examples

OFF = policy("off", suspend=True)
FAULTS: dict[str, Callable[[], Fault]] = {
    "none": lambda: None,
    "down": unavailable,
    "forbidden": forbidden,
    "conflict": conflict,
    "lost": LostAnswer,
}
READS = st.lists(st.sampled_from(("none", "none", "none", "down", "forbidden")), max_size=6)
WRITES = st.lists(st.sampled_from(("none", "none", *FAULTS)), max_size=6)
DRAIN = "kubectl drain node-1"
REMOVALS = {
    "a pod that is deleted": Begun({"action": "kubectl delete pod db-0"}, (pod("db-0"),)),
    "two objects that are deleted": Begun(
        {"action": None, "operation": deletion("a", "b")}, (config_map("a"), config_map("b"))
    ),
}
"""Whoever finds the object gone cannot tell who has removed it."""
WAYS = {
    **BEGUN,
    **REMOVALS,
    "a restart": Begun({"action": "kubectl rollout restart deployment/web"}),
    "two objects that change": Begun(
        {"action": "kubectl scale deployment/web deployment/db --replicas=5"},
        (workload(name="db"),),
    ),
    "an object that is made": Begun(
        {
            "action": None,
            "operation": {
                "type": "Apply",
                "target": {"kind": "ConfigMap", "name": "new"},
                "apply": {
                    "manifest": "{apiVersion: v1, kind: ConfigMap, metadata: {name: new}, data: {}}"
                },
            },
        }
    ),
    DRAIN: Begun({"action": DRAIN}, (node(), pod())),
}
EFFECTS = {
    "two objects that are deleted": 2,
    "two objects that change": 2,
    DRAIN: 2,
}


@dataclass(frozen=True)
class Round:
    """One look at the request: whether its process is cut off after it, and the kill switch."""

    crash: bool = False
    off: bool = False


async def live_through(
    what: str, writes: list[str], reads: list[str], rounds: list[Round], limit: int
) -> World:
    """From the approval to the end; at a crash, the status that was to be written is lost."""
    way = WAYS[what]
    world = World(clock=LoopClock(), verify={"enabled": False}, retry={"limit": limit}, **way.spec)
    for live in way.laid:
        world.cluster.put(live)
    await world.approve()
    for verb in ("patch", "create", "delete", "evict"):
        world.cluster.faults[verb].extend(FAULTS[name]() for name in writes)
    world.cluster.faults["get"].extend(FAULTS[name]() for name in reads)
    for each in [*rounds, *[Round()] * 20]:
        world.policies.circumstances = under(OFF) if each.off else under()
        before = world.request
        if world.phase is Phase.PENDING:  # It was held back, and its signatures stay.
            await world.advance()
            continue
        step = await world.execute()
        if each.crash:
            world.request = before
            continue
        assert may_follow(before.phase, world.phase)
        sees = set(reads) <= {"none"} and what not in REMOVALS
        if world.phase is Phase.PENDING and sees:  # It says: not begun.
            assert "effect" not in world.journal
        if step.retry_after is not None:
            await asyncio.sleep(step.retry_after.total_seconds())
        if world.phase.terminal:
            return world
    raise AssertionError(f"it does not end: {world.phase}, {world.message}")


@pytest.mark.parametrize("what", WAYS)
@examples(40)
@given(
    writes=WRITES,
    reads=st.one_of(st.just([]), READS),
    rounds=st.lists(st.builds(Round, st.booleans(), st.booleans()), max_size=5),
    limit=st.integers(0, 2),
)
def test_it_is_done_at_most_once_and_what_is_told_of_it_is_true(
    what: str, writes: list[str], reads: list[str], rounds: list[Round], limit: int
) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        world = runner.run(live_through(what, writes, reads, rounds, limit))
    effects, wanted = world.journal.count("effect"), EFFECTS.get(what, 1)
    assert effects <= wanted
    if world.phase is Phase.SUCCEEDED and what != DRAIN:  # Which asks each pod, and may be held.
        assert effects == wanted, world.message
    result = world.request.status.result
    assert result is not None
    if what not in REMOVALS and "cannot be told" not in world.message:
        assert result.changed is (effects > 0), world.message
