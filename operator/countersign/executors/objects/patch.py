"""Patch: any change of one object, as by ``kubectl patch``."""

from __future__ import annotations

from http import HTTPStatus

from countersign.api.operation import Operation, OperationType
from countersign.api.status import Change
from countersign.errors import ApiError, RefusedError
from countersign.executors.objects.patch_texts import merge_of, parameters_of, steps_of
from countersign.executors.objects.results import changes_between, fields_of, way_back
from countersign.executors.once.stamps import STAMP
from countersign.ports import JsonObject, PatchForm

_FORMS = {
    "strategic": PatchForm.STRATEGIC,
    "merge": PatchForm.MERGE,
    "json": PatchForm.JSON,
}

_UNNAMED = "the server rejected our request due to an error in our request"


class Patch:
    """The patch that people wrote, with the stamp and the preconditions put into it."""

    operation = OperationType.PATCH
    creates = False

    def form(self, operation: Operation) -> PatchForm:
        """As the operation says."""
        return _FORMS[parameters_of(operation).type]

    def body(
        self, operation: Operation, live: JsonObject | None, stamp: str
    ) -> JsonObject | list[JsonObject]:
        """The patch itself, after it was found to leave alone what is not its own."""
        metadata = (live or {}).get("metadata") or {}
        if self.form(operation) is PatchForm.JSON:
            return _steps(operation, metadata, stamp)
        patch = merge_of(operation)
        own = dict(patch.get("metadata") or {})
        own |= {"uid": metadata.get("uid"), "resourceVersion": metadata.get("resourceVersion")}
        own["annotations"] = {**own.get("annotations", {}), STAMP: stamp}
        return {**patch, "metadata": own}

    def forces(self, operation: Operation, live: JsonObject | None) -> bool:
        """A patch changes fields whoever manages them."""
        del operation, live
        return False

    def may_force(self, error: ApiError) -> bool:
        """There is nothing to force."""
        del error
        return False

    def explained(self, operation: Operation, error: ApiError) -> ApiError | RefusedError:
        """Two answers of the server that name no cause get one."""
        if error.code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            where = operation.one.described
            message = f"{where} takes no strategic patch; write patch.type: merge."
            return RefusedError("Invalid", message)
        if error.code == HTTPStatus.UNPROCESSABLE_ENTITY and str(error) == _UNNAMED:
            message = f"{error} (a test of the json patch fails, or one of its paths is not there)"
            return ApiError(message, code=error.code, reason=error.reason)
        return error

    def changes(
        self, operation: Operation, live: JsonObject | None, after: JsonObject
    ) -> tuple[Change, ...]:
        """Every field that the dry run has changed."""
        return changes_between(operation.one.kind, live or {}, after)

    def undo(
        self, operation: Operation, live: JsonObject | None, after: JsonObject
    ) -> Operation | None:
        """A merge patch back."""
        return way_back(operation, live or {}, after)

    def summary(
        self, operation: Operation, live: JsonObject | None, changes: tuple[Change, ...]
    ) -> str:
        """The action in one sentence."""
        del live
        where = operation.one.described
        return (
            f"Patch {where}: {fields_of(changes)}" if changes else f"{where} is like this already"
        )


def _steps(operation: Operation, metadata: JsonObject, stamp: str) -> list[JsonObject]:
    """Preconditions first: replacing a resourceVersion by another one is the server's 409."""
    steps = steps_of(operation)
    made = any(step["op"] == "add" and step["path"] == "/metadata/annotations" for step in steps)
    missing = not metadata.get("annotations") and not made
    mark = f"/metadata/annotations/{STAMP.replace('/', '~1')}"
    return [
        *(
            {"op": "replace", "path": f"/metadata/{field}", "value": metadata.get(field)}
            for field in ("uid", "resourceVersion")
        ),
        *steps,
        *([{"op": "add", "path": "/metadata/annotations", "value": {}}] if missing else []),
        {"op": "add", "path": mark, "value": stamp},
    ]
