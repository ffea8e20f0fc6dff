"""What follows the final status: each part by itself, once, and until it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from countersign.api.effects import EffectState
from countersign.api.incident import Incident, IncidentPhase
from countersign.api.phase import Phase
from countersign.api.playbook import Playbook, PlaybookState, PlaybookStatus
from countersign.api.status import KnowledgeReference
from countersign.errors import ApiError, StoreError
from countersign.policy.bookkeeping import INCIDENT, KNOWLEDGE, LEARNING, NO_INCIDENT, PLAYBOOK
from countersign.records.execution import Choice
from tests.support.fakes import FakeNotifier, LostAnswer, conflict, forbidden, unavailable
from tests.support.fakes_objects import UID, after, with_status, workload
from tests.support.fakes_time import LoopClock, in_virtual_time
from tests.support.fakes_world import World
from tests.support.incidents import INCIDENT_UID, incident, playbook

SCALE = "kubectl scale deployment/web --replicas=5"
NAME = "inc-2031"
LATE = (INCIDENT, PLAYBOOK, LEARNING)


class Killed(BaseException):
    """kill -9: nothing that comes after it is done."""


class Doomed(list[str]):
    """A journal whose writer is killed before its ``last`` entry's deed is done."""

    last: int | None = None

    def append(self, entry: str) -> None:
        if self.last is not None and len(self) >= self.last:
            self.last = None
            raise Killed
        super().append(entry)


async def approved(*things: Incident | Playbook, **spec: Any) -> World:
    usual = {"action": SCALE, "verify": {"enabled": False}, "incident": "INC-2031"}
    world = World(clock=LoopClock(), journal=Doomed(), **(usual | spec))
    world.casebook.put(*things)
    await world.approve()
    return world


async def executed(*things: Incident | Playbook, fails: bool = False, **spec: Any) -> World:
    world = await approved(*things, **spec)
    if fails:
        world.cluster.faults["patch"].append(forbidden())
    await world.execute()
    return world


async def to_the_end(world: World, *, rounds: int = 12) -> None:
    """As the handlers do it: each write is seen, and a time to wake is kept."""
    for _ in range(rounds):
        step = await world.advance()
        if world.condition("Recorded") == "True/Recorded":
            assert step.wake_at is None
            return
        if step.wake_at is not None:
            await world.pass_time((step.wake_at - world.clock.now()).total_seconds())
    raise AssertionError(f"it does not end: {states(world)}")


def states(world: World) -> dict[str, str]:
    return {name: str(each.state) for name, each in world.request.status.effects.items()}


def why(world: World, name: str) -> str:
    return world.request.status.effects[name].message or ""


def the_incident(world: World) -> Incident:
    return world.casebook.incidents["shop", NAME]


def the_playbook(world: World) -> Playbook:
    [found] = world.casebook.playbooks.values()
    return found


async def assert_all_is_written_once(world: World) -> None:
    assert states(world) == dict.fromkeys((KNOWLEDGE, *LATE), "Done")
    assert world.condition("Recorded") == "True/Recorded"
    assert the_incident(world).phase is IncidentPhase.RESOLVED
    assert [each.uid for each in the_incident(world).status.dispositions] == [UID]
    learned = the_playbook(world)
    assert learned.spec.source_incidents == (NAME,)
    assert (learned.status.executions, learned.status.successes) == (1, 1)
    assert {each.id for each in await world.store.latest(9)} == {UID, INCIDENT_UID}
    assert [each.id for each in await world.store.executions(Choice())] == [UID]


# --- Without an incident --------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
@in_virtual_time
async def test_without_an_incident_all_is_done_with_the_final_status(fails: bool) -> None:
    world = await executed(incident=None, fails=fails)
    assert states(world) == {KNOWLEDGE: "Done"} | ({} if fails else {PLAYBOOK: "Skipped"})
    assert fails or why(world, PLAYBOOK) == NO_INCIDENT
    assert world.condition("Recorded") == "True/Recorded"
    assert world.casebook.calls == []
    assert (await world.advance()).status is None


@in_virtual_time
async def test_an_incident_that_is_not_there_is_skipped_and_said_so() -> None:
    world = await executed()
    await to_the_end(world)
    assert states(world) == {KNOWLEDGE: "Done"} | dict.fromkeys(LATE, "Skipped")
    assert why(world, INCIDENT) == "There is no Incident inc-2031 in namespace shop."
    assert why(world, PLAYBOOK) == why(world, INCIDENT)


