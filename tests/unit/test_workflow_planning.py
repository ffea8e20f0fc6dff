"""Before anything is carried out: planning a request, and deciding on it."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from countersign.actions.digest import plan_digest
from countersign.api.kinds import Resource, built_in
from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import LabelParameters, PatchParameters
from countersign.api.phase import Phase
from countersign.api.risk import Risk
from countersign.errors import ApiError
from countersign.executors import all_executors
from countersign.planning import Planner, understood
from countersign.ports import JsonObject, ObjectPath, ServiceAccount
from tests.support.fakes import EXECUTOR, FakeCluster, conflict, forbidden, not_found, unavailable
from tests.support.fakes_objects import (
    after,
    operation,
    request,
    signature,
    signed,
    with_status,
    workload,
)
from tests.support.fakes_time import START, FakeClock, LoopClock, in_virtual_time
from tests.support.fakes_world import World

SCALE = "kubectl scale deployment/web --replicas=5"


# --- Planning -------------------------------------------------------------------------------------


async def test_a_new_request_gets_a_plan_that_people_can_sign() -> None:
    world = World(action=SCALE)
    step = await world.advance()
    plan = world.request.status.plan
    assert plan is not None
    assert (world.phase, world.condition("Planned")) == (Phase.PENDING, "True/Planned")
    [step_] = plan.steps
    assert step_.operation == operation(replicas=5)
    assert plan.digest == plan_digest(plan.steps, 1)
    assert (plan.revision, plan.planned_at) == (1, START)
    assert [(each.before, each.after) for each in step_.changes] == [("3", "5")]
    assert world.request.status.undo == operation(replicas=3)
    assert world.request.status.risk_level is Risk.MEDIUM
    assert (step.notices, step.wake_at, step.retry_after) == ((), None, None)


async def test_planning_takes_one_read_and_one_dry_run_as_the_executing_account() -> None:
    world = World(action=SCALE)
    await world.advance()
    assert world.cluster.calls == ["get", "dry-run"]
    assert world.cluster.asked_as == {EXECUTOR}
    assert world.replicas == 3


@in_virtual_time
async def test_of_hundreds_of_new_requests_a_few_of_each_namespace_are_planned_at_a_time() -> None:
    world = World(clock=LoopClock())
    asking, most, last = Counter[str](), Counter[str](), dict[str, float]()
    read = world.cluster.get

    async def slow(path: ObjectPath, account: ServiceAccount) -> JsonObject:
        where = path.namespace or ""
        for each in (where, "all"):
            asking[each] += 1
            most[each] = max(most[each], asking[each])
        await asyncio.sleep(1)
        asking.subtract((where, "all"))
        last[where] = asyncio.get_running_loop().time()
        return await read(path, account)

    world.cluster.get = slow  # type: ignore[method-assign]
    loud = [request(name=f"r-{number}", namespace="loud") for number in range(300)]
    others = [request(namespace=f"ns-{number}") for number in range(100)]
    await asyncio.gather(*(world.workflow.advance(each) for each in (*loud, *others)))
    assert (max(most["loud"], 4), max(most["all"], 64)) == (4, 64)
    assert last["ns-99"] < last["loud"]


async def test_a_target_that_its_controller_is_just_changing_is_looked_at_again_at_once() -> None:
    world = World(action=SCALE)
    world.cluster.faults["dry-run"].extend([conflict()] * 4)
    await world.advance()
    assert world.condition("Planned") == "True/Planned"
    assert world.cluster.calls == ["get", "dry-run"] * 5


async def test_one_that_does_not_stop_changing_is_planned_later() -> None:
    world = World(action=SCALE)
    world.cluster.faults["dry-run"].extend([conflict()] * 100)
    step = await world.advance()
    assert world.condition("Planned") == "Unknown/Retrying"
    assert world.cluster.calls == ["get", "dry-run"] * 10  # Five looks of two tries.
    assert step.wake_at == after(30)


async def test_another_service_account_can_be_named() -> None:
    world = World(action=SCALE, service_account_name="scaler")
    await world.advance()
    assert world.cluster.asked_as == {ServiceAccount("shop", "scaler")}


async def test_a_typed_operation_is_planned_in_the_requests_namespace() -> None:
    world = World(operation=operation(namespace=None, replicas=5))
    await world.advance()
    assert world.request.status.plan is not None
    assert world.request.status.plan.steps[0].operation == operation(replicas=5)


async def test_the_proposer_can_raise_the_risk() -> None:
    world = World(action=SCALE, risk_level="critical")
    await world.advance()
    assert world.request.status.risk_level is Risk.CRITICAL
    assert world.request.status.required_signatures == 2


async def test_the_proposer_cannot_lower_the_risk() -> None:
    world = World(action="kubectl scale deployment/web --replicas=0", risk_level="low")
    await world.advance()
    assert world.request.status.risk_level is Risk.HIGH


async def test_a_kind_without_its_api_version_is_as_risky_as_with_it() -> None:
    group, kind = "admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy"
    for version in (None, group):
        target = Target(kind=kind, api_version=version, name="defaults")
        patch = PatchParameters(type="merge", patch='{"spec": {"failurePolicy": "Ignore"}}')
        world = World(operation=Operation(type=OperationType.PATCH, target=target, patch=patch))
        resource = Resource(kind, group, "mutatingadmissionpolicies", namespaced=False)
        world.cluster.custom.append(resource)
        world.cluster.put(
            {
                "apiVersion": group,
                "kind": kind,
                "metadata": {"name": "defaults"},
                "spec": {"failurePolicy": "Fail"},
            }
        )
        await world.advance()
        assert world.condition("Planned") == "True/Planned"
        assert world.request.status.risk_level is Risk.CRITICAL


async def test_a_plan_that_changes_nothing_can_be_signed_too() -> None:
    world = World(action="kubectl scale deployment/web --replicas=3")
    await world.advance()
    assert world.condition("Planned") == "True/NoChange"
    assert world.cluster.calls == ["get"]


class Crowded(FakeCluster):
    """Counts how many lists are asked for at the same time."""

    listing = most = 0

    async def select(self, *args: Any, **kwargs: Any) -> list[JsonObject]:
        self.listing += 1
        self.most = max(self.most, self.listing)
        await asyncio.sleep(0)
        self.listing -= 1
        return await super().select(*args, **kwargs)


async def test_many_requests_at_once_do_not_have_all_their_lists_in_memory_at_once() -> None:
    cluster = Crowded()
    cluster.put(workload())
    planner = Planner(all_executors(cluster, FakeClock()), cluster)
    of = request(action="kubectl rollout restart deployment/web")
    made = await asyncio.gather(*(planner.plan(of, understood(of), 1, START) for _ in range(40)))
    assert len(made) == 40
    assert cluster.most == 4


# --- What cannot be planned -----------------------------------------------------------------------


async def refused(world: World, reason: str) -> str:
    step = await world.advance()
    assert world.phase is Phase.FAILED
    assert world.condition("Planned") == f"False/{reason}"
    assert world.condition("Recorded") is None
    [notice] = step.notices
    assert (notice.type, notice.note) == ("Warning", world.message)
    assert notice.reason in (reason, "Failed")
    assert world.desk.posted == []
    assert world.request.status.timeline[-1].status == "error"
    return world.message


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("CustomResourceDefinition", "approvalrequests.countersign.dev"),
        ("ValidatingAdmissionPolicy", "countersign-signatures"),
        ("ValidatingAdmissionPolicyBinding", "countersign-signatures"),
    ],
)
async def test_what_guards_requests_is_out_of_the_reach_of_requests(kind: str, name: str) -> None:
    target = Target(kind=kind, name=name)
    for more in (
        {"type": OperationType.PATCH, "patch": PatchParameters(type="merge", patch='{"spec": {}}')},
        {"type": OperationType.LABEL, "label": LabelParameters(put={"a": "b"})},
        {"type": OperationType.DELETE_RESOURCE},
    ):
        world = World(operation=Operation(target=target, **more))
        resource = built_in(kind)
        assert resource is not None
        live = {"apiVersion": resource.api_version, "kind": kind, "metadata": {"name": name}}
        world.cluster.put(live)
        message = await refused(world, "Invalid")
        assert message == f"{kind} {name} guards requests, so no request may touch it. Use kubectl."


async def test_nor_is_it_reached_by_its_labels() -> None:
    kind, name = "ValidatingAdmissionPolicy", "countersign-signatures"
    world = World(
        operation=Operation(
            type=OperationType.LABEL,
            target=Target(kind=kind, selector="part=guard"),
            label=LabelParameters(put={"a": "b"}),
        )
    )
    resource = built_in(kind)
    assert resource is not None
    metadata = {"name": name, "labels": {"part": "guard"}}
    world.cluster.put({"apiVersion": resource.api_version, "kind": kind, "metadata": metadata})
    message = await refused(world, "Invalid")
    assert message == f"{kind} {name} guards requests, so no request may touch it. Use kubectl."


@pytest.mark.parametrize("action", ["please do something", "", "kubectl get pods", "rm -rf /"])
async def test_an_action_that_is_not_understood_is_refused_without_a_request(action: str) -> None:
    world = World(action=action)
    message = await refused(world, "Unparseable")
    assert message
    assert world.cluster.calls == []
    assert world.request.status.timeline[-1].type == "exec"


async def test_a_target_that_is_not_there_is_named() -> None:
    world = World(action="kubectl rollout restart deployment/wbe")
    message = await refused(world, "TargetNotFound")
    assert "wbe" in message
    assert "Check" in message
    assert world.request.status.target is not None
    assert "wbe" in world.request.status.target


async def test_a_missing_permission_says_what_role_to_give() -> None:
    world = World(action=SCALE)
    world.cluster.faults["dry-run"].append(forbidden())
    message = await refused(world, "Forbidden")
    assert 'cannot patch resource "deployments"' in message
    assert "shop/countersign-executor" in message
    assert "Bind service account shop/countersign-executor a role that allows it" in message
    assert "kubectl countersign setup -n shop --allow restart-and-scale does both" in message
    assert "manifests/samples/executor.yaml" in message
    assert world.cluster.calls == ["get", "dry-run"]


async def test_what_an_account_of_another_name_lacks_is_no_matter_for_the_plugin() -> None:
    world = World(action=SCALE, service_account_name="scaler")
    world.cluster.faults["get"].append(forbidden(ServiceAccount("shop", "scaler")))
    message = await refused(world, "Forbidden")
    assert "Bind service account shop/scaler a role that allows it" in message
    assert "create the account if there is none" in message
    assert "setup" not in message  # That makes no account of another name.


async def test_an_account_that_the_operator_may_not_act_as_is_told_as_such() -> None:
    world = World(action=SCALE)
    text = (
        'serviceaccounts "countersign-executor" is forbidden: User "system:serviceaccount:'
        'countersign-system:countersign-operator" cannot impersonate resource "serviceaccounts"'
    )
    world.cluster.faults["get"].append(ApiError(text, code=403, reason="Forbidden"))
    message = await refused(world, "Forbidden")
    assert "may not act as service account shop/countersign-executor" in message


BLOCKED = {
    "an admission policy": ApiError(
        "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'limits' denied request: "
        "at most 4 replicas",
        code=422,
        reason="Invalid",
    ),
    "an admission webhook": ApiError(
        'admission webhook "limits.example.com" denied the request: at most 4 replicas',
        code=403,
        reason="Forbidden",
    ),
    "an admission webhook that speaks like RBAC": ApiError(
        'admission webhook "x" denied the request: teams cannot scale on Fridays',
        code=403,
        reason="Forbidden",
    ),
    "a quota": ApiError(
        'deployments.apps "web" is forbidden: exceeded quota', code=403, reason="Forbidden"
    ),
    "the API server itself": ApiError("the object is not valid", code=400, reason="BadRequest"),
}


@pytest.mark.parametrize("what", BLOCKED)
async def test_what_the_dry_run_would_be_refused_is_told_before_anybody_signs(what: str) -> None:
    world = World(action=SCALE)
    world.cluster.faults["dry-run"].append(BLOCKED[what])
    message = await refused(world, "DryRunBlocked")
    assert str(BLOCKED[what]) in message


async def test_any_other_refusal_is_told_in_the_servers_words() -> None:
    world = World(action=SCALE)
    world.cluster.faults["get"].append(ApiError("no such method", code=405))
    assert "no such method" in await refused(world, "Invalid")


async def test_what_the_recipe_refuses_is_told() -> None:
    world = World()
    world.cluster.change(world.path, lambda live: live["spec"].update(paused=True))
    assert "resume its rollout first" in await refused(world, "Invalid")


async def test_an_error_that_is_no_answer_and_no_known_word_is_told() -> None:
    world = World()
    world.cluster.faults["get"].append(ApiError("certificate has expired"))
    assert "certificate has expired" in await refused(world, "Invalid")


async def test_an_error_that_may_pass_is_tried_again_later() -> None:
    world = World(action=SCALE)
    world.cluster.faults["get"].append(ApiError("GET /apis: connection refused"))
    step = await world.advance()
    assert (world.phase, world.condition("Planned")) == (Phase.PENDING, "Unknown/Retrying")
    assert step.wake_at == world.request.status.next_attempt_at == after(30)
    assert "connection refused" in world.message
    world.cluster.calls.clear()
    assert (await world.advance()).wake_at == after(30)
    assert world.cluster.calls == []
    await world.pass_time(30)
    await world.advance()
    assert world.condition("Planned") == "True/Planned"


async def test_planning_is_tried_again_for_as_long_as_it_takes_or_until_it_expires() -> None:
    world = World(action=SCALE, expires_after="10m")
    world.cluster.faults["get"].extend([unavailable()] * 100)
    while world.phase is Phase.PENDING:
        step = await world.advance()
        if step.wake_at is not None:
            await world.pass_time((step.wake_at - world.clock.now()).total_seconds())
    assert (world.phase, world.clock.now()) == (Phase.EXPIRED, after(600))


# --- Deciding -------------------------------------------------------------------------------------


async def test_a_quorum_claims_the_request_in_one_write() -> None:
    world = World(action=SCALE)
    await world.advance()
    world.cluster.calls.clear()
    world.sign("alice")
    await world.pass_time(5)
    step = await world.advance()
    assert (world.phase, world.condition("Approved")) == (Phase.APPROVED, "True/QuorumReached")
    assert world.request.status.approved_at == after(5)
    assert step.notices == ()
    assert world.cluster.calls == []
    assert world.journal == []


async def test_a_signature_below_the_quorum_is_only_counted() -> None:
    world = World(action=SCALE, required_signatures=2)
    await world.advance()
    world.sign("alice")
    step = await world.advance()
    assert (world.phase, world.request.status.signed) == (Phase.PENDING, "1/2")
    assert step.notices == ()


async def test_a_request_that_waits_and_has_not_changed_writes_nothing() -> None:
    world = World(action=SCALE, expires_after="1h")
    await world.advance()
    step = await world.advance()
    assert step.status is None
    assert step.wake_at == START + timedelta(hours=1)


ENDS: dict[str, tuple[dict[str, Any], tuple[str, ...], float, Phase, str]] = {
    "denied": ({}, ("Deny",), 0, Phase.DENIED, "Warning"),
    "expired": ({"expires_after": "1h"}, (), 3600, Phase.EXPIRED, "Warning"),
    "called off": ({"cancelled": True}, (), 0, Phase.CANCELLED, "Normal"),
    "planned only": ({"dry_run": True}, (), 0, Phase.SUCCEEDED, "Normal"),
}


@pytest.mark.parametrize("what", ENDS)
async def test_an_end_without_an_execution_is_told_and_is_final(what: str) -> None:
    spec, decisions, seconds, phase, type_ = ENDS[what]
    world = World(action=SCALE, **spec)
    await world.advance()
    if world.phase is Phase.PENDING:
        made = world.request.status.plan
        assert made is not None
        entries = [signature("bob", decision, plan=made.digest) for decision in decisions]
        world.request = signed(world.request, *entries)
        await world.pass_time(seconds)
        step = await world.advance()
        [notice] = step.notices
        assert notice.type == type_
    assert world.phase is phase
    assert world.replicas == 3
    assert "effect" not in world.journal
    assert await world.entry() is None
    again = await world.advance()
    assert (again.status, again.notices, again.wake_at) == (None, (), None)


async def test_a_request_that_is_approved_is_not_advanced_any_further() -> None:
    world = World(action=SCALE)
    await world.approve()
    assert (await world.advance()).status is None


async def test_a_plan_that_the_crd_dropped_ends_with_what_to_do() -> None:
    world = World(action=SCALE)
    await world.advance()
    status = world.request.status.model_copy(update={"plan": None})
    world.request = with_status(world.request, status)
    message = await refused(world, "SchemaOutdated")
    assert "Apply crds/ again" in message


async def test_events_are_posted_when_they_are_told_and_one_that_fails_stops_none() -> None:
    world = World(action=SCALE)
    world.cluster.faults["get"].append(not_found())
    step = await world.advance()
    world.desk.error = unavailable()
    await world.outbox.tell(world.request, *step.notices * 2)
    assert world.journal == ["event end"] * 2
    assert world.meter.told.count(("failed effect", "event")) == 2
    world.desk.error = None
    await world.outbox.tell(world.request, *step.notices)
    assert len(world.desk.posted) == 1


async def test_what_was_written_is_told_by_its_events() -> None:
    world = World(action=SCALE)
    world.cluster.faults["get"].append(not_found())
    step = await world.workflow.advance(world.request)
    assert world.desk.posted == []
    saved = await world.workflow.save(world.request, step)
    assert saved is not None
    assert saved.phase is Phase.FAILED
    assert len(world.desk.posted) == 1


async def test_decisions_are_counted() -> None:
    world = World(action=SCALE)
    await world.approve()
    counted = [what for kind, what in world.meter.told if kind == "decided"]
    assert [what.lower() for what in counted] == ["planned", "approved"]


# --- A defect of our own --------------------------------------------------------------------------


async def test_a_defect_before_there_is_a_plan_is_told_and_planning_tried_again() -> None:
    world = World(action=SCALE)
    step = world.workflow.stumbled(world.request, KeyError("spec"))
    assert step.status is not None
    assert step.status.phase is Phase.PENDING
    assert "KeyError" in (step.status.message or "")
    assert step.wake_at == after(30)


async def test_a_defect_while_a_plan_is_being_signed_leaves_the_plan() -> None:
    world = World(action=SCALE)
    await world.advance()
    assert world.workflow.stumbled(world.request, KeyError("spec")).status is None


async def test_every_operation_can_be_planned() -> None:
    world = World(request(action=SCALE))
    assert set(world.workflow._executors) == set(OperationType)
