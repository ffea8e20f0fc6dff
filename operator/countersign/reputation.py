"""How far what a request does can be trusted, looked up where a decision depends on it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import structlog

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.status import Plan
from countersign.policy.decide import asks_for_trust
from countersign.policy.memory import reliance
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.reliance import Reliance
from countersign.ports import Casebook, Clock, Policies, Store

log = structlog.get_logger()
LOOK_AGAIN = timedelta(minutes=1)
_PATIENCE = 10.0
"""Seconds: a store that hangs must not keep people from signing."""


class Reputation:
    """The ``Policies`` port, with trust: playbooks and executions are read where that matters.

    What cannot be read is not trusted: people sign, and the request says so.
    """

    def __init__(self, policies: Policies, store: Store, casebook: Casebook, clock: Clock) -> None:
        """Add to what ``policies`` knows."""
        self._policies = policies
        self._store = store
        self._casebook = casebook
        self._clock = clock

    async def around(self, request: ApprovalRequest) -> Circumstances:
        """What a decision depends on; one or two requests more where that is trust, else none."""
        around = await self._policies.around(request)
        plan = request.status.plan
        if plan is None or not asks_for_trust(request, around, self._clock.now()):
            return around
        found = await self._looked_up(request, plan)
        # What was approved or has changed meanwhile counts as well.
        return replace(await self._policies.around(request), reliance=found)

    def approved(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> None:
        """A request is about to be approved."""
        self._policies.approved(request, status)

    async def _looked_up(self, request: ApprovalRequest, plan: Plan) -> Reliance:
        by_playbook = request.spec.playbook is not None
        try:
            async with asyncio.timeout(_PATIENCE):
                if by_playbook:
                    return await self._in_playbook(request, plan)
                return await self._in_record(request, plan)
        except Exception as error:  # noqa: BLE001 - whatever it is, people decide then
            log.warning("trust could not be looked up", error=str(error) or type(error).__name__)
            what = "the playbook" if by_playbook else "what was executed before"
            return Reliance(None, f"{what} cannot be read just now", self._clock.now() + LOOK_AGAIN)

    async def _in_playbook(self, request: ApprovalRequest, plan: Plan) -> Reliance:
        name = request.spec.playbook or ""
        playbook = await self._casebook.playbook(request.metadata.namespace, name)
        return reliance.in_playbook(request, plan, playbook, self._clock.now())

    async def _in_record(self, request: ApprovalRequest, plan: Plan) -> Reliance:
        if (unknown := reliance.record_unknown(plan)) is not None:
            return unknown
        retired = await self._casebook.retired(request.metadata.namespace)
        if (doubt := reliance.given_up(request, plan, retired)) is not None:
            return doubt
        found = [
            (choice, await self._store.executions(choice)) for choice in reliance.record_of(plan)
        ]
        return reliance.in_record(request, found, self._clock.now())
