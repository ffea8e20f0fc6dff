"""A workflow with a fake of every port, and the people and objects around it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from countersign.api.approval_request import ApprovalRequest
from countersign.api.conditions import ConditionType
from countersign.api.operation import OperationType
from countersign.api.phase import Phase
from countersign.effects import outbox_of
from countersign.executors import all_executors
from countersign.policy.step import Step
from countersign.ports import Executor, Notifier, Policies
from countersign.records.knowledge import KnowledgeEntry
from countersign.workflow import Workflow
from tests.support.fakes import FakeCluster, FakeDesk, FakeMeter, FakePolicies, FakeStore
from tests.support.fakes_casebook import FakeCasebook
from tests.support.fakes_objects import UID, request, signature, signed, with_status, workload
from tests.support.fakes_time import FakeClock, LoopClock

SCALE = "kubectl scale deployment/web --replicas=5"
UNWATCHED: dict[str, Any] = {"action": SCALE, "verify": {"enabled": False}}


class World:
    """One Deployment ``web`` of 3 replicas, and one request about it."""

    def __init__(
        self,
        of: ApprovalRequest | None = None,
        *,
        clock: FakeClock | LoopClock | None = None,
        parallel: int = 32,
        executors: Mapping[OperationType, Executor] | None = None,
        notifier: Notifier | None = None,
        journal: list[str] | None = None,
        **spec: Any,
    ) -> None:
        self._request = of or request(**spec)
        self.journal: list[str] = journal if journal is not None else []
        self.cluster = FakeCluster(self.journal)
        self.path = self.cluster.put(workload())
        self.desk = FakeDesk(self.journal)
        self.store = FakeStore(self.journal)
        self.casebook = FakeCasebook(self.journal)
        self.clock = clock or FakeClock()
        self.meter = FakeMeter()
        self.policies = FakePolicies()
        self._deciding: Policies = self.policies
        self._executors = {**all_executors(self.cluster, self.clock), **(executors or {})}
        self._notifier = notifier
        self._parallel = parallel
        self.workflow = self.started()

    @property
    def request(self) -> ApprovalRequest:
        """As the API server has it."""
        return self.desk.live(self._request)

    @request.setter
    def request(self, request: ApprovalRequest) -> None:
        """Somebody writes it."""
        self._request = self.desk.put(request)

    def started(self, notifier: Notifier | None = None) -> Workflow:
        """What another process would start with: nothing but what is outside of it."""
        self.outbox = outbox_of(
            self.store,
            self.casebook,
            self.desk,
            self.clock,
            self.meter,
            notifier=notifier or self._notifier,
        )
        return Workflow(
            executors=self._executors,
            cluster=self.cluster,
            desk=self.desk,
            outbox=self.outbox,
            clock=self.clock,
            meter=self.meter,
            policies=self._deciding,
            parallel=self._parallel,
        )

    def decided_by(self, policies: Policies) -> None:
        """Begin again, with these policies in place of the fake ones."""
        self._deciding = policies
        self.workflow = self.started()

    # --- Steps ------------------------------------------------------------------------------------

    async def advance(self) -> Step:
        """One step before the execution; what it writes is written."""
        return self._write(await self.workflow.advance(self.request))

    async def execute(self) -> Step:
        """One attempt to carry it out; what it writes is written."""
        return self._write(await self.workflow.execute(self.request))

    def sign(self, *signers: str) -> None:
        """Sign the plan there is."""
        made = self.request.status.plan
        entries = (signature(signer, plan=made.digest if made else None) for signer in signers)
        self.request = signed(self.request, *self.request.spec.signatures, *entries)

    async def approve(self) -> None:
        """Plan it, sign it, and claim it."""
        await self.advance()
        self.sign("alice", "bob")
        await self.advance()
        assert self.request.phase is Phase.APPROVED, self.request.status.message
        self.journal.clear()
        self.cluster.calls.clear()

    def _write(self, step: Step) -> Step:
        if step.status is not None:
            self.request = with_status(self.request, step.status)
        return step

    # --- What can be seen afterwards --------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        return self.request.phase

    @property
    def message(self) -> str:
        return self.request.status.message or ""

    def condition(self, kind: str) -> str | None:
        """``status/reason``, or None."""
        found = self.request.status.condition(ConditionType(kind))
        return f"{found.status}/{found.reason}" if found else None

    @property
    def replicas(self) -> int:
        return int(self.cluster.objects[self.path]["spec"]["replicas"])

    async def entry(self) -> KnowledgeEntry | None:
        return await self.store.get(UID)

    def events(self) -> list[tuple[str, str, str]]:
        return [(notice.step, notice.type, notice.reason) for notice in self.desk.posted]

    async def pass_time(self, seconds: float) -> None:
        """By hand, or by sleeping in virtual time."""
        if isinstance(self.clock, FakeClock):
            self.clock.advance(seconds=seconds)
        else:
            await asyncio.sleep(timedelta(seconds=seconds).total_seconds())


async def approved_world(of: ApprovalRequest | None = None, **spec: Any) -> World:
    """Its request, to scale the Deployment unless ``spec`` says otherwise, has been approved."""
    world = World(of, clock=LoopClock(), **({"action": SCALE} | spec))
    await world.approve()
    return world
