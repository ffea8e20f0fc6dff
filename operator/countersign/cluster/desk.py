"""What the operator writes under its own name: statuses and Events of requests."""

from __future__ import annotations

from countersign.api.approval_policy import POLICY_PLURAL
from countersign.api.approval_request import API_VERSION, PLURAL, ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.cluster.comparing import precondition, read_as, status_changes
from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.ports import Clock, JsonObject, ObjectPath, PatchForm
from countersign.records.notice import Notice, event_object

TOUCHED = "countersign.dev/touched"


def request_path(request: ApprovalRequest) -> ObjectPath:
    """Where an ApprovalRequest is in the API."""
    metadata = request.metadata
    return ObjectPath(API_VERSION, PLURAL, metadata.namespace, metadata.name)


class OperatorDesk:
    """The ``Desk`` port, and the few other things the operator writes under its own name."""

    def __init__(self, connection: Connection, clock: Clock, *, instance: str) -> None:
        """``instance`` names this replica in Events."""
        self._connection = connection
        self._clock = clock
        self._instance = instance

    async def post(self, request: ApprovalRequest, notice: Notice) -> None:
        """Post an Event under its deterministic name; 409 means that it is there."""
        body = event_object(request, notice, now=self._clock.now(), instance=self._instance)
        path = ObjectPath("events.k8s.io/v1", "events", request.metadata.namespace, "")
        try:
            await self._connection.request(Call("POST", url_of(path), body))
        except ApiError as error:
            if not error.conflict:
                raise

    async def save_status(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        """Merge those fields that differ into the status."""
        body = {"status": status_changes(request, status)}
        return _read(await self._patch_status(request_path(request), body))

    async def claim(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequest:
        """The same, with the very object that was read as the precondition."""
        body = {
            "metadata": precondition(request.metadata),
            "status": status_changes(request, status),
        }
        return _read(await self._patch_status(request_path(request), body))

    async def read(self, namespace: str, name: str) -> JsonObject:
        """A request as the API server has it."""
        path = ObjectPath(API_VERSION, PLURAL, namespace, name)
        return await self._connection.request(Call("GET", url_of(path)))

    async def touch(self, namespace: str, name: str) -> None:
        """Make the API server send the object's event once more; nothing else changes."""
        path = ObjectPath(API_VERSION, PLURAL, namespace, name)
        moment = self._clock.now().isoformat()
        touched = await self._patch_status(path, {"status": {"kopf": {"touch": moment}}})
        if ((touched.get("status") or {}).get("kopf") or {}).get("touch") != moment:
            # An older CRD drops the field: nothing has changed, and no event would come.
            body = {"metadata": {"annotations": {TOUCHED: moment}}}
            await self._connection.request(Call("PATCH", url_of(path), body, PatchForm.MERGE))

    async def write_policy_status(self, name: str, status: JsonObject) -> None:
        """Say whether an ApprovalPolicy can be applied."""
        path = ObjectPath(API_VERSION, POLICY_PLURAL, None, name)
        await self._patch_status(path, {"status": status})

    async def _patch_status(self, path: ObjectPath, body: JsonObject) -> JsonObject:
        call = Call("PATCH", f"{url_of(path)}/status", body, PatchForm.MERGE)
        return await self._connection.request(call)


def _read(answer: JsonObject) -> ApprovalRequest:
    return read_as(ApprovalRequest, "request", answer)
