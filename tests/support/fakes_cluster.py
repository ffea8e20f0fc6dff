"""The ``Cluster`` port in memory: what the API server promises, this keeps as well."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Sequence

from countersign.api.kinds import Resource, built_in
from countersign.errors import ApiError, RefusedError
from countersign.ports import Finished, JsonObject, ObjectPath, PatchForm, ServiceAccount
from tests.support.fakes_endings import FakeEndings, must_hold, without_subresource
from tests.support.fakes_faults import conflict, not_found
from tests.support.fakes_owners import OURS, Manager
from tests.support.fakes_patches import invalid, patched
from tests.support.fakes_selectors import fields_match, labels_match


class FakeCluster(FakeEndings):
    """Verbs of ``calls`` and ``faults``: ``get``, ``select``, ``watch``, ``patch``, ``create``,
    ``delete``, ``evict``, ``review``, ``logs``, ``run``, and ``resource`` for custom kinds; any
    write that is only tried is a ``dry-run``. ``bodies`` are those of all writes.

    Quotas, admission and garbage collection are not played; whose fields are whose is kept
    inside (see ``fakes_owners``).
    """

    def __init__(self, journal: list[str] | None = None) -> None:
        super().__init__(journal)
        self.written: dict[tuple[str, str | None], str] = {}
        """Logs by pod and container; None stands for any container."""
        self.endings: deque[Finished | ApiError] = deque()
        """How the next commands end; the others end well and write nothing."""
        self.ran: list[tuple[ObjectPath, str | None, tuple[str, ...]]] = []
        self.denied: set[tuple[str, str]] = set()
        """What SelfSubjectAccessReviews deny, as (verb, resource/subresource)."""

    # --- The port: reading ------------------------------------------------------------------------

    async def get(self, path: ObjectPath, account: ServiceAccount) -> JsonObject:
        self._asked("get", account)
        return copy.deepcopy(self._live(path))

    async def select(
        self,
        path: ObjectPath,
        account: ServiceAccount,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
    ) -> list[JsonObject]:
        self._asked("select", account)
        assert not path.name, "a collection has no name"
        found = [
            copy.deepcopy(live)
            for at, live in self.objects.items()
            if (at.api_version, at.plural) == (path.api_version, path.plural)
            and path.namespace in (None, at.namespace)
            and labels_match(labels, live)
            and fields_match(fields, path.plural, live)
        ]
        for each in found:  # The API server leaves these out of the items of a list.
            each.pop("apiVersion", None)
            each.pop("kind", None)
        return sorted(found, key=_place)[:limit]

    async def resource(
        self, kind: str, api_version: str | None, account: ServiceAccount
    ) -> Resource:
        known = built_in(kind, api_version)
        if known is not None:
            return known
        self._asked("resource", account)
        found = [
            each
            for each in self.custom
            if each.kind == kind and api_version in (None, each.api_version)
        ]
        if not found:
            raise RefusedError("TargetNotFound", f"The API server has no kind {kind}.")
        if len(found) > 1:
            raise RefusedError("Ambiguous", f"Several API groups have a kind {kind}.")
        return found[0]

    async def logs(self, path: ObjectPath, container: str | None, account: ServiceAccount) -> str:
        self._asked("logs", account)
        pod = self._live(path)
        names = [each["name"] for each in pod["spec"].get("containers") or []]
        if container is not None and container not in names:
            text = f"container {container} is not valid for pod {path.name}"
            raise ApiError(text, code=400, reason="BadRequest")
        return self.written.get((path.name, container), self.written.get((path.name, None), ""))

    # --- The port: writing ------------------------------------------------------------------------

    async def patch(
        self,
        path: ObjectPath,
        body: JsonObject | list[JsonObject],
        account: ServiceAccount,
        *,
        form: PatchForm = PatchForm.STRATEGIC,
        dry_run: bool = False,
        force: bool = False,
    ) -> JsonObject:
        assert form is PatchForm.APPLY or not force, "force is for server-side apply"
        self.bodies.append(copy.deepcopy(body))
        lost = self._asked("dry-run" if dry_run else "patch", account)
        if form is PatchForm.APPLY:
            assert isinstance(body, dict)
            answer = self._applied(path, body, dry_run=dry_run, force=force)
        else:
            before = self._live(without_subresource(path))
            _must_be_patchable(path, form)
            live = patched(before, body, form)
            answer = self._changed(path, before, live, dry_run=dry_run, by=OURS)
        if lost is not None:
            raise lost.error
        return answer

    async def create(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool = False
    ) -> JsonObject:
        self.bodies.append(copy.deepcopy(body))
        if path.subresource == "eviction":
            return self.evict(path, body, account, dry_run=dry_run)
        if path.plural == "selfsubjectaccessreviews":
            return self._review(body, account)
        lost = self._asked("dry-run" if dry_run else "create", account)
        if path.subresource:
            raise not_found(f"the server could not find the sub-resource {path.subresource}")
        answer = self._created(path, copy.deepcopy(body), dry_run=dry_run)
        if lost is not None:
            raise lost.error
        return answer

    async def delete(
        self,
        path: ObjectPath,
        options: JsonObject,
        account: ServiceAccount,
        *,
        dry_run: bool = False,
    ) -> JsonObject:
        self.bodies.append(copy.deepcopy(options))
        lost = self._asked("dry-run" if dry_run else "delete", account)
        live = self._live(path)
        must_hold(options.get("preconditions") or {}, live)
        if not dry_run and options.get("dryRun") != ["All"]:
            self.end_object(path, options)
        if lost is not None:
            raise lost.error
        return copy.deepcopy(
            self.objects.get(path) or {"apiVersion": "v1", "kind": "Status", "status": "Success"}
        )

    async def run(
        self,
        path: ObjectPath,
        container: str | None,
        command: Sequence[str],
        account: ServiceAccount,
    ) -> Finished:
        lost = self._asked("run", account)
        self._live(path)
        self.ran.append((path, container, tuple(command)))
        self.journal.append("effect")
        ending = self.endings.popleft() if self.endings else Finished(0, "", "")
        if lost is not None:
            raise lost.error
        if isinstance(ending, ApiError):
            raise ending
        return ending

    # --- Inside -----------------------------------------------------------------------------------

    def _applied(
        self, path: ObjectPath, body: JsonObject, *, dry_run: bool, force: bool
    ) -> JsonObject:
        whole, owners = without_subresource(path), copy.deepcopy(self._owners[path])
        before = self.objects.get(whole)
        if before is None:
            _must_be_new(body)
            live = owners.applied({"metadata": {}}, body, force=force)
            answer = self._created(whole, live, dry_run=dry_run, by=None)
        else:
            live = owners.applied(before, body, force=force)
            answer = self._changed(path, before, live, dry_run=dry_run, by=None)
        if not dry_run:
            self._owners[whole] = owners
        return answer

    def _created(
        self,
        collection: ObjectPath,
        live: JsonObject,
        *,
        dry_run: bool,
        by: Manager | None = OURS,
    ) -> JsonObject:
        metadata = live.setdefault("metadata", {})
        if metadata.get("resourceVersion"):
            text = "resourceVersion should not be set on objects to be created"
            raise ApiError(text, code=500, reason="InternalError")
        if "name" not in metadata:
            if not metadata.get("generateName"):
                raise invalid("metadata.name: Required value: name or generateName is required")
            metadata["name"] = f"{metadata['generateName']}{next(self._uids):05x}"
        if metadata.get("namespace", collection.namespace) != collection.namespace:
            text = "the namespace of the provided object does not match the request"
            raise ApiError(text, code=400, reason="BadRequest")
        path = ObjectPath(
            collection.api_version, collection.plural, collection.namespace, metadata["name"]
        )
        if path in self.objects:
            text = f'{path.plural} "{path.name}" already exists'
            raise ApiError(text, code=409, reason="AlreadyExists")
        live = self.new(path, live)
        if dry_run:
            return live
        self.journal.append("effect")
        self._write(path, live, by)
        return copy.deepcopy(live)

    def _changed(
        self,
        path: ObjectPath,
        before: JsonObject,
        live: JsonObject,
        *,
        dry_run: bool,
        by: Manager | None,
    ) -> JsonObject:
        """Keep what no patch may change, and write the rest if there is any."""
        metadata, kept = live.setdefault("metadata", {}), before["metadata"]
        for precondition in ("uid", "resourceVersion"):
            if metadata.get(precondition) not in (None, kept[precondition]):
                raise conflict()
            metadata[precondition] = kept[precondition]
        for field in ("name", "namespace"):
            if metadata.get(field) != kept.get(field):
                text = f"the {field} of the object does not match the {field} on the URL"
                raise ApiError(text, code=400, reason="BadRequest")
        if path.subresource == "status":
            live = {**copy.deepcopy(before), "status": live.get("status")}
        elif "status" in before:
            live["status"] = copy.deepcopy(before["status"])
        else:
            live.pop("status", None)
        if live.get("spec") != before.get("spec") and "generation" in kept:
            live["metadata"]["generation"] = kept["generation"] + 1
        if not dry_run and live != before:
            self.journal.append("effect")
            self._write(without_subresource(path), live, by)
        return copy.deepcopy(live)

    def _review(self, body: JsonObject, account: ServiceAccount) -> JsonObject:
        self._asked("review", account)
        asked = body["spec"]["resourceAttributes"]
        what = "/".join(filter(None, (asked.get("resource"), asked.get("subresource"))))
        allowed = (asked["verb"], what) not in self.denied
        return {**copy.deepcopy(body), "metadata": {}, "status": {"allowed": allowed}}


def _place(live: JsonObject) -> tuple[str, str]:
    return (live["metadata"].get("namespace") or "", live["metadata"]["name"])


def _must_be_new(body: JsonObject) -> None:
    """An apply with the UID or version of an object that is not there meets a 409 or 404."""
    metadata = body.get("metadata") or {}
    if metadata.get("uid") or metadata.get("resourceVersion"):
        raise conflict()


def _must_be_patchable(path: ObjectPath, form: PatchForm) -> None:
    group = path.api_version.rpartition("/")[0]
    own = "." not in group or group.endswith(".k8s.io")
    if form is PatchForm.STRATEGIC and not own:
        text = "the body of the request was in an unknown format"
        raise ApiError(text, code=415, reason="UnsupportedMediaType")
