"""What Kopf is told of."""

from __future__ import annotations

import kopf

from countersign.handlers.registration import register_requests
from tests.support.fakes_objects import (
    UID,
    planned,
)
from tests.support.fakes_workflow import World, as_body


async def test_kopf_is_told_of_an_event_handler_and_an_execution_for_approved_requests_only() -> (
    None
):
    registry = kopf.OperatorRegistry()
    world = World()
    register_requests(registry, world.requests, ("countersign.dev", "v1alpha1", "approvalrequests"))
    [observe] = registry._watching.get_all_handlers()
    [execute] = registry._changing.get_all_handlers()
    assert execute.id == "execute/status.phase"
    assert execute.errors is kopf.ErrorsMode.PERMANENT
    assert execute.when is not None
    for phase, runs in (("Approved", True), ("Executing", True), ("Pending", False), (None, False)):
        assert bool(execute.when(body={"status": {"phase": phase}})) == runs
    assert not execute.when(body={})
    world.requests._ahead[UID] = None
    assert not execute.when(body={"metadata": {"uid": UID}, "status": {"phase": "Approved"}})
    world.requests._ahead.clear()
    await observe.fn(type="ADDED", body=as_body(planned()), patch=kopf.Patch(), extra=1)
    await execute.fn(body=as_body(planned()), patch=kopf.Patch(), extra=1)
    assert world.workflow.asked == ["advance"]
