"""What the status says of what is still to be written and told."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.conditions import ConditionType
from countersign.api.effects import MAX_EFFECTS, EffectState, EffectStatus
from countersign.api.phase import Phase
from countersign.api.status import Attempt, KnowledgeReference
from countersign.policy import endings, transitions
from countersign.policy.bookkeeping import (
    INCIDENT,
    KNOWLEDGE,
    LATE,
    MAX_MESSAGES,
    Result,
    effects_of,
    needs_record,
    pending,
    recorded,
    with_messages,
)
from countersign.policy.decide import decide
from countersign.policy.decision import Done, Record
from tests.support.fakes_objects import ALONE, after, approved, request, with_status
from tests.support.fakes_time import START

ATTEMPT = Attempt(started_at=START, finished_at=after(1.5))
ENTRY = KnowledgeReference(store="memory", entry="7d1f", location="here")
DONE, FAILED = Result(EffectState.DONE), Result(EffectState.PENDING, "connection refused")


def ended(*, well: bool = True, entry: KnowledgeReference | None = ENTRY, **spec: Any) -> Any:
    of = approved(request(**{"incident": "INC-1", **spec}))
    told = endings.Told("Scaled", changed=True)
    end = endings.verified(told, "5 of 5", ATTEMPT) if well else endings.failed("X", "No.", ATTEMPT)
    of = with_status(of, transitions.finished(of, end, after(5)))
    if entry is None:
        return of
    written = Result(EffectState.DONE, knowledge=entry)
    return with_status(of, recorded(of, {KNOWLEDGE: written}, after(5)))


def states(of: ApprovalRequest) -> dict[str, str]:
    return {name: str(each.state) for name, each in of.status.effects.items()}


def said(of: ApprovalRequest) -> tuple[str, str, str]:
    found = of.status.condition(ConditionType.RECORDED)
    assert found is not None
    return found.status, found.reason, found.message


EFFECTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "a success without an incident": (
        {"incident": None},
        {"knowledge": "Done", "playbook": "Skipped"},
    ),
    "a failure without an incident": ({"incident": None, "well": False}, {"knowledge": "Done"}),
    "a success for an incident": ({}, {"knowledge": "Done"} | dict.fromkeys(LATE, "Pending")),
    "a failure for an incident": (
        {"well": False},
        {"knowledge": "Done", "learning": "Pending"},
    ),
    "a success by a playbook": (
        {"incident": None, "playbook": "restart"},
        {"knowledge": "Done", "playbook": "Skipped", "learning": "Pending"},
    ),
    "a store that is down": (
        {"incident": None, "well": False, "entry": None},
        {"knowledge": "Pending"},
    ),
}


@pytest.mark.parametrize("what", EFFECTS)
def test_an_end_names_each_of_its_effects(what: str) -> None:
    spec, expected = EFFECTS[what]
    of = ended(**spec)
    assert states(of) == expected
    left = "Pending" in expected.values()
    assert needs_record(of) is left
    assert isinstance(decide(of, ALONE, after(9)), Record if left else Done)
    assert said(of)[0] == ("False" if left else "True")


def test_what_is_still_to_be_done_is_said_in_words() -> None:
    reason = ("False", "Outstanding", "Still to be done: incident, playbook, learning.")
    assert said(ended()) == reason
    assert said(ended(incident=None, entry=None))[:2] == ("False", "StoreUnavailable")
    assert said(ended(entry=None))[:2] == ("False", "Outstanding")


def test_a_result_moves_its_effect_and_no_other() -> None:
    of = ended()
    status = recorded(of, {INCIDENT: DONE}, after(9))
    assert status is not None
    assert states(with_status(of, status)) == states(of) | {INCIDENT: "Done"}
    assert status.effects[INCIDENT].since == after(9)
    assert status.effects["playbook"].since == after(5)
    assert (status.phase, status.message, status.timeline) == (
        of.phase,
        of.status.message,
        of.status.timeline,
    )


def test_a_failure_is_written_once_and_not_each_time() -> None:
    of = ended()
    first = recorded(of, {INCIDENT: FAILED}, after(9))
    assert first is not None
    assert first.effects[INCIDENT].message == "connection refused"
    assert first.effects[INCIDENT].since == after(5)
    assert recorded(with_status(of, first), {INCIDENT: FAILED}, after(39)) is None


def test_nothing_new_is_nothing_to_write() -> None:
    assert recorded(ended(), {}, after(9)) is None


def test_what_an_older_crd_or_operator_has_left_out_is_to_be_tried() -> None:
    of = ended(entry=None)
    bare = with_status(of, of.status.model_copy(update={"effects": {}}))
    assert pending(effects_of(bare, after(9))) == (KNOWLEDGE, *LATE)
    known = with_status(bare, bare.status.model_copy(update={"knowledge": ENTRY}))
    assert pending(effects_of(known, after(9))) == LATE
    done = recorded(bare, dict.fromkeys((KNOWLEDGE, *LATE), DONE), after(9))
    assert done is not None
    assert said(with_status(of, done))[0] == "True"


def test_a_record_of_an_older_operator_that_is_complete_stays_so() -> None:
    of = ended(incident=None)
    bare = with_status(of, of.status.model_copy(update={"effects": {}}))
    assert not needs_record(bare)
    assert effects_of(bare, after(9)) == {}


def test_a_request_that_was_not_carried_out_has_messages_and_no_record() -> None:
    of = approved()
    denied = of.status.model_copy(update={"phase": Phase.DENIED, "conditions": ()})
    due = with_messages(of, denied, ["message-decided"], after(1))
    ended_ = with_status(of, due.model_copy(update={"phase": Phase.DENIED}))
    assert needs_record(ended_)
    assert effects_of(ended_, after(2)) == due.effects
    assert due.condition(ConditionType.RECORDED) is None


def test_a_message_that_is_due_with_the_end_is_still_to_be_delivered() -> None:
    of = ended(incident=None)
    due = with_status(of, with_messages(of, of.status, ["message-executed"], after(5)))
    assert said(due) == ("False", "Outstanding", "Still to be done: message-executed.")
    status = recorded(due, {"message-executed": DONE}, after(9))
    assert status is not None
    assert said(with_status(of, status)) == ("True", "Recorded", "here")


def test_there_is_always_room_for_new_messages_and_pending_ones_go_last() -> None:
    def entry(n: int) -> EffectStatus:
        state = EffectState.DONE if n % 2 else EffectState.PENDING
        return EffectStatus(state=state, since=after(n))

    of = approved()
    many = {f"message-stale-{n}": entry(n) for n in range(2 * MAX_MESSAGES)}
    status = of.status.model_copy(update={"effects": many})
    kept = with_messages(of, status, ["message-new"], after(99)).effects
    assert len(kept) == MAX_MESSAGES
    assert len(kept) + len((KNOWLEDGE, *LATE)) <= MAX_EFFECTS
    assert "message-new" in kept
    assert all(each.state is EffectState.PENDING for each in kept.values())


def test_texts_of_others_are_cut_to_what_the_crd_has_room_for() -> None:
    of = ended()
    status = recorded(of, {INCIDENT: Result(EffectState.PENDING, "x\x1b[2J" * 5000)}, START)
    assert status is not None
    message = status.effects[INCIDENT].message or ""
    assert len(message) <= 1024
    assert "\x1b" not in message
