"""What the API server makes of an object that is created, patched or applied."""

from __future__ import annotations

import copy
from dataclasses import replace

from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath, PatchForm
from tests.support.fakes_faults import (
    bad_request,
    conflict,
    invalid,
    not_found,
    resource_of,
)
from tests.support.fakes_owners import OURS, Manager
from tests.support.fakes_patches import patched
from tests.support.fakes_storage import FakeStorage

_VERSION = "resourceVersion"
_ACCOUNTED = ("creationTimestamp", "generation")
"""Fields of the metadata that no write changes: the server puts its own in place."""
_OTHER_PLACE = (
    "the namespace of the provided object does not match the namespace sent on the request"
)


class FakeWriting(FakeStorage):
    """Writes of whole objects, and of their ``status``; ``journal`` counts the effects."""

    def created(
        self,
        collection: ObjectPath,
        body: JsonObject,
        *,
        dry_run: bool,
        by: Manager | None = OURS,
    ) -> JsonObject:
        metadata = dict(body.get("metadata") or {})
        if metadata.get("resourceVersion"):
            raise ApiError("resourceVersion should not be set on objects to be created", code=500)
        if metadata.get("namespace", collection.namespace) != collection.namespace:
            raise bad_request(_OTHER_PLACE)
        if not metadata.get("name"):
            if not metadata.get("generateName"):
                text = "metadata.name: Required value: name or generateName is required"
                raise invalid(replace(collection, name=""), body["kind"], text)
            metadata["name"] = f"{metadata['generateName']}{next(self._uids):05x}"
        path = replace(collection, name=metadata["name"], subresource="")
        if path in self.objects:
            text = f"{resource_of(path)} already exists"
            raise ApiError(text, code=409, reason="AlreadyExists")
        live = self.new(path, {**body, "metadata": metadata})
        if dry_run:
            return live
        self.journal.append("effect")
        self._write(path, live, by)
        return copy.deepcopy(live)

    def patched(
        self,
        path: ObjectPath,
        body: JsonObject | list[JsonObject],
        form: PatchForm,
        *,
        dry_run: bool,
    ) -> JsonObject:
        if form is PatchForm.STRATEGIC and self.is_custom(path):
            text = (
                "the body of the request was in an unknown format - accepted media types include: "
                "application/json-patch+json, application/merge-patch+json, "
                "application/apply-patch+yaml"
            )
            raise ApiError(text, code=415, reason="UnsupportedMediaType")
        before = self._live(without_subresource(path))
        live = patched(before, body, form)
        return self._changed(path, before, live, dry_run=dry_run, by=OURS)

    def applied(
        self, path: ObjectPath, body: JsonObject, *, dry_run: bool, force: bool
    ) -> JsonObject:
        whole, metadata = without_subresource(path), body.get("metadata") or {}
        owners = copy.deepcopy(self._owners[whole])
        _must_be_at(whole, metadata)
        before = self.objects.get(whole)
        if before is None:
            if wanted := metadata.get("uid"):
                text = (
                    f"uid mismatch: the provided object specified uid {wanted}, and no existing "
                    "object was found"
                )
                raise conflict(resource_of(whole), text)
            new = {**body, "metadata": {k: v for k, v in metadata.items() if k != _VERSION}}
            live = owners.applied({"metadata": {}}, new, force=force)
            answer = self.created(whole, live, dry_run=dry_run, by=None)
        else:
            live = owners.applied(before, body, force=force)
            answer = self._changed(path, before, live, dry_run=dry_run, by=None)
        if not dry_run:
            self._owners[whole] = owners
        return answer

    def _changed(
        self,
        path: ObjectPath,
        before: JsonObject,
        live: JsonObject,
        *,
        dry_run: bool,
        by: Manager | None,
    ) -> JsonObject:
        """Keep what no write may change, and write the rest if there is any."""
        whole, kept = without_subresource(path), before["metadata"]
        metadata = live.setdefault("metadata", {})
        _must_be_at(whole, {"name": None, "namespace": None, **metadata})
        if metadata.get(_VERSION) not in (None, kept[_VERSION]):
            raise conflict(resource_of(whole))
        metadata[_VERSION] = kept[_VERSION]
        for field in ("uid", "deletionTimestamp"):
            value = metadata.get(field)
            if value not in (None, kept.get(field)):
                text = f'metadata.{field}: Invalid value: "{value}": field is immutable'
                raise invalid(whole, before["kind"], text)
        for field in ("uid", "deletionTimestamp", *_ACCOUNTED):
            metadata.pop(field, None)
            metadata |= {field: kept[field]} if field in kept else {}
        live = self._parted(path, before, live)
        if "generation" in kept and self._content(path, live) != self._content(path, before):
            live["metadata"]["generation"] = kept["generation"] + 1
        if not dry_run and live != before:
            self.journal.append("effect")
            self._write(whole, live, by)
        return copy.deepcopy(live)

    def _parted(self, path: ObjectPath, before: JsonObject, live: JsonObject) -> JsonObject:
        """The status is written by its sub-resource and nothing else is, where there is one."""
        if path.api_version in self.plain:
            if path.subresource:
                raise not_found(resource_of(path))
            return live
        if path.subresource == "status":
            return {**copy.deepcopy(before), "status": live.get("status")}
        live.pop("status", None)
        return {
            **live,
            **({"status": copy.deepcopy(before["status"])} if "status" in before else {}),
        }

    def _content(self, path: ObjectPath, live: JsonObject) -> JsonObject:
        """What generations count."""
        besides = {"metadata"} if path.api_version in self.plain else {"metadata", "status"}
        return {key: value for key, value in live.items() if key not in besides}


def without_subresource(path: ObjectPath) -> ObjectPath:
    return replace(path, subresource="")


def _must_be_at(path: ObjectPath, metadata: JsonObject) -> None:
    """A name or namespace that a body gives is that of its URL."""
    name = metadata.get("name", path.name)
    if name != path.name:
        text = f"the name of the object ({name}) does not match the name on the URL ({path.name})"
        raise bad_request(text)
    if metadata.get("namespace", path.namespace) != path.namespace:
        raise bad_request(_OTHER_PLACE)
