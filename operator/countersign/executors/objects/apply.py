"""Apply: one object as its manifest says, by server-side apply."""

from __future__ import annotations

import re

from countersign.actions import manifests
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import ApplyParameters
from countersign.api.status import Change
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError
from countersign.executors.objects.results import changes_between, fields_of, way_back
from countersign.executors.once.stamps import STAMP
from countersign.executors.wording.differences import differences
from countersign.executors.wording.values import bounded
from countersign.ports import JsonObject, PatchForm

MANAGER = "countersign"
_CONFLICT = "Apply failed with "
_MANAGERS = re.compile(r'conflicts? with ("(?:[^"\\]|\\.)*")')
_MISFIT = "failed to create typed patch object"
_MESSAGE = 512


class Apply:
    """The object is made, or its fields are set; fields of other managers are their own."""

    operation = OperationType.APPLY
    creates = True

    def form(self, operation: Operation) -> PatchForm:
        """Always server-side apply."""
        del operation
        return PatchForm.APPLY

    def body(self, operation: Operation, live: JsonObject | None, stamp: str) -> JsonObject:
        """The manifest with the stamp; of an object that is there, with its version too."""
        manifest = _manifest(operation)
        metadata = dict(manifest["metadata"])
        metadata.pop("namespace", None)
        if operation.one.namespace is not None:
            metadata["namespace"] = operation.one.namespace
        if live is not None:
            metadata |= {field: live["metadata"][field] for field in ("uid", "resourceVersion")}
        metadata["annotations"] = {**metadata.get("annotations", {}), STAMP: stamp}
        return {**manifest, "metadata": metadata}

    def forces(self, operation: Operation, live: JsonObject | None) -> bool:
        """Only where it is asked for, and never an object that was not there when looked for."""
        return live is not None and _parameters(operation).force_conflicts

    def may_force(self, error: ApiError) -> bool:
        """Fields that an earlier action of this program has set are no other manager's.

        The stamp is one of them whenever that action was no Apply.
        """
        return _is_field_conflict(error) and set(_MANAGERS.findall(str(error))) == {f'"{MANAGER}"'}

    def explained(self, operation: Operation, error: ApiError) -> ApiError | RefusedError:
        """A field's conflict lasts, unlike a version's; a manifest that does not fit is no 500."""
        where, text = operation.one.described, str(error)
        if _is_field_conflict(error):
            owners = clip(text.partition(": ")[2], _MESSAGE)
            return RefusedError(
                "Conflict",
                f"{where} has fields that others manage: {owners}. Change them there, take them "
                "out of the manifest, or set apply.forceConflicts to take them over.",
            )
        if text.startswith(_MISFIT):
            what = clip(text.partition("): ")[2] or text, _MESSAGE)
            return RefusedError("Invalid", f"The manifest does not fit {where}: {what}. Mend it.")
        if error.not_found:  # The namespace, since an object that is not there is no error.
            message = f"{where} has no place yet: {clip(text, _MESSAGE)}. Create that first."
            return RefusedError("TargetNotFound", message)
        return error

    def changes(
        self, operation: Operation, live: JsonObject | None, after: JsonObject
    ) -> tuple[Change, ...]:
        """Every field that the dry run has changed; of a new object, what the manifest says."""
        if live is not None:
            return changes_between(operation.one.kind, live, after)
        manifest = _manifest(operation)
        identity = {"name", "namespace"}
        metadata = {k: v for k, v in manifest["metadata"].items() if k not in identity}
        said = {k: v for k, v in manifest.items() if k not in {"apiVersion", "kind", "metadata"}}
        if metadata:
            said["metadata"] = metadata
        new = Change(field="(new object)", after=clip(operation.one.described))
        return bounded([new, *differences({}, said)])

    def undo(
        self, operation: Operation, live: JsonObject | None, after: JsonObject
    ) -> Operation | None:
        """A new object is deleted; one that was there gets its old fields back."""
        if live is None:
            return Operation(type=OperationType.DELETE_RESOURCE, target=operation.target)
        return way_back(operation, live, after)

    def summary(
        self, operation: Operation, live: JsonObject | None, changes: tuple[Change, ...]
    ) -> str:
        """The action in one sentence."""
        where = operation.one.described
        if live is None:
            return f"Create {where}"
        if not changes:
            return f"{where} is like its manifest already"
        forced = _parameters(operation).force_conflicts
        taking = ", taking over fields that others manage" if forced else ""
        return f"Apply {where}: {fields_of(changes)}{taking}"


def _is_field_conflict(error: ApiError) -> bool:
    return error.conflict and str(error).startswith(_CONFLICT)


def _manifest(operation: Operation) -> JsonObject:
    """The one object; it must be the target, whose place the body is sent to."""
    found = manifests.read(_parameters(operation).manifest)
    target = operation.one
    if len(found) != 1 or (found[0]["kind"], found[0]["metadata"]["name"]) != (
        target.kind,
        target.name,
    ):
        raise RefusedError("Invalid", f"The manifest is not that of {target.described} alone.")
    return found[0]


def _parameters(operation: Operation) -> ApplyParameters:
    if operation.apply is None:  # The model refuses this; here it is for the type checker.
        raise RefusedError("Invalid", "Apply without a manifest; write apply: {manifest: '…'}.")
    return operation.apply