# --- With one -------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_success_names_what_is_to_be_done_and_then_does_it() -> None:
    world = await executed(incident())
    assert states(world) == {KNOWLEDGE: "Done"} | dict.fromkeys(LATE, "Pending")
    assert world.condition("Recorded") == "False/Outstanding"
    assert the_incident(world).phase is IncidentPhase.OPEN
    await to_the_end(world)
    await assert_all_is_written_once(world)


@in_virtual_time
async def test_what_is_known_of_the_incident_is_in_the_entry_and_in_the_lesson() -> None:
    world = await executed(incident())
    entry = await world.entry()
    assert entry is not None
    assert "KubePodCrashLooping" in entry.title
    assert entry.category == "availability"
    [lesson] = await world.store.executions(Choice())
    assert (lesson.incident, lesson.success, lesson.disposition) == (NAME, True, "human_approved")
    assert lesson.anomaly is not None
    await to_the_end(world)
    assert lesson.playbook == the_playbook(world).metadata.name
    timeline = await world.store.timeline(UID)
    assert [each.title for each in timeline][-1] == "Executed"


@in_virtual_time
async def test_an_incident_that_cannot_be_read_keeps_no_entry_from_being_written() -> None:
    world = await approved(incident())
    world.casebook.faults["incident"].append(unavailable())
    await world.execute()
    assert states(world)[KNOWLEDGE] == "Done"
    entry = await world.entry()
    assert entry is not None
    assert "unknown" in entry.title
    await to_the_end(world)
    await assert_all_is_written_once(world)


@in_virtual_time
async def test_an_incident_in_the_text_is_as_good_as_one_in_its_field() -> None:
    world = await executed(incident(), incident=None, description="Repairs INC-2031, we hope.")
    await to_the_end(world)
    await assert_all_is_written_once(world)


@in_virtual_time
async def test_what_an_incident_costs() -> None:
    world = await executed(incident())
    assert world.casebook.calls == ["incident"]
    world.casebook.calls.clear()
    world.journal.clear()
    assert (await world.advance()).status is not None
    assert world.casebook.calls == [
        "incident", "write_incident", "playbook", "create_playbook", "write_playbook",
    ]  # fmt: skip
    assert world.journal.count("knowledge") == 1  # That of the incident.
    assert (await world.advance()).status is None
    assert len(world.casebook.calls) == 5


@in_virtual_time
async def test_a_failure_leaves_the_incident_open_and_counts_against_the_playbook() -> None:
    world = await executed(incident())
    await to_the_end(world)
    unused = the_playbook(world).model_copy(update={"status": PlaybookStatus()})
    again = await executed(incident(), unused, fails=True)
    assert again.phase is Phase.FAILED
    assert states(again) == {KNOWLEDGE: "Done", LEARNING: "Pending"}
    await to_the_end(again)
    assert the_incident(again).phase is IncidentPhase.OPEN
    assert the_playbook(again).spec == unused.spec
    assert (the_playbook(again).status.executions, the_playbook(again).status.successes) == (1, 0)


@in_virtual_time
async def test_no_secret_of_an_action_leaves_its_request() -> None:
    notifier = FakeNotifier()
    action = "kubectl set env deployment/web DB_PASSWORD=hunter2"
    verify = {"enabled": False}
    world = World(clock=LoopClock(), notifier=notifier, action=action, verify=verify, incident=NAME)
    world.cluster.put(workload(template={"spec": {"containers": [{"name": "web"}]}}))
    world.casebook.put(incident())
    await world.approve()
    await world.execute()
    await world.advance()
    [known] = world.casebook.incidents.values()
    assert known.status.outcome is not None
    entries = await world.store.latest(10)
    assert len(entries) == 2
    told = repr((entries, known.status, notifier.messages, world.desk.posted))
    assert "DB_PASSWORD" in told
    assert "hunter2" not in told


@in_virtual_time
async def test_a_failure_without_a_playbook_is_no_lesson() -> None:
    world = await executed(incident(), fails=True)
    await to_the_end(world)
    assert states(world)[LEARNING] == "Skipped"
    assert world.casebook.playbooks == {}


@in_virtual_time
async def test_a_repair_that_people_praise_makes_an_approved_playbook() -> None:
    for score, state in ((5, PlaybookState.APPROVED), (4, PlaybookState.DRAFT)):
        world = await executed(incident(effectiveness_score=score))
        await to_the_end(world)
        assert the_playbook(world).spec.state is state


@in_virtual_time
async def test_the_same_repair_again_extends_its_playbook() -> None:
    world = await executed(incident())
    await to_the_end(world)
    known = the_playbook(world)
    again = await executed(incident(name="inc-7", uid="7"), known, incident="INC-7")
    await to_the_end(again)
    assert the_playbook(again).spec.source_incidents == (NAME, "inc-7")


