"""From an action to a plan that people can sign: parse → resolve → dry-run → assess → digest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from countersign.actions.digest import plan_digest
from countersign.actions.manifests import is_our_group, split
from countersign.actions.parser import Foreign, Refusal, parse
from countersign.api.approval_request import ApprovalRequest
from countersign.api.kinds import Resource, built_in
from countersign.api.operation import Operation, OperationType, Target
from countersign.api.risk import Risk
from countersign.api.status import MAX_STEPS, Plan, PlanStep
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError
from countersign.policy import risk
from countersign.policy.retry import is_transient
from countersign.ports import Cluster, Draft, Executor, ObjectPath, ServiceAccount
from countersign.refusals import explanation
from countersign.surroundings import measure

LONGEST_PLAN = 512 * 1024
"""Bytes; etcd takes 1.5 MiB for an object as a whole."""
_ADMISSION, _TYPES = "admissionregistration.k8s.io", "apiextensions.k8s.io"
_MEASURED_AT_ONCE = 4
"""A measurement holds all pods of a namespace: of any number of requests at once, no more than so
many, or whoever may propose could have the operator run out of memory."""
_LOOKS = 5
"""How often a target is looked at that changes between being read and its dry run."""


@dataclass(frozen=True)
class Planned:
    """A plan and its effective risk."""

    plan: Plan
    risk: Risk


class Planner:
    """Makes plans. Everything it asks the cluster, it asks as the executing service account."""

    def __init__(self, executors: Mapping[OperationType, Executor], cluster: Cluster) -> None:
        """Plan for these operations on this cluster."""
        self._executors = executors
        self._cluster = cluster
        self._measuring = asyncio.Semaphore(_MEASURED_AT_ONCE)

    async def plan(
        self, request: ApprovalRequest, operation: Operation, revision: int, now: datetime
    ) -> Planned:
        """Make a plan; raises ``RefusedError`` where there can be none, else ``ApiError``."""
        account = ServiceAccount.of(request)
        drafts = [
            (each, await self._draft(request, each, account))
            async for each in self._single(request, operation, account)
        ]
        async with self._measuring:
            radius = await measure(self._cluster, drafts, account)
        steps = tuple(draft.step(each) for each, draft in drafts)
        plan = Plan(
            digest=plan_digest(steps, revision),
            revision=revision,
            summary=_summary(steps),
            steps=steps,
            blast_radius=radius,
            planned_at=now,
        )
        _refuse_too_large(plan)
        assessed = max(
            (risk.assess(_in_its_group(each, draft), draft.live, radius) for each, draft in drafts),
            key=lambda level: level.rank,
        )
        return Planned(plan, risk.effective(assessed, request.spec.risk_level))

    async def _single(
        self, request: ApprovalRequest, operation: Operation, account: ServiceAccount
    ) -> AsyncIterator[Operation]:
        """The operation on each of its objects, in order; selectors and manifests are resolved."""
        count = 0
        executor = self._executors[operation.type]
        for part in split(operation, request.metadata.namespace):
            for target in part.all_targets:
                async for found in self._resolved(request, operation, target, account):
                    count += 1
                    _refuse_too_many(operation, count, repeatable=executor.repeatable)
                    yield part.on(found)

    async def _resolved(
        self,
        request: ApprovalRequest,
        operation: Operation,
        target: Target,
        account: ServiceAccount,
    ) -> AsyncIterator[Target]:
        try:
            resource = await self._cluster.resource(target.kind, target.api_version, account)
            if not resource.namespaced:
                target = target.model_copy(update={"namespace": None})
            if target.selector is None:
                _refuse_guard(resource, target.name or "")
                yield target
                return
            where = ObjectPath(resource.api_version, resource.plural, target.namespace)
            found = await self._cluster.select(
                where, account, labels=target.selector, limit=MAX_STEPS + 1
            )
        except (ApiError, RefusedError) as error:
            raise _explained(request, operation.on(target), error) from error
        if not found:
            message = f"There is no {target.described}. Check the labels and the namespace."
            raise RefusedError("TargetNotFound", message)
        for name in sorted(live["metadata"]["name"] for live in found):
            _refuse_guard(resource, name)
            yield target.model_copy(update={"name": name, "selector": None})

    async def _draft(
        self, request: ApprovalRequest, operation: Operation, account: ServiceAccount
    ) -> Draft:
        looks = 1
        while True:
            try:
                return await self._executors[operation.type].draft(operation, account)
            except (ApiError, RefusedError) as error:
                # Its controller is just writing its status: nothing was done, so look again.
                if looks == _LOOKS or not _has_just_changed(error):
                    raise _explained(request, operation, error) from error
            looks += 1


def _explained(
    request: ApprovalRequest, operation: Operation, error: ApiError | RefusedError
) -> ApiError | RefusedError:
    """What may pass by itself as it is; anything else as a refusal that says what to change."""
    if is_transient(error):
        return error
    return RefusedError(*explanation(request, operation, error))


def _refuse_guard(resource: Resource, name: str) -> None:
    """What signatures rest on must not be for signatures to change.

    Objects of our own kinds are refused by those that would write or delete them.
    """
    of_admission = resource.group == _ADMISSION and name.startswith("countersign-")
    if of_admission or (resource.group == _TYPES and is_our_group(name.partition(".")[2])):
        message = f"{resource.kind} {name} guards requests, so no request may touch it."
        raise RefusedError("Invalid", f"{message} Use kubectl.")


def _has_just_changed(error: ApiError | RefusedError) -> bool:
    return isinstance(error, ApiError) and error.conflict and error.reason == "Conflict"


def _in_its_group(operation: Operation, draft: Draft) -> Operation:
    """With the API version that was looked up where none was written: risk goes by the group."""
    target = operation.one
    if target.api_version is not None or built_in(target.kind) is not None:
        return operation
    return operation.on(target.model_copy(update={"api_version": draft.target.api_version}))


def _summary(steps: tuple[PlanStep, ...]) -> str:
    if len(steps) == 1:
        return steps[0].summary
    return clip(f"{len(steps)} objects: " + "; ".join(step.summary for step in steps))


def _refuse_too_many(operation: Operation, count: int, *, repeatable: bool) -> None:
    if count > MAX_STEPS:
        message = f"More than {MAX_STEPS} objects are meant. Write several requests."
        raise RefusedError("Invalid", message)
    if count > 1 and not repeatable:
        message = f"{operation.type} works on one object a request. Write a request for each."
        raise RefusedError("Unsupported", message)


def _refuse_too_large(plan: Plan) -> None:
    """An object of the API server's has a limit, and the status holds more than the plan."""
    if len(plan.model_dump_json(by_alias=True, exclude_none=True).encode()) > LONGEST_PLAN:
        message = "The plan is too large to be signed as one. Write several requests."
        raise RefusedError("Invalid", message)


def understood(request: ApprovalRequest) -> Operation:
    """The typed operation of a request, its namespaces filled in; else ``RefusedError``."""
    namespace = request.metadata.namespace
    if request.spec.operation is not None:
        return request.spec.operation.in_namespace(namespace)
    parsed = parse(request.spec.action or "")
    if isinstance(parsed, Refusal):
        raise RefusedError("Unparseable", parsed.message)
    if isinstance(parsed, Foreign):
        raise RefusedError("Unsupported", parsed.message)
    return parsed.in_namespace(namespace)
