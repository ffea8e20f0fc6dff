"""The ``Desk`` port in memory: what is written is merged, compared and refused as the server does.

tests/integration/cluster/test_contract_desk.py holds it to the real one.
"""

from __future__ import annotations

from countersign.api.approval_request import API_VERSION, KIND, PLURAL, ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.phase import may_follow
from countersign.cluster.comparing import status_changes
from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath
from countersign.records.notice import Notice
from tests.support.fakes_faults import conflict, invalid, not_found, resource_of
from tests.support.fakes_patches import merge

Key = tuple[str, str]


class FakeDesk:
    """The ``Desk`` port; ``error`` is raised by everything while it is set.

    A request is known from when it is first written: by ``put``, or by the port.
    """

    def __init__(self, journal: list[str] | None = None) -> None:
        self.posted: list[Notice] = []
        self.saved: list[ApprovalRequestStatus] = []
        self.error: Exception | None = None
        self.journal = journal if journal is not None else []
        self._requests: dict[Key, ApprovalRequest | None] = {}
        self._version = 0

    # --- What a test does to it -------------------------------------------------------------------

    def put(self, request: ApprovalRequest) -> ApprovalRequest:
        """Somebody else writes it; the object afterwards."""
        if _key(request) in self._requests:
            version = max(self._version, request.metadata.version) + 1
            metadata = request.metadata.model_copy(update={"resource_version": str(version)})
            request = request.model_copy(update={"metadata": metadata})
        self._requests[_key(request)] = request
        self._version = max(self._version, request.metadata.version)
        return request

    def live(self, request: ApprovalRequest) -> ApprovalRequest:
        """The object of this name as it is now. Raises ``ApiError``."""
        found = self._requests.setdefault(_key(request), request)
        if found is None:
            raise not_found(resource_of(_path(request)))
        return found

    def vanish(self, request: ApprovalRequest) -> None:
        """Somebody deletes it."""
        self._requests[_key(request)] = None

    # --- The port ---------------------------------------------------------------------------------

    async def post(self, request: ApprovalRequest, notice: Notice) -> None:
        self.journal.append(f"event {notice.step}")
        if self.error is not None:
            raise self.error
        self.posted.append(notice)

    async def save_status(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        self._asked(status)
        return self._merged(request, status)

    async def claim(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        self._asked(status)
        if self.live(request).metadata.resource_version != request.metadata.resource_version:
            raise conflict(resource_of(_path(request)))
        return self._merged(request, status)

    def _asked(self, status: ApprovalRequestStatus) -> None:
        self.journal.append(f"status {status.phase}")
        if self.error is not None:
            raise self.error
        self.saved.append(status)

    def _merged(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> ApprovalRequest:
        live = self.live(request)
        changes = status_changes(request, status)
        before: JsonObject = live.status.to_json()
        after = merge(live.status.to_json(), changes)
        _must_be_admitted(live, before, after)
        if after == before:
            return live
        merged = ApprovalRequestStatus.model_validate(after)
        return self.put(live.model_copy(update={"status": merged}))


def _must_be_admitted(live: ApprovalRequest, before: JsonObject, after: JsonObject) -> None:
    """The rules of the CRD, then the policy on the status."""
    path, old, new = _path(live), before.get("phase"), after.get("phase")
    if old is not None and new is None:
        text = "<nil>: Invalid value: A decision is final: the phase cannot be removed."
        raise invalid(path, KIND, text)
    if new is not None and not may_follow(old, new):
        rule = "A decision is final: this phase cannot follow the old one."
        text = f'status.phase: Invalid value: "{new}": {rule}'
        raise invalid(path, KIND, text)
    if after.get("uid") not in (None, live.metadata.uid):
        text = (
            f"{resource_of(path)} is forbidden: ValidatingAdmissionPolicy 'countersign-status' "
            f"with binding 'countersign-status' denied request: This status is about an object "
            f"that is gone (UID {after['uid']}), not about the one that bears its name now."
        )
        raise ApiError(text, code=422, reason="Invalid")


def _path(request: ApprovalRequest) -> ObjectPath:
    metadata = request.metadata
    return ObjectPath(API_VERSION, PLURAL, metadata.namespace, metadata.name)


def _key(request: ApprovalRequest) -> Key:
    return request.metadata.namespace, request.metadata.name
