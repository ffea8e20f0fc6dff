"""A playbook from a repair that has worked."""

from __future__ import annotations

import re
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.incident import Incident
from countersign.api.operation import Kind, Operation, OperationType, Target
from countersign.api.parameters import ApplyParameters
from countersign.api.playbook import Playbook, PlaybookSpec, PlaybookState, PlaybookStep
from countersign.records.incident import resolved
from countersign.records.learning import trust
from countersign.records.playbook import counted, extracted, grown, operations_of, playbook_name
from tests.support.fakes_objects import (
    RESTART_WEB,
    after,
    approved,
    operation,
    plan_of,
    request,
    step,
)
from tests.support.fakes_time import START
from tests.support.incidents import LABELS, incident, playbook

RESTART = operation()


def repaired(by: ApprovalRequest, action: str = RESTART_WEB, **spec: Any) -> Incident:
    of = incident(**spec)
    return of.model_copy(update={"status": resolved(of, by, action, START)})


def found(*of: Operation, name: str = "restart-web", **spec: Any) -> tuple[str, PlaybookSpec]:
    by = approved(request(name=name), plan_of(*map(step, of or (RESTART,))))
    drawn = extracted(repaired(by, **spec), by, START)
    assert drawn is not None
    return drawn


# --- What is drawn --------------------------------------------------------------------------------


def test_a_repair_becomes_a_draft_of_what_was_carried_out() -> None:
    _, spec = found()
    assert spec.state is PlaybookState.DRAFT
    assert spec.steps == (PlaybookStep(operation=RESTART),)
    assert spec.source_incidents == ("inc-2031",)
    assert spec.category == "availability"
    assert spec.title == ("KubePodCrashLooping: Scale Deployment shop/web from 3 to 5 replicas")
    assert spec.description == (
        "web crash-loops\n\n"
        "Drawn from Incident inc-2031 and ApprovalRequest restart-web on 2026-03-01."
    )


def test_symptoms_are_the_alerts_labels_without_those_that_change() -> None:
    _, spec = found()
    assert spec.symptoms == {
        "alertname": "KubePodCrashLooping",
        "container": "web",
        "namespace": "shop",
    }
    assert set(spec.symptoms) < set(LABELS)


def test_only_what_worked_best_is_approved_at_once() -> None:
    states = [found(effectiveness_score=score)[1].state for score in (None, 3, 4, 5)]
    assert states == [PlaybookState.DRAFT] * 3 + [PlaybookState.APPROVED]


def test_a_score_is_about_the_repair_that_resolved_the_incident_and_no_later_one() -> None:
    # Whoever may propose could otherwise have anything approved by naming an incident of others'.
    first = approved(request(uid="first"), plan_of(step(RESTART)))
    later = approved(request(uid="later"), plan_of(step(operation(replicas=50))))
    judged = repaired(first, effectiveness_score=5)
    status = resolved(judged, later, RESTART_WEB, START)
    states = []
    for by in (first, later):
        drawn = extracted(judged.model_copy(update={"status": status}), by, START)
        assert drawn is not None
        states.append(drawn[1].state)
    assert states == [PlaybookState.APPROVED, PlaybookState.DRAFT]


def test_no_score_approves_what_came_after_people_had_closed_the_incident() -> None:
    by = approved(request(), plan_of(step(RESTART)))
    of = incident(status={"phase": "Closed"}, effectiveness_score=5)
    status = resolved(of, by, RESTART_WEB, START)
    drawn = extracted(of.model_copy(update={"status": status}), by, START)
    assert drawn is not None
    assert drawn[1].state is PlaybookState.DRAFT


def test_the_same_on_several_objects_is_one_step_with_targets() -> None:
    _, spec = found(*(operation(name=name) for name in ("web", "cart", "pay")))
    [one] = spec.steps
    assert one.operation is not None
    assert one.operation.target is None
    assert [each.name for each in one.operation.targets] == ["web", "cart", "pay"]


def test_unlike_operations_are_steps_of_their_own() -> None:
    _, spec = found(operation(name="web", replicas=3), operation(name="cart", replicas=5))
    assert [each.operation and each.operation.one.name for each in spec.steps] == ["web", "cart"]


def test_more_objects_than_an_operation_may_have_are_several_operations() -> None:
    many = plan_of(*(step(operation(name=f"web-{number}")) for number in range(20)))
    assert [len(each.all_targets) for each in operations_of(many)] == [16, 4]
    assert all(Operation.model_validate(each.to_json()) for each in operations_of(many))


def test_each_manifest_is_a_step() -> None:
    target = Target(kind=Kind.DEPLOYMENT, name="web", namespace="shop")
    applied = Operation(
        type=OperationType.APPLY, target=target, apply=ApplyParameters(manifest="{}")
    )
    assert operations_of(plan_of(step(applied), step(applied))) == (applied, applied)


def test_what_people_did_over_ssh_is_a_text_to_be_read() -> None:
    name, spec = found(learning_notes="SSH node-7\nsystemctl restart kubelet\x1b[2J")
    assert name.startswith("kube-pod-crash-looping-ssh-")
    assert spec.steps == (PlaybookStep(ssh="SSH node-7\nsystemctl restart kubelet [2J"),)


def test_a_word_that_begins_with_ssh_is_no_ssh() -> None:
    _, spec = found(learning_notes="sshd was down, restarted")
    assert spec.steps == (PlaybookStep(operation=RESTART),)


def test_nothing_is_drawn_from_a_request_without_a_plan() -> None:
    by = request()
    assert extracted(repaired(by), by, START) is None


