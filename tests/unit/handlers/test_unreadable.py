"""Objects that the models cannot read."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.text import MESSAGE_LIMIT
from countersign.policy import transitions
from tests.support.fakes_objects import (
    after,
    approved,
    planned,
    request,
    with_status,
)
from tests.support.fakes_workflow import World, as_body, cancelled, written


def unreadable(of: ApprovalRequest) -> dict[str, Any]:
    body = as_body(of)
    body["spec"]["riskLevel"] = "harmless"
    return body


UNREADABLE: dict[str, tuple[Callable[[], ApprovalRequest], str]] = {
    "a new request": (request, "Planned"),
    "a planned request": (planned, "Planned"),
    "an approved request": (approved, "Executed"),
}


@pytest.mark.parametrize("what", UNREADABLE)
async def test_an_object_that_cannot_be_read_fails_with_a_reason(what: str) -> None:
    make, kind = UNREADABLE[what]
    body = unreadable(make())
    world = World()
    status = written(await world.observe(body), body)
    assert world.workflow.asked == []
    assert status["phase"] == "Failed"
    [condition] = [each for each in status["conditions"] if each["type"] == kind]
    assert (condition["status"], condition["reason"]) == ("False", "Invalid")
    assert "spec.riskLevel" in condition["message"]
    assert "apply the crds/" in status["message"]
    assert condition["lastTransitionTime"] == "2026-03-01T12:00:00.000000Z"


async def test_what_was_approved_and_cannot_be_read_is_not_said_to_be_undone() -> None:
    body = unreadable(approved())
    status = written(await World().observe(body), body)
    assert "may have been carried out: look at its target first" in status["message"]
    body = unreadable(request())
    status = written(await World().observe(body), body)
    assert "may have been" not in status["message"]


async def test_what_people_are_to_do_survives_however_long_the_problem_is() -> None:
    body = as_body(approved())
    of = {"type": "SetEnv", "target": {"kind": "Deployment", "name": "web"}}
    body["spec"] = {"operation": of | {"setEnv": {"set": {"A" * 2000: {}}}}}
    message = written(await World().observe(body), body)["message"]
    assert message.startswith("spec.operation.setEnv.set.AAA")
    assert "apply the crds/ of its version" in message
    assert message.endswith("may have been carried out: look at its target first.")
    assert len(message) <= MESSAGE_LIMIT


async def test_what_was_applied_and_cannot_be_read_stays_applied() -> None:
    before = approved()
    body = unreadable(with_status(before, transitions.verifying(before, after(3))))
    status = written(await World().observe(body), body)
    assert status["phase"] == "Failed"
    said = {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}
    assert said["Executed"] == ("True", "Applied")
    assert said["Verified"] == ("False", "Invalid")


async def test_an_object_that_cannot_be_read_keeps_its_other_conditions() -> None:
    body = unreadable(planned())
    status = written(await World().observe(body), body)
    assert [each["type"] for each in status["conditions"]] == ["Approved", "Planned"]
    assert status["plan"] == body["status"]["plan"]


async def test_the_failure_of_an_object_that_cannot_be_read_is_written_onto_that_version_only() -> (
    None
):
    body = unreadable(request())
    patch = await World().observe(body)
    newer = copy.deepcopy(body)
    newer["metadata"]["resourceVersion"] = "101"
    assert written(patch, newer) == newer["status"]


async def test_an_object_that_cannot_be_read_is_not_executed_but_ended() -> None:
    body = unreadable(approved())
    world = World()
    status = written(await world.execute(body), body)
    assert world.workflow.asked == []
    assert status["phase"] == "Failed"


async def test_a_finished_object_that_cannot_be_read_is_left_alone() -> None:
    of = planned()
    assert not await World().observe(unreadable(with_status(of, cancelled(of))))


async def test_the_message_about_an_object_that_cannot_be_read_is_bounded() -> None:
    body = as_body(request())
    body["spec"]["signatures"] = [{"signer": "x" * 10_000, "plan": "y" * 10_000}]
    status = written(await World().observe(body), body)
    assert len(status["message"]) <= 1024
