"""An incident from when it is made until people close it; the store and the casebook are real fakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from countersign.api.incident import Incident, IncidentPhase
from countersign.api.playbook import Playbook, PlaybookState
from countersign.api.status import KnowledgeReference, TimelineEvent
from countersign.casework import Casework
from countersign.errors import ApiError, StoreError
from countersign.records.anomaly import anomaly_key
from countersign.records.catalogue import Locale
from countersign.records.catalogues import CATALOGUES
from countersign.records.execution import Choice, Execution, Frequency, Occurrence
from countersign.records.incident import resolved
from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from tests.support.fakes_casebook import FakeCasebook
from tests.support.fakes_faults import forbidden, unavailable
from tests.support.fakes_objects import RESTART_WEB, after, approved, plan, request
from tests.support.fakes_time import START, FakeClock, LoopClock, in_virtual_time
from tests.support.fakes_world import World
from tests.support.incidents import INCIDENT_UID, LABELS, incident
from tests.support.knowledge import entry
from tests.support.memory_store import MemoryStore

KEY = anomaly_key(incident().spec)


class CountingStore(MemoryStore):
    """A store that can be down, and says how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.down = False

    async def save(
        self,
        entry: KnowledgeEntry,
        execution: Execution | None = None,
        timeline: Sequence[TimelineEvent] = (),
    ) -> KnowledgeReference:
        if self.down:
            raise StoreError("the database is down")
        return await super().save(entry, execution, timeline)

    async def occurred(self, occurrence: Occurrence) -> None:
        self.asked += 1
        if self.down:
            raise StoreError("the database is down")
        await super().occurred(occurrence)


class Desk:
    """One casework over its casebook and store."""

    def __init__(self, *incidents: Incident) -> None:
        self.casebook = FakeCasebook()
        self.casebook.put(*incidents)
        self.store = CountingStore()
        self.clock = FakeClock()
        self.casework = Casework(self.casebook, self.store, self.clock)

    async def attend(self, name: str = "inc-2031") -> Incident:
        await self.casework.attend(self.live(name))
        return self.live(name)

    def live(self, name: str = "inc-2031") -> Incident:
        return self.casebook.incidents["shop", name]

    @property
    def learned(self) -> Playbook:
        [found] = self.casebook.playbooks.values()
        return found

    @property
    def score(self) -> int:
        outcome = self.live().status.outcome
        return outcome.effectiveness_score if outcome else 0

    def change(self, **spec: Any) -> None:
        live = self.live()
        changed = live.spec.model_copy(update=spec)
        self.casebook.put(live.model_copy(update={"spec": changed}))


async def repaired(store: MemoryStore, number: int, **fields: Any) -> None:
    usual = {
        "id": f"uid-{number}",
        "request": "restart-web",
        "namespace": "shop",
        "operation": "RestartRollout",
        "targets": ["shop/Deployment/web"],
        "anomaly": KEY,
        "success": True,
        "disposition": "human_approved",
        "duration_seconds": 1.0,
        "finished_at": START,
    }
    execution = Execution.model_validate(usual | fields)
    await store.save(entry(number, id=execution.id), execution)


async def test_a_new_incident_is_open_and_counted() -> None:
    desk = Desk(incident())
    of = await desk.attend()
    assert of.status.phase is IncidentPhase.OPEN
    assert of.status.uid == of.metadata.uid
    assert of.status.anomaly is not None
    assert of.status.anomaly.key == KEY
    assert of.status.anomaly.last_hour == of.status.anomaly.last_week == 1


async def test_it_is_counted_among_those_like_it_whichever_pod_they_hit() -> None:
    second = incident(name="inc-2", uid="two", labels={**LABELS, "pod": "web-another"})
    other = incident(name="inc-3", uid="three", labels={"alertname": "HighErrorRate"})
    desk = Desk(incident(), second, other)
    found = [await desk.attend(name) for name in ("inc-2031", "inc-2", "inc-3")]
    assert [each.status.anomaly and each.status.anomaly.last_day for each in found] == [1, 2, 1]


async def test_it_says_how_the_same_was_repaired_before() -> None:
    desk = Desk(incident())
    await repaired(desk.store, 1)
    await repaired(desk.store, 2, disposition="auto_executed")
    await repaired(desk.store, 3, success=False)
    await repaired(desk.store, 4, anomaly="other/0")
    anomaly = (await desk.attend()).status.anomaly
    assert anomaly is not None
    assert (anomaly.human_approved, anomaly.auto_executed) == (1, 1)
    assert len(await desk.store.executions(Choice(anomaly=KEY))) == 3


async def test_what_was_seen_is_neither_counted_nor_written_again() -> None:
    desk = Desk(incident())
    await desk.attend()
    await desk.attend()
    assert desk.store.asked == 1
    assert desk.casebook.journal == ["write_incident"]
    assert await desk.store.frequency(KEY, after(1)) == Frequency(1, 1, 1)


async def test_people_close_it() -> None:
    desk = Desk(incident())
    await desk.attend()
    desk.change(closed=True)
    assert (await desk.attend()).status.phase is IncidentPhase.CLOSED
    desk.change(closed=False)
    assert (await desk.attend()).status.phase is IncidentPhase.CLOSED
    assert desk.casebook.journal == ["write_incident"] * 2


async def test_people_judge_a_repair_afterwards() -> None:
    of = incident()
    status = resolved(of, approved(request(), plan()), RESTART_WEB, START)
    desk = Desk(of.model_copy(update={"status": status}))
    desk.change(effectiveness_score=5)
    found = (await desk.attend()).status
    assert found.outcome is not None
    assert found.outcome.effectiveness_score == 5
    assert (found.phase, found.resolved_at) == (IncidentPhase.RESOLVED, START)
    assert found.anomaly is not None


