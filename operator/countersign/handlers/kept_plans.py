"""Plans that the API server was seen to keep, and events that lack them.

A watch that began before the CRD was replaced goes on for a while in the old type's terms, and
shows no plan although there is one. But the CRD may as well have been replaced by an older one, and
then there is none any more. So what an event lacks twice is looked up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from countersign.api.approval_request import ApprovalRequest
from countersign.api.conditions import ConditionType
from countersign.api.phase import Phase
from countersign.errors import ApiError

log = structlog.get_logger()


class KeptPlans:
    """In memory: a process that has just started sees everything in the type's present terms."""

    def __init__(self, read: Callable[[str, str], Awaitable[Mapping[str, Any]]]) -> None:
        """``read`` gives an object of a namespace and a name as it is now."""
        self._read = read
        self._kept: set[str] = set()
        self._missed: set[str] = set()

    def saved(self, request: ApprovalRequest) -> None:
        """The answer to a write: it shows what the API server keeps."""
        if request.phase is Phase.PENDING and request.status.plan is not None:
            self._kept.add(request.metadata.uid)
        else:
            self.forget(request.metadata.uid)

    def forget(self, uid: str) -> None:
        """The request is gone, or its plan does not matter any more."""
        self._kept.discard(uid)
        self._missed.discard(uid)

    def lacks(self, body: Mapping[str, Any]) -> bool:
        """Whether the plan that was kept is missing in an event."""
        status = body.get("status") or {}
        planned = any(
            each.get("type") == ConditionType.PLANNED and each.get("status") == "True"
            for each in status.get("conditions") or []
        )
        has_plan = bool((status.get("plan") or {}).get("digest"))
        pending = status.get("phase") == Phase.PENDING
        return body["metadata"]["uid"] in self._kept and pending and planned and not has_plan

    async def looked_up(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The object as it is; None where it is to be looked at later."""
        metadata = body["metadata"]
        uid = metadata["uid"]
        if uid not in self._missed:
            self._missed.add(uid)
            log.info("the watch may be of an older type; looks again", uid=uid)
            return None
        try:
            live = await self._read(metadata["namespace"], metadata["name"])
        except ApiError as error:
            log.warning("the request could not be read", uid=uid, error=str(error))
            return None
        if live["metadata"]["uid"] != uid:
            return None
        if self.lacks(live):
            self.forget(uid)  # It is not kept any more: that has to be said.
        return live
