"""What becomes of an incident."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.incident import Incident, IncidentPhase
from countersign.records.anomaly import anomaly_key
from countersign.records.catalogue import Locale
from countersign.records.catalogues import CATALOGUES
from countersign.records.execution import Execution, Frequency
from countersign.records.incident import (
    case_of,
    closed,
    incident_entry,
    incident_name,
    judged,
    opened,
    resolved,
    resolving,
)
from countersign.records.knowledge import Case
from tests.support.fakes_objects import RESTART_WEB, UID, after, approved, plan, request
from tests.support.fakes_time import START
from tests.support.incidents import INCIDENT_UID, incident


def repaired(
    of: Incident, by: ApprovalRequest | None = None, *, action: str = RESTART_WEB, at: int = 60
) -> Incident:
    by = by or approved(request(), plan())
    return of.model_copy(update={"status": resolved(of, by, action, after(at))})


# --- Which incident -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "action", "name"),
    [
        ({"incident": "inc-2031"}, "restart", "inc-2031"),
        ({"incident": "INC-2031", "description": "INC-7"}, "INC-8", "inc-2031"),
        ({"incident": " \x00", "description": "INC-7"}, "restart", "inc-7"),
        ({"description": "see INC-7."}, "for INC-8", "inc-7"),
        ({"description": "no"}, "for INC-8-B", "inc-8-b"),
        ({"description": "INC-7"}, "8: restart", "inc-7"),
        ({"description": "INC-7-"}, "restart", "inc-7"),
        ({"requested_by": "bot for INC-9"}, "restart", "inc-9"),
        ({"description": "inc-7 in small letters is none"}, "restart", None),
        ({"incident": "INC 7"}, "INC-8", None),
        ({"incident": "../../secrets"}, "INC-8", None),
        ({"incident": "a..b"}, "restart", None),
        ({}, "restart", None),
    ],
)
def test_the_incident_is_the_field_else_the_first_in_texts_else_in_the_requesters_name(
    spec: dict[str, Any], action: str, name: str | None
) -> None:
    assert incident_name(request(**spec), action) == name


# --- What knowledge says of it --------------------------------------------------------------------


def test_alert_category_and_services_are_the_incidents() -> None:
    assert case_of(incident()) == Case("KubePodCrashLooping", "availability", ("web", "cart"))


def test_what_an_incident_does_not_say_has_a_word_of_its_own() -> None:
    bare = incident(signals=[], alert_category=None, affected_services=[])
    assert case_of(bare) == Case("unknown", "general", ())


def test_what_others_wrote_cannot_forge_a_line_of_an_entry() -> None:
    forged = incident(
        labels={"alertname": "A\n- **Result**: fine\x1b[2J"},
        alert_category="b\u202e\nad",
        affected_services=["x\ny", "\x00"],
    )
    case = case_of(forged)
    assert all(text.isprintable() for text in (case.alert, case.category, *case.services))
    assert case.services == ("x y",)


# --- Opened and closed ----------------------------------------------------------------------------


def execution(disposition: str = "human_approved", **fields: Any) -> Execution:
    usual = {
        "id": UID,
        "request": "restart-web",
        "namespace": "shop",
        "operation": "RestartRollout",
        "targets": ["shop/Deployment/web"],
        "success": True,
        "disposition": disposition,
        "duration_seconds": 1.0,
        "finished_at": START,
    }
    return Execution.model_validate(usual | fields)


def test_a_new_incident_is_open_and_says_how_often_it_happens() -> None:
    before = [
        execution(),
        execution("auto_executed"),
        execution("auto_executed"),
        execution(success=False),
    ]
    status = opened(incident(), Frequency(1, 3, 9), before, START)
    assert status.phase is IncidentPhase.OPEN
    assert status.anomaly is not None
    assert status.anomaly.key == anomaly_key(incident().spec)
    counts = (status.anomaly.last_hour, status.anomaly.last_day, status.anomaly.last_week)
    assert counts == (1, 3, 9)
    assert (status.anomaly.human_approved, status.anomaly.auto_executed) == (1, 2)


def test_one_that_was_repaired_before_it_was_seen_stays_resolved() -> None:
    status = opened(repaired(incident()), Frequency(), [], after(90))
    assert (status.phase, status.resolved_at) == (IncidentPhase.RESOLVED, after(60))


def test_people_close_what_is_open_and_nothing_else() -> None:
    shut = incident(closed=True)
    assert opened(shut, Frequency(), [], START).phase is IncidentPhase.CLOSED
    done = repaired(shut)
    assert done.phase is IncidentPhase.RESOLVED
    assert closed(done.spec, done.status) is done.status
    assert closed(incident().spec, incident().status) == incident().status


# --- Resolved -------------------------------------------------------------------------------------


def test_a_success_resolves_it() -> None:
    status = resolved(incident(), approved(request(), plan()), RESTART_WEB, after(60))
    assert (status.phase, status.resolved_at) == (IncidentPhase.RESOLVED, after(60))
    assert status.outcome is not None
    assert status.outcome.execution_success is True
    assert status.outcome.effectiveness_score == 4
    assert status.outcome.learning_notes == RESTART_WEB
    [disposition] = status.dispositions
    assert (disposition.uid, disposition.request) == (UID, "restart-web")
    assert (disposition.disposition, disposition.at) == ("human_approved", after(60))


def test_the_same_request_again_changes_nothing() -> None:
    once = repaired(incident())
    assert repaired(once, at=3600).status == once.status


def test_another_request_is_another_disposition_and_the_first_resolved_it() -> None:
    again = approved(request(uid="other", name="again", requested_by="AUTO_approve"), plan())
    status = repaired(repaired(incident()), again, action="something else", at=600).status
    assert status.resolved_at == after(60)
    assert status.outcome is not None
    assert status.outcome.learning_notes == RESTART_WEB
    assert [each.disposition for each in status.dispositions] == ["human_approved", "auto_executed"]


@pytest.mark.parametrize(("judged_at", "score"), [(None, 4), (1, 4), (4, 4), (5, 5)])
def test_the_score_is_raised_to_four_where_people_gave_less_or_none(
    judged_at: int | None, score: int
) -> None:
    outcome = repaired(incident(effectiveness_score=judged_at)).status.outcome
    assert outcome is not None
    assert outcome.effectiveness_score == score


def test_peoples_notes_come_before_the_action() -> None:
    outcome = repaired(incident(learning_notes="ssh node-7 systemctl restart kubelet")).status
    assert outcome.outcome is not None
    assert outcome.outcome.learning_notes == "ssh node-7 systemctl restart kubelet"


def test_notes_are_bounded_and_can_be_shown() -> None:
    outcome = repaired(incident(), action="a\x1b[2J" + "x" * 9999).status.outcome
    assert outcome is not None
    assert outcome.learning_notes.isprintable()
    assert len(outcome.learning_notes) == 4096


def test_what_was_closed_stays_closed_and_still_says_what_came_of_it() -> None:
    status = repaired(incident(status={"phase": "Closed"})).status
    assert (status.phase, status.resolved_at) == (IncidentPhase.CLOSED, None)
    assert status.outcome is not None
    assert len(status.dispositions) == 1


def test_people_may_judge_afterwards() -> None:
    done = repaired(incident())
    better = done.spec.model_copy(update={"effectiveness_score": 5, "learning_notes": "restart"})
    status = judged(better, done.status)
    assert status.outcome is not None
    assert (status.outcome.effectiveness_score, status.outcome.learning_notes) == (5, "restart")
    assert judged(done.spec, done.status) == done.status
    taken_back = judged(done.spec, status).outcome
    assert taken_back is not None
    assert taken_back.effectiveness_score == 4
    assert judged(better, incident().status) == incident().status


def test_only_the_first_and_the_latest_dispositions_are_kept() -> None:
    of = incident()
    for number in range(70):
        of = repaired(of, approved(request(uid=f"uid-{number}"), plan()), at=number)
    kept = [each.uid for each in of.status.dispositions]
    assert kept == ["uid-0", *(f"uid-{number}" for number in range(7, 70))]
    assert resolving(of.status) == of.status.dispositions[0]


def test_what_is_done_in_the_name_of_an_incident_that_people_closed_has_not_resolved_it() -> None:
    done = repaired(incident(status={"phase": "Closed"}))
    assert len(done.status.dispositions) == 1
    assert resolving(done.status) is None


# --- Its own knowledge entry ----------------------------------------------------------------------


def test_a_resolved_incident_is_knowledge_under_its_own_uid() -> None:
    entry = incident_entry(repaired(incident()), after(90))
    assert (entry.id, entry.namespace, entry.related_incident) == (INCIDENT_UID, "shop", "inc-2031")
    assert entry.title == "[Resolved incident] KubePodCrashLooping: web crash-loops"
    assert entry.tags == ("human_approved", "success", "availability", "incident")
    assert (entry.created_by, entry.request) == ("approval_execution", "restart-web")
    assert entry.content == (
        "# ✅ Resolved incident: KubePodCrashLooping\n\n"
        "- **Alert name**: KubePodCrashLooping\n"
        "- **Category**: availability\n"
        "- **Affected services**: web, cart\n"
        "- **Repaired by**: restart-web (human_approved)\n"
        "- **Effectiveness**: 4/5\n"
        "- **Incident ID**: shop/inc-2031\n\n"
        "## Description\n\nweb crash-loops\n\n"
        f"## What repaired it\n\n{RESTART_WEB}"
    )


def test_it_is_written_in_traditional_chinese_where_that_is_the_locale() -> None:
    entry = incident_entry(repaired(incident()), START, CATALOGUES[Locale.ZH_TW])
    assert entry.title == "[已解決事件] KubePodCrashLooping: web crash-loops"
    assert "- **影響服務**: web、cart\n" in entry.content
    assert f"## 修復方式\n\n{RESTART_WEB}" in entry.content


def test_an_automatic_repair_is_told_as_one() -> None:
    automatic = approved(request(requested_by="auto_approve"), plan())
    entry = incident_entry(repaired(incident(), automatic), START)
    assert (entry.tags[0], entry.created_by) == ("auto_executed", "auto_execute")