@in_virtual_time
async def test_a_playbook_of_other_steps_that_has_taken_the_name_is_left_alone() -> None:
    world = await executed(incident())
    await to_the_end(world)
    name = the_playbook(world).metadata.name
    other = playbook(name=name)
    again = await executed(incident(), other)
    await to_the_end(again)
    assert states(again)[PLAYBOOK] == states(again)[LEARNING] == "Skipped"
    assert "has other steps" in why(again, PLAYBOOK)
    assert (the_playbook(again).spec, the_playbook(again).status) == (other.spec, other.status)


# --- The playbook that was followed ---------------------------------------------------------------


RESTART = "kubectl rollout restart deployment/web"


@in_virtual_time
async def test_other_steps_under_the_repairs_name_earn_no_trust() -> None:
    world = await executed(incident())
    await to_the_end(world)
    [(_, name)] = world.casebook.playbooks
    squatter = playbook(name=name)
    world = await executed(incident(), squatter)
    await to_the_end(world)
    kept = world.casebook.playbooks["shop", name]
    assert (kept.spec, kept.status) == (squatter.spec, squatter.status)
    assert states(world)[PLAYBOOK] == states(world)[LEARNING] == "Skipped"
    assert why(world, LEARNING) == f"Playbook {name} has other steps than what was done."


@in_virtual_time
async def test_the_playbook_that_was_followed_is_extended_and_counted_and_no_other_is_made() -> (
    None
):
    world = await executed(incident(), playbook(), action=RESTART, playbook="restart-web")
    await to_the_end(world)
    followed = the_playbook(world)
    assert followed.metadata.name == "restart-web"
    assert followed.spec.source_incidents == (NAME,)
    assert followed.status.successes == 1


@in_virtual_time
async def test_an_execution_counts_for_no_playbook_that_it_did_not_follow() -> None:
    world = await executed(playbook(), incident=None, playbook="restart-web")
    assert states(world)[LEARNING] == "Pending"
    await to_the_end(world)
    assert states(world)[LEARNING] == "Skipped"
    assert "has no step that is what was done" in why(world, LEARNING)
    assert the_playbook(world).status.executions == 0


@in_virtual_time
async def test_a_playbook_that_was_followed_counts_its_failures_too() -> None:
    world = await executed(
        playbook(), incident=None, action=RESTART, playbook="restart-web", fails=True
    )
    await to_the_end(world)
    assert (the_playbook(world).status.executions, the_playbook(world).status.successes) == (1, 0)


# --- What goes wrong with one of them -------------------------------------------------------------


async def _hang() -> None:
    await asyncio.Event().wait()


async def hang_instead(*_: Any) -> KnowledgeReference:
    await _hang()
    raise AssertionError("an Event that nobody sets was set")


def _raise(error: Exception) -> Callable[[], None]:
    def fault() -> None:
        raise error

    return fault


TROUBLE: dict[str, Any] = {
    "the API server is down": unavailable(),
    "no answer comes back": ApiError("connection reset"),
    "it is forbidden": forbidden(),
    "it changes all the time": [conflict()] * 5,
    "it hangs": _hang,
    "it has a defect": _raise(ValueError("a defect with a secret in its text")),
}
CALLS = {INCIDENT: "write_incident", PLAYBOOK: "create_playbook", LEARNING: "write_playbook"}


@pytest.mark.parametrize("what", TROUBLE)
@pytest.mark.parametrize("name", LATE)
@in_virtual_time
async def test_one_that_fails_changes_no_outcome_and_stops_no_other(name: str, what: str) -> None:
    world = await executed(incident())
    trouble = TROUBLE[what]
    world.casebook.faults[CALLS[name]].extend(trouble if isinstance(trouble, list) else [trouble])
    before = world.request.status
    step = await world.advance()
    expected = {each: "Pending" if each == name else "Done" for each in (KNOWLEDGE, *LATE)}
    if name == PLAYBOOK:
        expected[LEARNING] = "Pending"  # There is nothing to count in yet.
    assert states(world) == expected
    assert why(world, name)
    assert "secret" not in why(world, name)
    assert world.condition("Recorded") == "False/Outstanding"
    assert step.wake_at is not None
    assert step.wake_at >= after(30)
    assert (world.phase, world.message) == (before.phase, before.message)
    assert world.request.status.result == before.result
    assert ("failed effect", name) in world.meter.told
    await to_the_end(world)
    await assert_all_is_written_once(world)