def test_nothing_is_drawn_from_more_steps_than_a_playbook_holds() -> None:
    by = approved(request(), plan_of(*(step(operation(replicas=each)) for each in range(9))))
    assert extracted(repaired(by), by, START) is None


def test_what_others_wrote_is_bounded_and_can_be_shown() -> None:
    hostile = {"alertname": "\x1b[2J" + "A" * 1000, "x\u202e": "y\x00" + "z" * 1020}
    name, spec = found(labels=hostile, summary="s\x07" * 500, alert_category="c\n")
    assert name.startswith("2-jaaaaaa")
    assert spec.title.isprintable()
    assert len(spec.title) == 256
    assert Playbook.model_validate(
        {"metadata": playbook().metadata.to_json(), "spec": spec.to_json()}
    )
    assert all(part.isprintable() for pair in spec.symptoms.items() for part in pair)
    assert "\x07" not in spec.description


# --- Its name -------------------------------------------------------------------------------------


def test_the_same_repair_again_finds_the_same_playbook() -> None:
    again = found(name="another", labels={**LABELS, "pod": "web-6d4cf56db6-other"})
    assert found()[0] == again[0]


def test_another_alert_or_other_steps_are_another_playbook() -> None:
    names = {
        found()[0],
        found(labels={"alertname": "HighErrorRate"})[0],
        found(operation(name="cart"))[0],
        found(operation(replicas=3))[0],
        found(operation(replicas=4))[0],
        found(learning_notes="ssh web")[0],
    }
    assert len(names) == 6


def test_a_name_tells_alert_and_operation_and_is_fit_for_an_object() -> None:
    steps = (PlaybookStep(operation=RESTART),)
    name = playbook_name("KubePodCrashLooping", steps)
    assert re.fullmatch(r"kube-pod-crash-looping-restart-rollout-[0-9a-f]{10}", name)
    for alert in ("記憶體不足", "", "../-x", "A" * 1024, "CPUThrottlingHigh", "-.-"):
        name = playbook_name(alert, steps)
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name), name


def test_alerts_that_are_spelt_with_other_letters_are_told_apart_by_the_hash() -> None:
    steps = (PlaybookStep(operation=RESTART),)
    assert playbook_name("記憶體不足", steps) != playbook_name("磁碟已滿", steps)


# --- The same repair again ------------------------------------------------------------------------


def test_the_incidents_grow_and_nothing_else_changes() -> None:
    first, second = found()[1], found(name="another")[1]
    second = second.model_copy(update={"source_incidents": ("inc-3000",)})
    more = grown(first, second)
    assert more == first.model_copy(update={"source_incidents": ("inc-2031", "inc-3000")})
    assert more is not None
    assert grown(more, first) == more
    assert grown(more, second) == more


def test_only_the_latest_incidents_are_kept() -> None:
    spec = found()[1].model_copy(
        update={"source_incidents": tuple(f"inc-{number}" for number in range(64))}
    )
    more = grown(spec, found()[1])
    assert more is not None
    assert (len(more.source_incidents), more.source_incidents[-1]) == (64, "inc-2031")
    assert more.source_incidents[0] == "inc-1"


def test_a_draft_that_works_so_well_is_approved_as_it_was_found_now() -> None:
    draft = found()[1].model_copy(update={"title": "do not look closely"})
    best = found(effectiveness_score=5)[1]
    assert grown(draft, best) == best


@pytest.mark.parametrize("other", [{"symptoms": {}}, {"category": "network"}])
def test_a_draft_that_people_say_is_for_something_else_waits_for_people(
    other: dict[str, Any],
) -> None:
    draft = found()[1].model_copy(update=other)
    assert grown(draft, found(effectiveness_score=5)[1]) == draft


def test_what_people_retired_stays_retired() -> None:
    retired = found()[1].model_copy(update={"state": PlaybookState.RETIRED})
    more = grown(retired, found(effectiveness_score=5)[1])
    assert more is not None
    assert more.state is PlaybookState.RETIRED


def test_what_has_other_steps_under_that_name_is_anothers() -> None:
    assert grown(playbook().spec, found(operation(replicas=0))[1]) is None


# --- Counted --------------------------------------------------------------------------------------


def test_each_request_counts_once() -> None:
    of = playbook()
    status = counted(of, "one", after(60), success=True)
    assert (status.executions, status.successes, status.last_used) == (1, 1, after(60))
    of = of.model_copy(update={"status": status})
    assert counted(of, "one", after(90), success=False) is status
    status = counted(of, "two", after(90), success=False)
    assert (status.executions, status.successes, status.last_used) == (2, 1, after(90))


def test_trust_is_that_of_the_executions_as_of_the_last() -> None:
    of = playbook()
    for number in range(9):
        status = counted(of, str(number), after(number), success=number != 4)
        of = of.model_copy(update={"status": status})
    told = [(each.at, each.success) for each in of.status.outcomes]
    exactly = trust(told, after(8))
    assert exactly - 0.0001 < of.status.trust <= exactly
    assert of.status.trust > 0.5
    assert len(str(of.status.trust)) <= len("0.1234")


def test_one_that_is_heard_of_late_takes_its_place() -> None:
    of = playbook()
    of = of.model_copy(update={"status": counted(of, "late", after(90), success=True)})
    status = counted(of, "early", after(60), success=True)
    assert [each.uid for each in status.outcomes] == ["early", "late"]
    assert status.last_used == after(90)


def test_only_the_latest_executions_are_kept_and_all_are_counted() -> None:
    of = playbook()
    for number in range(60):
        status = counted(of, str(number), after(number), success=True)
        of = of.model_copy(update={"status": status})
    assert (of.status.executions, len(of.status.outcomes)) == (60, 50)
