"""The handlers of requests on a workflow that answers what it is told to, and statuses to be told."""

from __future__ import annotations

import asyncio
import copy
from datetime import timedelta
from typing import Any

import kopf

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.effects import EffectState
from countersign.api.phase import Phase
from countersign.api.status import Attempt, KnowledgeReference
from countersign.errors import ApiError
from countersign.handlers.kept_plans import KeptPlans
from countersign.handlers.requests import Requests
from countersign.policy import bookkeeping, endings, transitions
from countersign.policy.bookkeeping import Result
from countersign.policy.decision import Cancel
from countersign.policy.retry import Again
from countersign.policy.step import Step
from countersign.policybook import PolicyBook
from countersign.records.notice import Notice
from tests.support.fakes_objects import (
    UID,
    after,
    approved,
    with_status,
)
from tests.support.fakes_time import START, FakeClock

SWEEP = 60.0
ATTEMPT = Attempt(started_at=START, finished_at=after(1), error="timeout", transient=True)
NOTICE = Notice(step="end", type="Warning", reason="Denied", note="No.")


class FakeWorkflow:
    """Answers what it is told to; an exception is raised, an event is waited for."""

    def __init__(self) -> None:
        self.steps: list[Step | Exception] = []
        self.asked: list[str] = []
        self.seen: list[ApprovalRequest] = []
        self.told: list[Notice] = []
        self.announced: list[tuple[Phase, Phase]] = []
        self.expected: list[str] = []
        self.forgotten: list[str] = []
        self.inherited: list[ApprovalRequest] = []
        self.watched: list[ApprovalRequest] = []
        self.saved: list[tuple[str, ApprovalRequestStatus]] = []
        self.save_error: ApiError | None = None
        self.save_fails_at = 0
        self.lost = False
        self.hangs: asyncio.Event | None = None
        self.hangs_at = ""

    async def advance(self, request: ApprovalRequest) -> Step:
        return await self._answer("advance", request)

    async def execute(self, request: ApprovalRequest) -> Step:
        return await self._answer("execute", request)

    async def broken(self, request: ApprovalRequest, error: Exception) -> Step:
        return await self._answer(f"broken by {error}", request)

    def abandoned(self, request: ApprovalRequest) -> ApprovalRequest:
        self.asked.append("abandoned")
        return with_status(request, finished(request))

    def stumbled(self, request: ApprovalRequest, error: Exception) -> Step:
        self.asked.append(f"stumbled over {error}")
        return self.steps.pop(0) if self.steps else Step()  # type: ignore[return-value]

    async def save(self, request: ApprovalRequest, step: Step) -> ApprovalRequest | None:
        return None if self.lost else self._write(request, step)

    async def finish(self, request: ApprovalRequest, step: Step) -> ApprovalRequest:
        return self._write(request, step)

    def _write(self, request: ApprovalRequest, step: Step) -> ApprovalRequest:
        error, self.save_error = self.save_error, None
        if error is not None and self.save_fails_at == len(self.saved):
            raise error
        self.save_error = error
        if step.status is None:
            return request
        self.saved.append((request.metadata.resource_version, step.status))
        version = str(int(request.metadata.resource_version) + 1)
        return of_version(with_status(request, step.status), version)

    async def written(
        self, before: ApprovalRequest, after: ApprovalRequest, notices: tuple[Notice, ...]
    ) -> None:
        self.announced.append((before.phase, after.phase))
        self.expected += [n for n in after.status.effects if n.startswith(bookkeeping.MESSAGE)]
        self.told += notices

    def saw(self, request: ApprovalRequest) -> None:
        self.watched.append(request)

    def inherit(self, request: ApprovalRequest) -> None:
        self.inherited.append(request)

    def forget(self, uid: str) -> None:
        self.forgotten.append(uid)

    async def _answer(self, what: str, request: ApprovalRequest) -> Step:
        self.asked.append(what)
        self.seen.append(request)
        if self.hangs is not None:
            await self.hangs.wait()
        if self.hangs_at == what:
            await asyncio.Event().wait()
        step = self.steps.pop(0) if self.steps else Step()
        if isinstance(step, Exception):
            raise step
        return step


