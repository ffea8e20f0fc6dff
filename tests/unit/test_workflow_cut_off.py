"""A process that was cut off after its effect, and what the next one makes of it: the truth."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from countersign.api.phase import Phase
from countersign.errors import ApiError
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject, ObjectPath
from tests.support.begun import BEGUN, RUN, config_map, deletion
from tests.support.endings import cron_job, node, pod
from tests.support.fakes import LostAnswer, forbidden, not_found, unavailable
from tests.support.fakes_objects import UID, roll_out, with_status, workload
from tests.support.fakes_policies import policy, under
from tests.support.fakes_time import LoopClock, in_virtual_time
from tests.support.fakes_world import World

OFF = policy("off", suspend=True, suspendMessage="Incident.")
SCALE = "kubectl scale deployment/web --replicas=5"
JOB = ObjectPath("batch/v1", "jobs", "shop", "x")


async def approved(*laid: JsonObject, **spec: Any) -> World:
    world = World(clock=LoopClock(), **({"verify": {"enabled": False}} | spec))
    for live in laid:
        world.cluster.put(live)
    await world.approve()
    return world


async def cut_off(world: World) -> None:
    """Carry it out, and lose the status that was to be written."""
    before = world.request
    await world.execute()
    assert world.phase is Phase.SUCCEEDED, world.message
    world.request = before


# --- It is not said that it has not begun ---------------------------------------------------------


@pytest.mark.parametrize("what", BEGUN)
@in_virtual_time
async def test_what_was_done_is_not_held_back_as_if_it_had_not_begun(what: str) -> None:
    world = await approved(*BEGUN[what].laid, **BEGUN[what].spec)
    await cut_off(world)
    world.policies.circumstances = under(OFF)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED, world.message
    assert world.journal.count("effect") == 1


@in_virtual_time
async def test_a_pod_that_was_deleted_and_has_come_again_is_not_held_back_either() -> None:
    world = await approved(pod("db-0"), action="kubectl delete pod db-0")
    live = world.cluster.objects[ObjectPath("v1", "pods", "shop", "db-0")]
    await cut_off(world)
    world.cluster.put({**live, "metadata": {**live["metadata"], "uid": "another"}})
    world.policies.circumstances = under(OFF)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED, world.message
    assert world.journal.count("effect") == 1


@pytest.mark.parametrize(("flag", "held"), [("", False), (" --force", True)])
@in_virtual_time
async def test_a_pod_that_somebody_else_is_ending_more_gently_is_left_to_them(
    flag: str, held: bool
) -> None:
    world = await approved(pod("db-0"), action=f"kubectl delete pod db-0{flag}")
    leaving = {"deletionTimestamp": "2026-03-01T12:00:00Z", "deletionGracePeriodSeconds": 30}
    path = ObjectPath("v1", "pods", "shop", "db-0")
    world.cluster.change(path, lambda live: live["metadata"].update(leaving))
    world.policies.circumstances = under(OFF)
    await world.execute()
    assert (world.phase is Phase.PENDING) is held, world.message
    assert "effect" not in world.journal


@in_virtual_time
async def test_the_kill_switch_holds_the_rest_where_somebody_else_may_have_done_the_first() -> None:
    world = await approved(
        config_map("a"), config_map("b"), action=None, operation=deletion("a", "b")
    )
    world.cluster.vanish(ObjectPath("v1", "configmaps", "shop", "a"))
    world.policies.circumstances = under(OFF)
    await world.execute()
    assert world.condition("Approved") == "False/Suspended"
    assert "effect" not in world.journal


@in_virtual_time
async def test_what_changes_nothing_has_not_begun() -> None:
    world = await approved(action="kubectl scale deployment/web --replicas=3")
    world.policies.circumstances = under(OFF)
    await world.execute()
    assert world.condition("Approved") == "False/Suspended"


async def after_a_slow_first_step() -> tuple[World, asyncio.Task[Any]]:
    """Two objects, the first as it should be but still rolling out: it is watched for a while."""
    world = World(
        clock=LoopClock(), action="kubectl scale deployment/web deployment/db --replicas=3"
    )
    path = world.cluster.put(workload(name="db", replicas=1))
    world.cluster.change(world.path, lambda live: live["status"].update(updatedReplicas=1))
    await world.approve()
    executing = asyncio.create_task(world.execute())
    await asyncio.sleep(5)
    assert world.cluster.objects[path]["spec"]["replicas"] == 1
    assert world.desk.saved == []  # It says nothing of a change that was not made.
    return world, executing


@in_virtual_time
async def test_the_kill_switch_reaches_what_waits_for_an_object_that_is_not_changed() -> None:
    world, executing = await after_a_slow_first_step()
    world.policies.circumstances = under(OFF)
    world.cluster.change(world.path, roll_out)
    await executing
    assert world.condition("Approved") == "False/Suspended"
    assert "effect" not in world.journal


@in_virtual_time
async def test_what_has_changed_while_another_object_was_watched_is_asked_about_again() -> None:
    world, executing = await after_a_slow_first_step()
    db = ObjectPath("apps/v1", "deployments", "shop", "db")
    world.cluster.change(db, lambda live: live["spec"].update(replicas=2))
    world.cluster.change(world.path, roll_out)
    await executing
    assert (world.phase, world.condition("Planned")) == (Phase.PENDING, "False/Stale")


# --- A part that is done, and a rest that has changed ---------------------------------------------


@in_virtual_time
async def test_after_a_deletion_there_is_no_way_back_to_a_plan_of_what_is_gone() -> None:
    world = await approved(
        config_map("a"), config_map("b"), action=None, operation=deletion("a", "b")
    )
    before = world.request
    world.cluster.faults["delete"] += [None, ApiError("connection reset")]
    await world.execute()
    world.request = before  # It was cut off between the two.
    b = ObjectPath("v1", "configmaps", "shop", "b")
    world.cluster.change(b, lambda live: live.update(data={"changed": "since"}))
    await world.execute()
    assert world.condition("Executed") == "False/Stale", world.message
    assert await world.entry() is not None


# --- What is written to have been applied is not done again ---------------------------------------


async def announced(*laid: JsonObject, **spec: Any) -> World:
    """Its process was cut off while it watched the outcome, which it had announced."""
    world = await approved(*laid, verify={"timeout": "10s"}, **spec)
    await world.execute()
    [status] = world.desk.saved
    assert status.phase is Phase.EXECUTING
    world.request = with_status(world.request, status)
    world.cluster.journal.clear()
    return world


@pytest.mark.parametrize("refusals", [0, 1])
@in_virtual_time
async def test_a_job_that_was_made_and_is_gone_is_not_made_again(refusals: int) -> None:
    world = await announced(cron_job(), action=RUN)
    world.cluster.vanish(JOB)
    world.cluster.faults["get"].extend([unavailable()] * refusals)
    for _ in range(refusals):
        step = await world.execute()
        assert step.retry_after is not None
        await world.pass_time(step.retry_after.total_seconds())
    await world.execute()
    assert JOB not in world.cluster.objects
    assert world.condition("Executed") == "False/OutcomeUnknown"
    assert "It is not made again" in world.message
    assert world.request.status.result is not None
    assert world.request.status.result.changed


@in_virtual_time
async def test_a_job_that_was_made_and_is_there_is_watched_to_its_end() -> None:
    world = await announced(cron_job(), action=RUN)
    done = {"conditions": [{"type": "Complete", "status": "True"}]}
    world.cluster.change(JOB, lambda live: live.update(status=done))
    await world.execute()
    assert world.phase is Phase.SUCCEEDED
    assert world.journal.count("effect") == 0


@in_virtual_time
async def test_what_somebody_has_put_back_as_a_whole_stays_as_they_want_it() -> None:
    world = await announced(action=SCALE)
    world.cluster.put(workload())  # ``kubectl replace`` drops the stamp as well.
    await world.execute()
    assert world.replicas == 3
    assert world.condition("Executed") == "False/Stale"
    assert "has been changed back since" in world.message


@in_virtual_time
async def test_an_object_that_was_made_and_deleted_since_is_not_made_again() -> None:
    manifest = '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "new"}}'
    operation = {
        "type": "Apply",
        "target": {"kind": "Deployment", "name": "new"},
        "apply": {"manifest": manifest},
    }
    world = await announced(action=None, operation=operation)
    path = ObjectPath("apps/v1", "deployments", "shop", "new")
    world.cluster.vanish(path)
    await world.execute()
    assert path not in world.cluster.objects
    assert "is gone since" in world.message


@in_virtual_time
async def test_what_changed_nothing_was_not_applied_and_is_looked_at_anew() -> None:
    world = World(
        clock=LoopClock(),
        action="kubectl scale deployment/web --replicas=3",
        verify={"timeout": "10s"},
    )
    world.cluster.change(world.path, lambda live: live["status"].update(updatedReplicas=1))
    await world.approve()
    await world.execute()
    [status] = world.desk.saved
    world.request = with_status(world.request, status)
    world.cluster.change(world.path, roll_out)
    await world.execute()
    assert world.phase is Phase.SUCCEEDED, world.message


# --- A failure tells what was done all the same ---------------------------------------------------


@in_virtual_time
async def test_an_effect_whose_answer_was_lost_for_good_is_told_and_can_be_undone() -> None:
    world = await approved(action=SCALE, retry={"limit": 0})
    world.cluster.faults["patch"].append(LostAnswer())
    await world.execute()
    assert world.replicas == 5
    assert world.condition("Executed") == "False/RetriesExhausted"
    assert "It was done all the same" in world.message
    status = world.request.status
    assert status.result is not None
    assert status.result.changed
    assert status.undo is not None


@in_virtual_time
async def test_what_was_done_all_the_same_is_told_however_long_the_refusal_is() -> None:
    world = await approved(node(), pod(), action="kubectl drain node-1")
    world.cluster.faults["evict"].append(ApiError("no " * 900, code=403, reason="Forbidden"))
    await world.execute()
    assert "refuses this: no no" in world.message
    assert world.message.endswith("at least in part: look at the target.")


@in_virtual_time
async def test_a_cordon_whose_drain_was_refused_is_told_and_can_be_undone() -> None:
    world = await approved(node(), pod(), action="kubectl drain node-1")
    world.cluster.faults["evict"].append(forbidden())
    await world.execute()
    assert world.condition("Executed") == "False/Forbidden"
    assert "at least in part" in world.message
    status = world.request.status
    assert status.result is not None
    assert status.result.changed
    assert status.undo is not None


@in_virtual_time
async def test_an_attempt_before_the_last_may_have_come_further() -> None:
    world = await approved(
        workload(name="db", replicas=1),
        action="kubectl scale deployment/web deployment/db --replicas=3",
        retry={"limit": 1},
    )
    world.cluster.faults["patch"].append(LostAnswer())
    world.cluster.faults["get"] += [None, unavailable()]
    for _ in range(2):
        step = await world.execute()
        if step.retry_after is not None:
            await world.pass_time(step.retry_after.total_seconds())
    assert world.condition("Executed") == "False/RetriesExhausted"
    assert world.request.status.result is not None
    assert world.request.status.result.changed
    assert [each.changed for each in world.request.status.result.steps] == [False, True]


@in_virtual_time
async def test_what_was_done_after_an_object_that_has_changed_since_is_told_as_well() -> None:
    world = await approved(
        workload(name="db", replicas=1),
        action="kubectl scale deployment/web deployment/db --replicas=3",
    )
    world.cluster.faults["patch"].append(LostAnswer())
    step = await world.execute()
    assert step.retry_after is not None
    await world.pass_time(step.retry_after.total_seconds())
    world.cluster.change(world.path, lambda live: live["spec"].update(replicas=4))
    await world.execute()
    assert world.condition("Executed") == "False/Stale"
    assert world.request.status.result is not None
    assert world.request.status.result.changed


@in_virtual_time
async def test_an_effect_that_cannot_be_looked_for_is_said_not_to_be_known() -> None:
    world = await approved(action=SCALE, retry={"limit": 0})
    world.cluster.faults["patch"].append(LostAnswer())
    world.cluster.faults["get"].append(unavailable())
    await world.execute()
    assert "cannot be told now" in world.message
    assert UID in world.cluster.objects[world.path]["metadata"]["annotations"][STAMP]


@in_virtual_time
async def test_a_right_that_is_lost_after_a_lost_answer_leaves_it_unknown() -> None:
    world = await approved(action=SCALE)
    world.cluster.faults["patch"].append(LostAnswer())
    step = await world.execute()
    assert step.retry_after is not None
    await world.pass_time(step.retry_after.total_seconds())
    world.cluster.faults["patch"].append(forbidden())
    world.cluster.faults["get"].append(forbidden())
    await world.execute()
    assert world.condition("Executed") == "False/Forbidden"
    assert "cannot be told now" in world.message


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (not_found('pods "web-abc-1"'), "TargetNotFound", "nothing was run"),
        (ApiError("page not found", code=404), "Invalid", "page not found"),
    ],
    ids=["the API server's", "somebody's on the way"],
)
@in_virtual_time
async def test_of_a_command_that_was_refused_with_404_is_told_by_whom(
    answer: ApiError, reason: str, words: str
) -> None:
    world = await approved(pod(), action="kubectl exec web-abc-1 -- date")
    world.cluster.endings.append(answer)
    step = await world.execute()
    assert step.retry_after is None
    assert world.condition("Executed") == f"False/{reason}"
    assert words in world.message
    assert "all the same" not in world.message


@in_virtual_time
async def test_what_was_refused_is_not_said_to_have_been_done() -> None:
    world = await approved(action=SCALE)
    world.cluster.faults["patch"].append(forbidden())
    await world.execute()
    assert world.condition("Executed") == "False/Forbidden"
    assert "all the same" not in world.message
    assert world.request.status.result is not None
    assert not world.request.status.result.changed