# --- A repair that is praised after its request has ended -----------------------------------------


async def repaired_and_praised(**changed: Any) -> Desk:
    """A request has ended, and left a draft; then people give the repair a 5."""
    world = World(
        clock=LoopClock(), action=RESTART_WEB, verify={"enabled": False}, incident="inc-2031"
    )
    world.casebook.put(incident())
    await world.approve()
    await world.execute()
    await world.advance()
    desk = Desk()
    desk.casebook = world.casebook
    desk.casework = Casework(desk.casebook, desk.store, desk.clock, words=CATALOGUES[Locale.ZH_TW])
    of = world.request
    metadata = of.metadata.model_copy(update=changed)
    desk.casebook.requests["shop", of.metadata.name] = of.model_copy(update={"metadata": metadata})
    await desk.attend()
    assert desk.learned.spec.state is PlaybookState.DRAFT
    desk.casebook.journal.clear()
    desk.change(effectiveness_score=5)
    return desk


@in_virtual_time
async def test_the_draft_of_a_repair_that_is_praised_afterwards_is_approved() -> None:
    desk = await repaired_and_praised()
    await desk.attend()
    assert desk.learned.spec.state is PlaybookState.APPROVED
    assert desk.score == 5
    assert desk.casebook.journal == ["extend_playbook", "write_incident"]
    await desk.attend()
    assert len(desk.casebook.journal) == 2


@pytest.mark.parametrize("what", ["request", "extend_playbook"])
@in_virtual_time
async def test_where_it_could_not_be_approved_the_score_is_not_written_so_it_is_tried_again(
    what: str,
) -> None:
    desk = await repaired_and_praised()
    desk.casebook.faults[what].append(unavailable())
    with pytest.raises(ApiError):
        await desk.attend()
    assert desk.score == 4
    await desk.casework.look_again("shop", "inc-2031")
    assert (desk.score, desk.learned.spec.state) == (5, PlaybookState.APPROVED)


@in_virtual_time
async def test_a_draft_that_people_have_bent_to_something_else_waits_for_them() -> None:
    desk = await repaired_and_praised()
    bent = desk.learned.spec.model_copy(update={"symptoms": {"alertname": "Another"}})
    desk.casebook.put(desk.learned.model_copy(update={"spec": bent}))
    await desk.attend()
    assert (desk.score, desk.learned.spec.state) == (5, PlaybookState.DRAFT)


@in_virtual_time
async def test_a_playbook_that_people_have_deleted_is_not_made_again_by_praise() -> None:
    desk = await repaired_and_praised()
    desk.casebook.playbooks.clear()
    await desk.attend()
    assert (desk.score, desk.casebook.playbooks) == (5, {})


@in_virtual_time
async def test_a_request_that_is_gone_or_another_of_its_name_approves_nothing() -> None:
    desk = await repaired_and_praised(uid="another")
    await desk.attend()
    assert (desk.score, desk.learned.spec.state) == (5, PlaybookState.DRAFT)
    desk = await repaired_and_praised()
    desk.casebook.requests.clear()
    await desk.attend()
    assert (desk.score, desk.learned.spec.state) == (5, PlaybookState.DRAFT)


@in_virtual_time
async def test_what_people_have_learned_afterwards_is_in_its_entry() -> None:
    desk = await repaired_and_praised()
    desk.change(learning_notes="The cache was never bounded.")
    await desk.attend()
    [found] = await desk.store.search(Query("bounded cache"))
    assert found.id == INCIDENT_UID
    assert "**成效**: 5/5" in found.content


@in_virtual_time
async def test_what_could_not_be_remembered_is_not_written_and_tried_again_the_rest_is() -> None:
    desk = await repaired_and_praised()
    desk.change(learning_notes="The cache was never bounded.")
    desk.store.down = True
    with pytest.raises(StoreError):
        await desk.attend()
    assert desk.score == 4
    desk.store.down = False
    await desk.casework.look_again("shop", "inc-2031")
    assert desk.score == 5
    assert len(await desk.store.search(Query("bounded"))) == 1


async def test_while_the_store_is_down_it_is_open_all_the_same_and_counted_later() -> None:
    desk = Desk(incident())
    desk.store.down = True
    with pytest.raises(StoreError):
        await desk.attend()
    assert (desk.live().status.phase, desk.live().status.anomaly) == (IncidentPhase.OPEN, None)
    with pytest.raises(StoreError):
        await desk.attend()
    assert len(desk.casebook.journal) == 1
    desk.store.down = False
    await desk.casework.look_again("shop", "inc-2031")
    assert desk.live().status.anomaly is not None


async def test_one_that_has_changed_meanwhile_is_left_to_its_next_event() -> None:
    desk = Desk(incident())
    await desk.casework.attend(incident())
    assert desk.live().status.phase is None


async def test_one_that_is_gone_is_left_alone() -> None:
    desk = Desk()
    await desk.casework.attend(incident())
    await desk.casework.look_again("shop", "inc-2031")
    assert desk.casebook.incidents == {}


@pytest.mark.parametrize("error", [unavailable(), forbidden()])
async def test_what_cannot_be_written_is_an_error(error: Exception) -> None:
    desk = Desk(incident())
    desk.casebook.error = error
    with pytest.raises(type(error)):
        await desk.attend()


async def test_a_clock_that_is_behind_the_api_servers_counts_it_all_the_same() -> None:
    desk = Desk(incident())
    desk.clock.advance(seconds=-30)
    anomaly = (await desk.attend()).status.anomaly
    assert anomaly is not None
    assert anomaly.last_hour == 1
