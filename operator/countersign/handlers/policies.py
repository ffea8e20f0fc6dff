"""From the watches of policies and namespaces to the book, to requests, and to policies' status."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from http import HTTPStatus

import structlog
from pydantic import ValidationError

from countersign.api.approval_policy import POLICY_PLURAL, ApprovalPolicyStatus, PolicyCondition
from countersign.api.approval_request import API_VERSION, PLURAL, ApprovalRequest
from countersign.cluster.reflector import Reflector
from countersign.connection import Connection
from countersign.errors import ApiError
from countersign.handlers.wakeups import Wakeups
from countersign.policy.approval_policies.named_policy import read_policy
from countersign.policybook import PolicyBook, Waiting
from countersign.ports import Clock, JsonObject, ObjectPath

log = structlog.get_logger()
_AGAIN = 1.0
"""Seconds after which what has failed is done once more."""
WriteStatus = Callable[[str, JsonObject], Awaitable[None]]


class PolicyWatch:
    """Keeps the book: lists and watches no more than the policies that there are depend on."""

    def __init__(
        self,
        book: PolicyBook,
        wakeups: Wakeups,
        clock: Clock,
        connection: Connection,
        write_status: WriteStatus,
        *,
        namespaces: Sequence[str] = (),
    ) -> None:
        """``namespaces`` are those whose requests are served; all where there are none."""
        self._book = book
        self._wakeups = wakeups
        self._clock = clock
        self._connection = connection
        self._served: Sequence[str | None] = namespaces or (None,)
        self._statuses = PolicyStatuses(write_status, clock)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        path = ObjectPath(API_VERSION, POLICY_PLURAL, None)
        reflector = Reflector(self._connection, path)
        writing = asyncio.create_task(self._statuses.run())
        try:
            await reflector.run(self)
        finally:
            for task in (writing, *self._tasks.values()):
                task.cancel()
            await asyncio.gather(writing, *self._tasks.values(), return_exceptions=True)

    # --- Policies, as a Mirror ----------------------------------------------------------------

    def replaced(self, items: list[JsonObject]) -> None:
        """All policies there are."""
        self._wake(self._book.policies_are(items))
        for item in items:
            self._statuses.check(item)
        self._see_to_the_rest()

    def changed(self, item: JsonObject) -> None:
        """One was made or changed."""
        concerned = self._book.policy_is(item)
        if concerned:
            log.info("policy has changed", policy=item["metadata"]["name"], wakes=len(concerned))
        self._wake(concerned)
        self._statuses.check(item)
        self._see_to_the_rest()

    def gone(self, item: JsonObject) -> None:
        """One was deleted."""
        self._wake(self._book.policy_is_gone(item["metadata"]["name"]))
        self._see_to_the_rest()

    def lost(self, error: ApiError) -> None:
        """Nothing is approved until they are known again."""
        if error.code == HTTPStatus.NOT_FOUND:
            log.error("the CRD of ApprovalPolicy is not installed: kubectl apply -k crds/")
        self._book.policies_are_unknown()

    def _wake(self, concerned: Iterable[Waiting]) -> None:
        now = self._clock.now()
        for each in concerned:
            self._wakeups.at(each.uid, each.namespace, each.name, now)

    # --- What they depend on ------------------------------------------------------------------

    def _see_to_the_rest(self) -> None:
        """Watch namespaces while a policy selects some; read what was approved before, once."""
        wanted = {
            "namespaces": (self._book.selects_namespaces, self._watch_namespaces),
            "past": (self._book.looks_back, self._read_the_past),
        }
        for name, (needed, begin) in wanted.items():
            if needed and name not in self._tasks:
                self._tasks[name] = asyncio.create_task(begin())
        if not self._book.selects_namespaces and "namespaces" in self._tasks:
            self._tasks.pop("namespaces").cancel()
            self._book.namespaces_are_unknown()

    async def _watch_namespaces(self) -> None:
        reflector = Reflector(self._connection, ObjectPath("v1", "namespaces", None))
        await reflector.run(_Namespaces(self._book, self._wake))

    async def _read_the_past(self) -> None:
        """Kopf lists the same objects, but does not say when it has done so."""
        while True:
            try:
                for namespace in self._served:
                    await self._read_requests(namespace)
            except ApiError as error:
                log.warning("earlier requests could not be read", error=str(error))
                await asyncio.sleep(_AGAIN)
            else:
                self._book.past_is_known()
                return

    async def _read_requests(self, namespace: str | None) -> None:
        path = ObjectPath(API_VERSION, PLURAL, namespace)
        async for page, _ in Reflector(self._connection, path).pages():
            for item in page:
                try:
                    self._book.saw(ApprovalRequest.model_validate(item))
                except ValidationError:
                    continue  # It is ended where it is handled, and cannot have been approved.


class _Namespaces:
    """A Mirror of namespaces' labels."""

    def __init__(self, book: PolicyBook, wake: Callable[[Iterable[Waiting]], None]) -> None:
        self._book = book
        self._wake = wake

    def replaced(self, items: list[JsonObject]) -> None:
        self._wake(
            self._book.namespaces_are({item["metadata"]["name"]: _labels(item) for item in items})
        )

    def changed(self, item: JsonObject) -> None:
        self._wake(self._book.namespace_is(item["metadata"]["name"], _labels(item)))

    def gone(self, item: JsonObject) -> None:
        self._wake(self._book.namespace_is(item["metadata"]["name"], None))

    def lost(self, error: ApiError) -> None:
        del error
        self._book.namespaces_are_unknown()


def _labels(item: JsonObject) -> dict[str, str]:
    return dict(item["metadata"].get("labels") or {})


class PolicyStatuses:
    """Writes each policy's condition ``Accepted``, where it is not what it should be."""

    def __init__(self, write: WriteStatus, clock: Clock) -> None:
        """``write`` merges a status into the policy of a name. Raises ``ApiError``."""
        self._write = write
        self._clock = clock
        self._due: asyncio.Queue[tuple[str, JsonObject]] = asyncio.Queue()

    def check(self, body: JsonObject) -> None:
        """Look at a policy as it is now."""
        status = accepted(body, self._clock.now())
        if status is not None:
            self._due.put_nowait((body["metadata"]["name"], status.to_json()))

    async def run(self) -> None:
        """Write what is due, until cancelled."""
        while True:
            name, status = await self._due.get()
            try:
                await self._write(name, status)
            except ApiError as error:
                log.warning(
                    "status of a policy could not be written", policy=name, error=str(error)
                )


def accepted(body: JsonObject, now: datetime) -> ApprovalPolicyStatus | None:
    """The status a policy should have; None where it has it."""
    policy, metadata = read_policy(body), body["metadata"]
    closes = f"{policy.problem}. Nothing that this policy matches is approved until it is mended."
    new = PolicyCondition(
        type="Accepted",
        status="False" if policy.problem else "True",
        reason="Invalid" if policy.problem else "Accepted",
        message=closes if policy.problem else "",
        last_transition_time=now,
        observed_generation=metadata.get("generation"),
    )
    old = _condition(body)
    if old is None:
        return ApprovalPolicyStatus(conditions=(new,))
    if old.status == new.status:
        new = new.model_copy(update={"last_transition_time": old.last_transition_time})
    return None if old == new else ApprovalPolicyStatus(conditions=(new,))


def _condition(body: JsonObject) -> PolicyCondition | None:
    try:
        status = ApprovalPolicyStatus.model_validate(body.get("status") or {})
    except ValidationError:
        return None
    return next(iter(status.conditions), None)
