"""How many requests a request costs."""

from __future__ import annotations

from tests.support.fakes_world import World
from tests.support.incidents import incident


async def test_the_happy_path_takes_at_most_nine_requests() -> None:
    """Those of Kopf (three status writes) and those that the ports make (six)."""
    world = World(action="kubectl scale deployment/web --replicas=5", verify={"enabled": False})
    status_writes = 0
    status_writes += (await world.advance()).status is not None
    world.sign("alice")
    status_writes += (await world.advance()).status is not None
    status_writes += (await world.execute()).status is not None
    assert status_writes == 3
    assert world.cluster.calls == ["get", "dry-run", "patch"]
    assert world.journal == ["effect", "knowledge", "event end"]
    assert status_writes + len(world.cluster.calls) + len(world.journal[1:]) <= 9
    assert world.casebook.calls == []
    assert (await world.advance()).status is None


async def test_an_incident_costs_one_request_for_each_thing_read_and_written() -> None:
    """Incident read twice (for the entry, and after the end), resolved, and its own entry; its
    playbook looked for, made and counted in; and one status that says so."""
    world = World(
        action="kubectl scale deployment/web --replicas=5",
        verify={"enabled": False},
        incident="INC-2031",
    )
    world.casebook.put(incident())
    await world.approve()
    await world.execute()
    before = len(world.casebook.calls) + world.journal.count("knowledge")
    assert before == 2
    assert (await world.advance()).status is not None
    after_ = len(world.casebook.calls) + world.journal.count("knowledge")
    assert after_ - before == 6
    assert world.condition("Recorded") == "True/Recorded"
    assert (await world.advance()).status is None