DOWN: dict[str, Exception] = {
    "the API server is down": unavailable(),
    "the store is down": StoreError("The database cannot be reached."),
    "the disk is full": OSError("no space left on device"),
    "it has a defect": ValueError("a defect"),
}


@pytest.mark.parametrize("what", DOWN)
@in_virtual_time
async def test_a_store_that_is_down_keeps_no_incident_open(what: str) -> None:
    world = await approved(incident())
    world.store.error = DOWN[what]
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    await world.advance()
    assert states(world) == {
        KNOWLEDGE: "Pending", INCIDENT: "Pending", PLAYBOOK: "Done", LEARNING: "Done",
    }  # fmt: skip
    assert the_incident(world).phase is IncidentPhase.RESOLVED
    assert the_incident(world).status.knowledge is None
    world.store.error = None
    await to_the_end(world)
    await assert_all_is_written_once(world)
    assert the_incident(world).status.knowledge is not None


@in_virtual_time
async def test_the_entry_of_an_incident_tells_of_each_repair_also_of_one_while_it_was_down() -> (
    None
):
    earlier = {"request": "first", "uid": "1", "disposition": "human_approved", "at": after(-9)}
    known = {"store": "memory", "entry": INCIDENT_UID, "location": "memory"}
    world = await executed(
        incident(status={"phase": "Resolved", "dispositions": [earlier], "knowledge": known})
    )
    world.store.error = unavailable()
    await world.advance()
    assert states(world)[INCIDENT] == "Pending"
    world.store.error = None
    await to_the_end(world)
    entry = await world.store.get(INCIDENT_UID)
    assert entry is not None
    assert "restart-web (human_approved)" in entry.content
    assert the_incident(world).status.knowledge is not None


@in_virtual_time
async def test_a_store_that_hangs_keeps_no_outcome_waiting_for_long() -> None:
    world = await approved(incident=None)
    world.store.save = hang_instead  # type: ignore[method-assign, assignment]
    began = world.clock.now()
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert (world.clock.now() - began).total_seconds() <= 10
    assert why(world, KNOWLEDGE) == "It took too long."
    assert world.condition("Recorded") == "False/StoreUnavailable"


@in_virtual_time
async def test_while_something_is_down_it_is_asked_less_and_less_often() -> None:
    world = await executed(incident())
    world.casebook.error = unavailable()
    waited, writes = [], 0
    for _ in range(8):
        step = await world.advance()
        writes += step.status is not None
        assert step.wake_at is not None
        waited.append((step.wake_at - world.clock.now()).total_seconds())
        again = await world.advance()  # Whatever else looks at it meanwhile: it is left alone.
        assert (again.status, again.wake_at) == (None, step.wake_at)
        await world.pass_time(waited[-1])
    assert waited == [30, 60, 120, 240, 480, 600, 600, 600]
    assert writes == 1  # That it failed is worth one write, and no more.
    world.casebook.error = None
    await to_the_end(world)
    await assert_all_is_written_once(world)


@in_virtual_time
async def test_somebody_else_who_writes_in_between_loses_nothing() -> None:
    world = await executed(incident())

    def close() -> None:
        live = the_incident(world)
        status = live.status.model_copy(update={"phase": IncidentPhase.CLOSED})
        world.casebook.put(live.model_copy(update={"status": status}))

    world.casebook.faults["write_incident"].append(close)
    await world.advance()
    assert ("failed effect", INCIDENT) not in world.meter.told
    assert the_incident(world).phase is IncidentPhase.CLOSED
    assert [each.uid for each in the_incident(world).status.dispositions] == [UID]


# --- Killed, or not written down ------------------------------------------------------------------


@pytest.mark.parametrize("write", ["write_incident", "create_playbook", "write_playbook"])
@in_virtual_time
async def test_a_write_whose_answer_is_lost_is_not_made_twice(write: str) -> None:
    world = await executed(incident())
    world.casebook.faults[write].append(LostAnswer())
    await to_the_end(world)
    await assert_all_is_written_once(world)
    assert world.journal.count(write) == 1


@pytest.mark.parametrize("at", range(7))
@in_virtual_time
async def test_killed_between_any_two_effects_the_next_process_writes_all_of_it_once(
    at: int,
) -> None:
    world = await approved(incident())
    assert isinstance(world.journal, Doomed)
    world.journal.last = at
    killed = 0
    while world.condition("Recorded") != "True/Recorded":
        try:
            await (world.advance() if world.phase.terminal else world.execute())
        except Killed:
            killed += 1
            world.workflow = world.started()
    assert killed == 1, world.journal
    await assert_all_is_written_once(world)
    assert world.replicas == 5