class FakeWakeups:
    """The appointment of each request."""

    def __init__(self) -> None:
        self.book: dict[str, Any] = {}

    def at(self, uid: str, namespace: str, name: str, moment: Any) -> None:
        self.book[uid] = (namespace, name, moment)

    def forget(self, uid: str) -> None:
        self.book.pop(uid, None)


class World:
    """The handlers of requests; the workflow answers with ``steps``, one after the other."""

    def __init__(self, *steps: Step | Exception) -> None:
        self.workflow = FakeWorkflow()
        self.workflow.steps = list(steps)
        self.wakeups = FakeWakeups()
        self.book = PolicyBook(FakeClock())
        self.live: dict[str, Any] | ApiError = {}
        self.reads = 0
        self.requests = Requests(
            self.workflow,  # type: ignore[arg-type]
            self.workflow,  # type: ignore[arg-type]
            self.wakeups,  # type: ignore[arg-type]
            self.book,
            FakeClock(),
            KeptPlans(self.read),
            sweep=SWEEP,
        )

    async def read(self, namespace: str, name: str) -> dict[str, Any]:
        assert (namespace, name) == ("shop", "restart-web")
        self.reads += 1
        if isinstance(self.live, ApiError):
            raise self.live
        return self.live

    async def observe(
        self, of: ApprovalRequest | dict[str, Any], kind: str | None = "MODIFIED"
    ) -> kopf.Patch:
        patch = kopf.Patch()
        await self.requests.observe(kind, of if isinstance(of, dict) else as_body(of), patch)
        return patch

    async def execute(self, of: ApprovalRequest | dict[str, Any]) -> kopf.Patch:
        patch = kopf.Patch()
        await self.requests.execute(of if isinstance(of, dict) else as_body(of), patch)
        return patch

    @property
    def wakes_at(self) -> Any:
        return self.wakeups.book[UID][2] if UID in self.wakeups.book else None


def as_body(of: ApprovalRequest) -> dict[str, Any]:
    """An object as Kopf hands it on."""
    body = of.to_json()
    return {"apiVersion": "countersign.dev/v1alpha1", "kind": "ApprovalRequest", **body}


def written(patch: kopf.Patch, live: ApprovalRequest | dict[str, Any]) -> dict[str, Any]:
    """The status after Kopf has applied a patch to the object as it is then."""
    body = copy.deepcopy(live if isinstance(live, dict) else as_body(live))
    status = body.setdefault("status", {})
    for key, value in (patch.get("status") or {}).items():
        status.pop(key, None) if value is None else status.update({key: value})
    for write in patch.fns:
        write(body)  # type: ignore[arg-type]
    return body["status"]  # type: ignore[no-any-return]


def of_version(of: ApprovalRequest, version: str) -> ApprovalRequest:
    metadata = of.metadata.model_copy(update={"resource_version": version})
    return of.model_copy(update={"metadata": metadata})


def claimed(of: ApprovalRequest) -> ApprovalRequestStatus:
    return approved(of).status


def cancelled(of: ApprovalRequest) -> ApprovalRequestStatus:
    return transitions.ended_unapproved(of, Cancel(), after(1))


def finished(of: ApprovalRequest) -> ApprovalRequestStatus:
    end = endings.verified(endings.Told("Scaled", changed=True), "5 of 5", ATTEMPT)
    return transitions.finished(of, end, after(9))


def written_down(of: ApprovalRequest) -> ApprovalRequestStatus:
    entry = KnowledgeReference(store="memory", entry=UID, location="here")
    result = Result(EffectState.DONE, knowledge=entry)
    status = bookkeeping.recorded(of, {bookkeeping.KNOWLEDGE: result}, after(9))
    assert status is not None
    return status


def retried(of: ApprovalRequest) -> ApprovalRequestStatus:
    next_ = Again(number=2, retry=1, limit=2, delay=timedelta(seconds=30))
    return transitions.retrying(of, ATTEMPT, next_, after(1))
