"""Waiting until a request has come so far."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from countersign.api.approval_request import ApprovalRequest
from countersign.api.conditions import ConditionType
from countersign.api.phase import Phase
from countersign.errors import ApiError
from countersign.plugin import words
from countersign.plugin.details import UNSEEN
from countersign.plugin.exits import Exit, PluginError
from countersign.plugin.options import Goal
from countersign.plugin.reading import read
from countersign.plugin.session import Session
from countersign.policy.retry import is_transient

_AGAIN = 1.0
"""Seconds before a watch that has broken is opened again."""


def reached(request: ApprovalRequest, goal: Goal) -> bool:
    """Whether it has come so far, or can come no further."""
    if request.phase.terminal:
        return True
    match goal:
        case Goal.PLANNED:
            return _is_true(request, ConditionType.PLANNED)
        case Goal.APPROVED:
            return request.phase is not Phase.PENDING
        case Goal.EXECUTED:
            return _is_true(request, ConditionType.EXECUTED)
        case Goal.END:
            return False


def went_well(request: ApprovalRequest, goal: Goal) -> bool:
    """Whether it has come so far, and not to another end before."""
    match goal:
        case Goal.PLANNED:
            return _is_true(request, ConditionType.PLANNED)
        case Goal.APPROVED:
            return _is_true(request, ConditionType.APPROVED) or request.phase is Phase.SUCCEEDED
        case Goal.EXECUTED:
            return _is_true(request, ConditionType.EXECUTED) or request.phase is Phase.SUCCEEDED
        case Goal.END:
            return request.phase is Phase.SUCCEEDED


async def wait(
    session: Session, request: ApprovalRequest, goal: Goal, seconds: float | None
) -> ApprovalRequest:
    """The request once it has come so far. Raises ``ApiError``, ``PluginError``."""
    last = [request]
    text = f"Waiting for {request.key} ({goal.value}) …"
    try:
        async with asyncio.timeout(seconds), session.screen.waiting(text) as shown:
            while not reached(last[0], goal):
                shown.now(_progress(last[0], goal))
                await _follow(session, last, goal, shown.now)
    except TimeoutError:
        raise PluginError(
            f"{request.key} is still {last[0].phase}: {last[0].status.message or UNSEEN} "
            f"Wait on: kubectl countersign wait {words.at(request)} --for {goal.value}.",
            Exit.TIMEOUT,
        ) from None
    return last[0]


async def _follow(
    session: Session, last: list[ApprovalRequest], goal: Goal, show: Callable[[str], None]
) -> None:
    """Watch until it has come so far or the watch ends; then read it anew.

    What may pass, such as an API server that starts again, is waited out.
    """
    try:
        if await _watched(session, last, goal, show):
            return
        metadata = last[0].metadata
        found = read(await session.requests.get(metadata.namespace, metadata.name))
    except ApiError as error:
        if not is_transient(error):
            raise
        await asyncio.sleep(_AGAIN)
        return
    if found.metadata.uid != metadata.uid:
        raise _gone(last[0])
    last[0] = found


async def _watched(
    session: Session, last: list[ApprovalRequest], goal: Goal, show: Callable[[str], None]
) -> bool:
    """Whether it has come so far while it was watched."""
    metadata = last[0].metadata
    async with session.requests.watch(
        metadata.namespace, metadata.name, metadata.resource_version
    ) as events:
        async for event in events:
            if event.get("type") == "DELETED":
                raise _gone(last[0])
            if event.get("type") not in ("ADDED", "MODIFIED"):
                return False  # Too old a version, say.
            last[0] = read(event["object"])
            show(_progress(last[0], goal))
            if reached(last[0], goal):
                return True
    return False


def _progress(request: ApprovalRequest, goal: Goal) -> str:
    said = request.status.message or UNSEEN
    return f"{request.key} {request.phase.value} (until {goal.value}): {said}"


def _gone(request: ApprovalRequest) -> PluginError:
    return PluginError(f"{request.key} has been deleted meanwhile.", Exit.MISSING)


def _is_true(request: ApprovalRequest, kind: ConditionType) -> bool:
    found = request.status.condition(kind)
    return found is not None and found.status == "True"