@in_virtual_time
async def test_done_and_not_written_down_it_is_found_done() -> None:
    world = await executed(incident())
    before = world.request
    await to_the_end(world)
    writes = [each for each in world.journal if "_" in each]
    world.request = before  # The status write was lost.
    world.workflow = world.started()
    await to_the_end(world)
    await assert_all_is_written_once(world)
    assert [each for each in world.journal if "_" in each] == writes


@in_virtual_time
async def test_where_the_crd_drops_the_effects_all_is_done_and_nothing_spins() -> None:
    world = await executed(incident())
    for _ in range(5):
        dropped = world.request.status.model_copy(update={"effects": {}})
        world.request = with_status(world.request, dropped)
        step = await world.advance()
    assert step.status is None
    assert world.condition("Recorded") == "True/Recorded"
    assert the_incident(world).phase is IncidentPhase.RESOLVED
    assert world.journal.count("write_incident") == 1


# --- The timeline ---------------------------------------------------------------------------------


@in_virtual_time
async def test_what_the_timeline_has_no_room_for_is_in_the_store_before_it_is_gone() -> None:
    world = await approved(incident=None)
    events = world.request.status.timeline
    many = tuple(
        events[-1].model_copy(update={"title": f"{n}", "time": after(-n)}) for n in range(18)
    )
    status = world.request.status.model_copy(update={"timeline": (*many, *events)[-20:]})
    world.request = with_status(world.request, status)
    before = {each.title for each in status.timeline}
    await world.execute()
    kept = {each.title for each in await world.store.timeline(UID)}
    assert kept == before | {"Executed"}
    assert len(world.request.status.timeline) == 20


@in_virtual_time
async def test_a_store_that_does_not_take_the_timeline_stops_nothing() -> None:
    world = await approved(incident=None)
    events = world.request.status.timeline
    many = tuple(events[-1].model_copy(update={"title": f"{n}"}) for n in range(20))
    world.request = with_status(
        world.request, world.request.status.model_copy(update={"timeline": many})
    )
    world.store.error = unavailable()
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert states(world)[KNOWLEDGE] == str(EffectState.PENDING)


# --- Of a request that is deleted meanwhile -------------------------------------------------------


@in_virtual_time
async def test_what_is_left_of_a_deleted_request_is_done_once_the_store_is_back() -> None:
    world = await approved(incident())
    world.store.error = StoreError("the database is down")
    await world.execute()
    assert states(world)[KNOWLEDGE] == "Pending"
    world.outbox.forget(UID)
    world.outbox.inherit(world.request)
    world.outbox.inherit(world.request)
    await world.pass_time(3600)
    assert the_incident(world).phase is IncidentPhase.RESOLVED  # It does not wait for the store.
    assert await world.store.get(UID) is None
    world.store.error = None
    await world.pass_time(601)
    assert {each.id for each in await world.store.latest(9)} == {UID, INCIDENT_UID}
    assert [each.id for each in await world.store.executions(Choice())] == [UID]
    assert (the_playbook(world).status.executions, the_playbook(world).status.successes) == (1, 1)
    assert world.outbox.next_try(world.request) is None
    assert world.desk.saved == []


@in_virtual_time
async def test_it_ends_with_the_process() -> None:
    world = await approved(incident())
    world.store.error = StoreError("the database is down")
    await world.execute()
    world.outbox.inherit(world.request)
    await world.pass_time(60)
    await world.outbox.flush(5)
    world.store.error = None
    await world.pass_time(3600)
    assert await world.store.get(UID) is None


@in_virtual_time
async def test_nothing_is_inherited_where_nothing_is_left() -> None:
    world = await executed(incident())
    await to_the_end(world)
    calls = list(world.casebook.calls)
    world.outbox.inherit(world.request)
    await world.pass_time(60)
    assert world.casebook.calls == calls


@in_virtual_time
async def test_of_one_that_is_deleted_between_two_attempts_a_failure_is_remembered() -> None:
    world = await approved(incident())
    world.cluster.faults["patch"].append(unavailable())
    await world.execute()
    assert world.phase is Phase.EXECUTING
    gone = world.workflow.abandoned(world.request)
    assert "the request was deleted before it had ended. It may have run or not" in str(
        gone.status.message
    )
    world.outbox.inherit(gone)
    await world.pass_time(1)
    entry = await world.store.get(UID)
    assert entry is not None
    assert "failure" in entry.tags
    [execution] = await world.store.executions(Choice())
    assert not execution.success
    assert the_incident(world).phase is IncidentPhase.OPEN
